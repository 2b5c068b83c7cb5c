"""What `tests/fuzz/translations.py` has found: each was an exception of Python's, or a stream that broke the rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plano.dialects.operation import CHAT, CONVERSE, GENERATE, MESSAGES, RESPONSES, Operation
from plano.dialects.sides import translation
from plano.dialects.translation import Translated
from plano.errors import BadRequest
from tests.golden.cases import PAIRS, Pair, read_stream
from tests.golden.lifecycles import READERS
from tests.golden.validators import VALIDATORS

ASKED = {"messages": [{"role": "user", "content": "Hi"}]}


def request(client: Operation, provider: Operation, members: dict[str, Any]) -> Translated:
    found = translation(client, provider)
    assert found is not None
    return found.request(members, model="claude-sonnet-4-5", id="r", created=1)


@pytest.mark.parametrize(
    ("client", "members", "param"),
    [
        (CHAT, {**ASKED, "temperature": "hot"}, "temperature"),
        (CHAT, {**ASKED, "max_tokens": "many"}, "max_tokens"),
        (CHAT, {**ASKED, "n": True}, "n"),
        (CHAT, {**ASKED, "stop": 7}, "stop"),
        (CHAT, {**ASKED, "stop": [7]}, "stop"),
        (CHAT, {**ASKED, "tools": 7}, "tools"),
        (CHAT, {**ASKED, "reasoning_effort": ["high"]}, "reasoning_effort"),
        (CHAT, {**ASKED, "tool_choice": {"type": "allowed_tools", "allowed_tools": 7}}, "tool_choice.allowed_tools"),
        (CHAT, {"messages": [{"role": "assistant", "tool_calls": 7}]}, "messages[0].tool_calls"),
        (RESPONSES, {"input": "Hi", "top_p": []}, "top_p"),
        (RESPONSES, {"input": "Hi", "metadata": "x"}, "metadata"),
        (RESPONSES, {"input": "Hi", "max_output_tokens": "1"}, "max_output_tokens"),
        (RESPONSES, {"input": "Hi", "reasoning": {"effort": []}}, "reasoning.effort"),
        (RESPONSES, {"input": "Hi", "tools": [{"type": "namespace", "name": "a", "tools": 7}]}, "tools[0].tools"),
        (RESPONSES, {"input": "Hi", "tool_choice": {"type": "allowed_tools", "tools": 7}}, "tool_choice.tools"),
    ],
)
def test_members_of_other_types_are_the_clients_fault(client: Operation, members: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as raised:
        request(client, CONVERSE, members)
    assert raised.value.param == param


def test_an_effort_that_is_no_word_is_left_out() -> None:
    told = request(MESSAGES, CHAT, {**ASKED, "max_tokens": 5, "output_config": {"effort": []}})
    assert "output_config.effort" in told.dropped


def test_a_schema_may_have_a_property_called_format() -> None:
    """In a place where schemas say `format`, anything may stand."""
    schema = {"type": "object", "properties": {"format": {"type": "string", "format": {"x": 1}}}}
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    assert request(CHAT, MESSAGES, {**ASKED, "response_format": form}).members["messages"]


def test_a_tool_that_is_declared_twice_is_told_once() -> None:
    tool = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
    for provider in (CHAT, MESSAGES, CONVERSE, GENERATE):
        VALIDATORS[_name(provider)](request(RESPONSES, provider, {"input": "Hi", "tools": [tool, tool]}).members)


def test_calls_of_tools_that_are_gone_have_names_that_fit() -> None:
    call = {"type": "function_call", "call_id": "c", "name": "a tool/" + "x" * 90, "arguments": "{}"}
    result = {"type": "function_call_output", "call_id": "c", "output": "x"}
    for provider in (CHAT, MESSAGES, CONVERSE, GENERATE):
        VALIDATORS[_name(provider)](request(RESPONSES, provider, {"input": [call, result]}).members)


def test_modalities_that_are_no_words_are_dropped() -> None:
    assert "modalities" in request(CHAT, CONVERSE, {**ASKED, "modalities": [["x"]]}).dropped


def _name(provider: Operation) -> str:
    found = translation(RESPONSES, provider)
    assert found is not None
    return found.provider.name


@pytest.mark.parametrize("names", [["g"], ["f", "g"]])
def test_gemini_is_not_told_to_choose_what_is_not_declared(names: list[str]) -> None:
    tools = [{"type": "function", "name": "f"}]
    choice = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": n} for n in names]}
    told = request(RESPONSES, GENERATE, {"input": "Hi", "tools": tools, "tool_choice": choice})
    VALIDATORS["gemini"](told.members)
    assert "tool_choice" in told.dropped


def test_a_request_that_says_nothing_is_refused() -> None:
    for provider in (CHAT, CONVERSE, GENERATE):
        with pytest.raises(BadRequest) as raised:
            request(RESPONSES, provider, {"input": []})
        assert raised.value.param == "messages"


def _chunk(delta: Any, finish: Any = None, **more: Any) -> Any:
    return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": finish} | more]}


_CHAT_STREAMS: list[list[Any]] = [
    [_chunk({"content": "a"}, "stop"), _chunk({"content": "late"})],
    [{"id": "c", "choices": 7}, {"id": "c", "choices": ["x"]}, _chunk({"content": "a"}, "stop")],
    [_chunk({"content": "a"}, ["stop"]), _chunk({}, "stop")],
    [_chunk({"content": "a"}, index="x"), _chunk({}, "stop", index=[])],
    [_chunk({"content": "a"}, index=1), _chunk({}, "stop")],
    [_chunk({"tool_calls": 7, "refusal": [1], "content": "a"}), _chunk({}, "stop")],
    [_chunk({"tool_calls": ["x", {"index": [], "id": [], "function": 7}]}), _chunk({}, "tool_calls")],
    [_chunk({"content": "a"}), _chunk({}, "tool_calls")],
]
_DELTA = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}}
_STOP = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
_MESSAGES_STREAMS: list[list[Any]] = [
    [_DELTA, {"type": "message_start", "message": {"id": "m"}}, _STOP, {"type": "message_stop"}],
    [{"type": "message_start"}, {"type": "message_start", "message": {"id": "m"}}, _DELTA, _STOP],
    [{"type": "message_start"}, _STOP, _DELTA],
    [{"type": ["x"]}, {"type": "content_block_start", "content_block": {"type": "text", "citations": 7}}, _STOP],
    [{"type": "content_block_start", "content_block": {"type": "tool_use", "name": "f"}}, _STOP],
]
_GEMINI_STREAMS: list[list[Any]] = [
    [{"candidates": 7}, {"candidates": [{"index": [], "content": {"parts": 7}, "finishReason": "STOP"}]}],
    [{"candidates": [{"content": {"parts": [{"text": ["x"]}]}, "finishReason": ["STOP"]}]},
     {"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}]}],
]  # fmt: skip
_BY_PROVIDER = {"openai_chat": _CHAT_STREAMS, "anthropic_messages": _MESSAGES_STREAMS, "gemini": _GEMINI_STREAMS}


@pytest.mark.parametrize(
    ("pair", "told"), [(pair, told) for pair in PAIRS for told in _BY_PROVIDER.get(pair.provider, ())]
)
def test_odd_streams_keep_to_the_life_cycle(pair: Pair, told: list[Any]) -> None:
    stream = b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in told)
    READERS[pair.client](read_stream(pair, [stream]), is_lenient=True)


def test_an_error_that_comes_first_ends_a_whole_response() -> None:
    stream = b'data: {"error":{"message":"It is too much"}}\n\n'
    assert READERS["openai_responses"](read_stream(Pair("openai_responses", "openai_chat"), [stream])).error
