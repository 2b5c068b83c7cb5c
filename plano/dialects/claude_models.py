"""What requests the models of one vendor take: Claude's differ in how they are made to think, and in what they refuse.

Source: Anthropic's migration guides up to Claude 5.5 (November 2026). A model that is not known by its name, such as
those of other vendors behind this API, takes what the API took at first.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

from msgspec import Struct

#: `claude-opus-4-8-20260528`, `anthropic.claude-sonnet-5`, `claude-haiku-5.5`, `claude-3-7-sonnet-latest`.
_NAME: Final = re.compile(r"claude-(?:([a-z]+)-(\d{1,2})(?:[-.](\d{1,2}))?|(\d)(?:[-.](\d))?-([a-z]+))(?!\d)")
#: Families whose models think, whatever they are told.
_ALWAYS_THINKING: Final = ("fable", "mythos")


class ClaudeModel(Struct, frozen=True):
    """`off`: how thinking is turned off, "" where it cannot be (then an effort of `low` comes nearest)."""

    has_budgets: bool = True
    has_adaptive: bool = False
    has_xhigh: bool = False
    off: Literal["disabled", "between_tools", ""] = "disabled"
    takes_sampling: bool = True
    #: A temperature and a `top_p` in one request.
    takes_both_samplings: bool = True
    takes_forced_tools: bool = True
    takes_prefill: bool = True
    takes_schemas: bool = True


@lru_cache(maxsize=1024)
def claude_model(name: str) -> ClaudeModel:
    """By its name, as whatever provider calls it."""
    found = _NAME.search(name.lower())
    if found is None:
        return ClaudeModel()
    family = found[1] or found[6]
    version = (int(found[2] or found[4]), int(found[3] or found[5] or 0))
    is_late = version >= (4, 7) or family in _ALWAYS_THINKING
    is_latest = version >= (5, 5) or (family in _ALWAYS_THINKING and version >= (5, 1))
    return ClaudeModel(
        has_budgets=not is_late,
        has_adaptive=is_late or version >= (4, 6),
        has_xhigh=is_late,
        off=_off(family, version),
        takes_sampling=not is_late,
        takes_both_samplings=version < (4, 1),
        takes_forced_tools=not is_latest,
        takes_prefill=not (is_late or version >= (4, 6)),
        takes_schemas=version >= (4, 5),
    )


def _off(family: str, version: tuple[int, int]) -> Literal["disabled", "between_tools", ""]:
    if family in _ALWAYS_THINKING or (family == "opus" and version >= (5, 5)):
        return ""
    return "between_tools" if family == "sonnet" and version >= (5, 5) else "disabled"
