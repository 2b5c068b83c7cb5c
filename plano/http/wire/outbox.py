"""Bytes that leave together: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.http.wire._outbox import Outbox
else:
    Outbox = pick("outbox").Outbox

__all__ = ["Outbox"]
