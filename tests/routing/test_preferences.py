"""Routes of the config and of requests, and the models they lead to."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from plano.config.routing import RoutingPreference
from plano.errors import BadRequest
from plano.http.wire.json_envelope import Envelope
from plano.routing.preferences import MOST_INLINE_ROUTES, InlinePreferences, Preferences, as_listed
from tests.routing.test_model_names import meant, names

NAMES = names(("openai/a", {"name": "work"}), "openai/b", "anthropic/c", ("openai/a", {"name": "spare"}))


def preference(name: str, *models: str, prefer: str = "none") -> RoutingPreference:
    written = {"name": name, "description": f"all of {name}", "models": models, "selection_policy": {"prefer": prefer}}
    return msgspec.convert(written, RoutingPreference)


def inline(members: dict[str, Any]) -> Preferences | None:
    brought = {name: Raw(json.dumps(value).encode()) for name, value in members.items()}
    return InlinePreferences(NAMES, as_listed).taken_from(Envelope(brought))


def test_the_models_of_a_route_are_candidates_in_order() -> None:
    preferences = Preferences((preference("r", "c", "openai/b"),), NAMES, as_listed)
    decision = preferences.decision("r", "whatever")
    assert meant(decision) == ["anthropic/c", "openai/b"]
    assert (decision.requested, decision.route, decision.reason) == ("whatever", "r", "route")


def test_a_model_with_several_keys_brings_them_all() -> None:
    preferences = Preferences((preference("r", "openai/a", "c"),), NAMES, as_listed)
    providers = [candidate.provider.name for candidate in preferences.decision("r", "").candidates]
    assert providers == ["work", "spare", "anthropic/c"]


def test_the_order_follows_what_is_preferred_at_the_time() -> None:
    orders = [("openai/b", "anthropic/c"), ("anthropic/c", "openai/b")]
    asked = []

    def ranked(models: tuple[str, ...], prefer: str) -> tuple[str, ...]:
        asked.append((models, prefer))
        return orders[len(asked) - 1]

    preferences = Preferences((preference("r", "c", "b", prefer="cheapest"),), NAMES, ranked)
    assert [meant(preferences.decision("r", "")) for _ in orders] == [list(order) for order in orders]
    assert asked == [(("anthropic/c", "openai/b"), "cheapest")] * 2


def test_a_request_brings_routes_in_the_newer_shape() -> None:
    route = {"name": "x", "description": "d", "models": ["openai/b", "c"], "threshold": 0.9}
    preferences = inline({"routing_preferences": [route]})
    assert preferences is not None
    assert meant(preferences.decision("x", "")) == ["openai/b", "anthropic/c"]
    assert preferences.routes.routes[0].threshold == 0.9


def test_a_request_brings_routes_by_model() -> None:
    coding, again, talk = (
        {"name": name, "description": text} for name, text in (("coding", "code"), ("coding", "-"), ("talk", "talk"))
    )
    policy = [
        {"model": "openai/b", "routing_preferences": [coding]},
        {"model": "c", "routing_preferences": [talk, again]},
    ]
    preferences = inline({"routing_policy": policy})
    assert preferences is not None
    told = [(route.name, route.description) for route in preferences.routes.routes]
    assert told == [("coding", "code"), ("talk", "talk")]
    assert meant(preferences.decision("coding", "")) == ["openai/b", "anthropic/c"]


def test_what_a_request_brings_is_taken_out_of_it() -> None:
    members = {name: Raw(b"null") for name in ("routing_preferences", "routing_policy", "model")}
    assert InlinePreferences(NAMES, as_listed).taken_from(envelope := Envelope(members)) is None
    assert list(envelope.members) == ["model"]
    assert envelope.is_changed


def test_equal_routes_are_read_once() -> None:
    reading = InlinePreferences(NAMES, as_listed)
    raw = Raw(b'[{"name":"x","description":"d","models":["c"]}]')
    first, second = (reading.taken_from(Envelope({"routing_preferences": raw})) for _ in range(2))
    assert first is second


ROUTE = {"name": "x", "description": "d", "models": ["c"]}


@pytest.mark.parametrize(
    ("members", "param", "said"),
    [
        ({"routing_preferences": 7}, "routing_preferences", "cannot be read"),
        ({"routing_preferences": [{"name": "x"}]}, "routing_preferences", "description"),
        ({"routing_preferences": [ROUTE | {"models": []}]}, "routing_preferences", "length >= 1"),
        ({"routing_preferences": [ROUTE | {"threshold": 2}]}, "routing_preferences", "<= 1"),
        ({"routing_preferences": [ROUTE | {"models": ["openai/bb"]}]}, "routing_preferences", "mean 'openai/b'"),
        ({"routing_preferences": [ROUTE | {"name": "None"}]}, "routing_preferences", "'None'"),
        ({"routing_preferences": [ROUTE, ROUTE]}, "routing_preferences", "'x'"),
        ({"routing_preferences": [ROUTE | {"description": " "}]}, "routing_preferences", "'x'"),
        (
            {"routing_preferences": [ROUTE | {"name": str(n)} for n in range(MOST_INLINE_ROUTES + 1)]},
            "routing_preferences",
            "over 64 routes",
        ),
        ({"routing_preferences": [ROUTE | {"description": "d" * 70_000}]}, "routing_preferences", "over 65536 bytes"),
        ({"routing_policy": [{"model": "zz", "routing_preferences": [ROUTE]}]}, "routing_policy", "'zz' is not"),
    ],
)
def test_routes_that_cannot_be_used_are_refused(members: dict[str, Any], param: str, said: str) -> None:
    with pytest.raises(BadRequest) as caught:
        inline(members)
    assert caught.value.status == 400
    assert caught.value.param == param
    assert said in caught.value.message
