from __future__ import annotations

import pytest

from plano.cli.plugin_costs import measured_costs, running_costs
from plano.plugin_api import AnswerCopy, Exchange, PluginTools, Refuse, hookimpl
from plano.plugins.hook_cost import StepCost
from plano.plugins.load_error import PluginLoadError
from plano.run.control import WorkerFacts
from tests.plugins.support import found, load


def worker(*costs: StepCost) -> WorkerFacts:
    return WorkerFacts(number=0, pid=1, state="ready", started_unix_s=0.0, plugins=costs)


def test_workers_are_counted_together_hook_by_hook() -> None:
    first = worker(
        StepCost(plugin="a", hook="filter", calls=2, total_s=0.5, worst_s=0.25, failures=1),
        StepCost(plugin="a", hook="pre_route", calls=1, total_s=0.125, worst_s=0.125),
    )
    second = worker(StepCost(plugin="a", hook="filter", calls=3, total_s=1.0, worst_s=0.5))
    assert running_costs((first, second)) == (
        StepCost(plugin="a", hook="filter", calls=5, total_s=1.5, worst_s=0.5, failures=1),
        StepCost(plugin="a", hook="pre_route", calls=1, total_s=0.125, worst_s=0.125),
    )


def test_hooks_of_requests_are_called_with_a_store_if_they_want_one_and_the_first_call_does_not_count() -> None:
    class Guard:
        calls = 0
        lengths: set[int] = set()

        @hookimpl
        async def started(self, tools: PluginTools) -> None:
            self.store = tools.open_store("memory:")

        @hookimpl
        async def filter(self, exchange: Exchange) -> AnswerCopy:
            await self.store.set("a", b"1", 1)
            self.lengths.add(sum(len(passage.text) for passage in exchange.texts()))
            return AnswerCopy()

        @hookimpl
        def pre_route(self, exchange: Exchange) -> None:
            Guard.calls += 1
            raise Refuse("never")

        @hookimpl
        def filter_answer(self, exchange: Exchange) -> None:
            raise RuntimeError("broken")

    costs = {cost.hook: cost for cost in measured_costs(load(found("guard", Guard)), calls=3)}
    assert {hook: (cost.calls, cost.failures) for hook, cost in costs.items()} == {
        "pre_route": (3, 0),
        "filter": (3, 0),
        "filter_answer": (3, 3),
    }
    assert Guard.calls == 4
    (length,) = Guard.lengths
    assert 3900 < length < 4500
    assert all(0 < cost.total_s / 3 <= cost.worst_s for cost in costs.values())


def test_a_plugin_that_does_not_start_cannot_be_measured() -> None:
    class Guard:
        @hookimpl
        def started(self) -> None:
            raise ValueError("no key")

    with pytest.raises(PluginLoadError, match="started failed: no key"):
        measured_costs(load(found("guard", Guard)))
