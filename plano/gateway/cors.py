"""Which web pages may read answers (Fetch standard section 3.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from plano.gateway.endpoints import allowed_methods
from plano.http.wire.head import RequestHead

#: What a page may send when it does not say what it wants to.
_USUAL_HEADERS: Final = b"Authorization, Content-Type, X-Api-Key, X-Plano-Api-Key"


class Cors:
    """The rule of one listener. `origins`: as configured; `*` is everybody."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._allowed = frozenset(origin.rstrip("/").encode("latin-1", "replace") for origin in origins)
        self._allows_all = b"*" in self._allowed

    def lines(self, origin: bytes) -> bytes:
        """The response header lines that let a page of `origin` read the answer; empty when it must not."""
        if self._allows_all:
            return b"access-control-allow-origin: *\r\n"
        if origin in self._allowed:
            return b"access-control-allow-origin: %b\r\nvary: origin\r\n" % origin
        return b""

    def preflight(self, methods: tuple[bytes, ...], head: RequestHead) -> tuple[int, bytes, bytes]:
        """The answer to OPTIONS: a preflight, or the mere question what is allowed."""
        allowed = allowed_methods(methods)
        lines = b"HTTP/1.1 204 No Content\r\nallow: %b\r\n" % allowed
        permission = self.lines(head.origin)
        if permission:
            asked = head.get(b"access-control-request-headers") or _USUAL_HEADERS
            lines += permission
            lines += b"access-control-allow-methods: %b\r\naccess-control-allow-headers: %b\r\n" % (allowed, asked)
            lines += b"access-control-max-age: 600\r\n"
        return 204, lines, b""
