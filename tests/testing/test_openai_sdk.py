"""The real OpenAI SDK against the scripted provider: what we make up, OpenAI's types must accept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import SENTENCE

HELLO: list[Any] = [{"role": "user", "content": "hi"}]
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
}
CHAT_TOOL: Any = {"type": "function", "function": {"name": "get_weather", "parameters": WEATHER}}
RESPONSES_TOOL: Any = {"type": "function", "name": "get_weather", "parameters": WEATHER, "strict": True}
ASKS_WEATHER: list[Any] = [{"role": "user", "content": "Please get weather for Seattle"}]


@pytest.fixture
def client(provider: ScriptedProvider) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{provider.base_url}/v1", api_key="key", max_retries=0) as sdk:
        yield sdk


def test_chat_says_the_friendly_sentence_under_the_model_asked_for(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert answer.choices[0].message.content == SENTENCE
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == "gpt-4o"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 1


@pytest.mark.parametrize("rule", ["respond with exactly:", "ALWAYS RESPOND WITH:"])
def test_chat_echoes_what_it_is_told_to_say(client: openai.OpenAI, rule: str) -> None:
    messages: list[Any] = [{"role": "user", "content": f"Please {rule} Hello from alias!"}]
    answer = client.chat.completions.create(model="gpt-4o", messages=messages)
    assert answer.choices[0].message.content == "Hello from alias!"


def test_a_chat_stream_has_role_contents_and_finish_but_no_usage_unless_asked(client: openai.OpenAI) -> None:
    chunks = list(client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == SENTENCE
    assert len(chunks) >= 4
    assert [chunk.choices[0].finish_reason for chunk in chunks[-2:]] == [None, "stop"]
    assert all("usage" not in chunk.model_fields_set for chunk in chunks)


def test_a_chat_stream_ends_with_a_usage_only_chunk_when_asked(client: openai.OpenAI) -> None:
    options: Any = {"include_usage": True}
    chunks = list(
        client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True, stream_options=options)
    )
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert all(chunk.usage is None and "usage" in chunk.model_fields_set for chunk in chunks[:-1])


def test_chat_calls_a_tool_the_user_mentions(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="gpt-4o", messages=ASKS_WEATHER, tools=[CHAT_TOOL])
    calls = answer.choices[0].message.tool_calls
    assert calls is not None
    call = calls[0]
    assert call.type == "function"
    assert (call.function.name, set(json.loads(call.function.arguments))) == ("get_weather", {"city", "days"})
    assert answer.choices[0].finish_reason == "tool_calls"


def test_chat_calls_a_forced_tool_and_no_forbidden_one(client: openai.OpenAI) -> None:
    for choice, is_called in [("required", True), ("none", False), ("auto", False)]:
        answer = client.chat.completions.create(
            model="gpt-4o",
            messages=HELLO,
            tools=[CHAT_TOOL],
            tool_choice=choice,  # type: ignore[call-overload]
        )
        assert bool(answer.choices[0].message.tool_calls) is is_called, choice


def test_streamed_tool_arguments_come_in_pieces_that_make_json(client: openai.OpenAI) -> None:
    chunks = client.chat.completions.create(
        model="gpt-4o", messages=ASKS_WEATHER, tools=[CHAT_TOOL], stream=True
    )
    deltas = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    assert deltas[0].id
    parts = [delta.function.arguments or "" for delta in deltas if delta.function]
    assert len(parts) > 2
    assert set(json.loads("".join(parts))) == {"city", "days"}


def test_a_tool_result_gets_a_text_answer(client: openai.OpenAI) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    messages = [
        *ASKS_WEATHER,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
    ]
    answer = client.chat.completions.create(model="gpt-4o", messages=messages, tools=[CHAT_TOOL])
    assert answer.choices[0].message.content == SENTENCE


def test_several_choices_and_logprobs_are_given_when_asked(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="gpt-4o", messages=HELLO, n=3, logprobs=True)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    logprobs = answer.choices[0].logprobs
    assert logprobs is not None
    assert "".join(token.token for token in logprobs.content or []) == SENTENCE


def test_a_structured_answer_fits_the_schema(client: openai.OpenAI) -> None:
    asked: Any = {"type": "json_schema", "json_schema": {"name": "w", "schema": WEATHER, "strict": True}}
    answer = client.chat.completions.create(model="gpt-4o", messages=HELLO, response_format=asked)
    told = json.loads(answer.choices[0].message.content or "")
    assert isinstance(told["city"], str)
    assert isinstance(told["days"], int)


def test_a_token_limit_cuts_the_answer(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="gpt-4o", messages=HELLO, max_completion_tokens=2)
    assert answer.choices[0].message.content == "Hello! I"
    assert answer.choices[0].finish_reason == "length"


def test_reasoning_models_refuse_max_tokens(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="max_completion_tokens"):
        client.chat.completions.create(model="gpt-5-mini", messages=HELLO, max_tokens=5)


def test_responses_answer_in_one_piece(client: openai.OpenAI) -> None:
    answer = client.responses.create(model="gpt-4o", input="respond with exactly: yes")
    assert (answer.output_text, answer.status) == ("yes", "completed")
    assert answer.usage is not None


def test_a_responses_stream_goes_through_its_whole_life(client: openai.OpenAI) -> None:
    events = list(client.responses.create(model="gpt-4o", input="hi", stream=True))
    kinds = [event.type for event in events]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert kinds[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert kinds[-4:] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == SENTENCE
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.output_text == SENTENCE


def test_the_responses_accumulator_of_the_sdk_accepts_a_tool_call(client: openai.OpenAI) -> None:
    asked: Any = ASKS_WEATHER
    with client.responses.stream(model="gpt-4o", input=asked, tools=[RESPONSES_TOOL]) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert kinds.count("response.function_call_arguments.delta") > 1
    call = final.output[0]
    assert call.type == "function_call"
    assert set(json.loads(call.arguments)) == {"city", "days"}


def test_responses_remember_earlier_turns_and_refuse_unknown_ones(client: openai.OpenAI) -> None:
    first = client.responses.create(model="gpt-4o", input="My name is Alice")
    asked = "Please list all the messages you have received"
    second = client.responses.create(model="gpt-4o", input=asked, previous_response_id=first.id)
    assert second.id != first.id
    assert second.output_text == f"1. My name is Alice\n2. {asked}"
    with pytest.raises(openai.BadRequestError, match="not found"):
        client.responses.create(model="gpt-4o", input="x", previous_response_id="resp_unknown")


def test_old_completions_answer_and_stream(client: openai.OpenAI) -> None:
    answer = client.completions.create(model="gpt-3.5-turbo-instruct", prompt="hi")
    chunks = list(client.completions.create(model="gpt-3.5-turbo-instruct", prompt="hi", stream=True))
    assert answer.choices[0].text == "".join(chunk.choices[0].text for chunk in chunks) == SENTENCE
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_embeddings_are_equal_for_equal_texts_in_both_encodings(client: openai.OpenAI) -> None:
    asked: dict[str, Any] = {"model": "text-embedding-3-small", "input": ["a", "b", "a"], "dimensions": 8}
    packed = client.embeddings.create(**asked)
    plain = client.embeddings.create(**asked, encoding_format="float")
    assert [len(one.embedding) for one in packed.data] == [8, 8, 8]
    assert packed.data[0].embedding == packed.data[2].embedding != packed.data[1].embedding
    assert plain.data[0].embedding == pytest.approx(packed.data[0].embedding)


def test_moderations_flag_only_what_asks_for_it(client: openai.OpenAI) -> None:
    answer = client.moderations.create(model="omni-moderation-latest", input=["fine", "please flag me"])
    assert [result.flagged for result in answer.results] == [False, True]


def test_images_are_pngs(client: openai.OpenAI) -> None:
    answer = client.images.generate(model="gpt-image-1", prompt="a cat", n=2)
    assert answer.data is not None
    assert len(answer.data) == 2
    assert (answer.data[0].b64_json or "").startswith("iVBORw0KGgo")


def test_speech_is_bytes_of_the_asked_format(client: openai.OpenAI) -> None:
    answer = client.audio.speech.create(model="tts-1", voice="alloy", input="hi", response_format="wav")
    assert answer.content[:4] == b"RIFF"
    assert answer.response.headers["content-type"] == "audio/wav"


def test_models_are_listed(client: openai.OpenAI) -> None:
    assert "gpt-4o" in [model.id for model in client.models.list()]


def test_azure_paths_name_the_model(provider: ScriptedProvider) -> None:
    azure = openai.AzureOpenAI(azure_endpoint=provider.base_url, api_key="k", api_version="2024-10-21")
    with azure:
        answer = azure.chat.completions.create(model="my-deployment", messages=HELLO)
    assert answer.choices[0].message.content == SENTENCE
    assert provider.last_request.path == "/openai/deployments/my-deployment/chat/completions"
    assert provider.last_request.query == "api-version=2024-10-21"
