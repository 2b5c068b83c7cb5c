"""A client of the Responses API: reads a stream as the official SDK does, and as Codex does."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from openai import omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from plano.http.wire.sse_splitter import COMMENT, SseSplitter

Json = dict[str, Any]
_EVENT: Final[TypeAdapter[Any]] = TypeAdapter(ResponseStreamEvent)
TERMINAL: Final = ("response.completed", "response.incomplete", "response.failed")


def events_in(stream: bytes) -> list[Json]:
    """Checked against the SDK's types, names against types, numbers against the order."""
    found: list[Json] = []
    for name, data in SseSplitter().feed(stream):
        if name == COMMENT:
            continue
        told = msgspec.json.decode(data)
        _EVENT.validate_json(data)
        assert told["type"] == name
        assert told["sequence_number"] == len(found)
        found.append(told)
    return found


def kinds_in(stream: bytes) -> list[str]:
    """Types of the events without the part all share."""
    return [event["type"].removeprefix("response.") for event in events_in(stream)]


def assembled(stream: bytes) -> Json:
    """The response object of the last event; deltas and what repeats them whole must agree with it."""
    events = events_in(stream)
    assert [event["type"] for event in events if event["type"] in TERMINAL] == [events[-1]["type"]]
    state: Any = ResponseStreamState(input_tools=omit, text_format=omit)
    for event in events:
        if event["type"] != "error":
            state.handle_event(_EVENT.validate_python(event))
    whole: Json = events[-1]["response"]
    Response.model_validate(whole)
    assert _from_deltas(events) == whole["output"]
    return whole


def _from_deltas(events: list[Json]) -> list[Json]:
    """The output, put together from nothing but what is opened, told and closed piece by piece."""
    items: dict[int, Json] = {}
    done: dict[int, Json] = {}
    for event in events:
        kind = event["type"].removeprefix("response.")
        index = event.get("output_index")
        if kind == "output_item.added":
            assert index == len(items), "items come in the order of their places"
            items[index] = msgspec.json.decode(msgspec.json.encode(event["item"]))
            continue
        if index is None:
            continue
        assert index not in done, "nothing follows the end of an item"
        item = items[index]
        if kind == "output_item.done":
            _agree(item, event["item"])
            done[index] = event["item"]
        else:
            assert event["item_id"] == item["id"]
            _apply(kind, event, item)
    assert done.keys() == items.keys(), "every item is closed"
    return [done[index] for index in sorted(done)]


def _apply(kind: str, event: Json, item: Json) -> None:
    if kind == "content_part.added":
        assert event["content_index"] == len(item["content"])
        item["content"].append(event["part"])
    elif kind in ("output_text.delta", "refusal.delta"):
        name = "text" if kind.startswith("output_text") else "refusal"
        item["content"][event["content_index"]][name] += event["delta"]
        if event.get("logprobs"):
            item["content"][event["content_index"]]["logprobs"] += event["logprobs"]
    elif kind == "output_text.annotation.added":
        annotations = item["content"][event["content_index"]]["annotations"]
        assert event["annotation_index"] == len(annotations)
        annotations.append(event["annotation"])
    elif kind in ("output_text.done", "refusal.done"):
        name = kind.removesuffix(".done").removeprefix("output_")
        assert event[name] == item["content"][event["content_index"]][name]
    elif kind == "content_part.done":
        assert event["part"] == item["content"][event["content_index"]]
    elif kind == "reasoning_summary_part.added":
        assert event["summary_index"] == len(item["summary"])
        item["summary"].append(event["part"])
    elif kind == "reasoning_summary_text.delta":
        item["summary"][event["summary_index"]]["text"] += event["delta"]
    elif kind == "reasoning_summary_text.done":
        assert event["text"] == item["summary"][event["summary_index"]]["text"]
    elif kind == "reasoning_summary_part.done":
        assert event["part"] == item["summary"][event["summary_index"]]
    elif kind == "function_call_arguments.delta":
        item["arguments"] += event["delta"]
    elif kind == "function_call_arguments.done":
        assert event["arguments"] == item["arguments"]
    elif kind == "custom_tool_call_input.delta":
        item["input"] += event["delta"]
    elif kind == "custom_tool_call_input.done":
        assert event["input"] == item["input"]
    else:
        raise AssertionError(f"an event nobody expects: {kind}")


def _agree(told: Json, whole: Json) -> None:
    """What was told is what the item is in the end; only members without events may be new."""
    for name in ("content", "summary", "input", "id", "type", "name", "call_id"):
        assert told.get(name) == whole.get(name), name
    if told["type"] == "function_call":
        assert told["arguments"] == whole["arguments"]
