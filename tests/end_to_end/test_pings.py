"""Clients of a silent stream get a sign of life, between events only, and no other client does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import anthropic
import openai
import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import WORDS
from tests.end_to_end.answers import PATHS, asking, told_by
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import ask, events

ROWS = """
model_providers:
  - {model: plain/*, base_url: "URL", provider_interface: openai, access_key: key}
  - {model: claude/*, base_url: "URL", provider_interface: anthropic, access_key: key}
  - model: kept/*
    base_url: "URL"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [plain/words]}
  - model: claude_kept/*
    base_url: "URL"
    provider_interface: anthropic
    access_key: key
    retry_policy: {fallback_models: [claude/words]}
"""
ASK: Any = [{"role": "user", "content": "hi"}]
DIALECT = pytest.mark.parametrize("dialect", PATHS)


class World(NamedTuple):
    provider: ScriptedProvider
    gateway: Gateway
    silent: Gateway
    """The same without pings."""


@pytest.fixture(scope="module")
def world(start_gateway: StartGateway) -> Iterator[World]:
    with ScriptedProvider.in_thread() as provider:
        rows = ROWS.replace("URL", provider.base_url)
        with (
            start_gateway(lambda port: listener(port, "ping_interval: 0.1s") + rows) as gateway,
            start_gateway(lambda port: listener(port, "ping_interval: null") + rows) as silent,
        ):
            yield World(provider, gateway, silent)


def model(dialect: str, fault: str, *, kept: bool) -> str:
    names = {(False, False): "plain", (False, True): "kept", (True, False): "claude", (True, True): "claude_kept"}
    return f"{names[dialect == 'messages', kept]}/{fault}"


def pings(dialect: str, body: bytes) -> int:
    """Comments, or Anthropic's own `ping` events beyond the one every message begins with."""
    if dialect == "messages":
        return max(sum(name == "ping" for name, _ in events(body)) - 1, 0) + body.count(b"\n:") + body.startswith(b":")
    return sum(line.startswith(b":") for line in body.split(b"\n"))


@DIALECT
@pytest.mark.parametrize("kept", [False, True])
def test_a_silence_in_the_middle_is_bridged(world: World, dialect: str, kept: bool) -> None:
    answer = ask(world.gateway, asking(dialect, model(dialect, "pause-20-0.4", kept=kept), stream=True))
    told = told_by(dialect, answer)
    assert (told.text, told.is_complete) == (WORDS, True)
    assert 1 <= pings(dialect, answer.body) <= 8


@DIALECT
def test_the_wait_for_a_first_token_is_bridged_where_it_is_held(world: World, dialect: str) -> None:
    answer = ask(world.gateway, asking(dialect, model(dialect, "late-0.4", kept=True), stream=True))
    told = told_by(dialect, answer)
    assert (answer.status, told.text, told.is_complete) == (200, WORDS, True)
    assert pings(dialect, answer.body) >= 1


@DIALECT
def test_after_a_ping_another_provider_may_still_answer(world: World, dialect: str) -> None:
    answer = ask(world.gateway, asking(dialect, model(dialect, "silent-0.35", kept=True), stream=True))
    told = told_by(dialect, answer)
    assert (answer.status, told.error, told.text, told.is_complete) == (200, None, WORDS, True)


@DIALECT
def test_a_stream_that_flows_gets_none(world: World, dialect: str) -> None:
    answer = ask(world.gateway, asking(dialect, model(dialect, "words-0.01", kept=True), stream=True))
    assert (told_by(dialect, answer).text, pings(dialect, answer.body)) == (WORDS, 0)


@DIALECT
def test_whole_answers_get_none(world: World, dialect: str) -> None:
    answer = ask(world.gateway, asking(dialect, model(dialect, "slow-head-0.4", kept=True)))
    assert told_by(dialect, answer).text == WORDS


@DIALECT
def test_they_can_be_turned_off(world: World, dialect: str) -> None:
    answer = ask(world.silent, asking(dialect, model(dialect, "pause-20-0.4", kept=True), stream=True))
    assert (told_by(dialect, answer).text, pings(dialect, answer.body)) == (WORDS, 0)


def test_openais_client_does_not_mind(world: World) -> None:
    began_s = time.monotonic()
    with openai.OpenAI(base_url=f"{world.gateway.base_url}/v1", api_key="any", max_retries=0, timeout=10) as client:
        stream = client.chat.completions.create(model="kept/late-0.3", messages=ASK, stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == WORDS
        assert time.monotonic() - began_s >= 0.3
        with client.responses.stream(model="kept/late-0.3", input="hi") as response:
            assert response.until_done().get_final_response().output_text == WORDS


def test_anthropics_client_does_not_mind(world: World) -> None:
    with (
        anthropic.Anthropic(base_url=world.gateway.base_url, api_key="any", max_retries=0, timeout=10) as client,
        client.messages.stream(model="claude_kept/late-0.3", max_tokens=99, messages=ASK) as message,
    ):
        assert message.get_final_text() == WORDS
