"""OpenAI's own SDK, its base URL set to plano and nothing else changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import openai
import pytest
from pydantic import BaseModel

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import SENTENCE, Answer, Ask, Gate, error, hello, json_answer, paced
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import ask, request

MODEL = "openai/gpt-4o"
HELLO: list[Any] = [{"role": "user", "content": "hi"}]
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
FUNCTION: Any = {"name": "get_weather", "parameters": WEATHER, "strict": True}
CHAT_TOOL: Any = {"type": "function", "function": FUNCTION}
RESPONSES_TOOL: Any = {"type": "function", **FUNCTION}
ASKS_WEATHER: list[Any] = [{"role": "user", "content": "Please get weather for Seattle"}]


class Forecast(BaseModel):
    city: str
    days: int


@pytest.fixture(scope="module", params=["", "/v1"], ids=["plain base URL", "base URL with /v1"])
def client(gateway: Gateway, request: pytest.FixtureRequest) -> Iterator[openai.OpenAI]:
    url = gateway.base_url + request.param
    with openai.OpenAI(base_url=url, api_key="sk-any", max_retries=0, timeout=10) as sdk:
        yield sdk


@pytest.fixture(scope="module")
def sdk(gateway: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{gateway.base_url}/v1", api_key="sk-any", max_retries=0, timeout=10) as sdk:
        yield sdk


def test_chat_answers_and_the_provider_sees_every_parameter(
    client: openai.OpenAI, provider: ScriptedProvider
) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=HELLO, max_tokens=100, temperature=0.5)
    assert answer.choices[0].message.content == SENTENCE
    assert answer.usage is not None
    assert answer.usage.completion_tokens > 1
    asked = provider.last_request
    assert asked.path == "/v1/chat/completions"
    assert asked.json() == {"model": "gpt-4o", "messages": HELLO, "max_tokens": 100, "temperature": 0.5}


def test_a_streamed_chat_arrives_piece_by_piece(client: openai.OpenAI) -> None:
    chunks = list(client.chat.completions.create(model=MODEL, messages=HELLO, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == SENTENCE
    assert len(chunks) >= 4
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_a_chunk_is_passed_on_before_the_next_one_exists(
    sdk: openai.OpenAI, provider: ScriptedProvider
) -> None:
    gate = Gate()

    def held(ask: Ask) -> Answer:
        answer = hello(ask)
        return msgspec.structs.replace(answer, body=(*answer.body[:2], gate, *answer.body[2:]))

    provider.script.then(held)
    stream = iter(sdk.chat.completions.create(model=MODEL, messages=HELLO, stream=True))
    next(stream)
    next(stream)
    assert provider.last_request.outcome == "playing"
    gate.open()
    assert list(stream)[-1].choices[0].finish_reason == "stop"


def test_usage_chunks_are_withheld_from_clients_that_did_not_ask(
    sdk: openai.OpenAI, provider: ScriptedProvider
) -> None:
    chunks = list(sdk.chat.completions.create(model=MODEL, messages=HELLO, stream=True))
    assert all(chunk.choices for chunk in chunks)
    assert provider.last_request.json()["stream_options"] == {"include_usage": True}


def test_usage_chunks_reach_clients_that_asked(sdk: openai.OpenAI) -> None:
    options: Any = {"include_usage": True}
    chunks = list(
        sdk.chat.completions.create(model=MODEL, messages=HELLO, stream=True, stream_options=options)
    )
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens > 0


def test_tool_calls(sdk: openai.OpenAI) -> None:
    answer = sdk.chat.completions.create(model=MODEL, messages=ASKS_WEATHER, tools=[CHAT_TOOL])
    [choice] = answer.choices
    assert choice.finish_reason == "tool_calls"
    [call] = choice.message.tool_calls or []
    assert call.type == "function"
    assert set(json.loads(call.function.arguments)) == {"city", "days"}


def test_tool_calls_come_in_pieces_when_streamed(sdk: openai.OpenAI) -> None:
    with sdk.chat.completions.stream(model=MODEL, messages=ASKS_WEATHER, tools=[CHAT_TOOL]) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert kinds.count("tool_calls.function.arguments.delta") > 1
    [call] = final.choices[0].message.tool_calls or []
    assert set(json.loads(call.function.arguments)) == {"city", "days"}


def test_several_choices_with_probabilities(sdk: openai.OpenAI) -> None:
    answer = sdk.chat.completions.create(
        model=MODEL, messages=HELLO, n=3, logprobs=True, top_logprobs=2
    )
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    logprobs = answer.choices[2].logprobs
    assert logprobs is not None
    assert [entry.token for entry in logprobs.content or []]


def test_structured_outputs_are_parsed(sdk: openai.OpenAI) -> None:
    answer = sdk.chat.completions.parse(model=MODEL, messages=HELLO, response_format=Forecast)
    assert isinstance(answer.choices[0].message.parsed, Forecast)
    response = sdk.responses.parse(model=MODEL, input="hi", text_format=Forecast)
    assert isinstance(response.output_parsed, Forecast)


def test_raw_responses_carry_the_names_and_ids_of_the_exchange(sdk: openai.OpenAI) -> None:
    raw = sdk.chat.completions.with_raw_response.create(
        model=MODEL, messages=HELLO, extra_headers={"x-request-id": "my-request-1"}
    )
    assert raw.headers["x-request-id"] == "my-request-1"
    assert raw.headers["x-plano-model"] == "openai/gpt-4o"
    assert raw.parse()._request_id == "my-request-1"


def test_embeddings(sdk: openai.OpenAI, provider: ScriptedProvider) -> None:
    answer = sdk.embeddings.create(model="openai/text-embedding-3-small", input=["a", "b"], dimensions=8)
    assert [len(row.embedding) for row in answer.data] == [8, 8]
    assert provider.last_request.json()["model"] == "text-embedding-3-small"


def test_legacy_completions(sdk: openai.OpenAI) -> None:
    answer = sdk.completions.create(model=MODEL, prompt="Once upon a time")
    assert answer.choices[0].text == SENTENCE
    chunks = list(sdk.completions.create(model=MODEL, prompt="Once upon a time", stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == SENTENCE


def test_moderations(sdk: openai.OpenAI) -> None:
    answer = sdk.moderations.create(model="openai/omni-moderation-latest", input=["fine", "flag me"])
    assert [result.flagged for result in answer.results] == [False, True]


def test_images(sdk: openai.OpenAI) -> None:
    answer = sdk.images.generate(model="openai/gpt-image-1", prompt="a cat", n=2)
    assert answer.data is not None
    assert len(answer.data) == 2


def test_speech_is_the_providers_sound_byte_for_byte(sdk: openai.OpenAI, provider: ScriptedProvider) -> None:
    spoken: dict[str, Any] = {"model": "tts-1", "voice": "alloy", "input": "hello", "response_format": "wav"}
    direct = ask(provider, request(spoken, "/v1/audio/speech"))
    answer = sdk.audio.speech.create(**{**spoken, "model": "openai/tts-1"})
    assert answer.read() == direct.body
    assert answer.response.headers["content-type"] == "audio/wav"


def test_rerank_which_no_sdk_of_openai_knows(gateway: Gateway, provider: ScriptedProvider) -> None:
    asked = {"model": "mock/rerank-1", "query": "cats", "documents": ["dogs", "cats"], "top_n": 1}
    answer = ask(gateway, request(asked, "/v1/rerank"))
    assert answer.status == 200
    assert len(answer.json()["results"]) == 1
    assert provider.last_request.json() == {**asked, "model": "rerank-1"}


def test_models_are_listed_and_found(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert len(names) == len(set(names))
    assert {MODEL, "anthropic/claude-sonnet-4-5", "other/gpt-4o", "fast.v1", "openai/gpt-4o-mini"} < {*names}
    assert client.models.retrieve("openai/gpt-4o").owned_by == "OpenAI"
    assert client.models.retrieve("mock/anything").id == "mock/anything"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nobody/has-this")


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_the_providers_errors_are_raised_as_what_they_are(
    sdk: openai.OpenAI, provider: ScriptedProvider, status: int, raised: type[openai.APIError], streamed: bool
) -> None:
    body = b'{ "error" : {"message":"told by the provider","type":"x","code":"c","param":null,"extra":[1]} }'
    provider.script.then(json_answer(body, status=status, headers=(("retry-after", "7"),)))
    with pytest.raises(raised) as caught:
        sdk.chat.completions.create(model=MODEL, messages=HELLO, stream=streamed)
    assert caught.value.response.content == body
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.code == "c"


def test_planos_own_errors_are_raised_as_what_they_are(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        sdk.chat.completions.create(model="nobody/has-this", messages=HELLO)
    assert caught.value.code == "model_not_found"
    assert caught.value.param == "model"


def test_a_stream_that_is_cut_raises(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.APIError) as caught:
        list(sdk.chat.completions.create(model="mock/cut", messages=HELLO, stream=True))
    assert "in the middle of its answer" in caught.value.message


def test_an_answer_that_is_cut_raises(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.APIConnectionError):
        sdk.chat.completions.create(model="mock/cut", messages=HELLO)


def test_the_sdk_tries_again_by_itself_after_429(gateway: Gateway, provider: ScriptedProvider) -> None:
    provider.script.then(error(429, retry_after="0"))
    with openai.OpenAI(base_url=f"{gateway.base_url}/v1", api_key="any", max_retries=1, timeout=10) as sdk:
        answer = sdk.chat.completions.create(model=MODEL, messages=HELLO)
    assert answer.choices[0].message.content == SENTENCE


def test_leaving_a_stream_early_closes_the_providers_connection(
    sdk: openai.OpenAI, provider: ScriptedProvider
) -> None:
    provider.script.then(lambda ask: paced(hello(ask), 1.0))
    with sdk.chat.completions.create(model=MODEL, messages=HELLO, stream=True) as stream:
        next(iter(stream))
        asked = provider.last_request
    provider.wait_until(lambda: asked.outcome == "client_left", timeout_s=2)


def test_responses(sdk: openai.OpenAI, provider: ScriptedProvider) -> None:
    answer = sdk.responses.create(model=MODEL, input="hi")
    assert answer.output_text == SENTENCE
    assert provider.last_request.path == "/v1/responses"
    again = sdk.responses.create(model=MODEL, input="list all the messages", previous_response_id=answer.id)
    assert again.output_text


def test_streamed_responses(sdk: openai.OpenAI) -> None:
    with sdk.responses.stream(model=MODEL, input="hi") as stream:
        kinds = [event.type for event in stream]
        assert stream.get_final_response().output_text == SENTENCE
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"


def test_streamed_responses_with_a_tool(sdk: openai.OpenAI) -> None:
    events = list(
        sdk.responses.create(
            model=MODEL, input="get weather for Oslo", tools=[RESPONSES_TOOL], stream=True
        )
    )
    deltas = [event.delta for event in events if event.type == "response.function_call_arguments.delta"]
    assert set(json.loads("".join(deltas))) == {"city", "days"}


def test_a_cut_responses_stream_ends_with_an_error_event(sdk: openai.OpenAI) -> None:
    events = list(sdk.responses.create(model="mock/cut", input="hi", stream=True))
    assert events[-1].type == "error"
    assert events[-1].code == "stream_interrupted"
    assert "response.completed" not in [event.type for event in events]


def test_a_response_that_never_begins_raises(sdk: openai.OpenAI) -> None:
    # Of its own: a stream that broke off has ended the connection that `sdk` may still think is good.
    with openai.OpenAI(base_url=sdk.base_url, api_key="none", max_retries=0) as fresh:
        with pytest.raises(openai.InternalServerError) as caught:
            fresh.responses.create(model="mock/reset", input="hi", stream=True)
        assert caught.value.status_code == 502
