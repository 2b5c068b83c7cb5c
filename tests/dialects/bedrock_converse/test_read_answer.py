from __future__ import annotations

import json
from typing import Any

import pytest

from plano.dialects.bedrock_converse.read_answer import read_answer, read_error
from plano.dialects.conversation import Foreign, Image, Part, Reasoning, Text, ToolCall
from plano.dialects.proofs import sealed
from plano.dialects.usage import Usage
from plano.errors import ProviderProtocolError


def document(*content: Any, stop: Any = "end_turn", **rest: Any) -> bytes:
    output = {"message": {"role": "assistant", "content": list(content)}}
    return json.dumps({"output": output, "stopReason": stop, "metrics": {"latencyMs": 1}, **rest}).encode()


def content(*blocks: Any) -> list[Part]:
    return read_answer(document(*blocks)).choices[0].content


@pytest.mark.parametrize(
    ("block", "parts"),
    [
        ({"text": "Hi"}, [Text("Hi")]),
        ({"text": ""}, []),
        ({"toolUse": {"toolUseId": "a", "name": "f", "input": {"x": 1}}}, [ToolCall("a", "f", '{"x":1}')]),
        ({"toolUse": {"toolUseId": "a", "name": "f", "input": '{"x":1}'}}, [ToolCall("a", "f", '{"x":1}')]),
        ({"toolUse": {"toolUseId": "a", "name": "f"}}, [ToolCall("a", "f", "{}")]),
        ({"toolUse": {"name": "f", "input": None}}, [ToolCall("call_f", "f", "{}")]),
        (
            {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "SIG"}}},
            [Reasoning("hm", sealed("bedrock_converse", "SIG"))],
        ),
        ({"reasoningContent": {"reasoningText": {"text": "hm"}}}, [Reasoning("hm")]),
        (
            {"reasoningContent": {"redactedContent": "QUJD"}},
            [Reasoning(proof=sealed("bedrock_converse", "QUJD"), is_redacted=True)],
        ),
        ({"reasoningContent": {}}, []),
        ({"image": {"format": "png", "source": {"bytes": "QUJD"}}}, [Image("image/png", "QUJD")]),
        (
            {"toolUse": {"toolUseId": "a", "name": "s", "input": {}, "type": "server_tool_use"}},
            [
                Foreign(
                    "bedrock_converse",
                    "toolUse",
                    {"toolUse": {"toolUseId": "a", "name": "s", "input": {}, "type": "server_tool_use"}},
                )
            ],
        ),
        ({"novelty": {"a": 1}}, [Foreign("bedrock_converse", "novelty", {"novelty": {"a": 1}})]),
        ({}, []),
        (None, []),
    ],
)
def test_blocks(block: Any, parts: list[Part]) -> None:
    assert content(block) == parts


def test_citations_are_annotations() -> None:
    page = {"documentPage": {"documentIndex": 1, "start": 2, "end": 2}}
    (part,) = content(
        {
            "citationsContent": {
                "content": [{"text": "It "}, {"text": "rains."}],
                "citations": [
                    {"title": "A", "sourceContent": [{"text": "rain"}], "location": page},
                    {"title": "", "location": {"web": {"url": "https://a.b", "domain": "a.b"}}},
                ],
            }
        }
    )

    assert isinstance(part, Text)
    quote, url = part.annotations
    assert part.text == "It rains."
    assert (quote.kind, quote.title, quote.quote, quote.index) == ("quote", "A", "rain", 1)
    assert (url.kind, url.url, url.title) == ("url", "https://a.b", "a.b")


@pytest.mark.parametrize(
    ("word", "stop"),
    [
        ("end_turn", "end"),
        ("tool_use", "tool_calls"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("stop_sequence", "stop_sequence"),
        ("guardrail_intervened", "filtered"),
        ("content_filtered", "filtered"),
        ("malformed_model_output", "end"),
        ("", "end"),
        (None, "end"),
        ("novelty", "end"),
    ],
)
def test_why_it_ended(word: Any, stop: str) -> None:
    assert read_answer(document({"text": "a"}, stop=word)).choices[0].stop == stop


def test_whoever_calls_tools_has_stopped_for_them() -> None:
    call = {"toolUse": {"toolUseId": "a", "name": "f", "input": {}}}
    assert read_answer(document(call, stop="end_turn")).choices[0].stop == "tool_calls"


def test_the_stop_sequence_is_told_where_it_was_asked_for() -> None:
    told = document({"text": "a"}, stop="stop_sequence", additionalModelResponseFields={"stop_sequence": "END"})
    assert read_answer(told).choices[0].stop_sequence == "END"


def test_the_input_counts_what_came_from_a_cache_or_went_there() -> None:
    usage = {"inputTokens": 3, "outputTokens": 5, "cacheReadInputTokens": 100, "cacheWriteInputTokens": 20}
    answer = read_answer(document(usage=usage, serviceTier={"type": "flex"}))

    assert answer.usage == Usage(123, 5, 100, 20)
    assert answer.service_tier == "flex"


@pytest.mark.parametrize("usage", [{}, {"usage": None}, {"usage": {"inputTokens": "three"}}, {"usage": 5}])
def test_what_is_not_told_is_not_needed(usage: dict[str, Any]) -> None:
    assert read_answer(document({"text": "a"}, **usage)).usage in (None, Usage())


def test_a_prompt_router_tells_whom_it_asked() -> None:
    assert read_answer(document(trace={"promptRouter": {"invokedModelId": "m"}})).model == "m"


@pytest.mark.parametrize("content", [None, [], {}, "x"])
def test_an_answer_may_be_empty(content: Any) -> None:
    told = json.dumps({"output": {"message": {"content": content}}}).encode()
    assert read_answer(told).choices[0].content == []


@pytest.mark.parametrize("document", [b"", b"{", b"[]", b"{}", b'{"output":null}', b"\xff", b"[" * 100_000])
def test_what_is_no_answer_is_refused(document: bytes) -> None:
    with pytest.raises(ProviderProtocolError):
        read_answer(document)


@pytest.mark.parametrize(
    ("status", "body", "message", "kind"),
    [
        (400, b'{"message":"too long"}', "too long", ""),
        (403, b'{"Message":"no"}', "no", ""),
        (429, b'{"__type":"a.b#ThrottlingException:http://x","message":"slow"}', "slow", "ThrottlingException"),
        (424, b'{"message":"failed","originalStatusCode":500,"originalMessage":"oops"}', "failed (oops)", ""),
        (500, b"{}", "the provider answered with status 500", ""),
        (502, b"<html>", "<html>", ""),
        (503, b"", "the provider answered with status 503", ""),
        (400, b'["x"]', "['x']", ""),
        (404, b'{"error":{"message":"gone"}}', "gone", ""),
    ],
)  # fmt: skip
def test_errors(status: int, body: bytes, message: str, kind: str) -> None:
    error = read_error(status, body)

    assert (error.status, error.message, error.type) == (status, message, kind)
