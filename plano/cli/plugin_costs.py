"""What the hooks of plugins cost: from the running instance, or measured on the spot."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from plano.plugins.hook_cost import StepCost
    from plano.plugins.hook_plan import Step
    from plano.plugins.loader import LoadedPlugins
    from plano.run.control import WorkerFacts
    from plano.storing import Store

CALLS: Final = 200
#: Of about 4 kB, with a little of what guards look for.
_SENTENCE: Final = (
    "Please summarise the minutes below in five lines, and keep the figures as they are. Jane Doe wrote from "
    "jane.doe@example.com on 3 May, her number is +49 30 901820; the invoice of 1,250.75 euros is due on 1 June. "
)


def running_costs(workers: Iterable[WorkerFacts]) -> tuple[StepCost, ...]:
    """Those of all workers together, hook by hook."""
    from plano.plugins.hook_cost import StepCost

    together: dict[tuple[str, str], StepCost] = {}
    for cost in (cost for worker in workers for cost in worker.plugins):
        key = (cost.plugin, cost.hook)
        before = together.get(key, StepCost(plugin=cost.plugin, hook=cost.hook))
        together[key] = StepCost(
            plugin=cost.plugin,
            hook=cost.hook,
            calls=before.calls + cost.calls,
            total_s=before.total_s + cost.total_s,
            worst_s=max(before.worst_s, cost.worst_s),
            failures=before.failures + cost.failures,
        )
    return tuple(together.values())


def measured_costs(loaded: LoadedPlugins, calls: int = CALLS) -> tuple[StepCost, ...]:
    """Start one plugin and call its hooks of requests with a sample. Raises `PluginLoadError`."""
    return asyncio.run(_measured(loaded, calls))


async def _measured(loaded: LoadedPlugins, calls: int) -> tuple[StepCost, ...]:
    from plano.plugins.tools import PluginTools
    from plano.state.stores import open_store

    opened: list[Store] = []

    def lent(url: str) -> Store:
        store = open_store(url, loaded.stores)
        opened.append(store)
        return store

    await loaded.start(PluginTools(open_store=lent))
    try:
        plan = loaded.plan
        steps = (*plan.pre_route, *plan.filter_request, *plan.filter_answer)
        return tuple([await _cost_of(step, calls) for step in steps])
    finally:
        loaded.stop()
        for store in opened:
            await store.close()


async def _cost_of(step: Step, calls: int) -> StepCost:
    from plano.errors import PlanoError
    from plano.filtering import AnswerCopy, PieceFilter, WholeFilter
    from plano.plugins.deciding import decision_of
    from plano.plugins.hook_cost import HookCost
    from plano.plugins.trial import trial_exchange

    cost = HookCost()
    measured = _with_cost(step, cost)
    content = _SENTENCE * 20
    for number in range(calls + 1):
        exchange = trial_exchange({"model": "gpt-4o", "messages": [{"role": "user", "content": content}]})
        with suppress(PlanoError):  # A refusal costs what it costs, and failures are counted.
            await decision_of(measured, exchange, (PieceFilter, WholeFilter, AnswerCopy))
        if number == 0:  # What is made at the first call is not what a call costs.
            cost.calls, cost.failures, cost.total_s, cost.worst_s = 0, 0, 0.0, 0.0
    return cost.facts(step.plugin, step.hook)


def _with_cost(step: Step, cost: object) -> Step:
    from msgspec.structs import replace

    return replace(step, cost=cost)
