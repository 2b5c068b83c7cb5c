"""Whole responses and error replies of providers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from plano.dialects.conversation import Foreign, Image, Part, Reasoning, Refusal, Text, ToolCall
from plano.dialects.openai_responses.read_answer import read_answer, read_error
from plano.dialects.openai_responses.write_answer import write_answer
from plano.dialects.reply import Answer, Choice, ReplyTo
from plano.dialects.usage import Usage
from plano.errors import ProviderProtocolError, ProviderStreamFailed

Json = dict[str, Any]
PROOF = {"encrypted_content": "E"}
CALL = {"type": "function_call", "id": "fc", "call_id": "c1", "name": "f", "arguments": "{}"}


def read(*output: Json, **members: Any) -> Answer:
    told = {"id": "resp_1", "model": "gpt", "status": "completed", "output": list(output), **members}
    return read_answer(msgspec.json.encode(told))


def parts(*output: Json) -> list[Part]:
    return read(*output).choices[0].content


def message(*content: Json) -> Json:
    return {"type": "message", "id": "msg", "role": "assistant", "content": list(content)}


def test_a_whole_answer() -> None:
    answer = read(
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "hm"}]} | PROOF,
        message({"type": "output_text", "text": "a", "annotations": []}, {"type": "refusal", "refusal": "no"}),
        CALL,
        {"type": "custom_tool_call", "call_id": "c2", "name": "p", "input": "text"},
        {"type": "web_search_call", "id": "ws"},
        usage={
            "input_tokens": 9,
            "output_tokens": 4,
            "input_tokens_details": {"cached_tokens": 3},
            "output_tokens_details": {"reasoning_tokens": 2},
        },
        created_at=1700000000.0,
        service_tier="flex",
    )
    assert answer == Answer(
        "resp_1",
        "gpt",
        [
            Choice(
                [
                    Reasoning("hm", "plano:openai_responses:rs:E", is_summary=True, id="rs"),
                    Text("a"),
                    Refusal("no"),
                    ToolCall("c1", "f", "{}"),
                    ToolCall("c2", "p", "text", is_custom=True),
                    Foreign("openai_responses", "web_search_call", {"type": "web_search_call", "id": "ws"}),
                ],
                "tool_calls",
            )
        ],
        Usage(9, 4, 3, 0, 2),
        1700000000,
        "flex",
    )


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"type": "message", "content": "plain"}, [Text("plain")]),
        ({"type": "message", "content": None}, []),
        (message({"type": "output_text", "text": ""}), []),
        ({"type": "reasoning", "id": "rs", "summary": []}, []),
        ({**CALL, "arguments": {"a": 1}}, [ToolCall("c1", "f", '{"a":1}')]),
        ({**CALL, "arguments": None}, [ToolCall("c1", "f", "{}")]),
        ({**CALL, "call_id": None}, [ToolCall("fc", "f", "{}")]),
        ({**CALL, "namespace": "n"}, [ToolCall("c1", "f", "{}", namespace="n")]),
    ],
)
def test_what_servers_leave_out(item: Json, expected: list[Part]) -> None:
    assert parts(item) == expected


@pytest.mark.parametrize(
    ("members", "stop"),
    [
        ({}, "end"),
        ({"status": None}, "end"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "filtered"),
        ({"status": "incomplete"}, "length"),
        ({"output": [CALL]}, "tool_calls"),
        ({"output": [message({"type": "refusal", "refusal": "no"})]}, "refusal"),
    ],
)
def test_why_it_stopped(members: Json, stop: str) -> None:
    assert read(**members).choices[0].stop == stop


def test_log_probabilities() -> None:
    entry = {"token": "a", "logprob": -0.1, "bytes": [97], "top_logprobs": []}
    answer = read(message({"type": "output_text", "text": "a", "logprobs": [entry]}))
    assert answer.choices[0].logprobs == [entry]


@pytest.mark.parametrize("document", [b"{", b"[]", b"{}", b'{"output":null}', b'"x"'])
def test_what_is_no_response_is_an_error(document: bytes) -> None:
    with pytest.raises(ProviderProtocolError):
        read_answer(document)


def test_a_failed_response_is_an_error_with_its_words() -> None:
    with pytest.raises(ProviderStreamFailed, match="slow down") as raised:
        read(status="failed", error={"code": "rate_limit_exceeded", "message": "slow down"})
    assert (raised.value.provider_status, raised.value.word) == (429, "rate_limit_exceeded")


def test_an_error_reply() -> None:
    error = read_error(400, b'{"error":{"message":"m","type":"invalid_request_error","param":"input","code":"c"}}')
    assert (error.status, error.message, error.type, error.param, error.code) == (
        400,
        "m",
        "invalid_request_error",
        "input",
        "c",
    )


def test_an_image_a_model_made_is_an_item_of_its_own() -> None:
    to = ReplyTo("m", "abc", 1)
    document = msgspec.json.decode(write_answer(Answer("", "", [Choice([Text("a"), Image("image/png", "AAAA")])]), to))
    assert document["output"][1] == {
        "id": "ig_abc_1",
        "type": "image_generation_call",
        "status": "completed",
        "result": "AAAA",
    }


def test_an_answer_without_choices_is_still_a_response() -> None:
    assert msgspec.json.decode(write_answer(Answer("", "", []), ReplyTo("m", "abc", 1)))["output"] == []


def test_when_it_was_made_is_as_the_provider_says() -> None:
    to = ReplyTo("m", "abc", 1)
    answer = Answer("resp_9", "gpt", [Choice([])], created=5, service_tier="flex")
    document = msgspec.json.decode(write_answer(answer, to))
    assert (document["id"], document["model"], document["created_at"]) == ("resp_9", "m", 5)
    assert document["service_tier"] == "flex"
