"""The pump of an attempt that may still be replaced: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.gateway._held_relay import HeldRelay
else:
    HeldRelay = pick("held_relay").HeldRelay

__all__ = ["HeldRelay"]
