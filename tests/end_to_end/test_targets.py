"""Targets over many exchanges: pools of keys, breakers, hedges, signs of life, and clients that leave."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import WORDS, delayed, error
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.wire import Reply, Wire, chat, request

LISTENER = "first_token_timeout: 3s, idle_timeout: 3s, ping_interval: 0.2s"
ROWS = """
model_providers:
  - {model: pool/words, name: one, base_url: "A", provider_interface: openai, access_key: key-1}
  - {model: pool/words, name: two, base_url: "A", provider_interface: openai, access_key: key-2}
  - {model: pool/words, name: three, base_url: "B/v1", provider_interface: openai, access_key: key-3}
  - {model: odd/words, name: heavy, base_url: "A", provider_interface: openai, access_key: key-h, weight: 9}
  - {model: odd/words, name: light, base_url: "A", provider_interface: openai, access_key: key-l, weight: 1}
  - {model: bad/words, name: good key, base_url: "A", provider_interface: openai, access_key: key-good}
  - {model: bad/words, name: bad key, base_url: "A", provider_interface: openai, access_key: key-refused}
  - model: down/error-500
    base_url: "A"
    provider_interface: openai
    access_key: key
    circuit_breaker: {failures: 2, window: 4, open_seconds: 1}
    retry_policy: {default_strategy: same_model, default_max_attempts: 1}
  - model: late/late-0.6
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [quick/words], hedge: {after_ms: 100, max_share: 1}}
  - model: seldom/late-0.4
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [quick/words], hedge: {after_ms: 50, max_share: 0.2}}
  - {model: quick/words, base_url: "B", provider_interface: openai, access_key: key}
  - model: waits/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [quick/words], default_max_attempts: 3}
  - model: patient/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {default_strategy: same_model, default_max_attempts: 3}
  - {model: plain/*, base_url: "A", provider_interface: openai, access_key: key}
  - model: claude/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {fallback_models: [claude-two/words]}
  - {model: claude-two/words, base_url: "B", provider_interface: anthropic, access_key: key}
"""


class World(NamedTuple):
    first: ScriptedProvider
    second: ScriptedProvider
    gateway: Gateway

    def ask(self, model: str, *, stream: bool = False) -> Reply:
        with Wire(self.gateway) as wire:
            return wire.ask(chat(model, stream=stream))

    def keys(self) -> Counter[str]:
        """How often each key was used."""
        requests = [*self.first.requests, *self.second.requests]
        return Counter((r.header("authorization") or "").removeprefix("Bearer ") for r in requests)


@pytest.fixture(scope="module")
def _world(start_gateway: StartGateway) -> Iterator[World]:
    with ScriptedProvider.in_thread() as first, ScriptedProvider.in_thread() as second:
        first.script.refused_keys = frozenset(("key-refused",))
        rows = ROWS.replace('"A', f'"{first.base_url}').replace('"B', f'"{second.base_url}')
        with start_gateway(lambda port: listener(port, LISTENER) + rows) as gateway:
            yield World(first, second, gateway)


@pytest.fixture
def world(_world: World) -> World:
    _world.first.forget_requests()
    _world.second.forget_requests()
    return _world


def test_the_rows_of_one_model_share_its_requests(world: World) -> None:
    for _ in range(9):
        assert world.ask("pool/words").status == 200
    assert world.keys() == {"key-1": 3, "key-2": 3, "key-3": 3}


def test_weights_are_shares_of_the_requests(world: World) -> None:
    for _ in range(60):
        world.ask("odd/words")
    keys = world.keys()
    assert keys["key-h"] > 3 * keys["key-l"]


def test_a_refused_key_is_benched_alone_and_nobody_notices(world: World) -> None:
    assert {world.ask("bad/words").status for _ in range(6)} == {200}
    keys = world.keys()
    assert (keys["key-refused"], keys["key-good"]) == (1, 6)


def test_a_row_can_still_be_asked_for_by_its_name(world: World) -> None:
    for _ in range(3):
        world.ask("two")
    assert world.keys()["key-2"] >= 1


def test_a_breaker_opens_tells_when_to_come_back_and_lets_one_request_try(world: World) -> None:
    assert [world.ask("down/error-500").status for _ in range(2)] == [500, 500]
    answer = world.ask("down/error-500")
    assert (answer.status, answer.json()["error"]["type"]) == (503, "retry_exhausted")
    assert int(answer.header("retry-after") or 0) >= 1
    assert len(world.first.requests) == 2
    time.sleep(1.1)
    world.ask("down/error-500")
    world.ask("down/error-500")
    assert len(world.first.requests) == 3


def test_a_late_target_is_hedged_and_the_loser_is_cancelled(world: World) -> None:
    for stream in (True, False):
        began = time.monotonic()
        answer = world.ask("late/late-0.6", stream=stream)
        assert time.monotonic() - began < 0.5
        assert (answer.status, answer.header("x-plano-model")) == (200, "quick/words")
        assert answer.is_whole
    wait_for(lambda: all(request.outcome == "client_left" for request in world.first.requests))
    ended = [request.ended_s - request.received_s for request in world.first.requests]
    assert max(ended) < 0.4


def test_only_a_share_of_the_exchanges_is_hedged(world: World) -> None:
    models = [world.ask("seldom/late-0.4").header("x-plano-model") for _ in range(8)]
    assert 1 <= models.count("quick/words") <= 2


def test_a_silent_stream_is_kept_alive_until_its_provider_speaks(world: World) -> None:
    answer = world.ask("waits/late-1", stream=True)
    assert answer.body.startswith(b": ping\n\n")
    assert answer.body.count(b": ping\n\n") >= 2
    chunks = [json.loads(line[6:]) for line in answer.body.splitlines() if line.startswith(b"data: {")]
    assert "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]) == WORDS


def test_pings_stand_between_events_in_a_stream_that_nobody_else_could_answer(world: World) -> None:
    answer = world.ask("plain/pause-20-1", stream=True)
    assert answer.body.count(b": ping\n\n") >= 2
    assert b"\n\n: ping\n\n" in answer.body
    assert not answer.body.startswith(b": ping")
    assert answer.body.endswith(b"data: [DONE]\n\n")


def test_messages_have_pings_of_their_own(world: World) -> None:
    body = {"model": "claude/late-1", "max_tokens": 99, "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    with Wire(world.gateway) as wire:
        answer = wire.ask(request(body, "/v1/messages", "anthropic-version: 2023-06-01"))
    assert answer.body.startswith(b'event: ping\ndata: {"type": "ping"}\n\n')
    assert b"message_stop" in answer.body


def test_an_error_after_a_ping_is_told_in_the_stream(world: World) -> None:
    world.first.script.then(lambda ask: delayed(error(400, "not like this")(ask), 0.6))
    answer = world.ask("waits/anything", stream=True)
    assert answer.status == 200
    last = json.loads(answer.body.rsplit(b"data: ", 1)[1])
    assert "not like this" in last["error"]["message"]


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_ends_all_attempts(world: World, stream: bool) -> None:
    with Wire(world.gateway) as wire:
        wire.send(chat("waits/silent", stream=stream))
        wait_for(lambda: len(world.first.requests) == 1)
        left = time.monotonic()
    wait_for(lambda: world.first.requests[0].outcome == "client_left")
    assert world.first.requests[0].ended_s - left < 0.1
    assert len(world.second.requests) == 0


def test_a_client_that_leaves_while_it_waits_for_another_attempt_ends_it(world: World) -> None:
    world.first.script.then(error(429, retry_after="1"))
    with Wire(world.gateway) as wire:
        wire.send(chat("patient/words"))
        wait_for(lambda: len(world.first.requests) == 1)
        time.sleep(0.1)
    time.sleep(1.2)
    assert len(world.first.requests) == 1
