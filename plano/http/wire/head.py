"""Message heads as plano keeps them: names lower-cased, values stripped, order and repetitions preserved."""

from __future__ import annotations

from msgspec import Struct

Headers = list[tuple[bytes, bytes]]


class RequestHead(Struct):
    """What stands before the body of a request (RFC 9112 section 3).

    `path` is the target's path as sent (still percent-encoded), `query` what follows `?` (empty when absent).
    """

    method: bytes
    path: bytes
    query: bytes
    minor_version: int
    headers: Headers
    keep_alive: bool

    def get(self, name: bytes) -> bytes | None:
        """The first value of a lower-case header name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


class ResponseHead(Struct):
    """What stands before the body of a response (RFC 9112 section 4).

    `content_length` is None when the body is chunked or runs until the connection closes.
    """

    status: int
    reason: bytes
    headers: Headers
    content_length: int | None

    def get(self, name: bytes) -> bytes | None:
        """The first value of a lower-case header name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None
