"""What whole answers say, and how little of them changes with it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from plano.dialects.answer_texts import AnswerTexts
from plano.errors import ProviderProtocolError


def texts_of(operation: str, body: Any) -> AnswerTexts:
    return AnswerTexts(operation, body if isinstance(body, bytes) else msgspec.json.encode(body))


def found(operation: str, body: Any) -> list[tuple[str, str, str]]:
    return [(one.kind, one.role, one.text) for one in texts_of(operation, body).passages]


def choice(**message: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}]}


@pytest.mark.parametrize(
    ("operation", "body", "expected"),
    [
        ("chat", {"id": "a", "model": "m", **choice(content="hi")}, [("text", "assistant", "hi")]),
        (
            "chat",
            choice(refusal="no", reasoning_content="hm", audio={"id": "a", "data": "AA", "transcript": "t"}),
            [("refusal", "assistant", "no"), ("reasoning", "assistant", "hm"), ("text", "assistant", "t")],
        ),
        (
            "chat",
            choice(tool_calls=[{"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a":"b"}'}}]),
            [("arguments", "assistant", "a"), ("arguments", "assistant", "b")],
        ),
        (
            "chat",
            {"choices": [{"message": {"content": "a"}}, {"message": {"content": "b"}}]},
            [("text", "assistant", "a"), ("text", "assistant", "b")],
        ),
        ("completions", {"choices": [{"text": "a", "index": 0, "logprobs": None}]}, [("text", "assistant", "a")]),
        (
            "messages",
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "text", "text": "a"}, {"type": "tool_use", "name": "f", "input": {"b": "c"}}],
            },
            [("text", "assistant", "a"), ("arguments", "assistant", "b"), ("arguments", "assistant", "c")],
        ),
        (
            "responses",
            {
                "object": "response",
                "instructions": "be kind",
                "output": [
                    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "s"}]},
                    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
                    {"type": "function_call", "name": "f", "arguments": "{}"},
                ],
                "output_text": "a",
            },
            [("reasoning", "assistant", "s"), ("text", "assistant", "a"), ("text", "assistant", "a")],
        ),
        ("embeddings", {"data": [{"embedding": [0.1, 0.2]}]}, []),
        ("images", {"data": [{"b64_json": "AA==", "revised_prompt": "a cat"}]}, [("text", "assistant", "a cat")]),
        ("rerank", {"results": [{"index": 0, "document": {"text": "a"}}]}, [("document", "", "a")]),
        ("chat", {"error": {"message": "no", "type": "x"}}, []),
        ("messages", {"type": "error", "error": {"type": "x", "message": "no"}}, []),
        ("responses", {"output": None, "error": {"message": "no"}}, []),
        ("chat", {"choices": 5}, []),
        ("chat", {"choices": [None, 5, {"message": 5}]}, []),
    ],
)
def test_answers(operation: str, body: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert found(operation, body) == expected


RAW = b'{"id":"a", "choices" : [{"message":{"role":"assistant","content":"hi","x":1.0}, "index":0}],"n":1e400}'


def test_an_answer_that_did_not_change_is_the_very_same() -> None:
    assert texts_of("chat", RAW).encoded() is RAW


def test_what_did_not_change_keeps_its_bytes() -> None:
    texts = texts_of("chat", RAW)
    texts.passages[0].text = "bye"
    after = b'{"id":"a","choices":[{"message":{"role":"assistant","content":"bye","x":1.0},"index":0}],"n":1e400}'
    assert texts.encoded() == texts.encoded() == after
    texts.passages[0].text = "hi"
    assert texts.encoded() is RAW


@pytest.mark.parametrize(
    ("operation", "body", "after"),
    [
        (
            "chat",
            {"choices": [{"message": {"content": "hi"}, "logprobs": {"content": [{"token": "hi"}]}}]},
            {"choices": [{"message": {"content": "bye"}, "logprobs": None}]},
        ),
        (
            "responses",
            {"output": [{"content": [{"type": "output_text", "text": "hi", "logprobs": [{"token": "hi"}]}]}]},
            {"output": [{"content": [{"type": "output_text", "text": "bye", "logprobs": []}]}]},
        ),
    ],
)
def test_tokens_of_a_text_go_with_it(operation: str, body: Any, after: Any) -> None:
    texts = texts_of(operation, body)
    texts.passages[0].text = "bye"
    assert msgspec.json.decode(texts.encoded()) == after


def test_half_a_surrogate_pair_is_read_as_a_replacement() -> None:
    document = rb'{"choices":[{"message":{"content":"hi \ud83d","note":"\ud83d\ude00 \\ud83d"}}]}'
    texts = texts_of("chat", document)
    assert [one.text for one in texts.passages] == ["hi \ufffd", "\U0001f600 \\ud83d"]
    assert texts.encoded() is document
    texts.passages[0].text = "bye"
    assert msgspec.json.decode(texts.encoded())["choices"][0]["message"] == {
        "content": "bye",
        "note": "\U0001f600 \\ud83d",
    }


@pytest.mark.parametrize(
    "document",
    [b"", b"oops", b"[]", b'"text"', b'{"choices":', b'{"choices":[{"text":"\xff"}]}', b'{"choices":' + b"[" * 100_000],
)
def test_what_is_no_json_object_is_the_providers_fault(document: bytes) -> None:
    with pytest.raises(ProviderProtocolError, match="the provider's answer is not JSON"):
        texts_of("completions", document)
