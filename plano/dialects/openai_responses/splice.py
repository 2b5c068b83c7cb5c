"""Going on with a Responses stream where another one broke off."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.event_document import Json, document_in
from plano.dialects.splicing import State
from plano.dialects.text_join import Mode, TextJoin, request_to_go_on
from plano.dialects.usage import Usage
from plano.errors import ProviderStreamFailed
from plano.http.wire.json_envelope import Envelope
from plano.http.wire.sse import split_events

PING: Final = b": ping\n\n"
#: Its last event holds the whole response: nothing can be made up.
LAST_FRAME: Final = b""
_ENDS: Final = ("response.completed", "response.incomplete")
_OPENS: Final = ("response.created", "response.in_progress", "response.queued")
_STATUS_OF: Final = {"server_error": 500, "rate_limit_exceeded": 429, "insufficient_quota": 429}
_encode: Final = msgspec.json.Encoder().encode


def failure_in(event: bytes) -> ProviderStreamFailed | None:
    """`error` and `response.failed` (API reference: streaming events)."""
    if b"error" not in event:
        return None
    document = document_in(event)
    error: Any = None
    if document.get("type") == "error":
        error = document.get("error") if isinstance(document.get("error"), dict) else document
    elif document.get("type") == "response.failed":
        error = _object(document, "response").get("error") or {}
    if not isinstance(error, dict):
        return None
    word = str(error.get("code") or "")
    text = str(error.get("message") or "the provider's stream ended with an error")
    return ProviderStreamFailed(text, provider_status=_STATUS_OF.get(word, 0), word=word)


def has_content(event: bytes) -> bool:
    """The event carries some of the answer, or its proper end."""
    document = document_in(event)
    kind = str(document.get("type", ""))
    if kind == "response.output_item.added":
        return _object(document, "item").get("type") not in ("message", "reasoning")
    return kind in _ENDS or kind.endswith(".delta")


def continuation(envelope: Envelope, text: str) -> bool:
    """Ask for the rest of an answer, the user speaking last."""
    asked = envelope.get("input")
    if isinstance(asked, str):
        asked = [{"role": "user", "content": asked}]
    if not isinstance(asked, list):
        return False
    turns = ({"role": "assistant", "content": text}, {"role": "user", "content": request_to_go_on(text)})
    envelope.set("input", [*asked, *turns])
    return True


class Delivered:
    """What a client has got of a response."""

    def __init__(self) -> None:
        self.obstacle = ""
        self.is_complete = False
        self.usage: Usage | None = None
        #: The response object as it was announced, and the number of the last event.
        self.response: Json = {}
        self.last_number = -1
        #: The items opened so far by output index; whole ones as they are in the end.
        self.items: dict[int, Json] = {}
        self.text_index: int | None = None
        #: What of the text's end has been told: 0 nothing, 1 its text, 2 its part, 3 its item.
        self.closed = 0
        self.has_part = False
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    @property
    def next_index(self) -> int:
        return max(self.items, default=-1) + 1

    def add(self, events: bytes) -> None:
        for event in split_events(events):
            document = document_in(event)
            if document:
                self.last_number = int(document.get("sequence_number", self.last_number))
                self._add(str(document.get("type", "")), document)

    def _add(self, kind: str, document: Json) -> None:
        if kind in _OPENS:
            self.response = self.response or _object(document, "response")
        elif kind == "response.output_item.added":
            self._open(int(document.get("output_index", 0)), _object(document, "item"))
        elif kind == "response.content_part.added":
            self._add_part(_object(document, "part"))
        elif kind == "response.output_text.delta":
            self._pieces.append(str(document.get("delta", "")))
        elif kind == "response.output_text.done":
            self.closed = 1
        elif kind == "response.content_part.done":
            self.closed = 2
        elif kind == "response.output_item.done":
            self._close(int(document.get("output_index", 0)), _object(document, "item"))
        elif kind.startswith("response.refusal"):
            self.obstacle = "a refusal had begun"
        elif kind in _ENDS:
            self.obstacle = "it is complete"

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
            self.closed = 3


class Splice:
    """Another response's stream, as the rest of the first."""

    def __init__(self, delivered: Delivered, mode: Mode) -> None:
        self._join = TextJoin(delivered.text, mode)
        self._text = delivered.text
        self._response = delivered.response
        self._number = delivered.last_number
        self._items = dict(delivered.items)
        self._text_index = delivered.text_index if delivered.text_index is not None else delivered.next_index
        self._item_id = str(self._items.get(self._text_index, {}).get("id", ""))
        self._had_item = delivered.text_index is not None
        self._had_part = delivered.has_part
        self._closed = delivered.closed
        self._next_index = delivered.next_index
        self._billed = delivered.usage
        #: Output index in the new stream -> the one the client knows; None for items that are dropped.
        self._places: dict[int, int | None] = {}
        self._has_text = False

    @property
    def state(self) -> State:
        return "spliced" if self._join.state == "joined" else self._join.state

    def feed(self, event: bytes) -> bytes:
        document = document_in(event)
        kind = str(document.get("type", ""))
        if not kind or kind in _OPENS:
            return b""
        if kind in _ENDS:
            return self._ended(document)
        if kind == "response.output_item.added":
            return self._opened(document)
        place = self._places.get(int(document.get("output_index", 0)))
        if place is None:
            return b""
        if place == self._text_index:
            return self._text_events(kind, document)
        if kind == "response.output_item.done":
            self._items[place] = _object(document, "item")
        return self._told({**document, "output_index": place})

    def _opened(self, document: Json) -> bytes:
        index, item = int(document.get("output_index", 0)), _object(document, "item")
        kind = item.get("type")
        if kind == "reasoning" and (self._had_item or self._items):
            self._places[index] = None
            return b""
        if kind == "message" and not self._has_text:
            self._has_text = True
            self._places[index] = self._text_index
            if self._had_item:
                return b""
            self._item_id = str(item.get("id", ""))
        else:
            self._join.finish()
            if self._join.state != "joined":
                return b""
            self._places[index] = self._next_index
        place = self._places[index]
        assert place is not None
        self._items[place] = item
        self._next_index = max(self._next_index, place + 1)
        return self._told({**document, "output_index": place})

    def _text_events(self, kind: str, document: Json) -> bytes:
        shared = {"item_id": self._item_id, "output_index": self._text_index}
        if kind == "response.content_part.added":
            return b"" if self._had_part else self._told({**document, **shared})
        if kind == "response.output_text.delta":
            return self._delta(self._join.feed(str(document.get("delta", ""))))
        if kind == "response.output_text.done":
            held = self._delta(self._join.finish())
            return held + self._end(1, {**document, **shared, "text": self._text})
        if kind == "response.content_part.done":
            part = {**_object(document, "part"), "text": self._text}
            return self._end(2, {**document, **shared, "part": part})
        if kind == "response.output_item.done":
            item = self._whole_item(_object(document, "item"))
            self._items[self._text_index] = item
            return self._end(3, {**document, "output_index": self._text_index, "item": item})
        return self._told({**document, **shared})

    def _delta(self, text: str) -> bytes:
        if not text:
            return b""
        self._text += text
        place = {"item_id": self._item_id, "output_index": self._text_index, "content_index": 0}
        return self._told({"type": "response.output_text.delta", **place, "delta": text, "logprobs": []})

    def _end(self, step: int, document: Json) -> bytes:
        return self._told(document) if self._closed < step else b""

    def _whole_item(self, item: Json) -> Json:
        content = item.get("content")
        parts = [dict(part) for part in content if isinstance(part, dict)] if isinstance(content, list) else []
        for part in parts[:1]:
            part["text"] = self._text
        return {**item, "id": self._item_id, "content": parts}

    def _ended(self, document: Json) -> bytes:
        self._join.finish()
        response = {**_object(document, "response")}
        for name in ("id", "created_at"):
            if name in self._response:
                response[name] = self._response[name]
        response["output"] = [self._items[index] for index in sorted(self._items)]
        usage = response.get("usage")
        if self._billed is not None and isinstance(usage, dict):
            usage["input_tokens"] = int(usage.get("input_tokens") or 0) + self._billed.input_tokens
            usage["output_tokens"] = int(usage.get("output_tokens") or 0) + self._billed.output_tokens
            usage["total_tokens"] = usage["input_tokens"] + usage["output_tokens"]
        return self._told({**document, "response": response})

    def _told(self, document: Json) -> bytes:
        if self._join.state != "joined":
            return b""
        self._number += 1
        document["sequence_number"] = self._number
        return b"event: %b\ndata: %b\n\n" % (str(document["type"]).encode(), _encode(document))


def _object(document: Json, name: str) -> Json:
    value = document.get(name)
    return value if isinstance(value, dict) else {}
