"""The whole config file as one frozen Struct: what the user wrote, upgraded to the newest shape."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from .agents import Agent
from .filters import Filter, PromptGuards
from .limits import RateLimit
from .listeners import Listener
from .models import ModelAlias, ModelProvider
from .prompt_targets import Endpoint, PromptTarget
from .routing import MetricsSource, PromptCaching, Routing, RoutingPreference
from .state import StateStorage
from .telemetry import Tracing
from .values import Count, Duration, Fraction, Text

Version = Literal["v0.1", "v0.1.0", "0.1-beta", "0.2.0", "v0.2.0", "v0.3.0", "v0.4.0"]


class Overrides(Struct, kw_only=True, frozen=True):
    """Settings that seldom need a change. An unknown key here is no error, but a notice says so."""

    upstream_connect_timeout: Annotated[
        Duration,
        Meta(
            description="How long opening a connection to a provider may take.",
            extra_json_schema={"default": "5s"},
        ),
    ] = field(default_factory=lambda: Duration(5))
    upstream_tls_ca_path: Annotated[
        Text | None,
        Meta(description="Certificate authorities to trust. Left out: the system's."),
    ] = None
    llm_routing_model: Annotated[Text | None, Meta(description="The model that chooses routes.")] = None
    agent_orchestration_model: Annotated[Text | None, Meta(description="The model that chooses agents.")] = None
    orchestrator_model_context_length: Annotated[
        int, Meta(ge=256, description="How many tokens the choosing model can read.")
    ] = 8192
    disable_signals: Annotated[bool, Meta(description="Do not look for signals in conversations.")] = False
    prompt_target_intent_matching_threshold: Annotated[
        Fraction | None, Meta(description="How sure a match with a prompt target must be.")
    ] = None
    optimize_context_window: Annotated[bool, Meta(description="Leave earlier API answers out of the conversation.")] = (
        False
    )
    use_agent_orchestrator: Annotated[bool, Meta(description="Without effect; accepted for old files.")] = False


class Config(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A plano config file."""

    version: Annotated[
        Version,
        Meta(
            description="The version of this file's format; the newest is v0.4.0.",
            extra={"hint": "write `version: v0.4.0`"},
        ),
    ]
    listeners: Annotated[
        tuple[Listener, ...],
        Meta(
            description="The ports to open.",
            extra={"hint": "for example `listeners: [{type: model, name: llm, port: 12000}]`"},
        ),
    ]
    workers: Annotated[
        Count | Literal["auto"],
        Meta(description="Processes that serve the listeners together; `auto` is one per processor."),
    ] = 1
    shutdown_delay: Annotated[
        Duration,
        Meta(
            description="How long a stopping plano still takes requests while `/readyz` already fails; skipped when "
            "nobody is connected.",
            extra_json_schema={"default": "1s"},
        ),
    ] = field(default_factory=lambda: Duration(1))
    shutdown_grace: Annotated[
        Duration,
        Meta(
            description="How long requests may go on after that; then their clients are told.",
            extra_json_schema={"default": "30s"},
        ),
    ] = field(default_factory=lambda: Duration(30))
    model_providers: Annotated[
        tuple[ModelProvider, ...],
        Meta(description="The models that can be called, and the accounts for them."),
    ] = ()
    model_aliases: Annotated[
        dict[str, ModelAlias], Meta(description="Names of your own, and the models they stand for.")
    ] = {}
    routing_preferences: Annotated[
        tuple[RoutingPreference, ...], Meta(description="Routes: which models take which kind of prompt.")
    ] = ()
    routing: Annotated[Routing, Meta(description="How models are chosen.")] = field(default_factory=Routing)
    model_metrics_sources: Annotated[
        tuple[MetricsSource, ...], Meta(description="Where prices and response times come from.")
    ] = ()
    prompt_caching: Annotated[PromptCaching, Meta(description="Making use of prompt caches.")] = field(
        default_factory=PromptCaching
    )
    agents: Annotated[tuple[Agent, ...], Meta(description="The agents there are.")] = ()
    filters: Annotated[tuple[Filter, ...], Meta(description="The filters there are.")] = ()
    prompt_guards: Annotated[PromptGuards | None, Meta(description="Built-in guards.")] = None
    endpoints: Annotated[dict[str, Endpoint], Meta(description="The servers prompt targets call, by name.")] = {}
    prompt_targets: Annotated[
        tuple[PromptTarget, ...], Meta(description="Kinds of prompts that are answered by an API call.")
    ] = ()
    system_prompt: Annotated[str | None, Meta(description="For models that word the answers of prompt targets.")] = None
    ratelimits: Annotated[tuple[RateLimit, ...], Meta(description="How many tokens may be spent.")] = ()
    state_storage: Annotated[
        StateStorage | None, Meta(description="Where conversations of the Responses API are kept.")
    ] = None
    tracing: Annotated[Tracing | None, Meta(description="OpenTelemetry traces.")] = None
    overrides: Annotated[Overrides, Meta(description="Settings that seldom need a change.")] = field(
        default_factory=Overrides
    )
    plugins: Annotated[dict[str, Any], Meta(description="Settings of plugins, by the plugin's name.")] = {}
    mode: Annotated[Literal["llm", "prompt"] | None, Meta(description="Without effect; accepted for old files.")] = None
    error_target: Annotated[dict[str, Any] | None, Meta(description="Without effect; accepted for old files.")] = None

    def __repr__(self) -> str:
        # Plugin settings may hold keys that plano cannot recognise: a dump of everything is never right.
        names = [row.name for row in self.model_providers]
        return f"Config(version={self.version!r}, model_providers={names!r})"
