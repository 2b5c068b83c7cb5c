"""Message heads as plano keeps them: names lower-cased, values stripped, order and repetitions preserved."""

from __future__ import annotations

from msgspec import Struct

Headers = list[tuple[bytes, bytes]]


class RequestHead(Struct):
    """What stands before the body of a request (RFC 9112 section 3).

    `path` is the target's path as sent (still percent-encoded), `query` what follows `?` (empty when absent). Headers
    that are wanted for every request are kept a second time by name, so that nobody has to look for them (empty when
    absent).
    """

    method: bytes
    path: bytes
    query: bytes
    minor_version: int
    headers: Headers
    keep_alive: bool
    host: bytes = b""
    origin: bytes = b""
    user_agent: bytes = b""
    request_id: bytes = b""
    forwarded_for: bytes = b""

    def get(self, name: bytes) -> bytes | None:
        """The first value of a lower-case header name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


class ResponseHead(Struct):
    """What stands before the body of a response (RFC 9112 section 4).

    `content_length` is None when the body is chunked or runs until the connection closes. As in `RequestHead`, some
    headers are kept a second time (empty when absent).
    """

    status: int
    reason: bytes
    headers: Headers
    content_length: int | None
    content_type: bytes = b""
    content_encoding: bytes = b""
    request_id: bytes = b""

    def get(self, name: bytes) -> bytes | None:
        """The first value of a lower-case header name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None
