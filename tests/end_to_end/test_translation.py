"""Every client dialect to every provider dialect, through the vendors' own SDKs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import anthropic
import openai
import pytest

from plano.testing import ScriptedProvider
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import Wire, chat, request

INTERFACES = ("openai", "openai_responses", "anthropic", "amazon_bedrock", "gemini")
ROWS = """
model_providers:
  - {model: openai/*, base_url: "A", provider_interface: openai, access_key: key}
  - {model: openai_responses/*, base_url: "A", provider_interface: openai_responses, access_key: key}
  - {model: anthropic/*, base_url: "A", provider_interface: anthropic, access_key: key}
  - {model: amazon_bedrock/*, base_url: "A", access_key: key}
  - {model: gemini/*, base_url: "A", provider_interface: gemini, access_key: key}
  - {model: careful/*, base_url: "A", provider_interface: openai, access_key: key, strict: true}
  - model: from_chat/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [anthropic/words], default_max_attempts: 3}
  - model: from_messages/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {fallback_models: [openai_responses/words], default_max_attempts: 3}
  - model: from_responses/*
    base_url: "A"
    provider_interface: openai_responses
    access_key: key
    retry_policy: {fallback_models: [openai/words], default_max_attempts: 3}
"""
BODY = {"model": "openai/hello", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


class Said(NamedTuple):
    """What a client got of an answer: text, calls as (name, arguments), why it ended, input and output tokens."""

    text: str
    calls: list[tuple[str, Any]]
    stop: str
    tokens: tuple[int, int]


class Client:
    """One SDK, asked and read alike."""

    def __init__(self, gateway: Gateway) -> None:
        url = gateway.base_url
        self.openai = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
        self.anthropic = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)

    def ask(self, model: str, text: str, *, streams: bool, tool: bool = False, **more: Any) -> Said:
        raise NotImplementedError

    def close(self) -> None:
        self.openai.close()
        self.anthropic.close()


class ChatClient(Client):
    def ask(self, model: str, text: str, *, streams: bool, tool: bool = False, **more: Any) -> Said:
        if tool:
            more["tools"] = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]
        asked: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        if streams:
            asked["stream_options"] = {"include_usage": True}
            with self.openai.chat.completions.stream(**asked) as stream:
                with suppress(openai.LengthFinishReasonError):  # The SDK's own opinion of answers cut short.
                    stream.until_done()
                answer: Any = stream.current_completion_snapshot
        else:
            answer = self.openai.chat.completions.create(**asked)
        message = answer.choices[0].message
        calls = [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or ()]
        usage = answer.usage
        tokens = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
        return Said(message.content or "", calls, answer.choices[0].finish_reason, tokens)


class ResponsesClient(Client):
    def ask(self, model: str, text: str, *, streams: bool, tool: bool = False, **more: Any) -> Said:
        if "max_tokens" in more:
            more["max_output_tokens"] = more.pop("max_tokens")
        if tool:
            more["tools"] = [{"type": "function", "name": "weather", "parameters": WEATHER}]
        if streams:
            events = list(self.openai.responses.create(model=model, input=text, stream=True, **more))
            if events[-1].type not in ("response.completed", "response.incomplete"):
                raise RuntimeError(events[-1])
            answer: Any = events[-1].response
        else:
            answer = self.openai.responses.create(model=model, input=text, **more)
        calls = [(item.name, json.loads(item.arguments)) for item in answer.output if item.type == "function_call"]
        stop = answer.incomplete_details.reason if answer.incomplete_details else "tool_calls" if calls else "stop"
        usage = answer.usage
        return Said(answer.output_text, calls, stop, (usage.input_tokens, usage.output_tokens) if usage else (0, 0))


class MessagesClient(Client):
    def ask(self, model: str, text: str, *, streams: bool, tool: bool = False, **more: Any) -> Said:
        if tool:
            more["tools"] = [{"name": "weather", "input_schema": WEATHER}]
        asked: dict[str, Any] = {"max_tokens": 500, **more}
        asked |= {"model": model, "messages": [{"role": "user", "content": text}]}
        if streams:
            with self.anthropic.messages.stream(**asked) as stream:
                answer: Any = stream.get_final_message()
        else:
            answer = self.anthropic.messages.create(**asked)
        text = "".join(block.text for block in answer.content if block.type == "text")
        calls = [(block.name, block.input) for block in answer.content if block.type == "tool_use"]
        return Said(text, calls, answer.stop_reason, (answer.usage.input_tokens, answer.usage.output_tokens))


#: What the SDKs raise for a stream that is not whole; plano passes broken JSON on where it need not read it.
BROKEN = (openai.APIError, anthropic.APIError, RuntimeError, json.JSONDecodeError)
CLIENTS = {"chat": ChatClient, "responses": ResponsesClient, "messages": MessagesClient}
ENDS = {"chat": "stop", "responses": "stop", "messages": "end_turn"}
CUT = {"chat": "length", "responses": "max_output_tokens", "messages": "max_tokens"}
CALLS = {"chat": "tool_calls", "responses": "tool_calls", "messages": "tool_use"}


@pytest.fixture(scope="module")
def translating(_provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    rows = ROWS.replace('"A"', f'"{_provider.base_url}"')
    with start_gateway(lambda port: listener(port, "first_token_timeout: 2s, idle_timeout: 1s") + rows) as running:
        yield running


@pytest.fixture(params=sorted(CLIENTS))
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(dialect: str, translating: Gateway) -> Iterator[Client]:
    made = CLIENTS[dialect](translating)
    yield made
    made.close()


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("streams", [False, True])
def test_an_answer_is_the_same_wherever_it_comes_from(
    client: Client, dialect: str, interface: str, streams: bool
) -> None:
    said = client.ask(f"{interface}/hello", "Hello there", streams=streams)
    assert said.text.startswith("Hello! I am plano's scripted provider")
    assert said.stop == ENDS[dialect]
    assert min(said.tokens) > 0
    words = client.ask(f"{interface}/words", "Say them", streams=streams)
    assert words.text == client.ask("openai/words", "Say them", streams=False).text


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("streams", [False, True])
def test_tools_are_called_with_all_of_their_arguments(
    client: Client, dialect: str, interface: str, streams: bool
) -> None:
    said = client.ask(f"{interface}/hello", "What does weather say?", streams=streams, tool=True)
    assert [name for name, _ in said.calls] == ["weather"]
    assert isinstance(said.calls[0][1]["city"], str)
    assert said.stop == CALLS[dialect]


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("streams", [False, True])
def test_a_limit_of_tokens_arrives_and_is_told(client: Client, dialect: str, interface: str, streams: bool) -> None:
    said = client.ask(f"{interface}/words", "Say them", streams=streams, max_tokens=20)
    assert len(said.text.split()) == 20
    assert said.stop == CUT[dialect]


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 529])
def test_errors_are_told_in_the_clients_own_words(client: Client, dialect: str, interface: str, status: int) -> None:
    with pytest.raises((openai.APIStatusError, anthropic.APIStatusError)) as told:
        client.ask(f"{interface}/error-{status}", "Hello", streams=False)
    error: Any = told.value
    assert error.status_code == status
    assert error.response.headers["x-plano-attempts"] == "1"
    assert error.body["error"]["message"] if dialect == "messages" else error.body["message"]


@pytest.mark.parametrize("interface", INTERFACES)
def test_errors_in_the_middle_of_a_stream_are_told(client: Client, interface: str) -> None:
    with pytest.raises(BROKEN):
        client.ask(f"{interface}/stream-error-30", "Say them", streams=True)


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("trouble", ["cut-30", "reset-30", "malformed-30", "no-done"])
def test_a_stream_that_breaks_off_is_never_taken_for_complete(
    client: Client, dialect: str, interface: str, trouble: str
) -> None:
    try:
        said = client.ask(f"{interface}/{trouble}", "Say them", streams=True)
    except BROKEN:
        return
    assert said.stop == ENDS[dialect]
    assert said.text == client.ask("openai/hello", "Say them", streams=False).text


@pytest.mark.parametrize("first", ["from_chat", "from_messages", "from_responses"])
@pytest.mark.parametrize("trouble", ["cut-30", "500-always", "reset-once@{}", "stall-20-3"])
def test_a_provider_of_another_dialect_takes_over(client: Client, dialect: str, first: str, trouble: str) -> None:
    said = client.ask(f"{first}/{trouble.format(dialect + first)}", "Say them", streams=True)
    whole = client.ask("openai/words", "Say them", streams=False)
    assert said.text == whole.text or said.text.startswith("Hello!")
    assert said.stop == ENDS[dialect]


def test_what_a_provider_cannot_be_told_is_named(translating: Gateway) -> None:
    body = BODY | {"container": "c"}
    with Wire(translating) as wire:
        reply = wire.ask(request(body, "/v1/messages"))
    assert reply.status == 200
    assert reply.header("x-plano-dropped") == "container"


def test_a_strict_provider_refuses_instead(translating: Gateway) -> None:
    body = BODY | {"model": "careful/hello", "container": "c"}
    with Wire(translating) as wire:
        reply = wire.ask(request(body, "/v1/messages"))
    assert reply.status == 400
    assert "`container`" in reply.json()["error"]["message"]


def test_tokens_are_estimated_where_the_provider_does_not_count_them(translating: Gateway) -> None:
    prompt = "Count the tokens of this sentence, please, as well as you can. " * 20
    body = {"model": "openai/hello", "messages": [{"role": "user", "content": prompt}]}
    with Wire(translating) as wire:
        reply = wire.ask(request(body, "/v1/messages/count_tokens?beta=true"))
    assert reply.status == 200
    assert reply.header("x-plano-model") == "openai/hello"
    assert 250 < reply.json()["input_tokens"] < 380


def test_an_answer_that_is_whole_has_a_length(translating: Gateway) -> None:
    with Wire(translating) as wire:
        reply = wire.ask(request(BODY, "/v1/messages"))
    assert reply.header("content-length") == str(len(reply.body))
    assert reply.header("content-type") == "application/json"


def test_a_chat_client_that_asks_for_no_usage_gets_none(translating: Gateway) -> None:
    with Wire(translating) as wire:
        wire.send(chat("openai_responses/hello", stream=True))
        told = wire.until(b"[DONE]\n\n")
    assert b'"usage"' not in told


def test_an_answer_names_the_model_it_was_asked_of(translating: Gateway) -> None:
    """Claude Code takes the thoughts of a model by another name for somebody else's."""
    with Wire(translating) as wire:
        assert wire.ask(request(BODY, "/v1/messages")).json()["model"] == "openai/hello"
        fallen = wire.ask(request(BODY | {"model": "from_chat/500-always"}, "/v1/messages"))
    assert fallen.json()["model"] == "words"
