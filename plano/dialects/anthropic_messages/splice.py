"""Going on with a Messages stream where another one broke off."""

from __future__ import annotations

from typing import Final

import msgspec

from plano.dialects.anthropic_messages.stream import read_usage
from plano.dialects.anthropic_messages.wire_types import STATUS_OF
from plano.dialects.continuation import add_turns, is_bound
from plano.dialects.delivered_text import DeliveredText
from plano.dialects.event_document import Json, document_in, number_at, object_at, text_at
from plano.dialects.splicing import State
from plano.dialects.text_join import Mode, TextJoin
from plano.dialects.usage import Usage, summed
from plano.errors import ProviderStreamFailed
from plano.http.wire.json_envelope import Envelope

PING: Final = b'event: ping\ndata: {"type": "ping"}\n\n'
#: What follows the event that says why the answer ended.
LAST_FRAME: Final = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
_THINKING: Final = ("thinking", "redacted_thinking")
_encode: Final = msgspec.json.Encoder().encode


def failure_in(event: bytes) -> ProviderStreamFailed | None:
    """`event: error` (API reference: errors in streams)."""
    if b"error" not in event:
        return None
    document = document_in(event)
    error = document.get("error")
    if document.get("type") != "error" or not isinstance(error, dict):
        return None
    kind = text_at(error, "type")
    text = text_at(error, "message") or "the provider's stream ended with an error"
    return ProviderStreamFailed(text, provider_status=STATUS_OF.get(kind, 0), word=kind)


def has_content(event: bytes) -> bool:
    """The event carries some of the answer, or its proper end; the opening of an empty block does not."""
    document = document_in(event)
    kind = document.get("type")
    if kind == "content_block_start":
        return _kind_of(document) not in ("text", *_THINKING)
    if kind == "content_block_delta":
        return any(value for name, value in object_at(document, "delta").items() if name != "type")
    return kind in ("message_delta", "message_stop")


def continuation(envelope: Envelope, text: str) -> bool:
    """Ask for the rest of an answer, the user speaking last: recent models refuse to be prefilled. False where an
    answer in two parts could not be what was asked for.
    """
    settings = envelope.get("output_config")
    form = envelope.get("output_format") or (settings.get("format") if isinstance(settings, dict) else None)
    if is_bound(envelope.get("tool_choice"), form):
        return False
    return add_turns(envelope, "messages", text)


