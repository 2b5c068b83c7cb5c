"""What stands in the place of originals, `[EMAIL_1]`, and how it is known again however a model writes it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping

#: An opening bracket, and those that models write in its place when they answer in other scripts.
BRACKETS = {
    "[": ("[\uff3b\u3010", "]\uff3d\u3011"),
    "<": ("<\uff1c\u3008", ">\uff1e\u3009"),
    "{": ("{\uff5b", "}\uff5d"),
    "(": ("(\uff08", ")\uff09"),
}
CLOSING = {"[": "]", "<": ">", "{": "}", "(": ")"}
INNER = re.compile(r"[A-Za-z0-9_\-]*\{entity\}[A-Za-z0-9_\-]*_\{number\}|[A-Za-z0-9_\-]*\{number\}_\{entity\}")


class Template:
    """How placeholders look. Raises `ValueError` for one that could not be found again in an answer."""

    def __init__(self, text: str) -> None:
        opening, inner, closing = text[:1], text[1:-1], text[-1:]
        if opening not in CLOSING or closing != CLOSING[opening] or not INNER.fullmatch(inner):
            raise ValueError(f"placeholder {text!r} must be like [{{entity}}_{{number}}], in brackets of any kind")
        self._text = text
        self._inner = inner
        openings, closings = (re.escape(signs) for signs in BRACKETS[opening])
        self.opening = re.compile(rf"[{openings}\\]")
        self.any = re.compile(rf"\\?[{openings}]([A-Za-z0-9\-]*(?:\\?[_\-][A-Za-z0-9\-]+)+)\\?[{closings}]")
        # A second bracket, or a backslash in front of what Markdown does not escape here: no placeholder goes on so.
        self._broken = re.compile(rf"\\(?![_\-{openings}{closings}]|\Z)|[{openings}{closings}]")
        self._openings = BRACKETS[opening][0]
        self._marks = str.maketrans(dict.fromkeys("".join(BRACKETS[opening]) + "\\", None))

    def write(self, label: str, number: int) -> str:
        opening, closing = self._text[0], self._text[-1]
        return opening + self._inner.replace("{entity}", label).replace("{number}", str(number)) + closing

    def normal(self, written: str) -> str:
        """Without brackets and backslashes, in lower case: `[EMAIL\\_1]` is `email_1`."""
        return written.translate(self._marks).lower()

    def normal_start(self, written: str) -> str | None:
        """The normal form of what may be the beginning of a placeholder; None where it cannot be."""
        bracket = 1 if written[0] == "\\" else 0
        if written[bracket : bracket + 1] not in self._openings or self._broken.search(written, bracket + 1):
            return None
        return self.normal(written)


class Placeholders:
    """Of one exchange: one number for each value of an entity, in the order of first appearance.

    `taken`: placeholders that already stand in the text; their numbers are passed over.
    """

    __slots__ = ("_counts", "_labels", "_of", "_taken", "_template")

    def __init__(self, template: Template, labels: Mapping[str, str], taken: frozenset[str] = frozenset()) -> None:
        self._template = template
        self._labels = labels
        self._taken = taken
        self._of: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def __repr__(self) -> str:  # Never the values.
        return f"Placeholders({len(self._of)})"

    def __bool__(self) -> bool:
        return bool(self._of)

    def of(self, entity: str, value: str) -> str:
        label = self._labels.get(entity) or entity.upper()
        placeholder = self._of.get((label, value))
        while placeholder is None:
            number = self._counts[label] = self._counts.get(label, 0) + 1
            written = self._template.write(label, number)
            if self._template.normal(written) not in self._taken:
                placeholder = self._of[label, value] = written
        return placeholder

    def originals(self) -> dict[str, str]:
        """Values by the normal form of their placeholders."""
        return {self._template.normal(placeholder): value for (_, value), placeholder in self._of.items()}

    def normals(self) -> frozenset[str]:
        return frozenset(self.originals()) | self._taken


def taken_in(texts: Iterable[str], template: Template) -> frozenset[str]:
    """The normal forms of everything in `texts` that looks like a placeholder."""
    found: set[str] = set()
    for text in texts:
        if template.opening.search(text):
            found.update(template.normal(match[0]) for match in template.any.finditer(text))
    return frozenset(found)


class Originals:
    """What is put back into an answer, and which beginnings of placeholders are alive."""

    __slots__ = ("_longest", "_sorted", "_values", "template")

    def __init__(self, placeholders: Placeholders, template: Template) -> None:
        self.template = template
        self._values = placeholders.originals()
        self._sorted = sorted(self._values)
        #: With a backslash in front of every sign.
        self._longest = 2 * max(map(len, self._sorted), default=0) + 4

    def __repr__(self) -> str:  # Never the values.
        return f"Originals({len(self._values)})"

    def get(self, written: str) -> str | None:
        return self._values.get(self.template.normal(written))

    def is_alive(self, written: str) -> bool:
        """Whether `written` may become a placeholder; it begins with a bracket or a backslash."""
        if len(written) > self._longest:
            return False
        start = self.template.normal_start(written)
        if start is None:
            return False
        place = bisect_left(self._sorted, start)
        return place < len(self._sorted) and self._sorted[place].startswith(start)
