"""`routing_preferences`, `routing`, `model_metrics_sources`, `prompt_caching`: which model a request gets."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct, field

from .values import Count, Duration, Fraction, Secret, Text

#: What a route cannot be called, in any case: the words for no route.
NO_ROUTE: Final = frozenset(("none", "null"))


class SelectionPolicy(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How the models of a route are ordered."""

    prefer: Annotated[
        Literal["cheapest", "fastest", "none"],
        Meta(description="`none`: as listed. `cheapest` needs an entry of `model_metrics_sources`."),
    ] = "none"


class RoutingPreference(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A route: what it is for, and the models that take it."""

    name: Annotated[str, Meta(min_length=1, description="The route's name, unique.")]
    description: Annotated[str, Meta(min_length=1, description="When to take this route, in plain words.")]
    models: Annotated[
        tuple[str, ...],
        Meta(min_length=1, description="Declared models; the later ones stand in for the earlier."),
    ]
    selection_policy: Annotated[SelectionPolicy, Meta(description="How the models are ordered.")] = field(
        default_factory=SelectionPolicy
    )
    examples: Annotated[
        tuple[Text, ...],
        Meta(description="Prompts that belong here, as users write them; from five on they count as much as the rest."),
    ] = ()
    threshold: Annotated[
        Fraction | None,
        Meta(description="How sure the router must be of this route. Left out: `routing.router.threshold`."),
    ] = None
    input_filters: Annotated[
        tuple[str, ...], Meta(description="Filters and plugins, in order, for the requests that take this route.")
    ] = ()
    output_filters: Annotated[
        tuple[str, ...], Meta(description="Filters and plugins, in order, for the answers to them.")
    ] = ()


class Router(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Who judges what a prompt wants."""

    type: Annotated[
        Text | None,
        Meta(
            description="`encoder`: the model that comes with plano; `generator`: a converted one in `folder`; "
            "`remote`: `model`, asked over HTTP; or the name of a plugin's. Left out: `remote` where "
            "`overrides.llm_routing_model` is a declared model, else `encoder`."
        ),
    ] = None
    model: Annotated[
        Text | None,
        Meta(description="The declared model that a `remote` router asks. Left out: `overrides.llm_routing_model`."),
    ] = None
    folder: Annotated[
        Text | None,
        Meta(description="Where a `generator` lies, or other weights for the `encoder`."),
    ] = None
    threshold: Annotated[
        Fraction | None,
        Meta(
            description="How sure the router must be of a route, as a probability; below it nothing matches. Left out: "
            "0.5 for `encoder`; a `generator` says by itself when nothing does."
        ),
    ] = None
    timeout: Annotated[
        Duration | None,
        Meta(
            description="How long a decision may take; past it nothing matches. Left out: 50ms for `encoder`, else 5s."
        ),
    ] = None
    threads: Annotated[Count, Meta(description="Threads of this process that an `encoder` or `generator` may use.")] = 1
    queue: Annotated[Count, Meta(description="Prompts that may wait for a thread; beyond it nothing matches.")] = 256
    template: Annotated[
        Literal["chatml", "llama3", "plain"] | None,
        Meta(description="How a `generator` marks turns. Left out: as its tokenizer suggests."),
    ] = None
    settings: Annotated[dict[str, Any], Meta(description="Settings of a plugin's router.")] = {}


class SessionCache(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where it is remembered which model a session has."""

    type: Annotated[Literal["memory", "redis"], Meta(description="`redis` is shared by several workers.")] = "memory"
    url: Annotated[Secret | None, Meta(description="`redis://[user:password@]host[:port][/db]`.")] = None
    tenant_header: Annotated[
        Text | None,
        Meta(description="A request header that keeps the sessions of tenants apart."),
    ] = None


class RoutingBudget(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How much more a session may cost for changing its model."""

    max_switch_spend_pct: Annotated[
        float, Meta(ge=0, le=100, description="Percent of what the session would have cost without changes.")
    ]
    replenish_on_rebind: Annotated[bool, Meta(description="A session that went cold starts with a fresh budget.")] = (
        True
    )
    cache_read_discount: Annotated[
        float,
        Meta(ge=0, le=1, description="Price of a cached token relative to a fresh one, where none is known."),
    ] = 0.1
    record_counterfactual: Annotated[bool, Meta(description="Record what was not chosen, too.")] = False


class Routing(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How models are chosen."""

    on_no_match: Annotated[
        Literal["default", "requested"],
        Meta(description="A prompt that fits no route goes to the default provider, or to the requested model."),
    ] = "default"
    unknown_model: Annotated[
        Literal["error", "default"],
        Meta(description="A request for an unknown model gets 404, or goes to the default provider."),
    ] = "error"
    router: Annotated[Router, Meta(description="Who judges what a prompt wants.")] = field(default_factory=Router)
    route_on_user_only: Annotated[
        bool, Meta(description="Choose anew only when a user speaks, not in the middle of a tool loop.")
    ] = False
    session_ttl_seconds: Annotated[int, Meta(ge=1, description="How long a session keeps its model.")] = 600
    session_max_entries: Annotated[int, Meta(ge=1, le=10000, description="How many sessions are remembered.")] = 10000
    session_cache: Annotated[SessionCache, Meta(description="Where sessions are remembered.")] = field(
        default_factory=SessionCache
    )
    routing_budget: Annotated[
        RoutingBudget | None, Meta(description="A limit for the cost of changing models within a session.")
    ] = None
    llm_provider: Annotated[str | None, Meta(description="Without effect; accepted for old files.")] = None
    model: Annotated[str | None, Meta(description="The older name of `routing.router.model`.")] = None


class CostSource(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="cost"):
    """Where prices come from. Of several the earlier wins."""

    provider: Annotated[
        Literal["digitalocean", "models.dev", "file"],
        Meta(description="Whose catalogue; `file`: your own, at `path`."),
    ]
    url: Annotated[str | None, Meta(description="Another address of the catalogue.")] = None
    path: Annotated[
        Text | None,
        Meta(description="A YAML or JSON file: `model: {input, output, cache_read}`, in USD per million tokens."),
    ] = None
    refresh_interval: Annotated[Count, Meta(description="Seconds between two readings.")] = 3600
    model_aliases: Annotated[
        dict[str, str], Meta(description="Names of the catalogue, and the model names here they stand for.")
    ] = {}


class LatencySource(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="latency"):
    """Where response times come from. Without an entry plano goes by its own record."""

    provider: Annotated[Literal["prometheus"], Meta(description="Only Prometheus.")]
    url: Annotated[str, Meta(min_length=1, description="The address of the Prometheus server.")]
    query: Annotated[str, Meta(min_length=1, description="A PromQL query whose results carry `model_name`.")]
    refresh_interval: Annotated[Count, Meta(description="Seconds between two readings.")] = 60


MetricsSource = CostSource | LatencySource


class PromptCaching(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Making use of the providers' prompt caches."""

    enabled: Annotated[bool, Meta(description="Switches all of it on.")] = False
    session_affinity: Annotated[bool, Meta(description="Keep a conversation at the model that has it cached.")] = True
    inject_cache_control: Annotated[bool, Meta(description="Mark what can be cached, where the API has marks.")] = True
    min_prefix_tokens: Annotated[int, Meta(ge=1, description="Shorter prompts are not marked.")] = 1024
    session_ttl_seconds: Annotated[Count | None, Meta(description="Left out: `routing.session_ttl_seconds`.")] = None
