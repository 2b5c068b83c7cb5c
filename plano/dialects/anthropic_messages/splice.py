"""Going on with a Messages stream where another one broke off."""

from __future__ import annotations

from typing import Final

import msgspec

from plano.dialects.anthropic_messages.stream import read_usage
from plano.dialects.event_document import Json, document_in
from plano.dialects.splicing import State
from plano.dialects.text_join import Mode, TextJoin, request_to_go_on
from plano.dialects.usage import Usage
from plano.errors import ProviderStreamFailed
from plano.http.wire.json_envelope import Envelope
from plano.http.wire.sse import event_data, split_events

PING: Final = b'event: ping\ndata: {"type": "ping"}\n\n'
#: What follows the event that says why the answer ended.
LAST_FRAME: Final = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
_THINKING: Final = ("thinking", "redacted_thinking")
_STATUS_OF: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_encode: Final = msgspec.json.Encoder().encode


def failure_in(event: bytes) -> ProviderStreamFailed | None:
    """`event: error` (API reference: errors in streams)."""
    if b"error" not in event:
        return None
    document = document_in(event)
    error = document.get("error")
    if document.get("type") != "error" or not isinstance(error, dict):
        return None
    kind = str(error.get("type") or "")
    text = str(error.get("message") or "the provider's stream ended with an error")
    return ProviderStreamFailed(text, provider_status=_STATUS_OF.get(kind, 0), word=kind)


def has_content(event: bytes) -> bool:
    """The event carries some of the answer, or its proper end; the opening of an empty block does not."""
    document = document_in(event)
    kind = document.get("type")
    if kind == "content_block_start":
        return _kind_of(document) not in ("text", *_THINKING)
    return kind in ("content_block_delta", "message_delta", "message_stop")


def continuation(envelope: Envelope, text: str) -> bool:
    """Ask for the rest of an answer, the user speaking last: recent models refuse to prefill."""
    messages = envelope.get("messages")
    if not isinstance(messages, list):
        return False
    turns = ({"role": "assistant", "content": text.rstrip()}, {"role": "user", "content": request_to_go_on(text)})
    envelope.set("messages", [*messages, *turns])
    return True


class Delivered:
    """What a client has got of a message."""

    def __init__(self) -> None:
        self.obstacle = ""
        self.is_complete = False
        self.usage: Usage | None = None
        #: Kinds of the blocks opened so far, by index; the text block's index, and whether it was closed.
        self.kinds: dict[int, str] = {}
        self.text_index: int | None = None
        self.is_text_closed = False
        self._pieces: list[str] = []
        self._usages: list[bytes] = []

    @property
    def text(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    @property
    def next_index(self) -> int:
        return max(self.kinds, default=-1) + 1

    def add(self, events: bytes) -> None:
        for event in split_events(events):
            document = document_in(event)
            kind = document.get("type")
            if kind in ("message_start", "message_delta"):
                self._usages.append(event_data(event))
                self.usage = read_usage(self._usages)
                self.is_complete = self.is_complete or kind == "message_delta"
            elif kind == "content_block_start":
                self._open(int(document.get("index", 0)), _kind_of(document))
            elif kind == "content_block_delta":
                self._pieces.append(_text_of(document))
            elif kind == "content_block_stop":
                self._close(int(document.get("index", 0)))

    def _open(self, index: int, kind: str) -> None:
        self.kinds[index] = kind
        if kind in _THINKING:
            self.obstacle = self.obstacle or "its reasoning was cut"
        elif kind == "text":
            if self.text_index is not None:
                self.obstacle = "it has several pieces of text"
            self.text_index = index
        else:
            self.obstacle = "a tool call had begun" if kind.endswith("tool_use") else "more than text had begun"

    def _close(self, index: int) -> None:
        if self.kinds.get(index) in _THINKING and self.obstacle == "its reasoning was cut":
            self.obstacle = ""
        if index == self.text_index:
            self.is_text_closed = True


class Splice:
    """Another message's stream, as the rest of the first."""

    def __init__(self, delivered: Delivered, mode: Mode) -> None:
        self._join = TextJoin(delivered.text, mode)
        self._had_text = delivered.text_index is not None
        self._is_text_closed = delivered.is_text_closed
        self._text_index = delivered.text_index if delivered.text_index is not None else delivered.next_index
        self._next_index = delivered.next_index
        self._billed = delivered.usage
        self._started: list[bytes] = []
        #: Index in the new stream -> index the client knows; None for blocks that are dropped.
        self._places: dict[int, int | None] = {}

    @property
    def state(self) -> State:
        return "spliced" if self._join.state == "joined" else self._join.state

    def feed(self, event: bytes) -> bytes:
        document = document_in(event)
        kind = document.get("type")
        if kind == "message_start":
            self._started = [event_data(event)]
            return b""
        if kind == "content_block_start":
            return self._opened(document)
        if kind == "content_block_delta":
            return self._delta(document)
        if kind == "content_block_stop":
            return self._closed(document)
        if kind == "message_delta":
            return self._ended(document, event)
        return event if self._join.state == "joined" else b""

    def _opened(self, document: Json) -> bytes:
        index, kind = int(document.get("index", 0)), _kind_of(document)
        if kind in _THINKING and self._had_text:
            self._places[index] = None
            return b""
        if kind == "text" and self._text_index not in self._places.values():
            self._places[index] = self._text_index
            if self._had_text:
                return b""
        else:
            self._join.finish()  # Whatever else comes is new, so the text must have been said.
            self._places[index] = self._next_index
        if self._join.state != "joined":
            return b""
        place = self._places[index]
        self._next_index = max(self._next_index, (place or 0) + 1)
        return _event({**document, "index": place})

    def _delta(self, document: Json) -> bytes:
        place = self._places.get(int(document.get("index", 0)))
        if place is None:
            return b""
        if place == self._text_index and _is_text(document):
            text = self._join.feed(_text_of(document))
            return _text_event(place, text) if text else b""
        return _event({**document, "index": place}) if self._join.state == "joined" else b""

    def _closed(self, document: Json) -> bytes:
        place = self._places.get(int(document.get("index", 0)))
        if place is None:
            return b""
        held = self._join.finish() if place == self._text_index else ""
        if self._join.state != "joined":
            return b""
        rest = _text_event(place, held) if held else b""
        if place == self._text_index and self._is_text_closed:
            return rest
        return rest + _event({"type": "content_block_stop", "index": place})

    def _ended(self, document: Json, event: bytes) -> bytes:
        self._join.finish()
        if self._join.state != "joined":
            return b""
        usage = document.get("usage")
        if isinstance(usage, dict) and self._billed is not None:
            own = read_usage([*self._started, event_data(event)])
            usage["output_tokens"] = self._billed.output_tokens + (own.output_tokens if own else 0)
            if own is not None:
                cached, created = self._billed.cached_input_tokens, self._billed.cache_creation_tokens
                fresh = self._billed.input_tokens - cached - created
                fresh += own.input_tokens - own.cached_input_tokens - own.cache_creation_tokens
                usage["input_tokens"] = fresh
        return _event(document)


def _kind_of(document: Json) -> str:
    block = document.get("content_block")
    return str(block.get("type", "")) if isinstance(block, dict) else ""


def _is_text(document: Json) -> bool:
    delta = document.get("delta")
    return isinstance(delta, dict) and delta.get("type") == "text_delta"


def _text_of(document: Json) -> str:
    return str(document["delta"].get("text", "")) if _is_text(document) else ""


def _text_event(index: int, text: str) -> bytes:
    return _event({"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}})


def _event(document: Json) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (str(document["type"]).encode(), _encode(document))
