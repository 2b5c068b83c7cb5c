"""A Messages stream as a client sees it: checked event by event, and put together."""

from __future__ import annotations

import json
from typing import Any

from anthropic.types import Message, RawMessageStreamEvent
from pydantic import TypeAdapter

from plano.http.wire.sse import event_data, split_events

_EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)


def documents(stream: bytes) -> list[dict[str, Any]]:
    """All events; their names must be their types."""
    found = []
    for event in split_events(stream):
        document = json.loads(event_data(event))
        assert event.startswith(b"event: %b\n" % document["type"].encode())
        found.append(document)
    return found


def message(stream: bytes) -> dict[str, Any]:
    """The message a stream makes. Fails for anything out of order."""
    told: dict[str, Any] = {}
    opened: int | None = None
    pieces: list[str] = []
    ended = False
    for document in documents(stream):
        if document["type"] == "ping":
            continue
        _EVENT.validate_python(document)
        kind = document["type"]
        assert not ended
        if kind == "message_start":
            assert not told
            told = document["message"]
        elif kind == "content_block_start":
            assert opened is None
            opened = document["index"]
            assert opened == len(told["content"])
            told["content"].append(document["content_block"])
            pieces = []
        elif kind == "content_block_delta":
            assert document["index"] == opened
            _add(told["content"][-1], document["delta"], pieces)
        elif kind == "content_block_stop":
            assert document["index"] == opened
            opened = None
            if pieces:
                told["content"][-1]["input"] = json.loads("".join(pieces))
        elif kind == "message_delta":
            assert opened is None
            told.update(document["delta"])
            told["usage"].update(document["usage"])
        elif kind == "message_stop":
            ended = True
    assert ended
    Message.model_validate(told)
    return told


def _add(block: dict[str, Any], delta: dict[str, Any], pieces: list[str]) -> None:
    kind = delta["type"]
    if kind == "text_delta":
        assert block["type"] == "text"
        block["text"] += delta["text"]
    elif kind == "thinking_delta":
        assert block["type"] == "thinking"
        block["thinking"] += delta["thinking"]
    elif kind == "signature_delta":
        assert block["type"] == "thinking"
        block["signature"] = delta["signature"]
    elif kind == "citations_delta":
        assert block["type"] == "text"
        block["citations"] = [*(block.get("citations") or []), delta["citation"]]
    elif kind == "input_json_delta":
        pieces.append(delta["partial_json"])
