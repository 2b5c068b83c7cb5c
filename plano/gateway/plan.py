"""What start-up settled: the tables and limits one listener's exchanges are served by."""

from __future__ import annotations

from msgspec import Struct

from plano.config.document import Config
from plano.config.listeners import Listener
from plano.gateway.calls import Calls
from plano.gateway.cors import Cors
from plano.gateway.endpoints import Endpoints, model_endpoints
from plano.gateway.local_answers import LocalAnswers
from plano.plugins.hook_plan import HookPlan
from plano.providers.provider import Provider, build_providers
from plano.routing.model_names import ModelNames

#: For the head of a response when the listener's `timeout` is not set, in seconds.
DEFAULT_HEAD_TIMEOUT_S = 300.0
_FOR_EVER = float("inf")


class Plan(Struct, frozen=True):
    """How a listener's exchanges are served. Times in seconds.

    `total_timeout_s` bounds a whole exchange, `head_timeout_s` the wait for a response to begin, `idle_timeout_s` the
    silence between two of its pieces.
    """

    listener: str
    endpoints: Endpoints
    providers: tuple[Provider, ...]
    names: ModelNames
    calls: Calls
    local: LocalAnswers
    hooks: HookPlan
    cors: Cors
    total_timeout_s: float
    head_timeout_s: float
    idle_timeout_s: float


def compile_plans(config: Config, hooks: HookPlan, *, started_unix_s: float) -> tuple[Plan, ...]:
    """A plan per listener, in the order of the config. Raises `ConfigProblems` and what `ModelNames` raises."""
    providers = build_providers(config)
    aliases = {name: alias.target for name, alias in config.model_aliases.items()}
    unknown = config.routing.unknown_model if config.routing is not None else "error"
    names = ModelNames(providers, aliases, unknown, created_unix_s=started_unix_s)
    calls = Calls()
    local = LocalAnswers(names, started_unix_s)
    endpoints = model_endpoints()
    return tuple(
        _plan_of(listener, endpoints, providers, names, calls, local, hooks) for listener in config.listeners
    )


def _plan_of(
    listener: Listener,
    endpoints: Endpoints,
    providers: tuple[Provider, ...],
    names: ModelNames,
    calls: Calls,
    local: LocalAnswers,
    hooks: HookPlan,
) -> Plan:
    total = _FOR_EVER if listener.timeout is None else float(listener.timeout)
    head = listener.response_head_timeout
    return Plan(
        listener=listener.name,
        endpoints=endpoints,
        providers=providers,
        names=names,
        calls=calls,
        local=local,
        hooks=hooks,
        cors=Cors(listener.cors_origins),
        total_timeout_s=total,
        head_timeout_s=float(head) if head is not None else min(total, DEFAULT_HEAD_TIMEOUT_S),
        idle_timeout_s=float(listener.idle_timeout),
    )
