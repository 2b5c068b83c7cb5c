"""An exchange that may be answered by several: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.gateway._failover import Failovers
else:
    Failovers = pick("failover").Failovers

__all__ = ["Failovers"]
