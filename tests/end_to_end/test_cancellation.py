"""A client that leaves is not worked for: its attempt is closed at once and no other is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import End, error, nothing
from tests.end_to_end.answers import PATHS, asking
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import Wire, ask

LONGEST_S = 0.1
POLICY = "default_max_attempts: 5, default_strategy: different_provider"
ROWS = f"""
model_providers:
  - model: first/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {{fallback_models: [second/words], {POLICY}}}
  - model: claude/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {{fallback_models: [claude_two/words], {POLICY}}}
  - model: patient/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {{default_strategy: same_model, default_max_attempts: 5, backoff: {{base_ms: 400, jitter: false}}}}
  - model: raced/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {{fallback_models: [second/late-5], hedge: {{after_ms: 50, max_share: 1}}}}
  - model: slow_second/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {{fallback_models: [second/words-0.05]}}
  - {{model: second/*, base_url: "B", provider_interface: openai, access_key: key}}
  - {{model: claude_two/*, base_url: "B", provider_interface: anthropic, access_key: key}}
"""
STREAMED = pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
DIALECT = pytest.mark.parametrize("dialect", PATHS)


class World(NamedTuple):
    first: ScriptedProvider
    second: ScriptedProvider
    gateway: Gateway

    def leave(self, request: bytes, *, once: Callable[[Wire], object]) -> float:
        """Ask, leave when `once` returns; when that was."""
        with Wire(self.gateway) as wire:
            wire.send(request)
            once(wire)
        return time.monotonic()


@pytest.fixture(scope="module")
def _world(start_gateway: StartGateway) -> Iterator[World]:
    with ScriptedProvider.in_thread() as first, ScriptedProvider.in_thread() as second:
        rows = ROWS.replace('"A"', f'"{first.base_url}"').replace('"B"', f'"{second.base_url}"')
        with start_gateway(lambda port: listener(port, "idle_timeout: 5s") + rows) as gateway:
            yield World(first, second, gateway)


@pytest.fixture
def world(_world: World) -> World:
    _world.first.reset()
    _world.second.reset()
    return _world


def asked(provider: ScriptedProvider, times: int = 1) -> Callable[[Wire], object]:
    return lambda wire: provider.wait_until(lambda: provider.request_count == times)


def is_let_go(provider: ScriptedProvider, left_at_s: float) -> None:
    """The provider's connection was closed soon after the client had left."""
    request = provider.last_request
    provider.wait_until(lambda: request.outcome == "client_left", timeout_s=2)
    assert request.ended_s - left_at_s < LONGEST_S


def nothing_follows(world: World, *, first: int, second: int) -> None:
    """The next exchange is the only further one."""
    assert ask(world.gateway, asking("chat", "second/words")).status == 200
    assert (world.first.request_count, world.second.request_count) == (first, second + 1)


@STREAMED
@DIALECT
def test_while_the_first_attempt_runs(world: World, dialect: str, stream: bool) -> None:
    model = "claude/silent" if dialect == "messages" else "first/silent"
    left = world.leave(asking(dialect, model, stream=stream), once=asked(world.first))
    is_let_go(world.first, left)
    nothing_follows(world, first=1, second=0)


@DIALECT
def test_while_a_stream_flows(world: World, dialect: str) -> None:
    model = "claude/words-0.1" if dialect == "messages" else "first/words-0.1"
    left = world.leave(asking(dialect, model, stream=True), once=lambda wire: wire.until(b" stands"))
    is_let_go(world.first, left)
    nothing_follows(world, first=1, second=0)


@STREAMED
def test_while_the_second_attempt_runs(world: World, stream: bool) -> None:
    world.second.script.then(nothing(End.HANG))
    left = world.leave(asking("chat", "first/500-always", stream=stream), once=asked(world.second))
    is_let_go(world.second, left)
    nothing_follows(world, first=1, second=1)


@STREAMED
def test_while_it_waits_to_ask_again(world: World, stream: bool) -> None:
    world.first.script.then(error(500), error(500))
    world.leave(asking("chat", "patient/words", stream=stream), once=asked(world.first))
    time.sleep(0.6)
    world.first.script._queued.clear()
    nothing_follows(world, first=1, second=0)


def test_while_two_attempts_race(world: World) -> None:
    left = world.leave(asking("chat", "raced/late-5", stream=True), once=asked(world.second))
    is_let_go(world.first, left)
    is_let_go(world.second, left)
    nothing_follows(world, first=1, second=1)


def test_while_a_stream_is_rescued(world: World) -> None:
    left = world.leave(asking("chat", "slow_second/cut-5", stream=True), once=asked(world.second))
    is_let_go(world.second, left)
    nothing_follows(world, first=1, second=1)
