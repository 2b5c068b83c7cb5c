"""One client connection and its response sinks: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.http.server._client_connection import ClientConnection, ResponseSink
else:
    _module = pick("client_connection")
    ClientConnection = _module.ClientConnection
    ResponseSink = _module.ResponseSink

__all__ = ["ClientConnection", "ResponseSink"]
