"""Provider bytes -> client bytes: the compiled pump, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.gateway._relay import Relay
else:
    Relay = pick("relay").Relay

__all__ = ["Relay"]
