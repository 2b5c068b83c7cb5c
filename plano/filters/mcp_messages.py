"""MCP's messages: JSON-RPC 2.0 over streamable HTTP (modelcontextprotocol.io, revisions 2024-11-05 to 2025-11-25)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano import __version__
from plano.errors import ProviderProtocolError
from plano.filters.replies import decoded, is_event_stream
from plano.http.wire.head import ResponseHead
from plano.http.wire.sse_splitter import SseSplitter

#: What is offered first. A server that does not speak it answers with one it does.
OFFERED: Final = "2025-06-18"
SPOKEN: Final = frozenset(("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"))

_encode: Final = msgspec.json.Encoder().encode


def request(id: int, method: str, params: dict[str, Any]) -> bytes:
    """`params` may hold `msgspec.Raw`."""
    return _encode({"jsonrpc": "2.0", "id": id, "method": method, "params": params})


def notification(method: str) -> bytes:
    return _encode({"jsonrpc": "2.0", "method": method})


def initialization() -> dict[str, Any]:
    """The parameters of `initialize`. plano offers a server nothing."""
    return {
        "protocolVersion": OFFERED,
        "capabilities": {},
        "clientInfo": {"name": "plano", "version": __version__},
    }


class Response(msgspec.Struct, frozen=True):
    """The answer to one request; exactly one of the two is not None."""

    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


class ResponseReader:
    """Finds the answer to the request `id` in a body, a JSON document or events; other messages are passed over.

    `feed` is an `Enough`: a server may keep its stream open when it has answered.
    """

    def __init__(self, id: int) -> None:
        self.found: Response | None = None
        self._id = id
        self._splitter: SseSplitter | None = None

    def feed(self, head: ResponseHead, block: bytes) -> bool:
        """Raises `ProviderProtocolError` for events that are no messages."""
        if not 200 <= head.status < 300 or not is_event_stream(head.content_type.decode("latin-1")):
            return False
        if self._splitter is None:
            self._splitter = SseSplitter()
        return self._take(self._splitter.feed(block))

    def finish(self, body: bytes) -> Response:
        """The answer is over; `body` is all of it. Raises `ProviderProtocolError` where it has no response."""
        if self.found is None and self._splitter is not None:
            self._take(self._splitter.end())
        elif self.found is None:
            self._read(body)
        if self.found is None:
            raise ProviderProtocolError("the MCP server's answer ends without a response to what it was asked")
        return self.found

    def _take(self, events: list[tuple[str, bytes]]) -> bool:
        for name, data in events:
            if name in ("", "message") and data.strip() and self.found is None:
                self._read(data)
        return self.found is not None

    def _read(self, data: bytes) -> None:
        try:
            told = decoded(data)
        except ValueError:
            raise ProviderProtocolError("the MCP server answered something that is no JSON") from None
        for message in told if isinstance(told, list) else [told]:  # Batches are of revision 2025-03-26.
            if isinstance(message, dict) and str(message.get("id")) == str(self._id) and "method" not in message:
                self.found = _response(message)


def _response(message: dict[str, Any]) -> Response:
    if isinstance(error := message.get("error"), dict):
        return Response(error=error)
    if isinstance(result := message.get("result"), dict):
        return Response(result=result)
    raise ProviderProtocolError("the MCP server's response has neither a result nor an error")
