"""Several rows of one model, each with a name and a key of its own: a pool that shares the load and the bad luck."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import Answer, Ask, error, hello
from plano.testing.scripted_provider.troubles import late
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.wire import Reply, ask, chat

MODELS = ("equal", "benched", "spent", "limited", "all-bad", "still-bad", "told", "broken")
POOL = """
  - {model: pool/MODEL, name: MODEL one, base_url: "URL", provider_interface: openai, access_key: key-one}
  - {model: pool/MODEL, name: MODEL two, base_url: "URL", provider_interface: openai, access_key: key-two}
  - {model: pool/MODEL, name: MODEL three, base_url: "URL", provider_interface: openai, access_key: key-three}
"""
ROWS = """
model_providers:
  - {model: pool/uneven, name: much, base_url: "URL", provider_interface: openai, access_key: key-much, weight: 9}
  - {model: pool/uneven, name: little, base_url: "URL", provider_interface: openai, access_key: key-little, weight: 1}
  - {model: pool/alone, base_url: "URL", provider_interface: openai, access_key: key-one}
"""


def key_of(answered: Ask) -> str:
    return (answered.request.header("authorization") or "").removeprefix("Bearer ")


class World(NamedTuple):
    provider: ScriptedProvider
    gateway: Gateway

    def ask(self, model: str) -> Reply:
        return ask(self.gateway, chat(f"pool/{model}"))

    def keys(self) -> Counter[str]:
        """How often each key was used."""
        headers = (request.header("authorization") or "" for request in self.provider.requests)
        return Counter(header.removeprefix("Bearer ") for header in headers)

    def refuse(self, model: str, key: str, refusal: Answer | int) -> None:
        """This key is refused from now on."""

        def play(asked: Ask) -> Answer:
            if key_of(asked) not in (key, f"key-{key}") and key != "every":
                return hello(asked)
            return error(refusal)(asked) if isinstance(refusal, int) else refusal

        self.provider.script.on_model(model, play)


@pytest.fixture(scope="module")
def _world(start_gateway: StartGateway) -> Iterator[World]:
    with ScriptedProvider.in_thread() as provider:
        rows = ROWS + "".join(POOL.replace("MODEL", model) for model in MODELS)
        with start_gateway(lambda port: listener(port) + rows.replace("URL", provider.base_url)) as gateway:
            yield World(provider, gateway)


@pytest.fixture
def world(_world: World) -> World:
    _world.provider.reset()
    return _world


def test_equal_rows_are_asked_in_turn(world: World) -> None:
    for _ in range(30):
        assert world.ask("equal").status == 200
    assert set(world.keys()) == {"key-one", "key-two", "key-three"}
    assert min(world.keys().values()) >= 5


def test_the_least_busy_row_is_asked(world: World) -> None:
    slow = threading.Thread(target=ask, args=(world.gateway, chat("pool/equal", stream=True)))
    world.provider.script.on_model("equal", lambda asked: late(asked, "0.5"))
    slow.start()
    wait_for(lambda: world.provider.request_count == 1)
    (busy,) = world.keys()
    world.provider.script.on_model("equal", hello)
    for _ in range(10):
        world.ask("equal")
    assert world.keys()[busy] == 1
    slow.join()


def test_weights_share_the_load(world: World) -> None:
    for _ in range(100):
        world.ask("uneven")
    assert 75 <= world.keys()["key-much"] <= 99
    assert world.keys()["key-little"] >= 1


@pytest.mark.parametrize(("model", "status"), [("benched", 401), ("spent", 403)])
def test_a_bad_key_is_left_alone_and_the_others_go_on(world: World, model: str, status: int) -> None:
    world.refuse(model, "key-one", status)
    for _ in range(12):
        assert world.ask(model).status == 200
    assert world.keys()["key-one"] == 1
    assert world.keys()["key-two"] + world.keys()["key-three"] == 12


def test_a_limited_key_rests_as_long_as_it_says(world: World) -> None:
    state = {"limited_until": time.monotonic() + 1.0}

    def play(asked: Ask) -> Answer:
        if key_of(asked) == "key-two" and time.monotonic() < state["limited_until"]:
            return error(429, retry_after="1")(asked)
        return hello(asked)

    world.provider.script.on_model("limited", play)
    for _ in range(9):
        assert world.ask("limited").status == 200
    assert world.keys()["key-two"] == 1
    time.sleep(1.1)
    for _ in range(9):
        assert world.ask("limited").status == 200
    assert world.keys()["key-two"] >= 2


def test_a_row_that_breaks_is_made_good_by_another(world: World) -> None:
    world.refuse("broken", "key-three", 500)
    assert [world.ask("broken").status for _ in range(12)] == [200] * 12


def test_when_every_key_is_bad_the_last_refusal_is_told(world: World) -> None:
    world.refuse("all-bad", "every", 401)
    answer = world.ask("all-bad")
    assert answer.status in (401, 503)
    assert sum(world.keys().values()) == 3
    assert set(world.keys().values()) == {1}


def test_nobody_waits_for_a_bad_key_to_become_good(world: World) -> None:
    world.refuse("still-bad", "every", 401)
    began_s = time.monotonic()
    statuses = [world.ask("still-bad").status for _ in range(2)]
    assert all(status in (401, 503) for status in statuses)
    assert time.monotonic() - began_s < 2.0


def test_one_row_alone_passes_its_refusal_on(world: World) -> None:
    world.refuse("alone", "key-one", 401)
    answers = [world.ask("alone") for _ in range(2)]
    assert [answer.status for answer in answers] == [401, 401]
    assert world.keys() == {"key-one": 2}


def test_no_key_is_ever_logged_or_told(world: World) -> None:
    world.refuse("told", "every", 401)
    answer = world.ask("told")
    told = world.gateway.all_logs() + answer.body.decode()
    assert not any(key in told for key in ("key-one", "key-two", "key-three"))
