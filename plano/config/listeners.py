"""`listeners`: the ports plano opens, one Struct per kind."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from .resilience import OnStreamFailure
from .values import Count, Duration, DurationOrZero, Secret, Text

Port = Annotated[int, Meta(ge=1, le=65535)]


class ListenerAgent(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """An agent this listener may choose."""

    id: Annotated[str, Meta(min_length=1, description="The id of an entry of the top-level `agents`.")]
    description: Annotated[str, Meta(description="What the agent can do; the orchestrator chooses by this text.")] = ""
    default: Annotated[bool, Meta(description="Takes the requests that match no agent.")] = False
    input_filters: Annotated[
        tuple[str, ...], Meta(description="Filters and plugins, in order, applied before this agent is called.")
    ] = ()


class ApiKey(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A key clients may call this listener with; exactly one of `key`, `sha256` and `file` says which."""

    name: Annotated[Text, Meta(description="Who uses it; the name is what logs and metrics show.")]
    key: Annotated[
        Secret | None, Meta(description="The key itself, best as a variable of the environment: `$TEAM_KEY`.")
    ] = None
    # Secret: whoever mistakes it for `key` must not find the key in a message.
    sha256: Annotated[
        Secret | None,
        Meta(
            description="The SHA-256 of the key in hexadecimal, as `planoai api-key` prints it.",
            extra_json_schema={"pattern": "^[0-9a-fA-F]{64}$"},
        ),
    ] = None
    file: Annotated[
        Text | None, Meta(description="A file that holds the key, or `sha256:` and its hash; read at every reload.")
    ] = None


class ListenerTls(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """TLS towards clients. The files are PEM and read again at every reload."""

    certificate: Annotated[Text, Meta(description="The certificate, followed by those of its issuers.")]
    private_key: Annotated[Text, Meta(description="The certificate's private key.")]
    private_key_password: Annotated[Secret | None, Meta(description="What the private key is encrypted with.")] = None
    client_ca: Annotated[
        Text | None, Meta(description="Authorities of client certificates; with it, clients must show one.")
    ] = None
    min_version: Annotated[Literal["1.2", "1.3"], Meta(description="The oldest TLS version accepted.")] = "1.2"


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
    connect_timeout: Annotated[
        Duration | None,
        Meta(
            description="How long opening a connection to a provider may take. Left out: "
            "`overrides.upstream_connect_timeout`, 5s."
        ),
    ] = None
    response_head_timeout: Annotated[
        Duration | None, Meta(description="How long a provider may take until its response begins.")
    ] = None
    first_token_timeout: Annotated[
        Duration | None,
        Meta(
            description="How long until the first piece of content of a stream. Left out: 60s where another model "
            "could be asked, else no limit of its own."
        ),
    ] = None
    idle_timeout: Annotated[
        Duration,
        Meta(
            description="The longest gap between two pieces of a provider's response.",
            extra_json_schema={"default": "120s"},
        ),
    ] = field(default_factory=lambda: Duration(120))
    ping_interval: Annotated[
        DurationOrZero,
        Meta(
            description="While a stream's client has to wait, it is sent a sign of life this often, so that nobody "
            "between takes it for dead; 0 is never.",
            extra_json_schema={"default": "15s"},
        ),
    ] = field(default_factory=lambda: DurationOrZero(15))
    max_body_bytes: Annotated[int, Meta(ge=1, description="Largest request body; beyond it 413.")] = 32 * 1024 * 1024
    max_header_bytes: Annotated[int, Meta(ge=1024, description="Largest request head; beyond it 431.")] = 64 * 1024
    cors_origins: Annotated[
        tuple[str, ...],
        Meta(
            description="Origins whose web pages may read answers (CORS), `https://app.example`; `*` is every page of "
            "every site, an empty list is none."
        ),
    ] = ("*",)
    tls: Annotated[ListenerTls | None, Meta(description="Serve HTTPS. Left out: plain HTTP.")] = None
    api_keys: Annotated[
        tuple[ApiKey, ...],
        Meta(description="Keys of which a client must send one; health checks need none. Left out: open to everybody."),
    ] = ()
    max_connections: Annotated[
        Count | None,
        Meta(description="Open client connections; further ones get 503. Left out: what the open-file limit allows."),
    ] = None
    max_concurrent_requests: Annotated[
        Count | None, Meta(description="Requests being served at a time; further ones get 503. Left out: no limit.")
    ] = None
    max_concurrent_requests_per_client: Annotated[
        Count | None,
        Meta(
            description="The same for one client, an API key or else an address; further ones get 429. "
            "Left out: no limit."
        ),
    ] = None
    max_retries: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(
            description="Further attempts on connection errors, timeouts, 429 and 5xx, at the same model or other "
            "entries with the same `model`. An entry with a `retry_policy` follows that instead."
        ),
    ] = None
    on_stream_failure: Annotated[
        OnStreamFailure,
        Meta(
            description="What happens to a stream that breaks off where another model could be asked: `replay` asks "
            "again and goes on if the new answer begins alike, `continue` has another model go on from the text "
            "delivered, `error` ends it with an error event."
        ),
    ] = "replay"
    input_filters: Annotated[
        tuple[str, ...], Meta(description="Filters and plugins, in order, for every request of this listener.")
    ] = ()
    output_filters: Annotated[
        tuple[str, ...], Meta(description="Filters and plugins, in order, for every answer of this listener.")
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
