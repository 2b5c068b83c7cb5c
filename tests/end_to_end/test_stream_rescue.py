"""Streams that break off after the client has begun to read: through the vendors' own SDKs, in all three dialects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import anthropic
import openai
import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import WORDS
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import Wire, chat, request

SHORT = "first_token_timeout: 0.5s, idle_timeout: 0.3s"
ROWS = """
model_providers:
  - model: first/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [second/words, third/words], default_max_attempts: 5}
  - model: ends/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [second/words], on_stream_failure: error}
  - model: goes_on/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [second/words], on_stream_failure: continue}
  - model: unlike/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [second/hello], default_max_attempts: 2}
  - model: twice/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [second/cut-50, third/words], default_max_attempts: 5}
  - model: thrice/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [second/cut-45, third/cut-50, fourth/words], default_max_attempts: 9}
  - {model: second/*, base_url: "B", provider_interface: openai, access_key: key}
  - {model: third/*, base_url: "B", provider_interface: openai, access_key: key}
  - {model: fourth/*, base_url: "B", provider_interface: openai, access_key: key}
  - model: claude/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {fallback_models: [claude-two/words]}
  - {model: claude-two/*, base_url: "B", provider_interface: anthropic, access_key: key}
  - {model: claude_alone/*, base_url: "A", provider_interface: anthropic, access_key: key}
"""
#: After 40 of the 60 words.
MIDSTREAM = ["cut-40", "stall-40-9", "malformed-40", "stream-error-40", "cut-1", "cut-59", "no-last-frame"]


class World(NamedTuple):
    first: ScriptedProvider
    second: ScriptedProvider
    gateway: Gateway


@pytest.fixture(scope="module")
def _world(start_gateway: StartGateway) -> Iterator[World]:
    with ScriptedProvider.in_thread() as first, ScriptedProvider.in_thread() as second:
        rows = ROWS.replace('"A"', f'"{first.base_url}"').replace('"B"', f'"{second.base_url}"')
        with start_gateway(lambda port: listener(port, SHORT) + rows) as gateway:
            yield World(first, second, gateway)


@pytest.fixture
def world(_world: World) -> World:
    _world.first.forget_requests()
    _world.second.forget_requests()
    return _world


@pytest.fixture
def openai_client(world: World) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{world.gateway.base_url}/v1", api_key="any", max_retries=0, timeout=10)


@pytest.fixture
def claude(world: World) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=world.gateway.base_url, api_key="any", max_retries=0, timeout=10)


def until_it_breaks(client: openai.OpenAI, model: str) -> tuple[str, openai.APIError]:
    """What a chat stream said, and the error it ended with."""
    said = ""
    try:
        for chunk in client.chat.completions.create(model=model, messages=ASK, stream=True):
            said += chunk.choices[0].delta.content or ""
    except openai.APIError as error:
        return said, error
    raise AssertionError("the stream ended well")


ASK: Any = [{"role": "user", "content": "hi"}]


@pytest.mark.parametrize("fault", MIDSTREAM)
def test_a_chat_stream_is_completed(world: World, openai_client: openai.OpenAI, fault: str) -> None:
    said, models, finish = "", [], []
    for chunk in openai_client.chat.completions.create(model=f"first/{fault}", messages=ASK, stream=True):
        said += chunk.choices[0].delta.content or ""
        models.append(chunk.model)
        finish.append(chunk.choices[0].finish_reason)
    assert (said, [reason for reason in finish if reason]) == (WORDS, ["stop"])
    assert len(world.first.requests) == 1
    if fault != "no-last-frame":
        assert models[-1] == "words"


@pytest.mark.parametrize("fault", MIDSTREAM)
def test_a_messages_stream_is_completed(claude: anthropic.Anthropic, fault: str) -> None:
    with claude.messages.stream(model=f"claude/{fault}", max_tokens=99, messages=ASK) as stream:
        message = stream.get_final_message()
    assert [block.text for block in message.content] == [WORDS]  # type: ignore[union-attr]
    assert (message.stop_reason, message.usage.output_tokens > 0) == ("end_turn", True)


@pytest.mark.parametrize("fault", MIDSTREAM)
def test_a_responses_stream_is_completed(openai_client: openai.OpenAI, fault: str) -> None:
    with openai_client.responses.stream(model=f"first/{fault}", input="hi") as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert final.output_text == WORDS
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == WORDS
    assert [event.sequence_number for event in events if hasattr(event, "sequence_number")]


def test_a_stream_is_taken_up_again_a_second_time(openai_client: openai.OpenAI) -> None:
    stream = openai_client.chat.completions.create(model="twice/cut-20", messages=ASK, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == WORDS


def test_but_not_a_third_time(openai_client: openai.OpenAI) -> None:
    said, error = until_it_breaks(openai_client, "thrice/cut-20")
    assert error.code == "stream_interrupted"
    assert WORDS.startswith(said)
    assert len(said.split()) == 50


def test_another_answer_is_not_mixed_in(world: World, openai_client: openai.OpenAI) -> None:
    said, error = until_it_breaks(openai_client, "unlike/cut-40")
    assert error.code == "stream_interrupted"
    assert said.split() == WORDS.split()[:40]
    assert len(world.second.requests) == 1


def test_a_policy_may_end_broken_streams_with_an_error(world: World) -> None:
    with Wire(world.gateway) as wire:
        answer = wire.ask(chat("ends/cut-40", stream=True))
    last = json.loads(answer.body.rsplit(b"data: ", 1)[1])
    assert (last["error"]["code"], b"[DONE]" in answer.body) == ("stream_interrupted", False)
    assert len(world.second.requests) == 0


def test_a_messages_client_can_tell_an_interruption_too(world: World) -> None:
    body = {"model": "claude_alone/cut-40", "max_tokens": 99, "stream": True, "messages": ASK}
    with Wire(world.gateway) as wire:
        answer = wire.ask(request(body, "/v1/messages", "anthropic-version: 2023-06-01"))
    told = json.loads(answer.body.rsplit(b"data: ", 1)[1])
    assert (told["type"], told["error"]["code"]) == ("error", "stream_interrupted")


def test_a_continuation_asks_for_the_rest_with_the_user_last(world: World, openai_client: openai.OpenAI) -> None:
    stream = openai_client.chat.completions.create(model="goes_on/cut-40", messages=ASK, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == WORDS
    (asked,) = world.second.requests
    turns = asked.json()["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert turns[1]["content"].split() == WORDS.split()[:40]


def test_a_tool_call_that_was_cut_is_never_joined(world: World, openai_client: openai.OpenAI) -> None:
    tool: Any = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}
    with pytest.raises(openai.APIError) as caught:
        list(
            openai_client.chat.completions.create(
                model="first/cut", messages=ASK, tools=[tool], tool_choice="required", stream=True
            )
        )
    assert caught.value.code == "stream_interrupted"
    assert "tool call" in caught.value.message


def test_the_usage_a_client_asked_for_is_there(openai_client: openai.OpenAI) -> None:
    stream = openai_client.chat.completions.create(
        model="first/cut-40", messages=ASK, stream=True, stream_options={"include_usage": True}
    )
    usages = [chunk.usage for chunk in stream if chunk.usage]
    assert len(usages) == 1
    assert usages[0].completion_tokens == 60
