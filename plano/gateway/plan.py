"""What start-up settled: the tables and limits one listener's exchanges are served by."""

from __future__ import annotations

from msgspec import Struct

from plano.clock import Clock, SystemClock
from plano.config.document import Config
from plano.config.listeners import Listener
from plano.dialects.provider_dialect import ProviderDialect
from plano.dialects.provider_vendor import ProviderVendor
from plano.dialects.sides import BUILT_IN, Sides
from plano.gateway.calls import Calls
from plano.gateway.cors import Cors
from plano.gateway.endpoints import Endpoints, model_endpoints
from plano.gateway.failover_lists import FailoverLists
from plano.gateway.local_answers import LocalAnswers
from plano.gateway.timers import total_s
from plano.plugins.hook_plan import HookPlan
from plano.providers.provider import Provider, build_providers
from plano.resilience.target_states import TargetStates
from plano.routing.affinity import Affinity
from plano.routing.model_names import ModelNames
from plano.routing.preferences import Ranked, as_listed
from plano.routing.prompt_routing import PromptRouting
from plano.routing.router import NobodyAsked, Router


class Plan(Struct, frozen=True):
    """How a listener's exchanges are served. Times in seconds.

    `total_timeout_s` bounds a whole exchange; what bounds an attempt stands in its `Call`. `ping_interval_s`: None is
    never.
    """

    listener: str
    endpoints: Endpoints
    providers: tuple[Provider, ...]
    names: ModelNames
    calls: Calls
    local: LocalAnswers
    hooks: HookPlan
    cors: Cors
    lists: FailoverLists
    states: TargetStates
    routing: PromptRouting
    total_timeout_s: float
    ping_interval_s: float | None


def compile_plans(
    config: Config,
    hooks: HookPlan,
    *,
    started_unix_s: float,
    states: TargetStates | None = None,
    dialects: tuple[ProviderDialect, ...] = (),
    vendors: tuple[ProviderVendor, ...] = (),
    router: Router | None = None,
    affinity: Affinity | None = None,
    ranked: Ranked = as_listed,
    clock: Clock | None = None,
) -> tuple[Plan, ...]:
    """A plan per listener, in the order of the config; `states` and `affinity` of an earlier config live on.

    `dialects` and `vendors` are those that plugins have registered, `router` judges prompts, `ranked` orders the models
    of a route.

    Raises `ConfigProblems` and what `ModelNames` raises.
    """
    clock = SystemClock() if clock is None else clock
    providers = build_providers(config, dialects=dialects, vendors=vendors)
    aliases = {name: alias.target for name, alias in config.model_aliases.items()}
    unknown = config.routing.unknown_model if config.routing is not None else "error"
    names = ModelNames(providers, aliases, unknown, created_unix_s=started_unix_s)
    states = TargetStates() if states is None else states
    routing = PromptRouting(
        config.routing_preferences,
        config.routing,
        names,
        Router("none", NobodyAsked(), 0.0, clock) if router is None else router,
        affinity=Affinity(clock.monotonic_s) if affinity is None else affinity,
        ranked=ranked,
        clock=clock,
    )
    local = LocalAnswers(names, started_unix_s)
    endpoints = model_endpoints()
    sides = BUILT_IN.extended(dialects)
    return tuple(
        _plan_of(listener, endpoints, providers, names, states, local, hooks, sides, routing)
        for listener in config.listeners
    )


def _plan_of(
    listener: Listener,
    endpoints: Endpoints,
    providers: tuple[Provider, ...],
    names: ModelNames,
    states: TargetStates,
    local: LocalAnswers,
    hooks: HookPlan,
    sides: Sides,
    routing: PromptRouting,
) -> Plan:
    lists = FailoverLists(names, providers, states, listener)
    return Plan(
        listener=listener.name,
        endpoints=endpoints,
        providers=providers,
        names=names,
        calls=Calls(listener, lists, sides),
        local=local,
        hooks=hooks,
        cors=Cors(listener.cors_origins),
        lists=lists,
        states=states,
        routing=routing,
        total_timeout_s=total_s(listener),
        ping_interval_s=float(listener.ping_interval) or None,
    )
