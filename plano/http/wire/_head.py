"""Message heads as plano keeps them: names lower-cased, values stripped, order and repetitions preserved."""

from __future__ import annotations

Headers = list[tuple[bytes, bytes]]


class RequestHead:
    """What stands before the body of a request (RFC 9112 section 3).

    `path` is the target's path as sent (still percent-encoded), `query` what follows `?` (empty when absent). Headers
    that are wanted for every request are kept a second time by name, so that nobody has to look for them (empty when
    absent). `api_key` is the name of the key of plano's that was sent, found out by the listener.
    """

    def __init__(
        self,
        method: bytes,
        path: bytes,
        query: bytes = b"",
        minor_version: int = 1,
        headers: Headers | None = None,
        keep_alive: bool = True,
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.minor_version = minor_version
        self.headers: Headers = [] if headers is None else headers
        self.keep_alive = keep_alive
        self.host = b""
        self.origin = b""
        self.user_agent = b""
        self.request_id = b""
        self.forwarded_for = b""
        self.api_key = ""

    def get(self, name: bytes) -> bytes | None:
        """The first value of a lower-case header name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


class ResponseHead:
    """What stands before the body of a response (RFC 9112 section 4).

    `content_length` is None when the body is chunked or runs until the connection closes. As in `RequestHead`, some
    headers are kept a second time (empty when absent).
    """

    def __init__(self, status: int = 0, reason: bytes = b"", headers: Headers | None = None) -> None:
        self.status = status
        self.reason = reason
        self.headers: Headers = [] if headers is None else headers
        self.content_length: int | None = None
        self.content_type = b""
        self.content_encoding = b""
        self.request_id = b""

    def get(self, name: bytes) -> bytes | None:
        """The first value of a lower-case header name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None
