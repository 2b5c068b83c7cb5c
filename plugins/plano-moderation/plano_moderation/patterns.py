"""Regular expressions over whole texts, and over texts in pieces with so much held back as a match may be long.

A stream gives what the whole gives: a match is settled when nothing that follows could make it begin earlier or be
longer, which is when `longest` characters after its beginning are there. Longer matches are cut off at `longest`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from .rulings import Bench, Ruling
from .settings import Settings, Side

#: What a pattern may look back at (`\\b`, `(?<=...)`), in characters.
_BEFORE: Final = 64


class Wanted(NamedTuple):
    """A compiled pattern."""

    pattern: re.Pattern[str]
    longest: int
    ruling: Ruling


class PatternStream:
    """A `TextFilter` for one pattern; also what whole texts go through, so that both give the same."""

    def __init__(self, wanted: Wanted, bench: Bench) -> None:
        self._pattern, self._longest, self._ruling = wanted
        self._bench = bench
        self._text = ""
        self._place = 0

    def feed(self, piece: str) -> str:
        self._text += piece
        return self._settled(len(self._text) - self._longest)

    def finish(self) -> str:
        return self._settled(len(self._text))

    def _settled(self, until: int) -> str:
        """What begins before `until` is settled: all of it that a match from there could reach is known."""
        parts: list[str] = []
        while self._place < until:
            start, end = self._next(until)
            parts.append(self._text[self._place : start])
            if end > start:
                parts.append(self._bench.rule(self._ruling, self._text[start:end]))
            self._place = end
        cut = self._place - _BEFORE
        if cut > _BEFORE:
            self._text = self._text[cut:]
            self._place -= cut
        return "".join(parts)

    def _next(self, until: int) -> tuple[int, int]:
        """The next match that begins before `until`; where there is none, twice `until`."""
        place = self._place
        while (found := self._pattern.search(self._text, place)) is not None and found.start() < until:
            start = found.start()
            # What stands further on than a match may be long must not matter: it may not be there yet.
            near = self._pattern.match(self._text, start, start + self._longest)
            if near is not None and near.end() > start:
                return start, near.end()
            place = start + 1
        return until, until


def patterns_of(settings: Settings, side: Side) -> tuple[Wanted, ...]:
    """Ready patterns for one side. Raises `ValueError` for one that is none, or that matches nothing at all."""
    return tuple(
        Wanted(
            _compiled(one.name, one.pattern),
            one.longest,
            Ruling(one.name, one.action, one.mask, one.message or settings.message, settings.status),
        )
        for one in settings.patterns
        if side in one.apply
    )


def ruled(text: str, wanted: Sequence[Wanted], bench: Bench) -> str:
    """A whole text. Raises `Refuse`."""
    for one in wanted:
        if one.pattern.search(text) is not None:
            stream = PatternStream(one, bench)
            text = stream.feed(text) + stream.finish()
    return text


def _compiled(name: str, pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"pattern {name!r} is no regular expression: {error}") from None
    if compiled.match(""):
        raise ValueError(f"pattern {name!r} finds nothing at all everywhere")
    return compiled
