"""Anthropic's own SDK, as Claude Code and others use it: only the base URL is plano's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import SENTENCE, hello, json_answer, paced
from tests.end_to_end.conftest import KEYS
from tests.end_to_end.gateway_process import Gateway

MODEL = "anthropic/claude-sonnet-4-5"
HELLO: list[Any] = [{"role": "user", "content": "hi"}]
TOOL: Any = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture(scope="module")
def sdk(gateway: Gateway) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(
        base_url=gateway.base_url, api_key="the-clients-own", max_retries=0, timeout=10
    ) as sdk:
        yield sdk


def test_a_message(sdk: anthropic.Anthropic, provider: ScriptedProvider) -> None:
    message = sdk.messages.create(model=MODEL, max_tokens=50, messages=HELLO, system="Be brief.")
    assert [block.text for block in message.content if block.type == "text"] == [SENTENCE]
    asked = provider.last_request
    assert asked.path == "/v1/messages"
    assert asked.json() == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 50,
        "messages": HELLO,
        "system": "Be brief.",
    }


def test_a_streamed_message(sdk: anthropic.Anthropic) -> None:
    with sdk.messages.stream(model=MODEL, max_tokens=50, messages=HELLO) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == SENTENCE
    assert final.stop_reason == "end_turn"
    assert final.usage.output_tokens > 1


def test_a_streamed_tool_call(sdk: anthropic.Anthropic) -> None:
    asks: list[Any] = [{"role": "user", "content": "get weather for Oslo"}]
    with sdk.messages.stream(model=MODEL, max_tokens=50, messages=asks, tools=[TOOL]) as stream:
        pieces = [event.partial_json for event in stream if event.type == "input_json"]
        final = stream.get_final_message()
    assert "city" in json.loads("".join(pieces))
    assert final.stop_reason == "tool_use"


def test_tokens_are_counted(sdk: anthropic.Anthropic, provider: ScriptedProvider) -> None:
    assert sdk.messages.count_tokens(model=MODEL, messages=HELLO).input_tokens > 0
    assert provider.last_request.path == "/v1/messages/count_tokens"


def test_the_configured_key_replaces_the_clients(
    sdk: anthropic.Anthropic, provider: ScriptedProvider
) -> None:
    sdk.messages.create(model=MODEL, max_tokens=50, messages=HELLO)
    asked = provider.last_request
    assert asked.header("x-api-key") == KEYS["ANTHROPIC_KEY"]
    assert asked.header("authorization") is None
    assert b"the-clients-own" not in b"".join(value for _, value in asked.headers)


def test_a_client_with_a_bearer_token_is_served_too(gateway: Gateway, provider: ScriptedProvider) -> None:
    with anthropic.Anthropic(
        base_url=gateway.base_url, api_key=None, auth_token="the-clients-own", max_retries=0
    ) as sdk:
        sdk.messages.create(model=MODEL, max_tokens=50, messages=HELLO)
    assert provider.last_request.header("x-api-key") == KEYS["ANTHROPIC_KEY"]
    assert provider.last_request.header("authorization") is None


def test_beta_features_reach_the_provider_verbatim(
    sdk: anthropic.Anthropic, provider: ScriptedProvider
) -> None:
    sdk.beta.messages.create(
        model=MODEL,
        max_tokens=50,
        messages=HELLO,
        betas=["context-1m-2025-08-07", "not-invented-yet"],
        extra_body={"context_management": {"edits": []}, "not_invented": [1, {"a": None}]},
        extra_headers={"anthropic-workspace-id": "w1", "anthropic-version": "2024-01-01"},
        extra_query={"beta": "true"},
    )
    asked = provider.last_request
    assert (asked.path, asked.query) == ("/v1/messages", "beta=true")
    assert asked.header("anthropic-beta") == "context-1m-2025-08-07,not-invented-yet"
    assert asked.header("anthropic-workspace-id") == "w1"
    assert asked.header("anthropic-version") == "2024-01-01"
    assert asked.json()["not_invented"] == [1, {"a": None}]


def test_models_are_listed_in_anthropics_shape(sdk: anthropic.Anthropic) -> None:
    page = sdk.models.list(limit=1000)
    names = [model.id for model in page]
    assert MODEL in names
    assert page.has_more is False
    assert (page.first_id, page.last_id) == (names[0], names[-1])
    model = sdk.models.retrieve(MODEL)
    assert (model.type, model.id, model.display_name) == ("model", MODEL, MODEL)
    assert model.created_at.year >= 2025


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (400, anthropic.BadRequestError),
        (401, anthropic.AuthenticationError),
        (404, anthropic.NotFoundError),
        (413, anthropic.APIStatusError),
        (429, anthropic.RateLimitError),
        (500, anthropic.InternalServerError),
        (529, anthropic.InternalServerError),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_the_providers_errors_are_raised_as_what_they_are(
    sdk: anthropic.Anthropic,
    provider: ScriptedProvider,
    status: int,
    raised: type[anthropic.APIStatusError],
    streamed: bool,
) -> None:
    body = b'{"type":"error", "error":{"type":"x_error","message":"said by it"},"request_id":"req_1"}'
    provider.script.then(json_answer(body, status=status, headers=(("request-id", "req_1"),)))
    with pytest.raises(raised) as caught:
        sdk.messages.create(model=MODEL, max_tokens=50, messages=HELLO, stream=streamed)
    assert caught.value.status_code == status
    assert caught.value.response.content == body
    assert caught.value.request_id == "req_1"


def test_planos_own_errors_have_anthropics_shape(sdk: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError) as caught:
        sdk.messages.create(
            model="anthropic/claude-sonet-4-5",
            max_tokens=50,
            messages=HELLO,
            extra_headers={"x-request-id": "asked-for-nobody"},
        )
    body: Any = caught.value.body
    assert body["type"] == "error"
    assert body["error"]["type"] == "not_found_error"
    assert "did you mean 'anthropic/claude-sonnet-4-5'" in body["error"]["message"]
    assert body["request_id"] == "asked-for-nobody"


def test_a_provider_that_does_not_speak_messages_answers_all_the_same(sdk: anthropic.Anthropic) -> None:
    message = sdk.messages.create(model="custom/gpt-4o", max_tokens=50, messages=HELLO)
    assert message.content[0].type == "text"


def test_a_stream_that_is_cut_raises(sdk: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.APIStatusError) as caught:
        list(sdk.messages.create(model="claude/cut", max_tokens=50, messages=HELLO, stream=True))
    body: Any = caught.value.body
    assert body["error"]["type"] == "api_error"


def test_an_answer_that_is_cut_raises(sdk: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.APIConnectionError):
        sdk.messages.create(model="claude/cut", max_tokens=50, messages=HELLO)


def test_leaving_a_stream_early_closes_the_providers_connection(
    sdk: anthropic.Anthropic, provider: ScriptedProvider
) -> None:
    provider.script.then(lambda ask: paced(hello(ask), 1.0))
    with sdk.messages.create(model=MODEL, max_tokens=50, messages=HELLO, stream=True) as stream:
        next(iter(stream))
        asked = provider.last_request
    provider.wait_until(lambda: asked.outcome == "client_left", timeout_s=2)
