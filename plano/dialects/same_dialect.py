"""Client and provider speak alike: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.dialects._same_dialect import ask_for_usage, outgoing_body
else:
    _module = pick("same_dialect")
    ask_for_usage = _module.ask_for_usage
    outgoing_body = _module.outgoing_body

__all__ = ["ask_for_usage", "outgoing_body"]
