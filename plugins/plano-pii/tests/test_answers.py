"""Whole answers in every API's format: nothing private gets out, and originals come back, however streams are cut."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plano_pii import Pii, Settings

from plano.plugin_api import Exchange, PieceFilter, trial_answer, trial_exchange

PRIVATE = (
    "ann@example.com",
    "4111 1111 1111 1111",
    "DE89 3704 0044 0532 0130 00",
    "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD",
    "+49 30 901820",
    "203.0.113.7",
)
PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages", "responses": "/v1/responses"}
WORDS = ["call", "me", "at", "the", "card", "is", "(really)", "today.", "Über", "\n", "[EMAIL_9]", "[", "x=1"]

texts = st.lists(st.sampled_from([*PRIVATE, *WORDS]), min_size=1, max_size=14).map(" ".join)


def started(**more: Any) -> Pii:
    plugin = Pii()
    plugin.started(Settings(**more))
    return plugin


def asked(operation: str, text: str) -> Exchange:
    messages = [{"role": "user", "content": text}]
    said: dict[str, Any] = {"input": text} if operation == "responses" else {"messages": messages}
    return trial_exchange({"model": "m", **said}, path=PATHS[operation])


def document(operation: str, text: str) -> bytes:
    if operation == "chat":
        said: Any = {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]}
    elif operation == "messages":
        said = {"type": "message", "content": [{"type": "text", "text": text}]}
    else:
        content = [{"type": "output_text", "text": text}]
        said = {"output": [{"type": "message", "role": "assistant", "content": content}]}
    return json.dumps(said).encode()


def events(operation: str, pieces: list[str]) -> bytes:
    if operation == "chat":
        told: list[Any] = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
        told.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    elif operation == "messages":
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
        told = [{"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}]
        told += [{"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas]
        told += [{"type": "content_block_stop", "index": 0}, {"type": "message_stop"}]
    else:
        at = {"item_id": "m1", "output_index": 0, "content_index": 0}
        told = [{"type": "response.output_text.delta", "delta": piece, **at} for piece in pieces]
        told.append({"type": "response.output_text.done", "text": "".join(pieces), **at})
    last = "data: [DONE]\n\n" if operation == "chat" else ""
    return ("".join(f"data: {json.dumps(one)}\n\n" for one in told) + last).encode()


def said_in(operation: str, body: bytes) -> str:
    """What a client reads out of a stream: the deltas; for Responses they must be what is repeated, too."""
    lines = [line[6:] for line in body.decode().split("\n") if line.startswith("data: {")]
    told = list(map(json.loads, lines))
    if operation == "chat":
        return "".join(choice["delta"].get("content", "") for one in told for choice in one["choices"])
    if operation == "messages":
        return "".join(one["delta"]["text"] for one in told if one["type"] == "content_block_delta")
    text = "".join(one["delta"] for one in told if one["type"].endswith(".delta"))
    assert [one["text"] for one in told if one["type"].endswith(".done")] == [text]
    return text


def cut(text: str, sizes: list[int]) -> list[str]:
    pieces, at = [], 0
    for size in [*sizes, len(text)]:
        pieces.append(text[at : at + size])
        at += size
    return [piece for piece in pieces if piece]


def blocks(body: bytes, size: int) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


@pytest.mark.parametrize("operation", PATHS)
@settings(max_examples=80, deadline=None)
@given(text=texts, sizes=st.lists(st.integers(1, 9), max_size=40), size=st.integers(1, 400))
def test_an_answer_that_is_masked_holds_nothing_private_however_it_comes(
    operation: str, text: str, sizes: list[int], size: int
) -> None:
    plugin = started(answer=True)
    guard = plugin.filter_answer(asked(operation, "hi"))
    assert isinstance(guard, PieceFilter)
    whole = json.loads(trial_answer(asked(operation, "hi"), guard, document(operation, text)))
    stream = blocks(events(operation, cut(text, sizes)), size)
    streamed = said_in(operation, trial_answer(asked(operation, "hi"), guard, *stream))
    for one in PRIVATE:
        assert one not in streamed
    assert streamed in (str(part) for part in _strings(whole))


@pytest.mark.parametrize("operation", PATHS)
@settings(max_examples=80, deadline=None)
@given(text=texts, sizes=st.lists(st.integers(1, 9), max_size=40), size=st.integers(1, 400))
def test_what_a_model_repeats_of_a_masked_request_comes_back_as_it_was(
    operation: str, text: str, sizes: list[int], size: int
) -> None:
    exchange = asked(operation, text)
    restore = started().filter(exchange)
    masked = exchange.texts()[0].text
    for one in PRIVATE:
        assert one not in masked
    if restore is None:
        assert masked == text
        return
    streamed = trial_answer(exchange, restore, *blocks(events(operation, cut(masked, sizes)), size))
    assert said_in(operation, streamed) == text
    assert text in _strings(json.loads(trial_answer(exchange, restore, document(operation, masked))))


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _strings(one)]
