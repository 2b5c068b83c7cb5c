"""Provider bytes -> responses. Sans-IO; framing by llhttp (strict).

Theory of operation: `feed` takes one block and calls the outlet: `on_head` once per final response, `on_body` for every
piece of it with the framing off, `on_end` when it is complete. Interim responses (1xx) are read and dropped. A response
with neither length nor coding runs until the connection closes: `close` then ends it. After `on_end`, any further byte
before the next request means that the provider is out of step: `is_reusable` turns false for good.
"""

from __future__ import annotations

from typing import Any

import httptools

from plano.errors import ProviderProtocolError
from plano.http.wire.head import ResponseHead

#: Chunk sizes, their extensions and trailers that may come in a row without a byte of the body.
MAX_FRAMING_BYTES = 65536
#: What a byte of the body makes good: a chunk that holds one byte has five around it, and some write zeros in front.
FRAMING_PER_BODY_BYTE = 16


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
        self.head_bytes = 0
        self.field_bytes = 0
        self.body_bytes = 0
        self.framing_left = 0

    def expect(self) -> None:
        """A request was sent: the next bytes are its response."""
        self.is_expecting = True
        self.head_bytes = 0
        self.field_bytes = 0
        self.framing_left = MAX_FRAMING_BYTES

    def feed(self, data: bytes) -> None:
        """Take one block. Raises `ProviderProtocolError` for what is no HTTP response or not ours."""
        if not self.is_expecting:
            self.is_reusable = False
            raise ProviderProtocolError("the provider sent bytes nobody asked for")
        is_body_alone = self.head_done
        if not is_body_alone:
            self.head_bytes += len(data)
        self.body_bytes = 0
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            raise ProviderProtocolError("the provider switched protocols unasked") from None
        except httptools.HttpParserCallbackError as error:
            if isinstance(error.__context__, ProviderProtocolError):
                raise error.__context__ from None
            raise
        except httptools.HttpParserError as error:
            raise ProviderProtocolError("the provider's answer is not valid HTTP", detail=str(error)) from None
        if self.is_expecting and not self.head_done and self.head_bytes > self.max_head_bytes:
            raise self.head_too_large()
        if is_body_alone and self.is_chunked:
            self.count_framing(len(data) - self.body_bytes)

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
        self.field_bytes += size + len(value) + 4
        if self.field_bytes > self.max_head_bytes:
            raise self.head_too_large()
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
            if value.lower() != b"chunked":
                raise ProviderProtocolError("the provider used a transfer coding that is not understood")
            self.is_chunked = True
        head.headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self.parser.get_status_code()
        if status < 200:
            if status == 101:
                raise ProviderProtocolError("the provider switched protocols unasked")
            return
        head = self.next
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
            return
        if not self.parser.should_keep_alive():
            self.is_reusable = False
        self.finish()

    def finish(self) -> None:
        self.is_expecting = False
        self.head_done = False
        self.next = ResponseHead()
        self.is_chunked = False
        self.outlet.on_end()
