"""The real Anthropic SDK against the scripted provider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import SENTENCE

HELLO: list[Any] = [{"role": "user", "content": "hi"}]
TOOL: Any = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture
def client(provider: ScriptedProvider) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=provider.base_url, api_key="key", max_retries=0) as sdk:
        yield sdk


def test_a_message_says_the_friendly_sentence(client: anthropic.Anthropic) -> None:
    answer = client.messages.create(model="claude", max_tokens=99, messages=HELLO)
    block = answer.content[0]
    assert block.type == "text"
    assert block.text == SENTENCE
    assert (answer.stop_reason, answer.model) == ("end_turn", "claude")
    assert answer.usage.output_tokens > 1


def test_a_message_stream_goes_through_its_whole_life(client: anthropic.Anthropic) -> None:
    events = list(client.messages.create(model="claude", max_tokens=99, messages=HELLO, stream=True))
    kinds = [event.type for event in events]
    assert kinds[0] == "message_start"
    assert kinds[1] == "content_block_start"
    assert kinds.count("content_block_delta") > 2
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]


def test_the_accumulator_of_the_sdk_reads_thinking_before_text(client: anthropic.Anthropic) -> None:
    thinking: Any = {"type": "enabled", "budget_tokens": 1024}
    with client.messages.stream(model="claude", max_tokens=2000, messages=HELLO, thinking=thinking) as stream:
        deltas = [event.delta.type for event in stream if event.type == "content_block_delta"]
        final = stream.get_final_message()
    assert [block.type for block in final.content] == ["thinking", "text"]
    assert set(deltas) == {"thinking_delta", "signature_delta", "text_delta"}
    first = final.content[0]
    assert first.type == "thinking"
    assert first.signature


def test_a_mentioned_tool_is_used_streamed_and_not(client: anthropic.Anthropic) -> None:
    messages: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "get_weather in Oslo"}]}]
    whole = client.messages.create(model="claude", max_tokens=99, messages=messages, tools=[TOOL])
    with client.messages.stream(model="claude", max_tokens=99, messages=messages, tools=[TOOL]) as stream:
        streamed = stream.get_final_message()
    for answer in (whole, streamed):
        block = answer.content[0]
        assert block.type == "tool_use"
        assert (block.name, block.input) == ("get_weather", {"city": "scripted"})
        assert answer.stop_reason == "tool_use"


def test_a_forced_tool_is_used(client: anthropic.Anthropic) -> None:
    choice: Any = {"type": "tool", "name": "get_weather"}
    answer = client.messages.create(
        model="claude", max_tokens=99, messages=HELLO, tools=[TOOL], tool_choice=choice
    )
    assert answer.content[0].type == "tool_use"


def test_a_tool_result_gets_a_text_answer(client: anthropic.Anthropic) -> None:
    use = {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "sunny"}
    messages: list[Any] = [
        {"role": "user", "content": "get_weather"},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
    ]
    answer = client.messages.create(model="claude", max_tokens=99, messages=messages, tools=[TOOL])
    assert answer.content[0].type == "text"


def test_tokens_are_counted(client: anthropic.Anthropic) -> None:
    assert client.messages.count_tokens(model="claude", messages=HELLO).input_tokens > 0


def test_the_token_limit_is_a_stop_reason(client: anthropic.Anthropic) -> None:
    answer = client.messages.create(model="claude", max_tokens=1, messages=HELLO)
    assert answer.stop_reason == "max_tokens"


def test_models_are_listed_in_anthropics_shape(client: anthropic.Anthropic) -> None:
    assert "claude-sonnet-4-5" in [model.id for model in client.models.list()]


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("mock/error-401", anthropic.AuthenticationError),
        ("mock/error-404", anthropic.NotFoundError),
        ("mock/error-429", anthropic.RateLimitError),
        ("mock/error-500", anthropic.InternalServerError),
        ("mock/error-529", anthropic.InternalServerError),
    ],
)
def test_errors_wear_anthropics_envelope(
    client: anthropic.Anthropic, model: str, error: type[anthropic.APIStatusError]
) -> None:
    with pytest.raises(error) as caught:
        client.messages.create(model=model, max_tokens=9, messages=HELLO)
    body: Any = caught.value.body
    assert body["type"] == "error"
    assert body["error"]["message"]