class Delivered(DeliveredText):
    """What a client has got of a message."""

    def __init__(self) -> None:
        super().__init__()
        self.is_complete = False
        #: Kinds of the blocks opened so far, by index; the text block's index, and whether it was closed.
        self.kinds: dict[int, str] = {}
        self.text_index: int | None = None
        self.is_text_closed = False
        self._usages: list[bytes] = []

    @property
    def next_index(self) -> int:
        return max(self.kinds, default=-1) + 1

    @property
    def has_thinking(self) -> bool:
        return any(kind in _THINKING for kind in self.kinds.values())

    def begin_attempt(self) -> Usage | None:
        self._usages.clear()
        return super().begin_attempt()

    def take(self, document: Json) -> None:
        kind = document.get("type")
        if kind == "message_delta":
            self.is_complete = self.is_complete or bool(object_at(document, "delta").get("stop_reason"))
        elif kind == "content_block_start":
            self._open(number_at(document, "index"), document)
        elif kind == "content_block_delta":
            self._pieces.append(_text_of(document))
        elif kind == "content_block_stop":
            self._close(number_at(document, "index"))

    def note_usage(self, document: Json) -> None:
        if document.get("type") in ("message_start", "message_delta"):
            self._usages.append(_encode(document))
            self.usage = read_usage(self._usages)

    def _open(self, index: int, document: Json) -> None:
        self.kinds[index] = kind = _kind_of(document)
        if kind in _THINKING:
            self.obstacle = self.obstacle or "its reasoning was cut"
        elif kind == "text":
            if self.text_index is not None:
                self.obstacle = "it has several pieces of text"
            self.text_index = index
            self._pieces.append(_opening_text(document))
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
        self._delivered = delivered
        self._join = TextJoin(delivered.text, mode, is_over=delivered.is_text_closed)
        self._billed = delivered.begin_attempt()
        self._drops_thinking = delivered.has_thinking or delivered.text_index is not None
        #: Where the text is that the client has got or is getting, and whether that block is open to the client.
        self._text_index = delivered.text_index
        self._is_text_open = delivered.text_index is not None and not delivered.is_text_closed
        self._next_index = delivered.next_index
        #: Index in the new stream of the block that goes on with the client's; -1 once there can be none.
        self._source: int | None = None if delivered.text_index is not None else -1
        #: Index in the new stream -> index the client knows; blocks that are dropped have none.
        self._places: dict[int, int] = {}

    @property
    def state(self) -> State:
        return "spliced" if self._join.state == "joined" else self._join.state

    def feed(self, event: bytes) -> bytes:
        document = document_in(event)
        self._delivered.note_usage(document)
        told = self._told(str(document.get("type", "")), document, event)
        return told if self._join.state == "joined" else b""

    def _told(self, kind: str, document: Json, event: bytes) -> bytes:
        if kind == "message_start":
            return b""
        if kind == "content_block_start":
            return self._opened(document)
        if kind == "content_block_delta":
            return self._delta(document)
        if kind == "content_block_stop":
            return self._closed(document)
        if kind == "message_delta":
            return self._ended(document)
        return event

    def _opened(self, document: Json) -> bytes:
        index, kind = number_at(document, "index"), _kind_of(document)
        if kind in _THINKING and self._drops_thinking:
            return b""
        if kind == "text" and self._source is None:
            self._source = index
            return self._text(_opening_text(document))
        before = self._close_text()
        place = self._places[index] = self._next_index
        self._next_index += 1
        return before + _event({**document, "index": place})

    def _delta(self, document: Json) -> bytes:
        index = number_at(document, "index")
        if index == self._source:
            if _is_text(document):
                return self._text(_text_of(document))
            return _event({**document, "index": self._text_index}) if self._is_text_open else b""
        place = self._places.get(index)
        return b"" if place is None else _event({**document, "index": place})

    def _closed(self, document: Json) -> bytes:
        index = number_at(document, "index")
        if index == self._source:
            return self._close_text()
        place = self._places.get(index)
        return b"" if place is None else _event({"type": "content_block_stop", "index": place})

    def _text(self, text: str) -> bytes:
        """New text of the block that goes on, as far as it is new to the client."""
        new = self._join.feed(text)
        return _text_event(self._text_index, new) if new else b""

    def _close_text(self) -> bytes:
        """Whatever comes next is new, so the text must have been said: nothing can be added to its block any more."""
        held = self._join.finish()
        told = _text_event(self._text_index, held) if held else b""
        if self._is_text_open and self._join.state == "joined":
            self._is_text_open = False
            told += _event({"type": "content_block_stop", "index": self._text_index})
        self._source = -1
        return told

    def _ended(self, document: Json) -> bytes:
        if not object_at(document, "delta").get("stop_reason"):
            return b""
        before = self._close_text()
        if self._billed is not None:
            document["usage"] = self._whole_usage(object_at(document, "usage"))
        return before + _event(document)

    def _whole_usage(self, usage: Json) -> Json:
        """The counts of all attempts together; `message_start` told only those of the first."""
        whole = summed(self._billed, self._delivered.usage)
        if whole is None:
            return usage
        cached, created = whole.cached_input_tokens, whole.cache_creation_tokens
        usage = {**usage, "input_tokens": whole.input_tokens - cached - created, "output_tokens": whole.output_tokens}
        if cached:
            usage["cache_read_input_tokens"] = cached
        if created:
            usage["cache_creation_input_tokens"] = created
        return usage


def _kind_of(document: Json) -> str:
    return text_at(object_at(document, "content_block"), "type")


def _opening_text(document: Json) -> str:
    """The text some vendors put into the very opening of a block."""
    return text_at(object_at(document, "content_block"), "text")


def _is_text(document: Json) -> bool:
    return object_at(document, "delta").get("type") == "text_delta"


def _text_of(document: Json) -> str:
    return text_at(object_at(document, "delta"), "text") if _is_text(document) else ""


def _text_event(index: int | None, text: str) -> bytes:
    return _event({"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}})


def _event(document: Json) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (str(document["type"]).encode(), _encode(document))
