"""How candidates are called: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.gateway._calls import Call, Calls
else:
    _module = pick("calls")
    Call = _module.Call
    Calls = _module.Calls

__all__ = ["Call", "Calls"]
