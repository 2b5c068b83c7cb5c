"""Going on with a Responses stream where another one broke off."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.continuation import add_turns, is_bound
from plano.dialects.delivered_text import DeliveredText
from plano.dialects.event_document import Json, document_in, number_at, object_at, text_at
from plano.dialects.openai_responses.stream import read_usage
from plano.dialects.splicing import State
from plano.dialects.text_join import Mode, TextJoin
from plano.dialects.usage import Usage, raise_count
from plano.errors import ProviderStreamFailed
from plano.http.wire.json_envelope import Envelope

PING: Final = b": ping\n\n"
#: Its last event holds the whole response: nothing can be made up.
LAST_FRAME: Final = b""
_ENDS: Final = ("response.completed", "response.incomplete")
_OPENS: Final = ("response.created", "response.in_progress", "response.queued")
_STATUS_OF: Final = {"server_error": 500, "rate_limit_exceeded": 429, "insufficient_quota": 429}
#: What of the end of a text the client was told: nothing, its text, its part, its message.
_OPEN, _TEXT_DONE, _PART_DONE, _ITEM_DONE = range(4)
_encode: Final = msgspec.json.Encoder().encode


def failure_in(event: bytes) -> ProviderStreamFailed | None:
    """`error` and `response.failed` (API reference: streaming events)."""
    if b"error" not in event and b"failed" not in event:
        return None
    document = document_in(event)
    error: Any = None
    if document.get("type") == "error":
        error = document.get("error") if isinstance(document.get("error"), dict) else document
    elif document.get("type") == "response.failed":
        error = object_at(document, "response").get("error") or {}
    if not isinstance(error, dict):
        return None
    word = text_at(error, "code") or text_at(error, "type")
    text = text_at(error, "message") or "the provider's stream ended with an error"
    return ProviderStreamFailed(text, provider_status=_STATUS_OF.get(word, 0), word=word)


def has_content(event: bytes) -> bool:
    """The event carries some of the answer, or its proper end."""
    document = document_in(event)
    kind = str(document.get("type", ""))
    if kind == "response.output_item.added":
        return object_at(document, "item").get("type") not in ("message", "reasoning")
    return kind in _ENDS or (kind.endswith(".delta") and bool(document.get("delta")))


def continuation(envelope: Envelope, text: str) -> bool:
    """Ask for the rest of an answer, the user speaking last. False where an answer in two parts could not be what was
    asked for.
    """
    settings = envelope.get("text")
    if is_bound(envelope.get("tool_choice"), settings.get("format") if isinstance(settings, dict) else None):
        return False
    raw = envelope.raw("input")
    if text.strip() and raw is not None and raw.startswith(b'"'):
        envelope.set_raw("input", b'[{"role":"user","content":%b}]' % raw)
    return not text.strip() or add_turns(envelope, "input", text)


class Delivered(DeliveredText):
    """What a client has got of a response."""

    def __init__(self) -> None:
        super().__init__()
        self.is_complete = False
        #: The response object as it was announced, and the number of the last event.
        self.response: Json = {}
        self.last_number = -1
        #: The items opened so far by output index; whole ones as they are in the end.
        self.items: dict[int, Json] = {}
        self.text_index: int | None = None
        #: What of the text's end has been told.
        self.closed = _OPEN
        self.has_part = False

    @property
    def next_index(self) -> int:
        return max(self.items, default=-1) + 1

    def take(self, document: Json) -> None:
        self.last_number = number_at(document, "sequence_number", self.last_number)
        kind = text_at(document, "type")
        index = number_at(document, "output_index")
        if kind in _OPENS:
            self.response = self.response or object_at(document, "response")
        elif kind == "response.output_item.added":
            self._open(index, object_at(document, "item"))
        elif kind == "response.content_part.added":
            self._add_part(object_at(document, "part"))
        elif kind == "response.output_text.delta":
            self._pieces.append(text_at(document, "delta"))
            if document.get("logprobs"):
                self.obstacle = "log probabilities were asked for"
        elif kind == "response.output_text.done":
            self.closed = _TEXT_DONE
        elif kind == "response.content_part.done":
            self.closed = _PART_DONE if index == self.text_index else self.closed
        elif kind == "response.output_item.done":
            self._close(index, object_at(document, "item"))
        elif kind.startswith("response.refusal"):
            self.obstacle = "a refusal had begun"
        elif kind in _ENDS:
            self.obstacle = "it is complete"

    def note_usage(self, document: Json) -> None:
        if text_at(document, "type") in _ENDS:
            self.usage = read_usage((_encode(document),)) or self.usage

    def _open(self, index: int, item: Json) -> None:
        self.items[index] = item
        kind = item.get("type")
        if kind == "reasoning":
            self.obstacle = self.obstacle or "its reasoning was cut"
        elif kind == "message":
            if self.text_index is not None:
                self.obstacle = "it has several messages"
            self.text_index = index
        else:
            self.obstacle = "a tool call had begun"

    def _add_part(self, part: Json) -> None:
        if self.has_part or part.get("type") != "output_text":
            self.obstacle = self.obstacle or "it has more than one text"
        self.has_part = True

    def _close(self, index: int, item: Json) -> None:
        self.items[index] = item
        if item.get("type") == "reasoning" and self.obstacle == "its reasoning was cut":
            self.obstacle = ""
        if index == self.text_index:
            self.closed = _ITEM_DONE


class Splice:
    """Another response's stream, as the rest of the first."""

    def __init__(self, delivered: Delivered, mode: Mode) -> None:
        self._delivered = delivered
        self._join = TextJoin(delivered.text, mode, is_over=delivered.closed > _OPEN)
        self._billed = delivered.begin_attempt()
        self._text = delivered.text
        self._response = delivered.response
        self._number = delivered.last_number
        self._items = dict(delivered.items)
        self._next_index = delivered.next_index
        #: The message the client has got or is getting: where it is, its id, and what of its end was told.
        self._text_index = delivered.text_index
        self._item_id = "" if self._text_index is None else text_at(self._items[self._text_index], "id")
        self._closed = delivered.closed
        self._has_part = delivered.has_part
        #: Output index in the new stream of the message that goes on with the client's; -1 once there can be none.
        self._source: int | None = None if delivered.text_index is not None else -1
        #: Output index in the new stream -> the one the client knows; items that are dropped have none.
        self._places: dict[int, int] = {}

    @property
    def state(self) -> State:
        return "spliced" if self._join.state == "joined" else self._join.state

    def feed(self, event: bytes) -> bytes:
        document = document_in(event)
        self._delivered.note_usage(document)
        kind = text_at(document, "type")
        if not kind or kind in _OPENS:
            return b""
        told = self._told(kind, document)
        if self._join.state != "joined":
            return b""
        return b"".join(map(self._numbered, told))

    def _told(self, kind: str, document: Json) -> list[Json]:
        """The events the client gets for one of the new stream, not yet numbered."""
        if kind in _ENDS:
            return self._ended(document)
        if kind == "response.output_item.added":
            return self._opened(document)
        if "output_index" not in document:
            return [document]
        index = number_at(document, "output_index")
        if index == self._source:
            return self._text_events(kind, document)
        place = self._places.get(index)
        if place is None:
            return []
        if kind == "response.output_item.done":
            self._items[place] = object_at(document, "item")
        return [{**document, "output_index": place}]

    def _opened(self, document: Json) -> list[Json]:
        index, item = number_at(document, "output_index"), object_at(document, "item")
        kind = item.get("type")
        if kind == "reasoning" and self._delivered.items:
            return []
        if kind == "message" and self._source is None:
            self._source = index
            return []
        before = self._close_text()
        place = self._places[index] = self._next_index
        self._next_index += 1
        self._items[place] = item
        return [*before, {**document, "output_index": place}]

    def _text_events(self, kind: str, document: Json) -> list[Json]:
        document = {**document, "output_index": self._text_index}
        if kind == "response.output_item.done":
            return self._close_text(object_at(document, "item"))
        document["item_id"] = self._item_id
        if number_at(document, "content_index"):
            return [*self._delta(self._join.finish()), document]
        if kind == "response.content_part.added":
            had, self._has_part = self._has_part, True
            return [] if had else [document]
        if kind == "response.output_text.delta":
            return self._delta(self._join.feed(text_at(document, "delta")))
        if kind == "response.output_text.done":
            return [*self._delta(self._join.finish()), *self._end(_TEXT_DONE, {**document, "text": self._text})]
        if kind == "response.content_part.done":
            return self._end(_PART_DONE, {**document, "part": self._whole_part(object_at(document, "part"))})
        return [document] if self._closed < _PART_DONE else []

    def _delta(self, text: str) -> list[Json]:
        if not text:
            return []
        self._text += text
        place = {"item_id": self._item_id, "output_index": self._text_index, "content_index": 0}
        return [{"type": "response.output_text.delta", **place, "delta": text, "logprobs": []}]

    def _end(self, step: int, document: Json) -> list[Json]:
        if self._closed >= step:
            return []
        self._closed = step
        return [document]

    def _close_text(self, item: Json | None = None) -> list[Json]:
        """Whatever comes next is new, so the text must have been said, and its message is told to be over.

        `item`: the message as the new stream has it; the client's own where that has none.
        """
        told = self._delta(self._join.finish())
        if self._source == -1 or self._text_index is None:
            return told
        self._source = -1
        known = self._items[self._text_index]
        content = (item or known).get("content")
        parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
        parts = parts or ([{"type": "output_text", "annotations": []}] if self._has_part else [])
        parts[:1] = map(self._whole_part, parts[:1])
        item = {**(item or known | {"status": "completed"}), "id": self._item_id, "content": parts}
        self._items[self._text_index] = item
        place = {"item_id": self._item_id, "output_index": self._text_index, "content_index": 0}
        if self._has_part and parts:
            text = {"type": "response.output_text.done", **place, "text": self._text, "logprobs": []}
            told += self._end(_TEXT_DONE, text)
            told += self._end(_PART_DONE, {"type": "response.content_part.done", **place, "part": parts[0]})
        done = {"type": "response.output_item.done", "output_index": self._text_index, "item": item}
        return told + self._end(_ITEM_DONE, done)

    def _whole_part(self, part: Json) -> Json:
        return {**part, "text": self._text} if part.get("type") == "output_text" else part

    def _ended(self, document: Json) -> list[Json]:
        before = self._close_text()
        response = object_at(document, "response")
        for name in ("id", "created_at"):
            if name in self._response:
                response[name] = self._response[name]
        response["output"] = [self._items[index] for index in sorted(self._items)]
        if self._billed is not None:
            _add_usage(response.get("usage"), self._billed)
        return [*before, {**document, "response": response}]

    def _numbered(self, document: Json) -> bytes:
        self._number += 1
        document["sequence_number"] = self._number
        return b"event: %b\ndata: %b\n\n" % (str(document["type"]).encode(), _encode(document))


def _add_usage(usage: Any, billed: Usage) -> None:
    raise_count(usage, ("input_tokens",), billed.input_tokens)
    raise_count(usage, ("input_tokens_details", "cached_tokens"), billed.cached_input_tokens)
    raise_count(usage, ("output_tokens",), billed.output_tokens)
    raise_count(usage, ("output_tokens_details", "reasoning_tokens"), billed.reasoning_tokens)
    raise_count(usage, ("total_tokens",), billed.input_tokens + billed.output_tokens)
