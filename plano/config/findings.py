"""What is found while a config is read: problems, notices, and what is needed to word them well.

Paths are those of the newest shape; an old key that was moved is shown as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from .problems import ConfigProblems, Problem

_LAST_STEP: Final = re.compile(r'(\.?[^.\[\]"]+|\["[^"]*"\]|\[\d+\])\Z')
_SIMPLE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+\Z")
_LONGEST_WORD: Final = 15
_KEY_LIKE: Final = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])(?:Bearer )?[!-~]+", re.ASCII)
_LONGEST_SHOWN: Final = 60


def join(path: str, key: str) -> str:
    """The path of a key: `a.b`, or `a["b.c"]` for a key that would be misread."""
    if not _SIMPLE_KEY.match(key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def at(path: str, index: int) -> str:
    return f"{path}[{index}]"


def may_be_a_key(text: str) -> bool:
    """Long, without spaces, letters and digits mixed: what stands in a wrong place may be an API key."""
    return len(text) > _LONGEST_WORD and _KEY_LIKE.fullmatch(text) is not None


def quoted(text: str) -> str:
    """A text as it is shown in a message: one line, not long."""
    flat = " ".join(text.split())
    return f"`{flat}`" if len(flat) <= _LONGEST_SHOWN else f"`{flat[:_LONGEST_SHOWN]}...`"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The hint for a misspelt word, or ""."""
    import difflib  # Only a file with mistakes pays for it.

    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f"did you mean `{by_lower[close[0]]}`?" if close else ""


class Findings:
    """Collects; decides nothing."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[str, int] = {}
        self.written_steps: dict[str, str] = {}
        self.variables: dict[str, tuple[str, ...]] = {}
        self.unset: set[str] = set()
        self._incomplete: dict[str, tuple[int, ...]] = {}
        self.literal_secrets: list[str] = []
        self._problems: list[Problem] = []
        self._bad_paths: set[str] = set()
        self._notices: dict[str, None] = {}

    def problem(
        self, path: str, message: str, hint: str = "", *, line: int | None = None, even_unset: bool = False
    ) -> None:
        """Report one. A value that lacks a variable is passed over: that it is missing is told elsewhere."""
        if path in self.unset and not even_unset:
            return
        self._bad_paths.add(path)
        line = self.line_of(path) if line is None else line
        self._problems.append(
            Problem(path=self.as_written(path), message=message, hint=hint, file=self.file, line=line)
        )

    def notice(self, sentence: str) -> None:
        self._notices[sentence] = None

    def include(self, other: Findings) -> None:
        """Take over the problems of another file."""
        self._problems.extend(other._problems)

    @property
    def notices(self) -> tuple[str, ...]:
        return tuple(self._notices)

    def raise_if_any(self) -> None:
        if self._problems:
            # The whole file first, then from top to bottom; within a line in the order of finding.
            raise ConfigProblems(tuple(sorted(self._problems, key=lambda problem: problem.line or 0)))

    @property
    def has_problems(self) -> bool:
        return bool(self._problems)

    def line_of(self, path: str) -> int | None:
        """The line of a path, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = _parent(path)
        return self.lines.get(path)

    def as_written(self, path: str) -> str:
        if not path or not self.written_steps:
            return path
        parent = _parent(path)
        step = self.written_steps.get(path, path[len(parent) :])
        above = self.as_written(parent)
        return above + step if above else step.removeprefix(".")

    def shown(self, path: str, text: str) -> str:
        """A value for a message. One from the environment is named, not shown: it may be a secret."""
        names = self.variables.get(path)
        return f"the value of {_listed(names)}" if names else quoted(text)

    def is_whole(self, *sections: str) -> bool:
        """Whether these lists could be read in full: only then is it known what they do not have."""
        return self._incomplete.keys().isdisjoint(sections)

    def is_bad(self, path: str) -> bool:
        """Whether this very value has a problem: what stands in its place is only a default."""
        return path in self._bad_paths

    def has_problems_below(self, path: str) -> bool:
        """Whether this value, or one in it, has a problem."""
        return any(bad == path or bad.startswith(f"{path}.") for bad in self._bad_paths)

    def leave_out(self, path: str, kept: tuple[int, ...] = ()) -> None:
        """Note that entries of a list or mapping could not be read; `kept` are the places of the others."""
        self._incomplete[path] = kept

    def at(self, path: str, index: int) -> str:
        """The path of an entry as it was written, for its index among those that could be read."""
        kept = self._incomplete.get(path)
        return at(path, kept[index] if kept else index)


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(f"`${name}`" for name in names)


def _parent(path: str) -> str:
    found = _LAST_STEP.search(path)
    return path[: found.start()] if found else ""


def suggest(word: str, known: Mapping[str, object] | Iterable[str]) -> str:
    """The hint for a name that is not there: the closest one, or all when there are few."""
    names = list(dict.fromkeys(known))
    close = did_you_mean(word, names)
    if close or not names:
        return close
    return "there is " + ", ".join(f"`{name}`" for name in names) if len(names) <= 12 else ""
