"""The words around a number that tell what it is."""

from __future__ import annotations

LOOK_BACK = 48
LOOK_AHEAD = 16


def said_before(text: str, start: int) -> str:
    """What stands in front of `start`, up to an earlier number: 48 characters of its line, or of a label above it."""
    floor = max(start - LOOK_BACK, 0)
    at = start
    while at > floor and not text[at - 1].isdecimal() and (text[at - 1] != "\n" or text[at - 2 : at - 1] == ":"):
        at -= 1
    return text[at:start]


def said_around(text: str, start: int, stop: int) -> str:
    """What stands in front, and what stands behind in brackets: `123456782 (BSN)`."""
    behind = text[stop : stop + LOOK_AHEAD].lstrip(" ")
    return said_before(text, start) + ("\n" + behind if behind[:1] in {"(", "["} else "")
