"""The SDKs on models of every dialect: structured outputs, typed streams, loops of tools, counted tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest
from pydantic import BaseModel

from plano.testing import ScriptedProvider
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway

ROWS = """
model_providers:
  - {model: mistral/*, base_url: "URL", access_key: key}
  - {model: responses/*, base_url: "URL", provider_interface: openai_responses, access_key: key}
  - {model: anthropic/*, base_url: "URL", provider_interface: anthropic, access_key: key}
  - {model: amazon_bedrock/*, base_url: "URL", access_key: key}
  - {model: gemini/*, base_url: "URL", provider_interface: gemini, access_key: key}
"""
PROVIDERS = ("mistral", "responses", "anthropic", "amazon_bedrock", "gemini")
#: Bedrock's models differ in what they take; names the scripted provider does not know answer like `hello`.
FORMATTING = {"amazon_bedrock": "us.anthropic.claude-sonnet-4-5-20250929-v1:0"}
TASK = "In the file /w/a.txt replace blue by green."
READ: dict[str, Any] = {"type": "object", "properties": {"file_path": {"type": "string"}}, "required": ["file_path"]}
GIVEN = {"Read": "the sky is blue today", "Edit": "edited one line"}
TOLD = "The file said: the sky is blue today\nThe edit said: edited one line"


class Weather(BaseModel):
    """What the answer has to look like."""

    city: str
    degrees: int
    is_raining: bool


@pytest.fixture(scope="module")
def translating(_provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    rows = ROWS.replace("URL", _provider.base_url)
    with start_gateway(lambda port: listener(port) + rows) as running:
        yield running


@pytest.fixture(scope="module")
def of_openai(translating: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{translating.base_url}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def of_anthropic(translating: Gateway) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=translating.base_url, api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture(params=PROVIDERS)
def served_by(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def formatting(served_by: str) -> str:
    """A model that keeps to a schema."""
    return f"{served_by}/{FORMATTING.get(served_by, 'hello')}"


def test_chat_completions_are_parsed(of_openai: openai.OpenAI, formatting: str) -> None:
    answer = of_openai.chat.completions.parse(
        model=formatting, messages=[{"role": "user", "content": "Weather?"}], response_format=Weather
    )
    assert isinstance(answer.choices[0].message.parsed, Weather)


def test_responses_are_parsed(of_openai: openai.OpenAI, formatting: str) -> None:
    answer = of_openai.responses.parse(model=formatting, input="Weather?", text_format=Weather)
    assert isinstance(answer.output_parsed, Weather)


def test_messages_are_parsed(of_anthropic: anthropic.Anthropic, formatting: str) -> None:
    answer = of_anthropic.messages.parse(
        model=formatting,
        max_tokens=500,
        messages=[{"role": "user", "content": "Weather?"}],
        output_format=Weather,
    )
    assert isinstance(answer.parsed_output, Weather)


def test_a_typed_stream_of_responses_is_parsed(of_openai: openai.OpenAI, formatting: str) -> None:
    with of_openai.responses.stream(model=formatting, input="Weather?", text_format=Weather) as stream:
        kinds = [event.type for event in stream]
        answer = stream.get_final_response()
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert isinstance(answer.output_parsed, Weather)


def test_a_typed_stream_of_chat_is_parsed(of_openai: openai.OpenAI, formatting: str) -> None:
    with of_openai.chat.completions.stream(
        model=formatting, messages=[{"role": "user", "content": "Weather?"}], response_format=Weather
    ) as stream:
        kinds = {event.type for event in stream}
        answer = stream.get_final_completion()
    assert {"content.delta", "content.done"} <= kinds
    assert isinstance(answer.choices[0].message.parsed, Weather)


@pytest.mark.parametrize("streams", [False, True])
def test_a_loop_of_tools_in_chat(of_openai: openai.OpenAI, served_by: str, streams: bool) -> None:
    messages: list[Any] = [{"role": "user", "content": TASK}]
    tools: list[Any] = [{"type": "function", "function": {"name": name, "parameters": READ}} for name in GIVEN]
    for _ in range(3):
        asked: dict[str, Any] = {"model": f"{served_by}/agent", "messages": messages, "tools": tools}
        if streams:
            with of_openai.chat.completions.stream(**asked) as stream:
                message = stream.get_final_completion().choices[0].message
        else:
            message = of_openai.chat.completions.create(**asked).choices[0].message
        messages.append(message.model_dump(exclude_none=True, exclude={"parsed"}))
        for call in message.tool_calls or ():
            assert json.loads(call.function.arguments)["file_path"] == "/w/a.txt"
            messages.append({"role": "tool", "tool_call_id": call.id, "content": GIVEN[call.function.name]})
    assert message.content == TOLD


@pytest.mark.parametrize("streams", [False, True])
def test_a_loop_of_tools_in_responses(of_openai: openai.OpenAI, served_by: str, streams: bool) -> None:
    items: list[Any] = [{"role": "user", "content": TASK}]
    tools: list[Any] = [{"type": "function", "name": name, "parameters": READ, "strict": False} for name in GIVEN]
    for _ in range(3):
        asked: dict[str, Any] = {"model": f"{served_by}/agent", "input": items, "tools": tools}
        asked |= {"store": False, "include": ["reasoning.encrypted_content"], "reasoning": {"effort": "low"}}
        if streams:
            with of_openai.responses.stream(**asked) as stream:
                answer: Any = stream.get_final_response()
        else:
            answer = of_openai.responses.create(**asked)
        for item in answer.output:
            items.append(item.model_dump(exclude_none=True, exclude={"parsed_arguments"}))
            if item.type == "function_call":
                assert json.loads(item.arguments)["file_path"] == "/w/a.txt"
                items.append({"type": "function_call_output", "call_id": item.call_id, "output": GIVEN[item.name]})
    assert answer.output_text == TOLD


@pytest.mark.parametrize("streams", [False, True])
def test_a_loop_of_tools_in_messages(of_anthropic: anthropic.Anthropic, served_by: str, streams: bool) -> None:
    messages: list[Any] = [{"role": "user", "content": TASK}]
    tools: list[Any] = [{"name": name, "input_schema": READ} for name in GIVEN]
    for _ in range(3):
        asked: dict[str, Any] = {"model": f"{served_by}/agent", "max_tokens": 4000, "messages": messages}
        asked |= {"tools": tools, "thinking": {"type": "enabled", "budget_tokens": 2000}}
        if streams:
            with of_anthropic.messages.stream(**asked) as stream:
                answer = stream.get_final_message()
        else:
            answer = of_anthropic.messages.create(**asked)
        messages.append({"role": "assistant", "content": answer.content})
        results: list[Any] = []
        for block in answer.content:
            if block.type == "tool_use":
                assert block.input["file_path"] == "/w/a.txt"
                results.append({"type": "tool_result", "tool_use_id": block.id, "content": GIVEN[block.name]})
        if results:
            messages.append({"role": "user", "content": results})
    assert "".join(block.text for block in answer.content if block.type == "text") == TOLD


def test_tokens_are_counted(of_anthropic: anthropic.Anthropic, served_by: str) -> None:
    def counted(text: str) -> int:
        asked: list[Any] = [{"role": "user", "content": text}]
        return of_anthropic.messages.count_tokens(model=f"{served_by}/hello", messages=asked).input_tokens

    assert 0 < counted("a word") < counted("a word and many more " * 50)
