"""Provider bytes -> responses. Sans-IO; framing by llhttp (strict).

Theory of operation: `feed` takes one block and calls the outlet: `on_head` once per final response, `on_body` for every
piece of it with the framing off, `on_end` when it is complete. Interim responses (1xx) are read and dropped. A response
with neither length nor coding runs until the connection closes: `close` then ends it. After `on_end`, any further byte
before the next request means that the provider is out of step: `is_reusable` turns false for good.

llhttp takes status lines of other protocols and line ends in front of them, and never says where a head ended: so a
block is given to it in pieces that end where a head could.
"""

from __future__ import annotations

import re
from typing import Any

import httptools

from plano.errors import ProviderProtocolError
from plano.http.wire.head import ResponseHead

#: Chunk sizes, their extensions and trailers that may come in a row without a byte of the body.
MAX_FRAMING_BYTES = 65536
#: What a byte of the body makes good: a chunk that holds one byte has five around it, and some write zeros in front.
FRAMING_PER_BODY_BYTE = 16
#: How every status line begins (RFC 9112 section 2.3).
LINE_BEGIN = b"HTTP/1."
#: What no reason phrase may hold (RFC 9112 section 4).
has_control = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]").search
#: `0`, its line end and the empty line: the shortest end of a chunked body.
LAST_CHUNK_BYTES = 5
#: Where the first digit of a status stands; `1` is an interim answer's.
INTERIM_AT = 9
ONE = 49
CR = 13
LF = 10


