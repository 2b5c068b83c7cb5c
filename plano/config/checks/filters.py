"""Checks of `filters`: settings that do not fit the type, and the order of chains."""

from __future__ import annotations

import re
from typing import Final, Literal

from ..document import Config
from ..filters import Filter
from ..findings import Findings, join
from .chains import FOR_REQUESTS, written_chains
from .text_rules import configured_header_fault

Role = Literal["guard", "enrichment"]

#: Of ids and tools. A guard's words count first: a `context_guard` is a guard.
_GUARD: Final = re.compile(r"guard|moderat|jailbreak|pii|block|valid|safety|policy", re.IGNORECASE)
_ENRICHMENT: Final = re.compile(r"context|rewrit|enrich|(?<![a-z])rag(?![a-z])|memory|retriev|builder", re.IGNORECASE)
#: Plano's own words to a filter, and the framing of what it is sent.
_OWN_HEADERS: Final = frozenset(("accept", "accept-encoding", "content-type", "x-request-id"))
_OWN_PREFIXES: Final = ("x-plano-", "mcp-")


def check_filters(config: Config, findings: Findings) -> None:
    for index, one in enumerate(config.filters):
        path = findings.at("filters", index)
        _check_headers(one, join(path, "headers"), findings)
        _check_type(one, path, findings)
        if one.streaming == "whole" and one.window_bytes:
            findings.notice(f"`{path}` sees whole answers: `window_bytes` has no effect there.")
        if one.connect_timeout > one.timeout:
            here = join(path, "connect_timeout")
            findings.problem(here, f"is longer than `timeout`, {float(one.timeout):g}s, which ends the whole call")
    _check_order(config, findings)


def _check_headers(one: Filter, path: str, findings: Findings) -> None:
    for name, value in one.headers.items():
        fault = configured_header_fault(name, value.reveal())
        if not fault and (name.lower() in _OWN_HEADERS or name.lower().startswith(_OWN_PREFIXES)):
            fault = "is set by plano and cannot be configured"
        if fault:
            findings.problem(join(path, name), fault)


def _check_type(one: Filter, path: str, findings: Findings) -> None:
    if one.type == "http" and (one.transport is not None or one.tool is not None):
        findings.notice(f"`{path}` is an HTTP filter: `transport` and `tool` have no effect there.")
    if one.type == "mcp" and not one.append_path:
        findings.notice(f"`{path}` is an MCP filter: `append_path` has no effect there.")


def _check_order(config: Config, findings: Findings) -> None:
    """What enriches a request may bring in texts from anywhere, and sends them to a guard that stands behind it."""
    agents = (Filter(id=one.id, url=one.url) for one in config.agents)
    roles = {one.id: _role(one) for one in (*agents, *config.filters)}
    told: set[tuple[str, str]] = set()
    for path, key, _, chain in written_chains(config, findings):
        enriching = ""
        for name in chain if key == FOR_REQUESTS else ():
            role = roles[name] if name in roles else _role_by_words(name)
            if role == "enrichment":
                enriching = enriching or name
            elif role == "guard" and enriching and (enriching, name) not in told:
                told.add((enriching, name))
                findings.notice(
                    f"In `{path}` the filter `{enriching}` stands before the guard `{name}`: it works on, and passes "
                    f"on to others, requests that the guard would have refused or masked, and the guard takes what "
                    f"`{enriching}` adds for the client's own words. Guards belong first; `role` says what a filter is."
                )


def _role(one: Filter) -> Role | None:
    if one.role is not None:
        return one.role
    return _role_by_words(f"{one.id} {one.tool or ''}")


def _role_by_words(words: str) -> Role | None:
    return "guard" if _GUARD.search(words) else "enrichment" if _ENRICHMENT.search(words) else None
