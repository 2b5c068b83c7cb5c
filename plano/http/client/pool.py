"""Connections that wait for their next call: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.http.client._pool import Pool
else:
    Pool = pick("pool").Pool

__all__ = ["Pool"]
