"""Reads what a chat model answered to `routing_prompt`: JSON as asked for, or whatever it made of that.

The ways of being wrong are few and known: another quote, a list, `null`, a code fence, thoughts before and prose after
it, braces doubled, a bare name. Text is not repaired by replacing letters, so names may hold any of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from plano.intent import MATCHED, NO_MATCH, NONSENSE, Judgement, RouteSet
from plano.routing.router_models.loose_values import values_in

#: Characters of an answer that are looked at, half of them its last, once its thoughts are gone.
_LONGEST: Final = 4096
_SHOWN: Final = 80
_KEYS: Final = ("route", "routes", "route_name", "name", "label")
_NONE_WORDS: Final = frozenset(
    ("other", "others", "none", "null", "nil", "n/a", "no match", "no_match", "no route", "no_route", "nothing")
)
_THOUGHTS: Final = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
#: Chat templates may open the thoughts themselves: the answer then only ends them.
_THOUGHTS_END: Final = re.compile(r"</(?:think|thinking|reasoning)>", re.IGNORECASE)
_LABEL: Final = re.compile(r"\A[^\w\n]*(?:the\s+)?(?:best\s+)?(?:route|answer)[^\w\n:=]*(?:is\b|[:=])[^\w\n]*", re.I)
_AROUND: Final = " \t\"'`*_.,;:!()[]{}<>\u201c\u201d\u2018\u2019"
#: What stands before and after a name in prose.
_OPENED: Final = ('"', "'", "`", ">", "\u201c", "\u2018", "**")
_CLOSED: Final = ('"', "'", "`", "<", "\u201d", "\u2019", "**")


def read_answer(text: str, routes: RouteSet) -> Judgement:
    """The route that is meant, the first known one of several, or no match and why. Never raises."""
    answer = _without_thoughts(text).strip()
    if not answer:
        return Judgement(None, reason=NONSENSE, detail="the answer is empty")
    if len(answer) > _LONGEST:
        answer = f"{answer[: _LONGEST // 2]}\n{answer[-_LONGEST // 2 :]}"
    judged = _judged(answer, routes)
    if judged.reason == NONSENSE and "\\" in answer:  # JSON within a text of JSON.
        judged = _judged(answer.replace("\\n", "\n").replace('\\"', '"'), routes)
    return judged


def _judged(answer: str, routes: RouteSet) -> Judgement:
    known = _Known(routes)
    unknown = ""
    for names in _readings(answer):
        route = known.first_of(names)
        if route is not None:
            return Judgement(route, reason=MATCHED)
        if not names or any(name.strip().casefold() in _NONE_WORDS for name in names):
            return Judgement(None, reason=NO_MATCH)
        unknown = unknown or names[0]
    route = known.alone_in(answer) or known.quoted_in(answer)
    if route is not None:
        return Judgement(route, reason=MATCHED)
    if _bare(answer).casefold() in _NONE_WORDS:
        return Judgement(None, reason=NO_MATCH)
    if unknown:
        return Judgement(None, reason=NO_MATCH, detail=f"the answer names an unknown route: {_shown(unknown)}")
    return Judgement(None, reason=NONSENSE, detail=f"the answer names no route: {_shown(answer)}")


class _Known:
    """The names of the routes, as written or in another case."""

    def __init__(self, routes: RouteSet) -> None:
        self._names = routes.names
        self._folded: dict[str, str] = {}
        for name in routes.names:
            self._folded.setdefault(name.strip().casefold(), name)

    def first_of(self, names: list[str]) -> str | None:
        """The first one known, exactly or but for case and blanks."""
        for name in names:
            meant = name if name in self._names else self._folded.get(name.strip().casefold())
            if meant is not None:
                return meant
        return None

    def alone_in(self, text: str) -> str | None:
        """A name that has the text, its first line or its last one to itself."""
        lines = [line for line in text.splitlines() if line.strip(_AROUND)]
        for line in (text, *lines[:1], *lines[-1:]):
            found = self.first_of([line, _bare(line)])
            if found is not None:
                return found
        return None

    def quoted_in(self, text: str) -> str | None:
        """The name that stands first in quotes, backticks, bold or a tag; the longer one of two at one place."""
        found = []
        for name in self._names:
            place = text.find(name)
            while place >= 0 and not _is_set_off(text, place, place + len(name)):
                place = text.find(name, place + 1)
            if place >= 0:
                found.append((place, -len(name), name))
        return min(found)[2] if found else None


def _readings(answer: str) -> Iterator[list[str]]:
    """The names that values in the answer hold, one list per value that is about routes."""
    for value in values_in(answer):
        names = _names(value)
        # A list in the midst of prose may be about anything.
        if names is not None and (isinstance(value, dict) or answer.strip(" `\njson").startswith("[")):
            yield names


def _names(value: Any) -> list[str] | None:
    """What a value names, flat; empty for `no route`, None when it is not about routes."""
    if isinstance(value, dict):
        key = next((key for key in _KEYS if key in value), None)
        return _names(value[key]) if key is not None else None if value else []
    if isinstance(value, list):
        return [name for item in value for name in _names(item) or ()]
    return [value] if isinstance(value, str) and value.strip() else []


def _is_set_off(text: str, start: int, end: int) -> bool:
    return text.endswith(_OPENED, 0, start) and text.startswith(_CLOSED, end)


def _bare(line: str) -> str:
    return _LABEL.sub("", line).strip().strip(_AROUND)


def _without_thoughts(text: str) -> str:
    if "<" not in text:
        return text
    return _THOUGHTS_END.split(_THOUGHTS.sub("", text))[-1]


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
