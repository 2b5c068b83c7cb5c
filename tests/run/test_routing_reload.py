"""Routes and routers that come and go with the config, while requests are served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.wire import ask, request
from tests.run.instance import Instance, running_instance

WITHOUT = """version: v0.4.0
listeners: [{{type: model, name: models, address: 127.0.0.1, port: {port}}}]
model_providers:
  - {{model: openai/first, default: true}}
  - {{model: openai/second}}
"""
CODE = "writing new code, implementing functions and features"
TRIPS = "planning holidays and trips, finding hotels and flights"
SORT = "Write a Python function that sorts a list of dates"
ROME = "Plan a weekend trip to Rome for two"


def config(port: int, routes: dict[str, str] | None = None, model: str = "openai/second", more: str = "") -> str:
    rows = "".join(
        f"  - {{name: {name}, description: '{told}', models: [{model}]}}\n" for name, told in (routes or {}).items()
    )
    return WITHOUT.format(port=port) + (f"routing_preferences:\n{rows}" if rows else "") + more


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    with running_instance(tmp_path / "run", config) as running:
        yield running


def decided(instance: Instance, prompt: str, *headers: str) -> dict[str, Any]:
    body = {"model": "openai/first", "messages": [{"role": "user", "content": prompt}]}
    return dict(ask(instance, request(body, "/routing/v1/chat/completions", *headers)).json())


def router_state(instance: Instance) -> str:
    router = instance.status().workers[0].router
    assert router is not None
    return router.state


def test_routes_are_ready_when_their_config_is(instance: Instance) -> None:
    assert router_state(instance) == "idle"
    assert decided(instance, SORT)["model"] == "openai/first"
    assert instance.reload(config(instance.port, {"code": CODE})).accepted
    assert router_state(instance) == "ready"
    assert decided(instance, SORT)["route"] == "code"
    assert decided(instance, ROME)["route"] is None
    assert instance.reload(config(instance.port, {"code": CODE, "trips": TRIPS})).accepted
    assert decided(instance, ROME)["route"] == "trips"
    assert instance.reload(config(instance.port)).accepted
    assert decided(instance, SORT) | {"trace_id": ""} == {
        "model": "openai/first",
        "models": ["openai/first"],
        "route": None,
        "trace_id": "",
        "pinned": False,
        "switched": False,
    }


def test_a_router_that_cannot_be_loaded_is_refused(instance: Instance, tmp_path: Path) -> None:
    assert instance.reload(config(instance.port, {"code": CODE})).accepted
    more = f"routing: {{router: {{type: encoder, folder: '{tmp_path}'}}}}\n"
    told = instance.reload(config(instance.port, {"code": CODE}, more=more))
    assert not told.accepted
    assert "the encoder router cannot be used" in told.problems[0]
    assert decided(instance, SORT)["route"] == "code"


def test_a_session_outlives_the_config_as_long_as_its_model_is_there(instance: Instance) -> None:
    header = "x-model-affinity: mine"
    assert instance.reload(config(instance.port, {"code": CODE})).accepted
    assert decided(instance, SORT, header)["model"] == "openai/second"
    assert instance.reload(config(instance.port, {"code": CODE}, "openai/first")).accepted
    told = decided(instance, SORT, header)
    assert (told["model"], told["pinned"], told["switched"]) == ("openai/second", True, False)
    without = config(instance.port, {"code": CODE}, "openai/first").replace("  - {model: openai/second}\n", "")
    assert instance.reload(without).accepted
    told = decided(instance, SORT, header)
    assert (told["model"], told["pinned"], told["switched"]) == ("openai/first", False, True)
    assert decided(instance, SORT, header)["pinned"]


def test_damaged_weights_at_the_start_are_told_and_cost_no_answer(tmp_path: Path) -> None:
    more = f"routing: {{router: {{folder: '{tmp_path}'}}}}\n"
    with running_instance(tmp_path / "run", lambda port: config(port, {"code": CODE}, more=more)) as instance:
        told = decided(instance, SORT)
        assert (told["model"], told["route"]) == ("none", None)
        router = instance.status().workers[0].router
        assert router is not None
        assert (router.state, router.counts) == ("unusable", {"failed": 1})
        assert instance.log_line("the encoder router cannot be used, no route will match")
