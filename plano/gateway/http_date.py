"""The `Date` of plano's own answers (RFC 9110 section 6.6.1), made once a second."""

from __future__ import annotations

from email.utils import formatdate


class HttpDate:
    """Remembers the line of the current second."""

    __slots__ = ("_line", "_second")

    def __init__(self) -> None:
        self._second = -1
        self._line = b""

    def line(self, unix_s: float) -> bytes:
        """The whole header line, CRLF included."""
        second = int(unix_s)
        if second != self._second:
            self._second = second
            self._line = b"date: %b\r\n" % formatdate(second, usegmt=True).encode("ascii")
        return self._line
