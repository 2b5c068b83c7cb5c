"""Where something is in a decoded document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

#: Whatever is there and is not empty.
ANYTHING = object()
#: There is no such place: what is asked for is what happens when nobody says otherwise.
NOTHING = object()


class At(NamedTuple):
    """`path` as in `messages.*.content.*.text`; `value` is a part of a string, or all of anything else."""

    path: str
    value: Any = ANYTHING

    def is_in(self, document: Any) -> bool:
        if self.value is NOTHING:
            return not any(True for _ in values_at(document, self.path))
        return any(self._fits(found) for found in values_at(document, self.path))

    def _fits(self, found: Any) -> bool:
        if self.value is ANYTHING:
            return found not in (None, "", [], {})
        if isinstance(self.value, str) and isinstance(found, str):
            return self.value in found
        return type(found) is type(self.value) and bool(found == self.value)


def values_at(document: Any, path: str) -> Iterator[Any]:
    name, _, rest = path.partition(".")
    inside: list[Any] = []
    if name == "*":
        inside = list(document.values()) if isinstance(document, dict) else document if isinstance(document, list) else []
    elif isinstance(document, dict) and name in document:
        inside = [document[name]]
    elif isinstance(document, list) and name.isdigit() and int(name) < len(document):
        inside = [document[int(name)]]
    for found in inside:
        if rest:
            yield from values_at(found, rest)
        else:
            yield found
