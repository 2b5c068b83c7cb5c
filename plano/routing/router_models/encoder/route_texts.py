"""The texts a route is known by: its whole description, the phrases in it, and examples of prompts.

Training reads routes by this module too, so that both compare the same texts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final, NamedTuple

#: From so many on, examples speak for themselves; fewer of them are phrases among phrases.
MANY_EXAMPLES: Final = 5
MOST_EXAMPLES: Final = 256
#: A description of more parts is a list nobody wrote for a router; each is a text to be read.
MOST_PHRASES: Final = 32
_MARKS: Final = re.compile(r"[_\-]+")
_COMMAS: Final = re.compile(r"[,;]")


class RouteTexts(NamedTuple):
    """`phrases` is never empty; `examples` is empty, or has at least `MANY_EXAMPLES`."""

    whole: str
    phrases: tuple[str, ...]
    examples: tuple[str, ...] = ()


def route_texts(name: str, description: str, examples: Sequence[str] = ()) -> RouteTexts:
    """The texts of one route."""
    shown = _MARKS.sub(" ", name).strip() or name
    parts = (part.strip(" .") for part in _COMMAS.split(description))
    phrases = (shown, *islice(filter(None, parts), MOST_PHRASES))
    if len(examples) >= MANY_EXAMPLES:
        return RouteTexts(f"{shown}: {description}", phrases, tuple(examples[:MOST_EXAMPLES]))
    return RouteTexts(f"{shown}: {description}", (*phrases, *examples))
