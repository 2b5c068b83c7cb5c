from __future__ import annotations

import asyncio

from plano.hook_markers import hookimpl
from plano.plugins.deciding import run_pre_route
from plano.plugins.trial import trial_exchange
from tests.plugins.support import found, load


def test_an_implementation_gets_the_arguments_it_asks_for() -> None:
    class Plugin:
        count = 0

        @hookimpl
        def pre_route(self) -> None:
            self.count += 1

        @hookimpl
        def filter(self, exchange: object, mine: str = "default") -> None:
            self.seen = (exchange, mine)

    loaded = load(found("p", Plugin))
    plugin = loaded.manager.get_plugin("p")
    exchange = trial_exchange()
    asyncio.run(run_pre_route(loaded.plan.pre_route, exchange))
    asyncio.run(run_pre_route(loaded.plan.filter_request, exchange))
    assert (plugin.count, plugin.seen) == (1, (exchange, "default"))


def test_asking_for_everything_costs_no_adapter() -> None:
    class Plugin:
        @hookimpl
        def pre_route(self, exchange: object) -> None: ...

    loaded = load(found("p", Plugin))
    (compiled,) = loaded.plan.pre_route
    assert compiled.call == loaded.manager.get_plugin("p").pre_route
