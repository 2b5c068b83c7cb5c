"""Usage and finish reasons out of what providers really send, the odd and the broken included."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plano.dialects.registry import ANTHROPIC_MESSAGES, DIALECTS, OPENAI_CHAT, OPENAI_RESPONSES
from plano.dialects.usage import Usage
from plano.http.wire.sse_tap import SseTap


def encoded(*documents: Any) -> list[bytes]:
    return [json.dumps(document).encode() for document in documents]


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}, Usage(3, 4)),
        ({"prompt_tokens": 3}, Usage(3, 0)),
        ({"prompt_tokens": 3, "completion_tokens": None}, Usage(3, 0)),
        ({}, Usage()),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 9,
                "prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 7},
            },
            Usage(10, 9, cached_input_tokens=8, reasoning_tokens=7),
        ),
        ({"prompt_tokens": 3, "prompt_tokens_details": None, "completion_tokens_details": {}}, Usage(3, 0)),
        ({"prompt_tokens": "3"}, None),
        ({"prompt_tokens": 3.5}, None),
        ({"prompt_tokens": [3]}, None),
        ({"prompt_tokens": 3, "cost": {"unknown": [1]}}, Usage(3, 0)),
    ],
)
def test_chat_usage(usage: dict[str, Any], read: Usage | None) -> None:
    assert OPENAI_CHAT.read_usage(encoded({"id": "x", "usage": usage})) == read


def test_the_last_running_usage_of_a_chat_stream_counts() -> None:
    running = encoded(*({"usage": {"prompt_tokens": 3, "completion_tokens": n}} for n in (1, 2, 9)))
    assert OPENAI_CHAT.read_usage(running) == Usage(3, 9)
    assert OPENAI_CHAT.read_usage([*running, b'{"usage":null}', b"broken"]) == Usage(3, 9)
    assert OPENAI_CHAT.read_usage([]) is None


def test_words_of_the_answer_are_not_taken_for_usage() -> None:
    text = 'say "usage": {"prompt_tokens": 999, "completion_tokens": 999}'
    document = {"choices": [{"message": {"content": text}}], "usage": {"prompt_tokens": 1}}
    assert OPENAI_CHAT.read_usage(encoded(document)) == Usage(1, 0)
    assert OPENAI_CHAT.read_usage(encoded({"choices": [{"message": {"content": text}}]})) is None


@pytest.mark.parametrize("why", ["stop", "length", "tool_calls", "content_filter"])
def test_why_a_chat_ended(why: str) -> None:
    [document] = encoded({"choices": [{"message": {"content": "x"}, "finish_reason": why, "logprobs": None}]})
    assert OPENAI_CHAT.read_finish(document) == why
    assert OPENAI_CHAT.read_finish(document.replace(f'"{why}"'.encode(), b"null")) == ""


def test_the_usage_of_a_message_counts_the_cache_as_input() -> None:
    usage = {
        "input_tokens": 5,
        "cache_creation_input_tokens": 20,
        "cache_read_input_tokens": 300,
        "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 0},
        "output_tokens": 7,
        "service_tier": "standard",
    }
    read = ANTHROPIC_MESSAGES.read_usage(encoded({"usage": usage}))
    assert read == Usage(325, 7, cached_input_tokens=300, cache_creation_tokens=20)


def test_the_usage_of_a_streamed_message_is_put_together() -> None:
    start = {"type": "message_start", "message": {"usage": {"input_tokens": 5, "output_tokens": 1}}}
    delta = {"type": "message_delta", "usage": {"output_tokens": 9}}
    assert ANTHROPIC_MESSAGES.read_usage(encoded(start, delta)) == Usage(5, 9)
    corrected = {"usage": {"input_tokens": 6, "cache_read_input_tokens": 2, "output_tokens": 9}}
    assert ANTHROPIC_MESSAGES.read_usage(encoded(start, corrected)) == Usage(8, 9, cached_input_tokens=2)
    assert ANTHROPIC_MESSAGES.read_usage(encoded(start, {"usage": {"output_tokens": None}})) == Usage(5, 1)
    assert ANTHROPIC_MESSAGES.read_usage(encoded({"usage": {"input_tokens": "x"}})) is None
    assert ANTHROPIC_MESSAGES.read_usage([]) is None


@pytest.mark.parametrize("why", ["end_turn", "max_tokens", "tool_use", "stop_sequence", "refusal"])
def test_why_a_message_ended(why: str) -> None:
    [document] = encoded({"type": "message_delta", "delta": {"stop_reason": why, "stop_sequence": None}})
    assert ANTHROPIC_MESSAGES.read_finish(document) == why


def test_the_usage_of_a_response() -> None:
    usage = {
        "input_tokens": 5,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 6},
        "total_tokens": 12,
    }
    completed = {"type": "response.completed", "response": {"usage": usage, "metadata": {"usage": "x"}}}
    read = OPENAI_RESPONSES.read_usage(encoded({"response": {"usage": None}}, completed))
    assert read == Usage(5, 7, cached_input_tokens=4, reasoning_tokens=6)
    assert OPENAI_RESPONSES.read_usage(encoded({"usage": None})) is None


def test_why_a_response_is_incomplete() -> None:
    [document] = encoded({"incomplete_details": {"reason": "max_output_tokens"}, "metadata": {"reason": "no"}})
    assert OPENAI_RESPONSES.read_finish(document) == "max_output_tokens"


def test_a_complete_response_does_not_say_why() -> None:
    [document] = encoded({"incomplete_details": None, "metadata": {"reason": "mine"}})
    assert OPENAI_RESPONSES.read_finish(document) == ""


def test_an_incomplete_streamed_response_says_why() -> None:
    [data] = encoded({"response": {"incomplete_details": {"reason": "max_output_tokens"}}})
    tap = SseTap(OPENAI_RESPONSES.marks, False)
    tap.feed(b"event: response.incomplete\ndata: " + data + b"\n\n")
    assert OPENAI_RESPONSES.read_finish(tap.finish_event) == "max_output_tokens"


LAST_EVENTS = {
    "openai_chat": [b"data: [DONE]\n\n", b"data:[DONE]\r\n\r\n", b"data: [DONE]\r\r"],
    "openai_responses": [
        b'event: response.completed\ndata: {"type":"response.completed"}\n\n',
        b'data: {"type": "response.incomplete"}\n\n',
        b'event: response.failed\ndata: {"type":"response.failed"}\n\n',
        b'event: error\ndata: {"type":"error"}\n\n',
    ],
    "anthropic_messages": [
        b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
        b'event: message_stop\r\ndata: {"type": "message_stop" }\r\n\r\n',
        b'event: error\ndata: {"type":"error"}\n\n',
    ],
}
WORDS = "event: message_stop [DONE] response.completed event: error message_stop\ndata: [DONE]"
OTHER_EVENTS = {
    "openai_chat": {"choices": [{"delta": {"content": WORDS}}]},
    "openai_responses": {"type": "response.output_text.delta", "delta": WORDS},
    "anthropic_messages": {"type": "content_block_delta", "delta": {"text": WORDS}},
}


@pytest.mark.parametrize("name", DIALECTS)
def test_a_stream_has_ended_when_its_last_event_says_so_and_not_when_a_word_of_it_does(name: str) -> None:
    for last in LAST_EVENTS[name]:
        tap = SseTap(DIALECTS[name].marks, False)
        tap.feed(last)
        assert tap.ended_properly(), last
    tap = SseTap(DIALECTS[name].marks, False)
    tap.feed(b"data: " + json.dumps(OTHER_EVENTS[name]).encode() + b"\n\n")
    assert not tap.ended_properly()
