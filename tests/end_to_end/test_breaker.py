"""Targets that keep failing are left alone, tried again in time, and shown by `planoai status`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import Answer, error, json_answer
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import Reply, ask, chat

OPEN_S = 0.4
BREAKER = f"circuit_breaker: {{failures: 3, window: 5, open_seconds: {OPEN_S}, max_open_seconds: 2}}"
ROW = '  - {{model: {}, base_url: "URL", provider_interface: openai, access_key: key, {}}}\n'
POLICY = "retry_policy: {fallback_models: [FALLBACK], default_max_attempts: 2}"
ROWS = "model_providers:\n" + "".join(
    ROW.format(model, more)
    for model, more in [
        ("opens/a", f"{POLICY.replace('FALLBACK', 'steady/b')}, {BREAKER}"),
        ("closes/a", f"{POLICY.replace('FALLBACK', 'steady/b')}, {BREAKER}"),
        ("doubles/a", f"{POLICY.replace('FALLBACK', 'steady/b')}, {BREAKER}"),
        ("never/a", f"{POLICY.replace('FALLBACK', 'steady/b')}, circuit_breaker: {{enabled: false}}"),
        ("keeps/a", f"retry_policy: {{fallback_models: [steady/b], default_strategy: same_model}}, {BREAKER}"),
        ("plain/a", BREAKER),
        ("steady/b", "circuit_breaker: {enabled: false}"),
    ]
)
#: Nobody but these two, and for long.
ALONE = "model_providers:\n" + "".join(
    ROW.format(model, f"{more}circuit_breaker: {{failures: 3, window: 5, open_seconds: 200, max_open_seconds: 200}}")
    for model, more in [("alone/a", "retry_policy: {fallback_models: [alone/b]}, "), ("alone/b", "")]
)


class World(NamedTuple):
    provider: ScriptedProvider
    gateway: Gateway

    def ask(self, model: str) -> Reply:
        return ask(self.gateway, chat(model))

    def times_asked(self, model_id: str) -> int:
        return sum(request.json()["model"] == model_id for request in self.provider.requests)


@pytest.fixture(scope="module")
def _world(start_gateway: StartGateway) -> Iterator[World]:
    with (
        ScriptedProvider.in_thread() as provider,
        start_gateway(lambda port: listener(port) + ROWS.replace("URL", provider.base_url)) as gateway,
    ):
        yield World(provider, gateway)


@pytest.fixture
def world(_world: World) -> World:
    _world.provider.reset()
    for model_id in "ab":
        _world.provider.script.on_model(model_id, lambda asked: _good(asked.model))
    return _world


def _good(model: str) -> Answer:
    choice = {"index": 0, "message": {"role": "assistant", "content": model}, "finish_reason": "stop"}
    return json_answer({"id": "x", "object": "chat.completion", "created": 1, "model": model, "choices": [choice]})


def test_after_some_failures_a_target_is_asked_no_more(world: World) -> None:
    world.provider.script.on_model("a", error(500))
    answers = [world.ask("opens/a") for _ in range(10)]
    assert [answer.status for answer in answers] == [200] * 10
    assert world.times_asked("a") == 3
    assert answers[-1].header("x-plano-attempts") == "1"


def test_a_policy_that_keeps_to_one_model_has_its_fallback_still(world: World) -> None:
    world.provider.script.on_model("a", error(503))
    assert [world.ask("keeps/a").status for _ in range(10)] == [200] * 10
    assert world.times_asked("a") <= 4


def test_a_success_of_the_trial_closes_it_again(world: World) -> None:
    world.provider.script.on_model("a", error(500))
    for _ in range(4):
        world.ask("closes/a")
    world.provider.script.on_model("a", lambda asked: _good("a"))
    time.sleep(OPEN_S + 0.05)
    answers = [world.ask("closes/a") for _ in range(5)]
    assert [answer.header("x-plano-model") for answer in answers] == ["closes/a"] * 5


def test_a_failed_trial_doubles_the_time(world: World) -> None:
    world.provider.script.on_model("a", error(500))
    for _ in range(4):
        world.ask("doubles/a")
    time.sleep(OPEN_S + 0.05)
    assert world.ask("doubles/a").status == 200
    assert world.times_asked("a") == 4
    time.sleep(OPEN_S + 0.05)
    assert world.ask("doubles/a").status == 200
    assert world.times_asked("a") == 4  # Open twice as long by now.


def test_it_can_be_turned_off(world: World) -> None:
    world.provider.script.on_model("a", error(500))
    for _ in range(10):
        assert world.ask("never/a").status == 200
    assert world.times_asked("a") == 10


def test_without_anybody_else_to_ask_there_is_no_breaker(world: World) -> None:
    world.provider.script.on_model("a", error(500))
    assert [world.ask("plain/a").status for _ in range(6)] == [500] * 6
    assert world.times_asked("a") == 6


def test_a_clients_errors_open_nothing(world: World) -> None:
    world.provider.script.on_model("a", error(400))
    for _ in range(6):
        assert world.ask("opens/a").status in (200, 400)
    world.provider.script.on_model("a", lambda asked: _good("a"))


def test_when_all_are_open_the_client_is_told_when_to_come_back(start_gateway: StartGateway) -> None:
    with ScriptedProvider.in_thread() as provider:
        provider.script.on_model("a", error(500)).on_model("b", error(503))
        with start_gateway(
            lambda port: listener(port, "timeout: 5s") + ALONE.replace("URL", provider.base_url)
        ) as gateway:
            assert [ask(gateway, chat("alone/a")).status for _ in range(3)] == [503] * 3
            answer = ask(gateway, chat("alone/a"))
            assert answer.status == 503
            assert 1 <= int(answer.header("retry-after") or 0) <= 200
            assert answer.json()["error"]["type"] == "retry_exhausted"
            assert provider.request_count == 6
