from __future__ import annotations

import asyncio
from typing import Any

import pytest

from plano.config.document import Config
from plano.config.listeners import ModelListener
from plano.config.routing import RoutingPreference
from plano.errors import PluginFailed, RequestRefused
from plano.exchange import Exchange
from plano.filtering import PieceFilter
from plano.filters.chain import Chain
from plano.filters.chains import NO_CHAINS, Chains, chains_of
from plano.filters.facts import FilterFacts, filters_line
from plano.hook_markers import hookimpl
from plano.plugins.hook_plan import HookPlan
from plano.plugins.trial import trial_exchange
from tests.plugins.support import found, load


class Named(PieceFilter):
    """An answer filter that only has a name."""

    def __init__(self, name: str) -> None:
        self.name = name


def tagging(name: str) -> Any:
    """A plugin that writes its name into the request and looks after the answer."""

    class Plugin:
        @hookimpl
        def filter(self, exchange: Exchange) -> PieceFilter:
            exchange.texts()[0].text += f" {name}"
            return Named(name)

        @hookimpl
        def filter_answer(self, exchange: Exchange) -> PieceFilter:
            return Named(f"{name}'s guard")

    return Plugin


def hooks(*names: str) -> HookPlan:
    return load(*(found(name, tagging(name)) for name in names)).plan


def chains(
    plan: HookPlan,
    requests: tuple[str, ...] = (),
    answers: tuple[str, ...] = (),
    routes: tuple[RoutingPreference, ...] = (),
) -> Chains:
    listener = ModelListener(name="llm", input_filters=requests, output_filters=answers)
    config = Config(version="v0.4.0", listeners=(listener,), routing_preferences=routes)
    return chains_of(listener, config, plan, {})


def passed(*run: Chain) -> Exchange:
    """A request that has been through these chains, whose answer is looked after."""

    async def scene() -> Exchange:
        exchange = trial_exchange()
        for chain in run:
            await chain.run(exchange)
        for chain in run:
            await chain.look_after(exchange)
        return exchange

    return asyncio.run(scene())


def said(exchange: Exchange) -> str:
    return exchange.texts()[0].text


def looked_after_by(exchange: Exchange) -> list[str]:
    return [one.filter.name for one in exchange.answer_filters or ()]


def test_filters_of_requests_run_in_the_order_of_the_chain_each_on_what_the_last_one_made() -> None:
    assert said(passed(chains(hooks("a", "b", "c"), ("c", "a", "b")).of_listener)) == "hello c a b"


def test_an_answer_meets_its_filters_from_the_model_outwards() -> None:
    exchange = passed(chains(hooks("a", "b"), ("a", "b"), ("b", "a")).of_listener)
    assert looked_after_by(exchange) == ["b's guard", "a's guard", "b", "a"]


def test_a_plugin_that_no_chain_names_runs_everywhere_and_first() -> None:
    exchange = passed(chains(hooks("a", "b", "c"), ("b",)).of_listener)
    assert said(exchange) == "hello a c b"


def test_a_plugin_that_a_chain_names_runs_nowhere_else() -> None:
    route = RoutingPreference(name="code", description="code", models=("m/x",), input_filters=("a",))
    made = chains(hooks("a", "b"), routes=(route,))
    assert said(passed(made.of_listener)) == "hello b"
    assert said(passed(made.of_listener, made.of_routes["code"])) == "hello b a"


def test_the_filters_of_a_route_are_nearer_to_the_model() -> None:
    route = RoutingPreference(
        name="code", description="code", models=("m/x",), input_filters=("a",), output_filters=("a",)
    )
    made = chains(hooks("a", "b"), ("b",), ("b",), routes=(route,))
    exchange = passed(made.of_listener, made.of_routes["code"])
    assert looked_after_by(exchange) == ["a's guard", "b's guard", "a", "b"]


def test_without_filters_there_is_nothing_to_run() -> None:
    made = chains(HookPlan())
    assert not made.of_listener
    assert not made.of_routes
    assert not made.awaits
    assert not NO_CHAINS.of_listener


def refusing(exchange: Exchange) -> None:
    raise RequestRefused("no")


def failing(exchange: Exchange) -> None:
    raise ValueError


def answering(exchange: Exchange) -> None:
    exchange.answer(b"{}")


@pytest.mark.parametrize(
    ("what", "outcome", "raised"),
    [(refusing, "refused", RequestRefused), (failing, "failed", PluginFailed), (answering, "answered", None)],
)
def test_a_chain_ends_with_whoever_refuses_fails_or_answers(what: Any, outcome: str, raised: Any) -> None:
    class First:
        filter = staticmethod(hookimpl(specname="filter")(what))

    plan = load(found("first", First()), found("second", tagging("second"))).plan
    exchange = trial_exchange()
    chain = chains(plan, ("first", "second")).of_listener
    if raised is None:
        asyncio.run(chain.run(exchange))
    else:
        with pytest.raises(raised):
            asyncio.run(chain.run(exchange))
    assert said(exchange) == "hello"
    assert [(one.name, one.outcome) for one in exchange.record.filters or ()] == [("first", outcome)]


def test_a_plugin_that_failed_and_was_passed_by_is_told() -> None:
    class First:
        filter = staticmethod(hookimpl(specname="filter")(failing))

    plugins = (found("first", First()), found("second", tagging("second")))
    plan = load(*plugins, config={"first": {"on_fault": "open"}}).plan
    exchange = passed(chains(plan, ("first", "second")).of_listener)
    told = [(one.name, one.outcome) for one in exchange.record.filters or () if one.side == "request"]
    assert told == [("first", "failed"), ("second", "passed")]


def test_the_header_names_filters_in_order_with_milliseconds() -> None:
    told = [
        FilterFacts("pii", "request", 0.0000214),
        FilterFacts("né w", "request", 1.5, "refused"),
        FilterFacts("tox", "answer"),
    ]
    assert filters_line(told) == b"x-plano-filters: pii;dur=0.021, n__w;dur=1500.000;refused, tox;answer\r\n"
