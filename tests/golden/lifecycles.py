"""What a strict client makes of a stream; every rule of its dialect's life cycle is asserted on the way.

A reading is the same for all dialects, so that streams can be compared with each other and with whole answers.
`is_lenient`: what only the provider's model can be blamed for, arguments that are no JSON object, is let pass.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from anthropic.types import RawMessageStreamEvent
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter, ValidationError

Json = dict[str, Any]
_CHUNK: TypeAdapter[Any] = TypeAdapter(ChatCompletionChunk)
_MESSAGE_EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
_RESPONSE_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


@dataclass
class Reading:
    """`calls`: id, name, arguments (of custom tools the text), in order. `usage`: input, cached, output, reasoning."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    proofs: list[str] = field(default_factory=list)
    stop: str = ""
    usage: Json | None = None
    error: Json | None = None
    documents: list[Json] = field(default_factory=list)


def events_of(stream: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and data of each event; asserts that they are complete, and plain LF."""
    assert stream.endswith(b"\n\n")
    assert b"\r" not in stream
    for event in stream.split(b"\n\n")[:-1]:
        name, data = "", []
        for line in event.split(b"\n"):
            field, _, value = line.partition(b": ")
            if field == b"event":
                name = value.decode()
            elif field == b"data":
                data.append(value)
            else:
                assert line.startswith(b":"), line
        if data:
            assert len(data) == 1, event
            yield name, data[0]


def _check_type(events: TypeAdapter[Any], told: Json) -> None:
    """The official library's model of the event can hold it."""
    try:
        events.validate_python(told)
    except ValidationError:
        raise AssertionError(f"no event that the official library knows: {told}") from None


def read_chat(stream: bytes, *, is_lenient: bool = False) -> Reading:
    reading = Reading()
    choices: dict[int, Json] = {}
    calls: dict[tuple[int, int], Json] = {}
    is_done = False
    envelopes = set()
    for name, data in events_of(stream):
        assert name == ""
        assert not is_done, "something after [DONE]"
        assert reading.error is None, "something after the error"
        if data == b"[DONE]":
            is_done = True
            continue
        told = json.loads(data)
        reading.documents.append(told)
        if "error" in told:
            reading.error = told["error"]
            continue
        if b'"type":"custom"' not in data:  # The API streams calls of custom tools; the library's types do not say so.
            _check_type(_CHUNK, told)
        envelopes.add((told["id"], told["object"], told["created"], told["model"]))
        assert reading.usage is None, "something after the usage"
        if told.get("usage"):
            assert told["choices"] == []
            reading.usage = told["usage"]
        for choice in told["choices"]:
            _read_chat_choice(choice, choices, calls, reading, is_lenient)
    assert len(envelopes) == 1 or (reading.error is not None and not envelopes), envelopes
    if reading.error is None:
        assert is_done
        assert all(choice["is_over"] for choice in choices.values())
    reading.calls = [(c["id"], c["name"], c["arguments"]) for at, c in sorted(calls.items()) if at[0] == 0]
    reading.stop = choices.get(0, {}).get("stop", "")
    return reading


def _read_chat_choice(
    choice: Json, choices: dict[int, Json], calls: dict[tuple[int, int], Json], to: Reading, is_lenient: bool
) -> None:
    index, delta = choice["index"], choice["delta"]
    if index not in choices:
        assert delta.get("role") == "assistant", "a choice begins with its role"
        choices[index] = {"is_over": False}
    else:
        assert "role" not in delta, "the role is told once"
    state = choices[index]
    assert not state["is_over"], "something after the finish reason"
    for call in delta.get("tool_calls", ()):
        at = index, call["index"]
        told = call.get("function") or call["custom"]
        if at not in calls:
            assert call["index"] == sum(1 for i, _ in calls if i == index), "calls are numbered without gaps"
            assert call["id"]
            assert call["type"] in ("function", "custom")
            calls[at] = {"id": call["id"], "name": told["name"], "arguments": "", "type": call["type"]}
        else:
            assert "id" not in call
            assert "name" not in told
        calls[at]["arguments"] += told["arguments" if "function" in call else "input"]
    if index == 0:
        to.text += delta.get("content") or ""
        to.reasoning += delta.get("reasoning_content") or ""
        to.refusal += delta.get("refusal") or ""
        to.proofs += [d.get("signature") or d.get("data") for d in delta.get("reasoning_details", ())]
    if choice["finish_reason"] is not None:
        assert choice["finish_reason"] in ("stop", "length", "tool_calls", "content_filter")
        state["is_over"], state["stop"] = True, choice["finish_reason"]
        mine = [c for at, c in calls.items() if at[0] == index]
        if choice["finish_reason"] == "tool_calls":
            assert mine
            for call in mine:
                assert is_lenient or call["type"] == "custom" or isinstance(json.loads(call["arguments"]), dict)


_BLOCKS = {
    "text": ("text_delta", "citations_delta"),
    "thinking": ("thinking_delta", "signature_delta"),
    "tool_use": ("input_json_delta",),
}


def read_messages(stream: bytes, *, is_lenient: bool = False) -> Reading:
    reading = Reading()
    state = "begin"
    block: Json = {}
    index = -1
    has_signature = False
    for name, data in events_of(stream):
        told = json.loads(data)
        kind = told["type"]
        assert name == kind
        reading.documents.append(told)
        assert state != "over", f"{kind} after the last event"
        if kind == "ping":
            continue
        if kind == "error":
            reading.error, state = told["error"], "over"
            assert reading.error["type"].endswith("_error")
            continue
        _check_type(_MESSAGE_EVENT, told)
        if kind == "message_start":
            assert state == "begin"
            message = told["message"]
            assert message["content"] == []
            assert message["stop_reason"] is None
            reading.usage, state = message["usage"], "between"
        elif kind == "content_block_start":
            assert state == "between", "one block at a time"
            index += 1
            assert told["index"] == index, "indices rise by one"
            block, state, has_signature = told["content_block"], "block", False
            assert is_lenient or block.get("name") != ""
            _begin_block(block, reading)
        elif kind == "content_block_delta":
            assert state == "block"
            assert told["index"] == index
            delta = told["delta"]
            assert delta["type"] in _BLOCKS[block["type"]]
            assert not has_signature, "a signature is the last of its block"
            has_signature = delta["type"] == "signature_delta"
            _more_of_block(delta, reading)
        elif kind == "content_block_stop":
            assert state == "block"
            assert told["index"] == index
            state = "between"
        elif kind == "message_delta":
            assert state == "between"
            state = "told"
            reading.stop = told["delta"]["stop_reason"]
            assert reading.stop
            reading.usage = {**(reading.usage or {}), **told["usage"]}
        else:
            assert kind == "message_stop"
            assert state == "told"
            state = "over"
    assert state == "over"
    if reading.error is None:
        assert (reading.stop == "tool_use") <= bool(reading.calls)
        for _, _, arguments in reading.calls if reading.stop == "tool_use" and not is_lenient else ():
            assert isinstance(json.loads(arguments or "{}"), dict)
    return reading


def _begin_block(block: Json, reading: Reading) -> None:
    kind = block["type"]
    if kind == "tool_use":
        assert block["input"] == {}
        assert block["id"]
        reading.calls.append((block["id"], block["name"], ""))
    elif kind == "thinking":
        assert block["thinking"] == ""
    elif kind == "redacted_thinking":
        assert block["data"]
        reading.proofs.append(block["data"])


def _more_of_block(delta: Json, reading: Reading) -> None:
    if delta["type"] == "text_delta":
        assert delta["text"]
        reading.text += delta["text"]
    elif delta["type"] == "thinking_delta":
        assert delta["thinking"]
        reading.reasoning += delta["thinking"]
    elif delta["type"] == "signature_delta":
        reading.proofs.append(delta["signature"])
    elif delta["type"] == "input_json_delta":
        id, name, arguments = reading.calls[-1]
        reading.calls[-1] = id, name, arguments + delta["partial_json"]


class _Item:
    """An item of a response while it is streamed."""

    def __init__(self, item: Json) -> None:
        self.item = item
        #: Of parts: place -> kind and text so far; of calls: the arguments.
        self.parts: dict[int, list[str]] = {}
        self.open_part: int | None = None
        self.is_done = False
        self.arguments = ""


_ENDS = ("response.completed", "response.incomplete", "response.failed")


def read_responses(stream: bytes, *, is_lenient: bool = False) -> Reading:
    reading = Reading()
    items: list[_Item] = []
    final: Json | None = None
    for number, (name, data) in enumerate(events_of(stream)):
        told = json.loads(data)
        kind = told["type"]
        assert name == kind
        reading.documents.append(told)
        _check_type(_RESPONSE_EVENT, told)
        assert told["sequence_number"] == number
        assert final is None, f"{kind} after the last event"
        if number < 2:
            assert kind == ("response.created", "response.in_progress")[number]
            assert told["response"]["status"] == "in_progress"
            assert told["response"]["output"] == []
        elif kind in _ENDS:
            final = told["response"]
            assert final["status"] == kind.removeprefix("response.")
        elif kind == "error":
            assert told["code"]
            assert told["message"]
        else:
            _read_item_event(kind, told, items)
    assert final is not None
    assert all(item.is_done for item in items), "every item that was added is done"
    assert final["output"] == [item.item for item in items], "the response is what was streamed"
    _sum_up(final, reading, is_lenient)
    return reading


def _read_item_event(kind: str, told: Json, items: list[_Item]) -> None:
    if kind == "response.output_item.added":
        assert told["output_index"] == len(items), "items are numbered in the order they come"
        assert told["item"]["id"] not in [item.item["id"] for item in items]
        items.append(_Item(told["item"]))
        return
    item = items[told["output_index"]]
    assert not item.is_done, f"{kind} after its item was done"
    if kind == "response.output_item.done":
        assert item.open_part is None, "parts are closed before their item"
        assert told["item"]["id"] == item.item["id"]
        assert told["item"]["type"] == item.item["type"]
        _check_sum(item, told["item"])
        item.item, item.is_done = told["item"], True
        return
    assert told["item_id"] == item.item["id"]
    _, what, step = kind.rsplit(".", 2)
    if what in ("function_call_arguments", "custom_tool_call_input"):
        assert item.item["type"] == ("function_call" if what.startswith("function") else "custom_tool_call")
        if step == "delta":
            item.arguments += told["delta"]
        else:
            assert told["arguments" if "arguments" in told else "input"] == item.arguments
        return
    _read_part_event(what, step, told, item)


def _read_part_event(what: str, step: str, told: Json, item: _Item) -> None:
    is_summary = "summary_index" in told
    assert is_summary == (item.item["type"] == "reasoning")
    at = told["summary_index" if is_summary else "content_index"]
    if step == "added" and what != "annotation":
        assert item.open_part is None
        assert at == len(item.parts)
        item.open_part = at
        item.parts[at] = [told["part"]["type"], ""]
        return
    assert at == item.open_part, "deltas belong to the part that is open"
    kind, text = item.parts[at]
    if what == "annotation":
        assert kind == "output_text"
    elif step == "delta":
        assert what == ("reasoning_summary_text" if is_summary else kind)
        item.parts[at][1] += told["delta"]
    elif what in ("content_part", "reasoning_summary_part"):
        assert (told["part"].get("text") or told["part"].get("refusal") or "") == text
        item.open_part = None
    else:
        assert (told.get("text") or told.get("refusal") or "") == text


def _check_sum(item: _Item, whole: Json) -> None:
    if whole["type"] in ("message", "reasoning"):
        parts = whole["content" if whole["type"] == "message" else "summary"]
        said = [[part["type"], part.get("text") or part.get("refusal") or ""] for part in parts]
        assert said == list(item.parts.values())
    elif whole["type"] == "function_call":
        assert whole["arguments"] == item.arguments
    elif whole["type"] == "custom_tool_call":
        assert whole["input"] == item.arguments


def _sum_up(final: Json, reading: Reading, is_lenient: bool) -> None:
    reading.stop = final["status"]
    if final["status"] == "incomplete":
        reading.stop = final["incomplete_details"]["reason"]
    reading.error, reading.usage = final["error"], final["usage"]
    assert (reading.error is not None) == (final["status"] == "failed")
    for item in final["output"]:
        if item["type"] == "message":
            reading.text += "".join(part.get("text", "") for part in item["content"])
            reading.refusal += "".join(part.get("refusal", "") for part in item["content"])
        elif item["type"] == "reasoning":
            reading.reasoning += "\n\n".join(part["text"] for part in item["summary"])
            reading.proofs += [item["encrypted_content"]] if item.get("encrypted_content") else []
        elif item["type"] in ("function_call", "custom_tool_call"):
            told = item["arguments"] if "arguments" in item else item["input"]
            reading.calls.append((item["call_id"], item["name"], told))
            if item["type"] == "function_call" and final["status"] == "completed" and not is_lenient:
                assert isinstance(json.loads(told), dict)


class Reader(Protocol):
    def __call__(self, stream: bytes, *, is_lenient: bool = False) -> Reading: ...


#: By the client's dialect.
READERS: dict[str, Reader] = {
    "openai_chat": read_chat,
    "anthropic_messages": read_messages,
    "openai_responses": read_responses,
}