class ResponseReader:
    """Feeds one provider connection's bytes into responses, one at a time.

    `outlet` has `on_head(head)`, `on_body(data)` and `on_end()`; `max_head_bytes` bounds a head in bytes. What stands
    around the chunks of a body is bounded too: llhttp takes any amount of it, and holds a trailer until it is whole.
    """

    def __init__(self, outlet: Any, max_head_bytes: int) -> None:
        # Connection.
        self.outlet = outlet
        self.max_head_bytes = max_head_bytes
        self.parser = httptools.HttpResponseParser(self)
        self.is_reusable = True
        # Response.
        self.is_expecting = False
        self.next = ResponseHead()
        self.is_chunked = False
        self.head_done = False
        self.line_bytes = 0
        self.maybe_at_end = False
        self.head_bytes = 0
        self.body_bytes = 0
        self.framing_left = 0
        self.before = b""

    def expect(self) -> None:
        """A request was sent: the next bytes are its response."""
        self.is_expecting = True
        self.line_bytes = 0
        self.maybe_at_end = False
        self.head_bytes = 0
        self.is_chunked = False
        self.framing_left = MAX_FRAMING_BYTES

    def feed(self, data: bytes) -> None:
        """Take one block. Raises `ProviderProtocolError` for what is no HTTP response or not ours."""
        if self.head_done and self.is_expecting:
            self.feed_body(data, len(data))
            return
        at = 0
        size = len(data)
        if self.is_expecting and self.head_bytes == 0 and size <= self.max_head_bytes:
            end = data.find(b"\r\n\r\n") + 4
            if end > 3 and data.startswith(LINE_BEGIN) and data[INTERIM_AT] != ONE:  # What nearly every answer is.
                self.line_bytes = len(LINE_BEGIN)
                self.feed_body(data, size - end)
                return
        while at < size:
            if not self.is_expecting:
                self.is_reusable = False
                raise ProviderProtocolError("the provider sent bytes nobody asked for")
            if self.head_done:
                self.feed_body(data[at:], size - at)
                return
            end = self.piece_end(data, at, size)
            self.feed_head(data if end - at == size else data[at:end])
            at = end

    def piece_end(self, data: bytes, at: int, size: int) -> int:
        """As far as the head may reach: the next blank line."""
        end = 0
        if self.maybe_at_end:  # The blank line may have begun in the block before.
            end = data.find(b"\n", at, at + 2) + 1
        if end == 0:
            found = data.find(b"\n\r\n", at - 1 if at else 0)
            end = size if found < 0 else found + 3
        # Taken back where it ends something.
        self.maybe_at_end = end == size and (data[size - 1] == CR or data[size - 1] == LF)
        return end

    def feed_head(self, piece: bytes) -> None:
        if self.line_bytes < len(LINE_BEGIN):
            seen = self.line_bytes
            expected = LINE_BEGIN[seen : seen + len(piece)]
            self.line_bytes = seen + len(expected)
            if not piece.startswith(expected):
                raise self.not_http("the status line does not begin with HTTP/1.")
        self.head_bytes += len(piece)
        over = self.head_bytes - self.max_head_bytes
        self.parse(piece if over <= 0 else piece[: max(len(piece) - over, 0)])
        if over > 0:
            raise self.head_too_large()

    def feed_body(self, piece: bytes, size: int) -> None:
        """A piece whose last `size` bytes are behind the head."""
        self.body_bytes = 0
        self.parse(piece)
        if not self.is_chunked:
            if not self.is_expecting and size != self.body_bytes:
                self.is_reusable = False
            return
        self.count_framing(size - self.body_bytes)
        if len(piece) < LAST_CHUNK_BYTES:
            piece = self.before[-LAST_CHUNK_BYTES:] + piece
        self.before = piece
        if not self.is_expecting:
            self.before = b""
            if not piece.endswith(b"\r\n\r\n") or piece[-LAST_CHUNK_BYTES] == LF:
                self.is_reusable = False

    def parse(self, piece: bytes) -> None:
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            raise ProviderProtocolError("the provider switched protocols unasked") from None
        except httptools.HttpParserCallbackError as error:
            if isinstance(error.__context__, ProviderProtocolError):
                raise error.__context__ from None
            raise
        except httptools.HttpParserError as error:
            raise self.not_http(str(error)) from None

    def not_http(self, detail: str) -> ProviderProtocolError:
        return ProviderProtocolError("the provider's answer is not valid HTTP", detail=detail)

    def count_framing(self, size: int) -> None:
        self.framing_left += FRAMING_PER_BODY_BYTE * self.body_bytes - size
        if self.framing_left < 0:
            raise ProviderProtocolError(f"over {MAX_FRAMING_BYTES} bytes of chunk framing or trailers from a provider")
        if self.framing_left > MAX_FRAMING_BYTES:
            self.framing_left = MAX_FRAMING_BYTES

    def head_too_large(self) -> ProviderProtocolError:
        return ProviderProtocolError(f"the provider's response head is over {self.max_head_bytes} bytes")

    def close(self) -> None:
        """The connection ended. Raises `ProviderProtocolError` unless that is a legal end of the response."""
        if not self.is_expecting:
            return
        if self.head_done and self.next.content_length is None and not self.is_chunked:
            self.finish()
            return
        raise ProviderProtocolError("the provider closed the connection in the middle of its answer")

    # What llhttp calls.

    def on_message_begin(self) -> None:
        if not self.is_expecting:
            self.is_reusable = False
            raise ProviderProtocolError("the provider answered twice")

    def on_status(self, reason: bytes) -> None:
        self.next.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.head_done:
            return  # A trailer.
        if value and value[-1] <= 32:
            value = value.rstrip(b" \t")  # llhttp takes off white space in front only (RFC 9112 section 5.1).
        head = self.next
        name = name.lower()
        size = len(name)
        if size == 12:
            if name == b"content-type":
                head.content_type = value
            elif name == b"x-request-id":
                head.request_id = value
        elif size == 14:
            if name == b"content-length":
                head.content_length = int(value)
        elif size == 16:
            if name == b"content-encoding":
                head.content_encoding = value
        elif size == 17 and name == b"transfer-encoding":
            if value.lower() != b"chunked" or self.is_chunked:
                raise ProviderProtocolError("the provider used a transfer coding that is not understood")
            self.is_chunked = True
        head.headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self.parser.get_status_code()
        self.maybe_at_end = False
        head = self.next
        if status < 100:
            raise self.not_http(f"a status of {status:03}")
        if head.reason != b"OK" and has_control(head.reason) is not None:
            raise self.not_http("control characters in the reason phrase")
        if self.is_chunked and self.parser.get_http_version() != "1.1":
            raise self.not_http("Transfer-Encoding is not defined for HTTP/1.0")  # RFC 9112 section 6.1.
        if status < 200:
            if status == 101:
                raise ProviderProtocolError("the provider switched protocols unasked")
            return
        head.status = status
        if status == 204 or status == 304:
            head.content_length = 0
        self.head_done = True
        self.outlet.on_head(head)

    def on_body(self, data: bytes) -> None:
        self.body_bytes += len(data)
        self.outlet.on_body(data)

    def on_message_complete(self) -> None:
        if not self.head_done:  # 1xx: the final response is still to come.
            self.next = ResponseHead()
            self.is_chunked = False
            self.line_bytes = 0
            return
        if not self.parser.should_keep_alive():
            self.is_reusable = False
        self.finish()

    def finish(self) -> None:
        self.is_expecting = False
        self.head_done = False
        self.next = ResponseHead()
        self.outlet.on_end()
