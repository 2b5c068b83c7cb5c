"""`listeners`: the ports plano opens, one Struct per kind."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from .values import Duration

Port = Annotated[int, Meta(ge=1, le=65535)]


class ListenerAgent(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """An agent this listener may choose."""

    id: Annotated[str, Meta(min_length=1, description="The id of an entry of the top-level `agents`.")]
    description: Annotated[str, Meta(description="What the agent can do; the orchestrator chooses by this text.")] = ""
    default: Annotated[bool, Meta(description="Takes the requests that match no agent.")] = False
    input_filters: Annotated[
        tuple[str, ...], Meta(description="Filter ids, in order, applied before this agent is called.")
    ] = ()


class SharedListenerKeys(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The keys every listener has, whatever its type."""

    name: Annotated[str, Meta(min_length=1, description="A name for logs, metrics and error messages.")]
    address: Annotated[str, Meta(min_length=1, description="The address to bind; 0.0.0.0 is every IPv4 interface.")] = (
        "0.0.0.0"
    )
    timeout: Annotated[
        Duration | None,
        Meta(
            description="Upper limit for a whole exchange. Left out: 300s on model and prompt listeners, 30s "
            "on agent listeners, for the wait until a response begins and not for a stream that flows."
        ),
    ] = None
    request_timeout: Annotated[
        Duration,
        Meta(
            description="How long a client may take to send a head, or a body; then 408.",
            extra_json_schema={"default": "30s"},
        ),
    ] = field(default_factory=lambda: Duration(30))
    keepalive_timeout: Annotated[
        Duration,
        Meta(
            description="How long a client connection may stay open between two requests.",
            extra_json_schema={"default": "75s"},
        ),
    ] = field(default_factory=lambda: Duration(75))
    response_head_timeout: Annotated[
        Duration | None, Meta(description="How long a provider may take until its response begins.")
    ] = None
    idle_timeout: Annotated[
        Duration,
        Meta(
            description="The longest gap between two pieces of a provider's response.",
            extra_json_schema={"default": "120s"},
        ),
    ] = field(default_factory=lambda: Duration(120))
    max_body_bytes: Annotated[int, Meta(ge=1, description="Largest request body; beyond it 413.")] = 32 * 1024 * 1024
    max_header_bytes: Annotated[int, Meta(ge=1024, description="Largest request head; beyond it 431.")] = 64 * 1024
    cors_origins: Annotated[
        tuple[str, ...],
        Meta(
            description="Origins whose web pages may read answers (CORS), `https://app.example`; `*` is every page of "
            "every site, an empty list is none."
        ),
    ] = ("*",)
    max_retries: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(description="Further attempts at the same provider on connection errors, 429 and 5xx."),
    ] = None
    input_filters: Annotated[
        tuple[str, ...], Meta(description="Filter ids, in order, applied to every request of this listener.")
    ] = ()
    output_filters: Annotated[
        tuple[str, ...], Meta(description="Filter ids, in order, applied to every response of this listener.")
    ] = ()


class ModelListener(SharedListenerKeys, kw_only=True, frozen=True, tag_field="type", tag="model"):
    """A port that speaks the OpenAI and Anthropic APIs and calls the model providers."""

    port: Annotated[Port, Meta(description="The port to bind.")] = 12000


class PromptListener(SharedListenerKeys, kw_only=True, frozen=True, tag_field="type", tag="prompt"):
    """A port where prompts are answered by the API calls of `prompt_targets`."""

    port: Annotated[Port, Meta(description="The port to bind.")] = 10000


class AgentListener(SharedListenerKeys, kw_only=True, frozen=True, tag_field="type", tag="agent"):
    """A port where requests are passed to the best matching of several agents."""

    port: Annotated[Port, Meta(description="The port to bind.")]
    router: Annotated[Literal["plano_orchestrator_v1"] | None, Meta(description="Who chooses among the agents.")] = None
    agents: Annotated[tuple[ListenerAgent, ...], Meta(description="The agents that may be chosen.")] = ()


Listener = ModelListener | PromptListener | AgentListener
