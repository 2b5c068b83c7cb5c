"""The chains of a listener, put together from the config, the plugins' hooks and the filter servers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from plano.config.chain_names import names_in_chains
from plano.config.document import Config
from plano.config.listeners import Listener
from plano.filters.chain import Chain
from plano.filters.plugin_links import PluginLink
from plano.filters.server_links import ServerLink
from plano.plugins.hook_plan import HookPlan, Step


class Chains(Struct, frozen=True):
    """`of_listener` is for every exchange of it, `of_routes` for those whose prompt takes a route, by its name."""

    of_listener: Chain
    of_routes: dict[str, Chain]

    @property
    def awaits(self) -> bool:
        """Whether any of them needs a task to wait in."""
        return self.of_listener.awaits or any(chain.awaits for chain in self.of_routes.values())


NO_CHAINS: Final = Chains(Chain(), {})


def chains_of(listener: Listener, config: Config, hooks: HookPlan, servers: Mapping[str, ServerLink]) -> Chains:
    """The chains of one listener. `servers` are the filter servers by id.

    A plugin that no chain of the config names runs on every listener, before the listener's chain; one that is named
    runs where it is named and nowhere else.
    """
    named = names_in_chains(config)
    requests = (*_unnamed(hooks.filter_request, named), *_links(listener.input_filters, hooks.filter_request, servers))
    answers = (*_unnamed(hooks.filter_answer, named), *_links(listener.output_filters, hooks.filter_answer, servers))
    routes = {
        one.name: Chain(
            _links(one.input_filters, hooks.filter_request, servers),
            _links(one.output_filters, hooks.filter_answer, servers),
        )
        for one in config.routing_preferences
        if one.input_filters or one.output_filters
    }
    return Chains(Chain(requests, answers), routes)


def _unnamed(steps: Iterable[Step], named: frozenset[str]) -> tuple[PluginLink, ...]:
    return tuple(PluginLink(step) for step in steps if step.plugin not in named)


def _links(
    names: Iterable[str], steps: Iterable[Step], servers: Mapping[str, ServerLink]
) -> tuple[PluginLink | ServerLink, ...]:
    by_plugin = {step.plugin: PluginLink(step) for step in steps}
    return tuple(servers.get(name) or by_plugin[name] for name in names)
