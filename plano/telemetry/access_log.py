"""One line per exchange: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.telemetry._access_log import AccessLog
else:
    AccessLog = pick("access_log").AccessLog

__all__ = ["AccessLog"]
