"""One provider connection: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.http.client._provider_connection import ProviderConnection, StaleConnection
else:
    _module = pick("provider_connection")
    ProviderConnection = _module.ProviderConnection
    StaleConnection = _module.StaleConnection

__all__ = ["ProviderConnection", "StaleConnection"]
