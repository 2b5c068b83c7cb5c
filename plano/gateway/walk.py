"""Drives one exchange's coroutine: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.gateway._walk import Signal, Walk
else:
    _module = pick("walk")
    Signal = _module.Signal
    Walk = _module.Walk

__all__ = ["Signal", "Walk"]
