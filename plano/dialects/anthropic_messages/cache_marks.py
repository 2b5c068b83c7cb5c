"""`cache_control` <-> `CacheMark` (API reference: prompt caching)."""

from __future__ import annotations

from typing import Any, Final

from plano.dialects.conversation import CacheMark
from plano.dialects.losses import Losses

#: More the API refuses.
_MOST: Final = 4
_TTLS: Final = ("5m", "1h")
#: Marks have no identity, and nearly all are one of these.
_KNOWN: Final = {"": CacheMark(), **{ttl: CacheMark(ttl) for ttl in _TTLS}}


def read_mark(block: dict[str, Any]) -> CacheMark | None:
    """Of a block, a tool, or a request."""
    control = block.get("cache_control")
    if not isinstance(control, dict):
        return None
    ttl = control.get("ttl")
    return _KNOWN.get(ttl, _KNOWN[""]) if isinstance(ttl, str) else _KNOWN[""]


class MarkKeeper:
    """Writes marks, in the order of the prompt (tools, system, messages), and takes back the first ones of too many.

    The last ones reach farthest, and what they cache contains what the first ones would.
    """

    def __init__(self) -> None:
        self._marked: list[dict[str, Any]] = []

    def mark(self, block: dict[str, Any], mark: CacheMark | None) -> dict[str, Any]:
        """`block`, with the mark if there is one."""
        if mark is not None:
            control = {"type": "ephemeral"}
            if mark.ttl in _TTLS:
                control["ttl"] = mark.ttl
            block["cache_control"] = control
            self._marked.append(block)
        return block

    def settle(self, losses: Losses) -> None:
        """Nothing more will be marked."""
        for block in self._marked[:-_MOST]:
            del block["cache_control"]
            losses.drop("cache")
