"""A provider's Messages stream, read and written again: the same message."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plano.dialects.anthropic_messages.stream_reader import MessagesReader
from plano.dialects.anthropic_messages.stream_writer import MessagesWriter
from plano.dialects.reply import ReplyTo
from plano.errors import ProviderProtocolError
from tests.dialects.anthropic_messages.assembling import documents, message

TO = ReplyTo("claude-x", "req-1", 0)
CITATION = {
    "type": "char_location",
    "cited_text": "q",
    "document_index": 0,
    "document_title": None,
    "start_char_index": 3,
    "end_char_index": 4,
}
START: dict[str, Any] = {
    "type": "message_start",
    "message": {
        "id": "msg_01",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 1},
    },
}
STOP: list[dict[str, Any]] = [
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 20, "output_tokens_details": {"thinking_tokens": 4}},
    },
    {"type": "message_stop"},
]


def block(index: int, begin: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": begin},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def text(index: int, *pieces: str) -> list[dict[str, Any]]:
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": piece} for piece in pieces))


def call(index: int, *pieces: str, **more: Any) -> list[dict[str, Any]]:
    begin = {"type": "tool_use", "id": f"toolu_{index}", "name": "look", "input": {}, **more}
    return block(index, begin, *({"type": "input_json_delta", "partial_json": piece} for piece in pieces))


def rewritten(events: list[dict[str, Any]], *, cut: int | None = None) -> bytes:
    writer = MessagesWriter(TO)
    reader = MessagesReader(writer)
    for event in events[:cut]:
        reader.event(event["type"], json.dumps(event).encode())
    reader.close()
    return writer.take()


WHOLE: list[dict[str, Any]] = [
    START,
    {"type": "ping"},
    *block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "Hm"},
        {"type": "thinking_delta", "thinking": "m."},
        {"type": "signature_delta", "signature": "SIG"},
    ),
    *block(1, {"type": "redacted_thinking", "data": "SECRET"}),
    *block(
        2,
        {"type": "text", "text": ""},
        {"type": "text_delta", "text": "a"},
        {"type": "citations_delta", "citation": CITATION},
    ),
    *text(3, "b", "c"),
    *block(
        4,
        {"type": "server_tool_use", "id": "srv", "name": "web_search", "input": {}},
        {"type": "input_json_delta", "partial_json": '{"query":'},
        {"type": "input_json_delta", "partial_json": '"x"}'},
    ),
    *call(5, "", '{"p":', "1}"),
    *call(6),
    *STOP,
]


def test_every_kind_of_block_comes_through() -> None:
    told = message(rewritten(WHOLE))
    assert told["content"] == [
        {"type": "thinking", "thinking": "Hmm.", "signature": "SIG"},
        {"type": "redacted_thinking", "data": "SECRET"},
        {"type": "text", "text": "a", "citations": [CITATION]},
        {"type": "text", "text": "bc"},
        {"type": "server_tool_use", "id": "srv", "name": "web_search", "input": {"query": "x"}},
        {"type": "tool_use", "id": "toolu_5", "name": "look", "input": {"p": 1}},
        {"type": "tool_use", "id": "toolu_6", "name": "look", "input": {}},
    ]
    assert (told["id"], told["stop_reason"]) == ("msg_01", "tool_use")
    assert told["usage"] == {
        "input_tokens": 10,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 5,
        "output_tokens": 20,
        "output_tokens_details": {"thinking_tokens": 4},
    }


class Recording:
    """A writer that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **more: self.told.append((name, *args, *more.values()))


def test_what_a_writer_is_told() -> None:
    writer: Any = Recording()
    reader = MessagesReader(writer)
    for event in WHOLE:
        reader.event(event["type"], json.dumps(event).encode())
    names = [told[0] for told in writer.told]
    assert [told for told in writer.told if told[0] != "stop" and "" in told] == []
    assert names[:6] == ["start", "ping", "reasoning", "reasoning", "reasoning_proof", "reasoning_proof"]
    assert writer.told[4] == ("reasoning_proof", "plano:anthropic_messages::SIG")
    assert names[-3:] == ["stop", "usage", "end"]


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        ([*call(0, input={"p": 1})], [{"p": 1}]),
        ([*call(0, '{"p":2}', input={"p": 1})], [{"p": 2}]),
        ([*call(0, input='{"p":3}')], [{"p": 3}]),
        ([*call(0, '{"p":4}')[:-1], *call(1, '{"p":5}')[:-1]], [{"p": 4}, {"p": 5}]),
    ],
)
def test_arguments_come_in_many_ways(events: list[dict[str, Any]], wanted: list[Any]) -> None:
    told = message(rewritten([START, *events, *STOP]))
    assert [block["input"] for block in told["content"]] == wanted


def test_what_is_unknown_or_missing_is_tolerated() -> None:
    events = [
        {"type": "future_event", "x": 1},
        *block(0, {"type": "text", "text": "be"}, {"type": "text_delta", "text": "gun"}, {"type": "future_delta"}),
        {"type": "content_block_delta", "index": 9, "delta": {"type": "input_json_delta", "partial_json": "{"}},
        {"type": "content_block_delta", "index": 0, "delta": None},
        {"type": "message_delta", "delta": {"stop_reason": "who_knows"}, "usage": None},
        {"type": "message_stop"},
    ]
    told = message(rewritten(events))
    assert (told["content"], told["stop_reason"]) == ([{"type": "text", "text": "begun"}], "end_turn")


def test_the_type_may_be_in_the_name_of_the_event_only() -> None:
    writer = MessagesWriter(TO)
    reader = MessagesReader(writer)
    reader.event("content_block_delta", b'{"index":0,"delta":{"type":"text_delta","text":"a"}}')
    reader.event("message_stop", b"{}")
    reader.close()
    assert b'"text":"a"' in writer.take()


def test_a_stream_that_ends_before_its_message_is_an_error() -> None:
    for cut in range(len(WHOLE) - 2):
        with pytest.raises(ProviderProtocolError):
            rewritten(WHOLE, cut=cut)


def test_after_the_reason_to_stop_the_last_event_may_be_missing() -> None:
    assert message(rewritten(WHOLE, cut=-1)) == message(rewritten(WHOLE))


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("overloaded_error", "overloaded_error"), ("rate_limit_error", "rate_limit_error"), ("x", "api_error")],
)
def test_an_error_within_the_stream(kind: str, wanted: str) -> None:
    stream = rewritten([START, {"type": "error", "error": {"type": kind, "message": "no"}}, *STOP])
    assert documents(stream)[1:] == [{"type": "error", "error": {"type": wanted, "message": "no"}}]


def test_broken_data_is_an_error() -> None:
    with pytest.raises(ProviderProtocolError):
        MessagesReader(MessagesWriter(TO)).event("message_start", b'{"type":')
