"""Checks of `listeners`, `agents` and `filters`."""

from __future__ import annotations

import re
from typing import Final

from ..document import Config
from ..findings import Findings, join, suggest
from ..listeners import AgentListener, Listener
from .api_keys import check_api_keys
from .text_rules import url_fault

_ADDRESS: Final = re.compile(r"[A-Za-z0-9_.:%-]+\Z")
_EVERY_INTERFACE: Final = frozenset(("0.0.0.0", "::"))


def check_listeners(config: Config, findings: Findings) -> None:
    for index, listener in enumerate(config.listeners):
        path = findings.at("listeners", index)
        if not _ADDRESS.match(listener.address):
            here = join(path, "address")
            findings.problem(here, f"must be an address or a host name, not {findings.shown(here, listener.address)}")
        _check_place(config, index, findings)
        _check_name(config, index, findings)
        check_api_keys(listener, path, findings)
        if isinstance(listener, AgentListener):
            _check_agents(config, listener, path, findings)


def _check_place(config: Config, index: int, findings: Findings) -> None:
    listener = config.listeners[index]
    for first, other in enumerate(config.listeners[:index]):
        ports = [join(findings.at("listeners", place), "port") for place in (first, index)]
        if any(map(findings.is_bad, ports)):
            continue
        if other.port == listener.port and _meet(other, listener):
            here = join(findings.at("listeners", index), "port")
            line = findings.line_of(findings.at("listeners", first))
            findings.problem(here, f"port {listener.port} is already taken by `{other.name}` in line {line}")
            return


def _meet(one: Listener, other: Listener) -> bool:
    return one.address == other.address or not _EVERY_INTERFACE.isdisjoint((one.address, other.address))


def _check_name(config: Config, index: int, findings: Findings) -> None:
    name = config.listeners[index].name
    if any(other.name == name for other in config.listeners[:index]):
        findings.notice(f"Several listeners are called `{name}`: logs and metrics cannot tell them apart.")


def _check_agents(config: Config, listener: AgentListener, path: str, findings: Findings) -> None:
    known = [agent.id for agent in config.agents]
    seen: set[str] = set()
    for position, agent in enumerate(listener.agents):
        here = findings.at(join(path, "agents"), position)
        id_path = join(here, "id")
        if agent.id not in known and findings.is_whole("agents"):
            message = f"{findings.shown(id_path, agent.id)} is not the id of an entry of `agents`"
            findings.problem(id_path, message, suggest(agent.id, known))
        elif agent.id in seen:
            findings.problem(id_path, f"{findings.shown(id_path, agent.id)} stands in this list twice")
        seen.add(agent.id)
    defaults = [agent.id for agent in listener.agents if agent.default]
    if len(defaults) > 1:
        findings.notice(f"Listener `{listener.name}` has several default agents: `{defaults[0]}` is used.")


def check_agents_and_filters(config: Config, findings: Findings) -> None:
    places: dict[str, str] = {}
    agents = [(findings.at("agents", index), one.id, one.url) for index, one in enumerate(config.agents)]
    filters = [(findings.at("filters", index), one.id, one.url) for index, one in enumerate(config.filters)]
    for path, name, url in (*agents, *filters):
        first = places.setdefault(name, path)
        if first != path:
            here = join(path, "id")
            message = f"{findings.shown(here, name)} is already taken in line {findings.line_of(first)}"
            findings.problem(here, message, "ids are unique among agents and filters")
        if fault := url_fault(url):
            findings.problem(join(path, "url"), fault)
