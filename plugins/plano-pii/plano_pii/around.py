"""The words around a number that tell what it is."""

from __future__ import annotations

LOOK_BACK = 48
LOOK_AHEAD = 16


def said_before(text: str, start: int) -> str:
    """What stands in front of `start`: at most 48 characters of its line, and nothing about an earlier number."""
    floor = max(start - LOOK_BACK, 0)
    at = start
    while at > floor and text[at - 1] != "\n" and not text[at - 1].isdecimal():
        at -= 1
    return text[at:start]


def said_around(text: str, start: int, stop: int) -> str:
    """What stands in front, and what stands behind in brackets: `123456782 (BSN)`."""
    behind = text[stop : stop + LOOK_AHEAD].lstrip(" ")
    return said_before(text, start) + ("\n" + behind if behind[:1] in {"(", "["} else "")
