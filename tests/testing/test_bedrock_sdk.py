"""The scripted provider as AWS's own SDK sees it: botocore validates requests, parses answers and frames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

from plano.testing.scripted_provider import SENTENCE, ScriptedProvider

USER = [{"role": "user", "content": [{"text": "Hello"}]}]
TOOLS = {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": {"type": "object", "properties": {}}}}}]}


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider.in_thread() as running:
        yield running


@pytest.fixture(scope="module")
def client(provider: ScriptedProvider) -> Iterator[Any]:
    client = botocore.session.Session().create_client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=provider.base_url,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        config=Config(retries={"max_attempts": 0}),
    )
    yield client
    client.close()


def text_of(answer: Any) -> str:
    return "".join(block.get("text", "") for block in answer["output"]["message"]["content"])


def test_a_whole_answer(client: Any, provider: ScriptedProvider) -> None:
    answer = client.converse(modelId="amazon.nova-lite-v1:0", messages=USER)

    assert text_of(answer) == SENTENCE
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"]["totalTokens"] == answer["usage"]["inputTokens"] + answer["usage"]["outputTokens"]
    assert provider.last_request.path.endswith("/converse")


def test_a_stream_with_thoughts(client: Any) -> None:
    answer = client.converse_stream(
        modelId="hello", messages=USER, additionalModelRequestFields={"thinking": {"type": "enabled"}}
    )
    events = list(answer["stream"])

    names = [next(iter(event)) for event in events]
    deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    assert (names[0], names[-2:]) == ("messageStart", ["messageStop", "metadata"])
    assert "".join(delta.get("text", "") for delta in deltas) == SENTENCE
    assert any("signature" in delta.get("reasoningContent", {}) for delta in deltas)


@pytest.mark.parametrize("choice", [{"any": {}}, {"tool": {"name": "weather"}}])
def test_a_forced_tool_is_called(client: Any, choice: dict[str, Any]) -> None:
    told = client.converse(modelId="hello", messages=USER, toolConfig={**TOOLS, "toolChoice": choice})

    (block,) = told["output"]["message"]["content"]
    assert block["toolUse"]["name"] == "weather"
    assert told["stopReason"] == "tool_use"


def test_a_result_is_answered_with_words(client: Any) -> None:
    call = {"toolUse": {"toolUseId": "a", "name": "weather", "input": {}}}
    result = {"toolResult": {"toolUseId": "a", "content": [{"text": "sun"}]}}
    turns = [*USER, {"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]

    assert text_of(client.converse(modelId="hello", messages=turns, toolConfig=TOOLS)) == SENTENCE


def test_a_limit_cuts_the_answer(client: Any) -> None:
    answer = client.converse(modelId="words", messages=USER, inferenceConfig={"maxTokens": 3})

    assert text_of(answer) == "A gateway stands"
    assert answer["stopReason"] == "max_tokens"


def test_a_schema_is_kept_to(client: Any) -> None:
    schema = '{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}'
    form = {"type": "json_schema", "structure": {"jsonSchema": {"schema": schema, "name": "x"}}}

    assert '"city"' in text_of(client.converse(modelId="hello", messages=USER, outputConfig={"textFormat": form}))


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("error-429", "ThrottlingException"),
        ("error-503", "ServiceUnavailableException"),
        ("error-500", "InternalServerException"),
        ("context-length", "ValidationException"),
        ("quota", "ThrottlingException"),
    ],
)
def test_errors_are_amazons(client: Any, model: str, error: str) -> None:
    with pytest.raises(ClientError) as caught:
        client.converse(modelId=model, messages=USER)

    assert caught.value.response["Error"]["Code"] == error


def test_an_exception_within_a_stream(client: Any) -> None:
    with pytest.raises(EventStreamError, match="serviceUnavailableException"):
        list(client.converse_stream(modelId="stream-error-3", messages=USER)["stream"])


CALL = {"toolUse": {"toolUseId": "a", "name": "f", "input": {}}}
RESULT = {"toolResult": {"toolUseId": "a", "content": [{"text": "x"}]}}


def said(role: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "content": list(blocks)}


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([said("assistant", {"text": "Hi"})], "start with a user"),
        ([*USER, *USER], "alternate"),
        ([said("user", {"text": " "})], "blank"),
        ([*USER, said("assistant", CALL), said("user", {"text": "x"})], "Expected toolResult"),
        ([*USER, said("assistant", CALL)], "Expected toolResult"),
        ([said("user", RESULT)], "exceeds"),
        ([*USER, said("assistant", CALL), said("user", {"text": "x"}, RESULT)], "first"),
        ([*USER, said("assistant", CALL), said("user", RESULT)], "toolConfig"),
    ],
)
def test_what_bedrock_refuses_is_refused(client: Any, messages: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ClientError, match=words):
        client.converse(modelId="hello", messages=messages)
