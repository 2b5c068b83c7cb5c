"""Sixteen bad minutes of a provider, each met in every dialect, streamed and whole: the answer is complete, or its
error is clear. Times are compressed; what they are compared with are plano's own limits.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import WORDS
from tests.end_to_end.answers import PATHS, Told, asking, told_by
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import Reply, Wire

LIMITS = "first_token_timeout: 0.3s, response_head_timeout: 0.3s, idle_timeout: 0.3s"
LONGEST_S = 3.0
_POLICY = "default_max_attempts: 3, backoff: {base_ms: 10}"
ROWS = f"""
model_providers:
  - model: first/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {{fallback_models: [second/words], {_POLICY}}}
  - model: claude/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {{fallback_models: [claude_two/words], {_POLICY}}}
  - model: goes_on/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {{fallback_models: [second/no-prefill], on_stream_failure: continue, {_POLICY}}}
  - model: claude_goes_on/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {{fallback_models: [claude_two/no-prefill], on_stream_failure: continue, {_POLICY}}}
  - model: patient/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {{default_strategy: same_model, {_POLICY}}}
  - model: claude_patient/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {{default_strategy: same_model, {_POLICY}}}
  - model: flaps/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {{fallback_models: [second/words], {_POLICY}}}
    circuit_breaker: {{failures: 2, window: 4, open_seconds: 0.2, max_open_seconds: 0.4}}
  - {{model: second/*, base_url: "B", provider_interface: openai, access_key: key}}
  - {{model: claude_two/*, base_url: "B", provider_interface: anthropic, access_key: key}}
"""
#: Faults after which the other provider finishes the answer, and how often the first one may have been asked.
RESCUED: dict[str, int] = {
    "429-once-2": 2,
    "429-always": 2,
    "500-once": 2,
    "503-always": 2,
    "reset-once": 2,
    "close-once": 2,
    "silent": 1,
    "late-9": 1,
    "slow-head-9": 1,
    "comments-9": 1,
    "cut-40": 1,
    "reset-40": 1,
    "cut-0": 1,
    "stall-20": 1,
    "malformed-10": 1,
    "malformed-0": 1,
    "stream-error-0": 1,
    "stream-error-40": 1,
    "no-last-frame": 1,
    "empty": 1,
}
STREAMED = pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
DIALECT = pytest.mark.parametrize("dialect", PATHS)


class World(NamedTuple):
    first: ScriptedProvider
    second: ScriptedProvider
    gateway: Gateway

    def ask(self, dialect: str, prefix: str, fault: str, *, stream: bool, **members: Any) -> tuple[Reply, Told]:
        """One exchange with a model nobody asked for before."""
        if dialect == "messages":
            prefix = {"first": "claude"}.get(prefix, f"claude_{prefix}")
        self.first.forget_requests()
        self.second.forget_requests()
        model = f"{prefix}/{fault}@{prefix}-{dialect}-{stream}"
        began_s = time.monotonic()
        with Wire(self.gateway) as wire:
            answer = wire.ask(asking(dialect, model, stream=stream, **members))
        assert time.monotonic() - began_s < LONGEST_S
        return answer, told_by(dialect, answer)

    def asked(self) -> tuple[int, int]:
        return len(self.first.requests), len(self.second.requests)


@pytest.fixture(scope="module")
def world(start_gateway: StartGateway) -> Iterator[World]:
    with ScriptedProvider.in_thread() as first, ScriptedProvider.in_thread() as second:
        rows = ROWS.replace('"A"', f'"{first.base_url}"').replace('"B"', f'"{second.base_url}"')
        with start_gateway(lambda port: listener(port, LIMITS) + rows) as gateway:
            yield World(first, second, gateway)


@STREAMED
@DIALECT
@pytest.mark.parametrize("fault", RESCUED)
def test_the_answer_is_whole_whatever_happened(world: World, dialect: str, stream: bool, fault: str) -> None:
    answer, told = world.ask(dialect, "first", fault, stream=stream)
    assert (answer.status, told.error, told.text, told.is_complete) == (200, None, WORDS, True)
    first, second = world.asked()
    assert first <= RESCUED[fault]
    assert second <= 1
    assert answer.is_whole


@STREAMED
@DIALECT
@pytest.mark.parametrize("fault", ["context-length", "content-filter"])
def test_what_the_prompt_is_to_blame_for_is_told_once(world: World, dialect: str, stream: bool, fault: str) -> None:
    answer, _ = world.ask(dialect, "first", fault, stream=stream)
    assert (answer.status, world.asked()) == (400, (1, 0))
    assert answer.json()["error"]["message"]


@STREAMED
@DIALECT
@pytest.mark.parametrize("fault", ["429-once-0.3", "500-once", "503-once", "reset-once"])
def test_with_one_model_the_same_is_asked_again(world: World, dialect: str, stream: bool, fault: str) -> None:
    answer, told = world.ask(dialect, "patient", fault, stream=stream)
    assert (answer.status, told.text) == (200, WORDS)
    assert world.asked() == (2, 0)


@DIALECT
@pytest.mark.parametrize("fault", ["cut-40", "stall-40", "stream-error-40", "cut-1", "cut-59"])
def test_a_fallback_that_refuses_prefill_goes_on_all_the_same(world: World, dialect: str, fault: str) -> None:
    answer, told = world.ask(dialect, "goes_on", fault, stream=True)
    assert (answer.status, told.error, told.text, told.is_complete) == (200, None, WORDS, True)
    assert world.asked() == (1, 1)


@STREAMED
@DIALECT
def test_the_answer_names_who_gave_it_and_what_it_cost(world: World, dialect: str, stream: bool) -> None:
    answer, told = world.ask(dialect, "first", "503-always", stream=stream)
    named = answer.header("x-plano-model")
    assert named is not None
    assert named.endswith("/words")
    assert (told.model, told.output_tokens) == ("words", 60)
    assert int(answer.header("x-plano-attempts") or 0) == sum(world.asked())


@DIALECT
def test_a_missing_last_frame_is_not_waited_for(world: World, dialect: str) -> None:
    began_s = time.monotonic()
    _, told = world.ask(dialect, "first", "no-last-frame", stream=True)
    assert told.is_complete
    assert time.monotonic() - began_s < 1.0


def test_all_is_well_after_every_fault(world: World) -> None:
    _, told = world.ask("chat", "first", "words", stream=False)
    assert told.text == WORDS
    assert world.asked() == (1, 0)


def test_a_flapping_provider_is_left_alone_and_taken_back(world: World) -> None:
    down_s, every_s = 0.8, 0.05
    began_s = time.monotonic()
    at: list[float] = []
    world.first.forget_requests()
    world.second.forget_requests()
    while (now_s := time.monotonic() - began_s) < 2 * down_s + 0.4:
        with Wire(world.gateway) as wire:
            told = told_by("chat", wire.ask(asking("chat", f"flaps/flapping-{down_s}", stream=True)))
        assert (told.text, told.is_complete) == (WORDS, True)
        at.append(now_s)
        time.sleep(every_s)
    asked = [request.received_s - began_s for request in world.first.requests]
    asked_while_down = [second for second in asked if second < down_s]
    assert len(asked_while_down) <= 8 < len([second for second in at if second < down_s])
    assert len([second for second in asked if second > down_s + 0.5]) >= 3
