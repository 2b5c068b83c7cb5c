"""What the chains of a config name: entries of `filters`, and plugins."""

from __future__ import annotations

from .document import Config
from .listeners import AgentListener


def names_in_chains(config: Config) -> frozenset[str]:
    """Every filter and plugin that some chain names."""
    found: set[str] = set()
    for listener in config.listeners:
        found.update(listener.input_filters, listener.output_filters)
        if isinstance(listener, AgentListener):
            found.update(name for agent in listener.agents for name in agent.input_filters)
    for route in config.routing_preferences:
        found.update(route.input_filters, route.output_filters)
    return frozenset(found)
