"""A second target is asked when the first is late; one answer comes, whole, and the loser is let go."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import WORDS, error
from plano.testing.scripted_provider.troubles import late
from plano.testing.scripted_provider.words import words
from tests.end_to_end.answers import PATHS, asking, told_by
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import ask

HEDGE = "hedge: {after_ms: 100, max_share: 1}"
ROWS = f"""
model_providers:
  - model: first/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {{fallback_models: [second/words], {HEDGE}}}
  - model: rarely/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {{fallback_models: [second/words], hedge: {{after_ms: 50, max_share: 0.1}}}}
  - model: claude/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {{fallback_models: [claude_two/words], {HEDGE}}}
  - {{model: second/*, base_url: "B", provider_interface: openai, access_key: key}}
  - {{model: claude_two/*, base_url: "B", provider_interface: anthropic, access_key: key}}
"""
STREAMED = pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
DIALECT = pytest.mark.parametrize("dialect", PATHS)


class World(NamedTuple):
    first: ScriptedProvider
    second: ScriptedProvider
    gateway: Gateway


@pytest.fixture(scope="module")
def _world(start_gateway: StartGateway) -> Iterator[World]:
    with ScriptedProvider.in_thread() as first, ScriptedProvider.in_thread() as second:
        rows = ROWS.replace('"A"', f'"{first.base_url}"').replace('"B"', f'"{second.base_url}"')
        with start_gateway(lambda port: listener(port) + rows) as gateway:
            yield World(first, second, gateway)


@pytest.fixture
def world(_world: World) -> World:
    _world.first.reset()
    _world.second.reset()
    return _world


def prefix(dialect: str) -> str:
    return "claude" if dialect == "messages" else "first"


@STREAMED
@DIALECT
def test_a_late_provider_is_overtaken(world: World, dialect: str, stream: bool) -> None:
    began_s = time.monotonic()
    answer = ask(world.gateway, asking(dialect, f"{prefix(dialect)}/late-3", stream=stream))
    told = told_by(dialect, answer)
    assert (answer.status, told.text, told.is_complete) == (200, WORDS, True)
    assert time.monotonic() - began_s < 1.5
    (lost,) = world.first.requests
    world.first.wait_until(lambda: lost.outcome == "client_left", timeout_s=1)
    assert lost.ended_s - world.second.requests[0].received_s < 0.5


@STREAMED
@DIALECT
def test_who_is_in_time_is_not_hedged(world: World, dialect: str, stream: bool) -> None:
    answer = ask(world.gateway, asking(dialect, f"{prefix(dialect)}/words", stream=stream))
    assert told_by(dialect, answer).text == WORDS
    assert (len(world.first.requests), len(world.second.requests)) == (1, 0)


@STREAMED
def test_the_first_may_win_after_all(world: World, stream: bool) -> None:
    world.second.script.on_model("words", lambda asked: late(asked, "3"))
    answer = ask(world.gateway, asking("chat", "first/late-0.3", stream=stream))
    assert told_by("chat", answer).text == WORDS
    assert answer.header("x-plano-model") in (None, "first/late-0.3")
    (lost,) = world.second.requests
    world.second.wait_until(lambda: lost.outcome == "client_left", timeout_s=1)
    world.second.script.on_model("words", words)


@STREAMED
def test_a_hedge_that_fails_harms_nobody(world: World, stream: bool) -> None:
    world.second.script.then(error(500))
    answer = ask(world.gateway, asking("chat", "first/late-0.3", stream=stream))
    assert (answer.status, told_by("chat", answer).text) == (200, WORDS)


@STREAMED
def test_a_first_that_fails_leaves_the_answer_to_the_hedge(world: World, stream: bool) -> None:
    answer = ask(world.gateway, asking("chat", "first/silent-0.3", stream=stream))
    assert (answer.status, told_by("chat", answer).text) == (200, WORDS)


def test_only_a_share_of_the_exchanges_is_hedged(world: World) -> None:
    for _ in range(10):
        answer = ask(world.gateway, asking("chat", "rarely/late-0.1"))
        assert told_by("chat", answer).text == WORDS
    assert len(world.second.requests) <= 2
