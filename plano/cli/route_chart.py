"""Scores as bars in the terminal: a row per route, with a mark where its threshold is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

from plano.intent import Route

#: Columns that are not bars: spaces, the figure, and the name of a route, which may be cut.
_BESIDE: Final = 10
_LONGEST_NAME: Final = 32
_BARS: Final = (12, 48)


class Marks(NamedTuple):
    """What bars are drawn with."""

    full: str
    parts: str
    threshold: str
    rest: str


BLOCKS: Final = Marks("█", " ▏▎▍▌▋▊▉", "│", " ")
ASCII: Final = Marks("#", " ", "|", " ")


def marks_for(encoding: str | None) -> Marks:
    """Blocks where the terminal has them."""
    return BLOCKS if (encoding or "").lower().replace("-", "") in ("utf8", "utf16") else ASCII


def chart(
    routes: Sequence[Route], scores: Sequence[float], threshold: float | None, columns: int, marks: Marks | None = None
) -> list[str]:
    """A line per route, the most probable first. `threshold` is for routes without one of their own; None: no mark."""
    marks = marks_for(sys.stdout.encoding) if marks is None else marks
    names = [_cut(route.name) for route in routes]
    longest = max(map(len, names))
    width = min(max(columns - longest - _BESIDE, _BARS[0]), _BARS[1])
    order = sorted(range(len(routes)), key=lambda place: -scores[place])
    lines = []
    for place in order:
        own = routes[place].threshold
        drawn = bar(scores[place], threshold if own is None else own, width, marks)
        lines.append(f"  {names[place]:<{longest}}  {drawn}  {scores[place]:.2f}")
    return lines


def bar(score: float, threshold: float | None, width: int, marks: Marks) -> str:
    """`width` characters; the mark of the threshold stands behind as much bar as it takes to reach it."""
    eighths = round(score * width * len(marks.parts))
    full, part = divmod(eighths, len(marks.parts))
    drawn = marks.full * full + (marks.parts[part] if part else "")
    cells = list(drawn.ljust(width, marks.rest))
    if threshold is not None:
        cells[min(round(threshold * width), width - 1)] = marks.threshold
    return "".join(cells)


def _cut(name: str) -> str:
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 3]}..."
