"""Whole streams of the scripted provider, event by event, and what a client makes of them."""

from __future__ import annotations

import json
import random
from typing import Any

from plano.dialects import operation as op
from plano.dialects.event_document import document_in
from plano.dialects.operation import Operation
from plano.http.wire.sse import event_data, split_events
from plano.testing.scripted_provider import Ask, RecordedRequest, Reply, ToolCall, saying

#: The operations whose streams can be taken up again, by name.
OPERATIONS = {operation.name: operation for operation in (op.CHAT, op.COMPLETIONS, op.MESSAGES, op.RESPONSES)}


def transcript(
    operation: Operation,
    pieces: tuple[str, ...],
    *,
    number: int = 1,
    thoughts: tuple[str, ...] = (),
    calls: tuple[ToolCall, ...] = (),
    model: str = "first",
    **members: Any,
) -> list[bytes]:
    """The events of one streamed answer; `number` makes its ids."""
    body = {"model": model, "stream": True, "messages": [], "input": "hi", "prompt": "hi", **members}
    ask = Ask(
        request=RecordedRequest("POST", operation.suffix, "", [], json.dumps(body).encode(), 1),
        operation=operation,
        body=body,
        number=number,
    )
    answer = saying(Reply(ask=ask, pieces=pieces, thoughts=thoughts, calls=calls, finish="tools" if calls else "stop"))
    return [event for event in answer.body if isinstance(event, bytes)]


def cut_anew(text: str, seed: int) -> tuple[str, ...]:
    """The same text in other pieces."""
    chance = random.Random(seed)
    pieces = []
    while text:
        size = chance.randint(1, 9)
        pieces.append(text[:size])
        text = text[size:]
    return tuple(pieces)


class Reading:
    """What a client that believes everything makes of a stream; it asserts that the stream is one."""

    def __init__(self, operation: Operation, stream: bytes) -> None:
        self.text = ""
        self.ends = 0
        self.usage: Any = None
        self.models: list[str] = []
        self.tools: list[str] = []
        documents = [document_in(event) for event in split_events(stream)]
        self.documents = [document for document in documents if document]
        self.done = sum(event_data(event) == b"[DONE]" for event in split_events(stream))
        getattr(self, f"_{operation.dialect}")()

    def _openai_chat(self) -> None:
        assert len({(d["id"], d["created"]) for d in self.documents}) == 1
        roles = 0
        for document in self.documents:
            self.models.append(document["model"])
            self.usage = document.get("usage") or self.usage
            for choice in document["choices"]:
                delta = choice.get("delta", {})
                roles += "role" in delta
                self.text += delta.get("content") or choice.get("text") or ""
                self.tools += [call["function"]["name"] for call in delta.get("tool_calls", ()) if "id" in call]
                self.ends += bool(choice.get("finish_reason"))
        assert roles <= 1
        assert self.done == 1

    def _anthropic_messages(self) -> None:
        kinds = [document["type"] for document in self.documents if document["type"] != "ping"]
        assert kinds[0] == "message_start"
        assert kinds[-2:] == ["message_delta", "message_stop"]
        assert kinds.count("message_start") == kinds.count("message_delta") == 1
        opened: list[int] = []
        closed: list[int] = []
        for document in self.documents:
            kind = document["type"]
            if kind == "content_block_start":
                opened.append(document["index"])
                if document["content_block"]["type"] == "tool_use":
                    self.tools.append(document["content_block"]["name"])
            elif kind == "content_block_delta":
                assert document["index"] in opened
                assert document["index"] not in closed
                self.text += document["delta"].get("text", "")
            elif kind == "content_block_stop":
                closed.append(document["index"])
            elif kind == "message_delta":
                self.usage = document["usage"]
                self.ends += 1
        assert opened == closed == list(range(len(opened)))

    def _openai_responses(self) -> None:
        assert [document["sequence_number"] for document in self.documents] == list(range(len(self.documents)))
        kinds = [document["type"] for document in self.documents]
        assert kinds.count("response.created") == 1
        last = self.documents[-1]
        assert last["type"] == "response.completed"
        self.ends = kinds.count("response.completed")
        assert last["response"]["id"] == self.documents[0]["response"]["id"]
        self.usage = last["response"]["usage"]
        ids = {}
        for document in self.documents:
            kind = document["type"]
            if kind == "response.output_item.added":
                assert document["output_index"] == len(ids)
                ids[document["output_index"]] = document["item"]["id"]
            elif "item_id" in document:
                assert ids[document["output_index"]] == document["item_id"]
            if kind == "response.output_text.delta":
                self.text += document["delta"]
            elif kind == "response.output_text.done":
                assert document["text"] == self.text
            elif kind == "response.content_part.done":
                assert document["part"]["text"] == self.text
        whole = [part["text"] for item in last["response"]["output"] for part in item.get("content", ())]
        assert "".join(whole) == self.text
        assert [item["id"] for item in last["response"]["output"]] == list(ids.values())
        self.tools = [item["name"] for item in last["response"]["output"] if item["type"] == "function_call"]
