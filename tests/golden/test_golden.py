"""Requests, answers and streams of every pair are what the golden files say, and clients can read them."""

from __future__ import annotations

import json

import anthropic.types
import openai.types.chat
import openai.types.responses
import pytest
from pydantic import BaseModel

from tests.golden.cases import (
    CLIENTS,
    ERROR_CASE,
    PAIRS,
    PROVIDERS,
    Pair,
    answer_cases,
    answer_of,
    goldens,
    read_answer,
    read_stream,
    reply_to,
    request_cases,
    stream_cases,
    stream_of,
)
from tests.golden.lifecycles import READERS

_ANSWERS: dict[str, type[BaseModel]] = {
    "openai_chat": openai.types.chat.ChatCompletion,
    "openai_responses": openai.types.responses.Response,
    "anthropic_messages": anthropic.types.Message,
}
_STREAMS = [(pair, case) for pair in PAIRS for case in stream_cases(pair.provider)]
#: The shortest of each provider: cut in two at every byte.
_SHORTEST = [
    (pair, min(stream_cases(pair.provider), key=lambda case: len(stream_of(pair.provider, case)))) for pair in PAIRS
]


def _name(told: object) -> str:
    return "_to_".join(told) if isinstance(told, Pair) else str(told)


@pytest.mark.parametrize("name", CLIENTS)
def test_every_client_has_its_requests(name: str) -> None:
    assert {"full", "plain"} <= set(request_cases(name))


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_has_its_answers(name: str) -> None:
    wanted = {"full", "length", "refusal", "filtered", "error"}
    assert wanted <= set(answer_cases(name))
    assert wanted <= set(stream_cases(name))


@pytest.mark.parametrize("pair", PAIRS, ids=_name)
def test_translations_are_what_was_written_down(pair: Pair) -> None:
    written = {path.name: path.read_text("utf-8") for path in sorted(pair.folder.glob("*"))}
    assert written, "python -m tests.golden write"
    now = dict(goldens(pair))
    assert now.keys() == written.keys()
    for name, text in now.items():
        assert text == written[name], f"{pair.folder.name}/{name}: python -m tests.golden write, and look"


@pytest.mark.parametrize("pair", PAIRS, ids=_name)
def test_whole_answers_are_what_the_official_libraries_know(pair: Pair) -> None:
    for case in answer_cases(pair.provider):
        told = read_answer(pair, case)
        if case != ERROR_CASE:
            _ANSWERS[pair.client].model_validate(json.loads(told))


@pytest.mark.parametrize(("pair", "case"), _STREAMS, ids=_name)
def test_streams_keep_to_the_life_cycle(pair: Pair, case: str) -> None:
    reading = READERS[pair.client](read_stream(pair, [stream_of(pair.provider, case)]))
    assert (reading.error is not None) == (case == ERROR_CASE)
    if case == "full":
        assert reading.text == "Let me look: \u00e6\u00f8\u00e5 \U0001f600"
        assert reading.reasoning == "Two cities."
        assert [(name, json.loads(arguments)) for _, name, arguments in reading.calls] == [
            ("get_weather", {"city": "Oslo"}),
            ("get_weather", {"city": "Rome"}),
        ]
        assert len({id for id, _, _ in reading.calls}) == 2


@pytest.mark.parametrize(("pair", "case"), _STREAMS, ids=_name)
def test_a_whole_answer_told_as_a_stream_says_the_same(pair: Pair, case: str) -> None:
    if case == ERROR_CASE:
        return
    streamed = READERS[pair.client](read_stream(pair, [stream_of(pair.provider, case)]))
    told = pair.translation.document_as_stream(answer_of(pair.provider, case), reply_to(pair))
    whole = READERS[pair.client](told)
    for name in ("text", "reasoning", "refusal", "stop", "usage", "proofs"):
        assert getattr(whole, name) == getattr(streamed, name), name
    assert [call[1:] for call in whole.calls] == [call[1:] for call in streamed.calls]


@pytest.mark.parametrize(("pair", "case"), _STREAMS, ids=_name)
def test_bytes_that_come_one_by_one_are_the_same_stream(pair: Pair, case: str) -> None:
    stream = stream_of(pair.provider, case)
    bytewise = [stream[at : at + 1] for at in range(len(stream))]
    assert read_stream(pair, bytewise) == read_stream(pair, [stream])


@pytest.mark.parametrize(("pair", "case"), _SHORTEST, ids=_name)
def test_a_stream_cut_anywhere_is_the_same_stream(pair: Pair, case: str) -> None:
    stream = stream_of(pair.provider, case)
    whole = read_stream(pair, [stream])
    for at in range(1, len(stream)):
        assert read_stream(pair, [stream[:at], stream[at:]]) == whole, at
