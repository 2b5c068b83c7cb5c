"""The name of an exchange: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.gateway._request_ids import RequestIds
else:
    RequestIds = pick("request_ids").RequestIds

__all__ = ["RequestIds"]
