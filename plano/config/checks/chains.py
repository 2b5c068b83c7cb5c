"""Checks of `input_filters` and `output_filters`: whether there is what they name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from ..document import Config
from ..findings import Findings, join, suggest
from ..listeners import AgentListener
from ..vendor_names import AddedNames

FOR_REQUESTS: Final = "input_filters"
FOR_ANSWERS: Final = "output_filters"


class WrittenChain(NamedTuple):
    """A chain as it stands in the file; `owner` is what it belongs to, in words."""

    path: str
    key: str
    owner: str
    names: tuple[str, ...]


def written_chains(config: Config, findings: Findings) -> Iterator[WrittenChain]:
    """Every chain of the config that is not empty."""
    for index, listener in enumerate(config.listeners):
        path = findings.at("listeners", index)
        owner = f"listener `{listener.name}`"
        yield from _of(path, owner, listener.input_filters, listener.output_filters)
        for place, agent in enumerate(listener.agents if isinstance(listener, AgentListener) else ()):
            yield from _of(findings.at(join(path, "agents"), place), f"agent `{agent.id}`", agent.input_filters, ())
    for index, route in enumerate(config.routing_preferences):
        path = findings.at("routing_preferences", index)
        yield from _of(path, f"route `{route.name}`", route.input_filters, route.output_filters)


def _of(path: str, owner: str, requests: tuple[str, ...], answers: tuple[str, ...]) -> Iterator[WrittenChain]:
    for key, names in ((FOR_REQUESTS, requests), (FOR_ANSWERS, answers)):
        if names:
            yield WrittenChain(join(path, key), key, owner, names)


def check_chains(config: Config, findings: Findings, added: Callable[[], AddedNames] = AddedNames) -> None:
    """`added` is asked only where a chain names no entry of `filters`: it may have to load plugins."""
    if not findings.is_whole("agents", "filters"):
        return
    ids = {*(one.id for one in config.filters), *(one.id for one in config.agents)}
    chains = list(written_chains(config, findings))
    for chain in chains:
        for position, name in enumerate(chain.names):
            if name in chain.names[:position]:
                here = findings.at(chain.path, position)
                findings.problem(here, f"{findings.shown(here, name)} stands in this list twice")
            elif name not in ids and _is_off(config, name):
                here = findings.at(chain.path, position)
                shown = findings.shown(here, name)
                findings.problem(here, f"the plugin {shown} is switched off (`plugins.{name}.enabled`)")
            elif name not in ids:
                _check_plugin(chain, position, name, ids, findings, added())
    _tell_of_gaps(config, chains, ids, findings)


def _is_off(config: Config, name: str) -> bool:
    section = config.plugins.get(name)
    return isinstance(section, Mapping) and section.get("enabled") is False


def _tell_of_gaps(config: Config, chains: list[WrittenChain], ids: set[str], findings: Findings) -> None:
    """A plugin that a chain names filters there and nowhere else: whoever has several listeners may not expect that."""
    plugins = dict.fromkeys(name for chain in chains for name in chain.names if name not in ids)
    for name in plugins:
        having = {chain.owner for chain in chains if name in chain.names}
        without = [f"`{one.name}`" for one in config.listeners if f"listener `{one.name}`" not in having]
        if without and any(owner.startswith("listener") for owner in having):
            findings.notice(f"The plugin `{name}` filters where chains name it, and not on {', '.join(without)}.")


def _check_plugin(
    chain: WrittenChain, position: int, name: str, ids: set[str], findings: Findings, added: AddedNames
) -> None:
    is_for_requests = chain.key == FOR_REQUESTS
    fitting, others = added.request_filters, added.answer_filters
    if not is_for_requests:
        fitting, others = others, fitting
    if name in fitting:
        return
    here = findings.at(chain.path, position)
    shown = findings.shown(here, name)
    if name in others:
        hook, other = ("filter", FOR_ANSWERS) if is_for_requests else ("filter_answer", FOR_REQUESTS)
        findings.problem(here, f"the plugin {shown} has no `{hook}` hook", f"it may stand in `{other}`")
    else:
        message = f"{shown} is not the id of an entry of `filters`, nor an installed plugin that filters"
        findings.problem(here, message, suggest(name, sorted((*ids, *fitting))))
