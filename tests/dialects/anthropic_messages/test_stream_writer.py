"""Events of a Messages stream: in order, one block at a time, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plano.dialects.anthropic_messages.stream_writer import MessagesWriter
from plano.dialects.conversation import Tool
from plano.dialects.proofs import sealed
from plano.dialects.reply import Annotation, ReplyTo
from plano.dialects.usage import Usage
from tests.dialects.anthropic_messages.assembling import documents, message

TO = ReplyTo("claude-x", "req-1", 0, {"ns__look": Tool("look")}, input_tokens=42)


def told(tell: Callable[[MessagesWriter], None], to: ReplyTo = TO) -> dict[str, Any]:
    writer = MessagesWriter(to)
    writer.start("chatcmpl-1", "gpt")
    tell(writer)
    writer.end()
    return message(writer.take())


def test_text() -> None:
    def tell(writer: MessagesWriter) -> None:
        for piece in ("Hello", "", ' "you"\n', "\u2028é"):
            writer.text(piece)
        writer.stop("end")
        writer.usage(Usage(100, 7, cached_input_tokens=60, cache_creation_tokens=10, reasoning_tokens=3))

    answer = told(tell)
    assert answer["content"] == [{"type": "text", "text": 'Hello "you"\n\u2028é'}]
    assert (answer["id"], answer["model"], answer["stop_reason"]) == ("msg_req-1", "claude-x", "end_turn")
    assert answer["usage"] == {
        "input_tokens": 30,
        "cache_creation_input_tokens": 10,
        "cache_read_input_tokens": 60,
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 3},
    }


def test_counts_are_estimates_where_the_provider_does_not_count() -> None:
    writer = MessagesWriter(TO)
    writer.start("", "")
    assert documents(writer.take())[0]["message"]["usage"]["input_tokens"] == 42
    writer.text("four letters a token" * 2)
    writer.end()
    assert documents(writer.take())[-2]["usage"] == {
        "input_tokens": 42,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 10,
    }


def test_calls_that_take_turns_come_one_after_the_other() -> None:
    def tell(writer: MessagesWriter) -> None:
        writer.text("Let me see.")
        writer.tool_call(0, "call:1", "ns__look")
        writer.arguments(0, '{"a": {"b"')
        writer.tool_call(1, "", "read")
        writer.arguments(1, '{"c"')
        writer.text("Done.")
        writer.arguments(0, ": 1}")
        writer.arguments(1, ": 2}")
        writer.arguments(0, "}")
        writer.stop("end")

    answer = told(tell)
    assert answer["content"] == [
        {"type": "text", "text": "Let me see."},
        {"type": "tool_use", "id": "call_1", "name": "look", "input": {"a": {"b": 1}}},
        {"type": "tool_use", "id": "toolu_req-1_1", "name": "read", "input": {"c": 2}},
        {"type": "text", "text": "Done."},
    ]
    assert answer["stop_reason"] == "tool_use"


def test_a_second_call_is_streamed_as_soon_as_the_first_is_whole() -> None:
    writer = MessagesWriter(TO)
    writer.start("", "")
    writer.tool_call(0, "a", "x")
    writer.arguments(0, "{}")
    writer.tool_call(1, "b", "y")
    writer.take()
    writer.arguments(1, '{"k"')
    assert documents(writer.take())[-1]["delta"] == {"type": "input_json_delta", "partial_json": '{"k"'}


@pytest.mark.parametrize(
    ("pieces", "wanted"),
    [([], {}), ([""], {}), (["{", "}"], {}), (['{"p":1}'], {"p": 1}), (["", '{"p":', "1}"], {"p": 1})],
)
def test_arguments(pieces: list[str], wanted: dict[str, Any]) -> None:
    def tell(writer: MessagesWriter) -> None:
        writer.tool_call(7, "a", "x")
        for piece in pieces:
            writer.arguments(7, piece)
        writer.close_block()
        writer.tool_call(8, "b", "x")
        writer.stop("tool_calls")

    assert [block["input"] for block in told(tell)["content"]] == [wanted, {}]


def test_thinking_and_its_proofs() -> None:
    foreign, own = sealed("gemini", "sig"), sealed("anthropic_messages", "own")

    def tell(writer: MessagesWriter) -> None:
        writer.reasoning("One")
        writer.close_block()
        writer.reasoning("two")
        writer.reasoning_proof(foreign)
        writer.reasoning("no proof")
        writer.text("said")
        writer.reasoning_proof(own, is_redacted=True)
        writer.reasoning_proof(own)
        writer.reasoning_proof("")
        writer.stop("end")

    assert told(tell)["content"] == [
        {"type": "thinking", "thinking": "One\n\ntwo", "signature": foreign},
        {"type": "thinking", "thinking": "no proof", "signature": ""},
        {"type": "text", "text": "said"},
        {"type": "redacted_thinking", "data": "own"},
        {"type": "thinking", "thinking": "", "signature": "own"},
    ]


def test_the_proof_of_a_call_stands_before_it() -> None:
    def tell(writer: MessagesWriter) -> None:
        writer.tool_call(0, "c1", "x", proof=sealed("gemini", "sig"))
        writer.stop("tool_calls")

    assert told(tell)["content"][0] == {"type": "redacted_thinking", "data": sealed("gemini", "sig", "c1")}


def test_citations() -> None:
    place = {
        "type": "char_location",
        "cited_text": "q",
        "document_index": 0,
        "document_title": None,
        "start_char_index": 3,
        "end_char_index": 4,
    }

    def tell(writer: MessagesWriter) -> None:
        writer.annotation(Annotation("url", "https://lost.example"))
        writer.text("a")
        writer.annotation(Annotation("quote", dialect="anthropic_messages", raw=place))
        writer.annotation(Annotation("url", "https://e.example", "E"))
        writer.annotation(Annotation("file", file_id="f"))

    block = told(tell)["content"][0]
    assert block["citations"][0] == place
    assert [cited.get("url") for cited in block["citations"]] == [None, "https://e.example"]


@pytest.mark.parametrize(
    ("reason", "has_call", "refuses", "wanted"),
    [
        ("end", False, False, "end_turn"),
        ("end", True, False, "tool_use"),
        ("end", False, True, "refusal"),
        ("tool_calls", False, False, "end_turn"),
        ("length", True, False, "max_tokens"),
        ("filtered", False, False, "refusal"),
        ("paused", False, False, "pause_turn"),
    ],
)
def test_reasons_to_stop(reason: Any, has_call: bool, refuses: bool, wanted: str) -> None:
    def tell(writer: MessagesWriter) -> None:
        if refuses:
            writer.refusal("No.")
        if has_call:
            writer.tool_call(0, "a", "b")
        writer.stop(reason)

    assert told(tell)["stop_reason"] == wanted


def test_a_stop_sequence_is_named() -> None:
    answer = told(lambda writer: writer.stop("stop_sequence", "END"))
    assert (answer["stop_reason"], answer["stop_sequence"], answer["content"]) == ("stop_sequence", "END", [])


def test_other_choices_are_ignored() -> None:
    def tell(writer: MessagesWriter) -> None:
        writer.text("a")
        writer.text("b", choice=1)
        writer.tool_call(0, "a", "b", choice=1)
        writer.stop("length", choice=1)

    answer = told(tell)
    assert (answer["content"], answer["stop_reason"]) == ([{"type": "text", "text": "a"}], "end_turn")


def test_an_error_is_the_last_event() -> None:
    writer = MessagesWriter(TO)
    writer.start("", "")
    writer.ping()
    writer.error(529, "overloaded_error", "busy")
    writer.end()
    assert documents(writer.take())[1:] == [
        {"type": "ping"},
        {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}},
    ]
