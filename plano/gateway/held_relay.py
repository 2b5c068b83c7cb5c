"""The pump of an attempt that may still be replaced: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.gateway._held_relay import HeldRelay, is_whole
else:
    _module = pick("held_relay")
    HeldRelay = _module.HeldRelay
    is_whole = _module.is_whole

__all__ = ["HeldRelay", "is_whole"]
