"""The text of a Chat Completions answer, of servers that keep to the dialect and of others."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plano.routing.router_models.chat_answer import chat_answer


def body(message: Any, finish_reason: str | None = "stop") -> bytes:
    return json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": finish_reason}]}).encode()


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"role": "assistant", "content": "yes"}, "yes"),
        ({"content": [{"type": "text", "text": "y"}, {"type": "text", "text": "es"}]}, "yes"),
        ({"content": ["y", "es"]}, "yes"),
        ({"content": [{"type": "thinking", "thinking": "..."}, {"type": "text", "text": "yes"}]}, "yes"),
        ({"content": "yes", "reasoning_content": "no?"}, "yes"),
        ({"content": None, "reasoning_content": "yes"}, "yes"),
        ({"content": "", "reasoning": "yes"}, "yes"),
    ],
)
def test_the_text_is_found(message: Any, text: str) -> None:
    answer = chat_answer(body(message))
    assert (answer.text, answer.problem, answer.is_answer) == (text, "", True)


@pytest.mark.parametrize(
    ("came", "problem"),
    [
        (body({"content": None, "reasoning_content": "Let me see"}, "length"), "tokens ran out"),
        (body({"content": ""}), "empty"),
        (body({"content": None, "refusal": "I cannot"}), "refused: I cannot"),
        (body("text"), "empty"),
        (body({"content": {"text": "x"}}), "empty"),
    ],
)
def test_an_answer_without_text_says_why(came: bytes, problem: str) -> None:
    answer = chat_answer(came)
    assert (answer.text, answer.is_answer) == ("", True)
    assert problem in answer.problem


@pytest.mark.parametrize(
    ("came", "problem"),
    [
        (b"", "not JSON"),
        (b"data: {}\n\n", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"null", "no answer"),
        (b'{"choices": []}', "no answer"),
        (b'{"choices": ["x"]}', "no answer"),
        (b'{"error": {"message": "model not loaded"}}', "model not loaded"),
        (b'{"error": "model not found"}', "model not found"),
        (b'{"error": {"message": 3}}', "no answer"),
    ],
)
def test_what_is_no_answer_says_so(came: bytes, problem: str) -> None:
    answer = chat_answer(came)
    assert (answer.text, answer.is_answer) == ("", False)
    assert problem in answer.problem


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["choices", "message", "content", "text", "error"]), inner, max_size=3)
    ),
)


@given(_json)
def test_nothing_makes_it_raise(value: Any) -> None:
    for written in (json.dumps(value), json.dumps({"choices": [{"message": value}]})):
        answer = chat_answer(written.encode())
        assert bool(answer.text) != bool(answer.problem)
