"""Whole answers and errors, read from a provider and written for a client."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.types import Message

from plano.dialects.anthropic_messages.read_answer import read_answer, read_error
from plano.dialects.anthropic_messages.write_answer import write_answer, write_provider_error
from plano.dialects.conversation import Foreign, Reasoning, Refusal, Text, ToolCall
from plano.dialects.proofs import sealed
from plano.dialects.reply import Answer, Choice, ProviderError, ReplyTo
from plano.dialects.usage import Usage
from plano.errors import ProviderProtocolError

TO = ReplyTo("claude-x", "req-1", 0, input_tokens=42)
MESSAGE: dict[str, Any] = {
    "id": "msg_01",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [
        {"type": "thinking", "thinking": "t", "signature": "S"},
        {"type": "redacted_thinking", "data": "D"},
        {"type": "text", "text": "a"},
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
        {"type": "tool_use", "id": "toolu_1", "name": "n", "input": {"a": {"b": None}}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {
        "input_tokens": 30,
        "cache_creation_input_tokens": 10,
        "cache_read_input_tokens": 60,
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 2},
        "service_tier": "priority",
    },
}


def written(*content: Any, **choice: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(write_answer(Answer("x", "y", [Choice(list(content), **choice)]), TO))
    Message.model_validate(document)
    return document


def test_there_and_back() -> None:
    answer = read_answer(json.dumps(MESSAGE).encode())
    assert answer.usage == Usage(100, 7, 60, 10, 2)
    assert json.loads(write_answer(answer, TO)) == MESSAGE


@pytest.mark.parametrize("missing", ["usage", "id", "model", "stop_reason", "stop_sequence"])
def test_a_message_may_lack_much(missing: str) -> None:
    document = {name: value for name, value in MESSAGE.items() if name != missing}
    answer = read_answer(json.dumps(document).encode())
    assert len(answer.choices[0].content) == 5
    assert answer.choices[0].stop == "tool_calls"
    assert (answer.usage is None) == (missing == "usage")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"type":"error","error":{"message":"m"}}'])
def test_what_is_no_message(body: bytes) -> None:
    with pytest.raises(ProviderProtocolError):
        read_answer(body)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("", {}),
        (" ", {}),
        ("null", {}),
        ('{"a":1}', {"a": 1}),
        ('"{\\"a\\":1}"', {"a": 1}),
        ('{"a":', {"INVALID_JSON": '{"a":'}),
        ("[1]", {"INVALID_JSON": "[1]"}),
    ],
)
def test_arguments(arguments: str, wanted: dict[str, Any]) -> None:
    assert written(ToolCall("a", "b", arguments))["content"][0]["input"] == wanted


def test_other_providers_answers() -> None:
    document = written(
        Reasoning("thought"),
        Reasoning("", sealed("openai_responses", "P", "rs_1")),
        Text(""),
        Text("a"),
        ToolCall("functions.n:0", "n", "", proof=sealed("gemini", "sig")),
        Foreign("openai_responses", "web_search_call", {}),
    )
    assert document["content"] == [
        {"type": "thinking", "thinking": "thought", "signature": ""},
        {"type": "thinking", "thinking": "", "signature": sealed("openai_responses", "P", "rs_1")},
        {"type": "text", "text": "a"},
        {"type": "redacted_thinking", "data": sealed("gemini", "sig", "functions_n_0")},
        {"type": "tool_use", "id": "functions_n_0", "name": "n", "input": {}},
    ]
    assert (document["id"], document["stop_reason"], document["usage"]["input_tokens"]) == ("msg_req-1", "tool_use", 42)


def test_refusals_and_no_choices() -> None:
    document = written(Refusal("No."))
    assert (document["content"], document["stop_reason"]) == ([{"type": "text", "text": "No."}], "refusal")
    assert json.loads(write_answer(Answer("", "", []), TO))["content"] == []


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        (b'{"type":"error","error":{"type":"not_found_error","message":"m"},"request_id":"r"}', "m", "not_found_error"),
        (b'{"error":"plain"}', "plain", ""),
        (b'{"message":"top"}', "top", ""),
        (b'{"error":{"message":"m","code":1234}}', "m", "1234"),
        (b"<html>Bad gateway", "<html>Bad gateway", ""),
        (b"", "the provider answered with status 500", ""),
        (b"\xff", "\ufffd", ""),
    ],
)
def test_errors_are_read(body: bytes, message: str, code: str) -> None:
    error = read_error(500, body)
    assert (error.status, error.message, error.code) == (500, message, code)


def test_errors_are_written() -> None:
    raw = {"error": {"message": "slow down"}}
    error = ProviderError(429, "slow down", code="rate_limited", raw=raw)
    assert json.loads(write_provider_error(error, "req-1")) == {
        "type": "error",
        "error": {
            "type": "rate_limit_error",
            "message": "slow down",
            "metadata": {"status": 429, "code": "rate_limited", "raw": raw},
        },
        "request_id": "req-1",
    }


@pytest.mark.parametrize(
    ("error", "is_too_long"),
    [
        (ProviderError(400, "This model's maximum context length is 8192 tokens."), True),
        (ProviderError(400, "x", code="context_length_exceeded"), True),
        (ProviderError(400, "Input is too long for requested model."), True),
        (ProviderError(400, "bad value"), False),
        (ProviderError(500, "context window"), False),
    ],
)
def test_clients_are_told_of_long_prompts_in_words_they_know(error: ProviderError, is_too_long: bool) -> None:
    message = json.loads(write_provider_error(error, ""))["error"]["message"]
    assert message.startswith("prompt is too long: ") == is_too_long
    assert message.endswith(error.message)
