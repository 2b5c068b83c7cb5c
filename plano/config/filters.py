"""`filters` and `prompt_guards`: servers that may change or refuse an exchange, and the built-in guards."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from .values import Count, Duration, Secret, Text


class Filter(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A server that sees requests or responses, and may change or refuse them."""

    id: Annotated[str, Meta(min_length=1, description="Unique among agents and filters.")]
    url: Annotated[str, Meta(min_length=1, description="`http(s)://host[:port][/path]`.")]
    type: Annotated[Literal["mcp", "http"], Meta(description="A tool of an MCP server, or a plain HTTP server.")] = (
        "mcp"
    )
    transport: Annotated[Literal["streamable-http"] | None, Meta(description="How MCP is spoken.")] = None
    tool: Annotated[Text | None, Meta(description="The MCP tool. Left out: the filter's id.")] = None
    append_path: Annotated[
        bool,
        Meta(
            description="Of an HTTP filter: the path of the client's request is appended to `url`, which tells the "
            "filter the API; `false` is exactly `url`."
        ),
    ] = True
    headers: Annotated[
        dict[str, Secret],
        Meta(description="Headers for the filter, such as its own key. It gets no credentials of the client's."),
    ] = {}
    timeout: Annotated[
        Duration,
        Meta(
            description="How long one call may take, the wait for a free place included.",
            extra_json_schema={"default": "5s"},
        ),
    ] = field(default_factory=lambda: Duration(5))
    connect_timeout: Annotated[
        Duration,
        Meta(description="How long opening a connection may take.", extra_json_schema={"default": "1s"}),
    ] = field(default_factory=lambda: Duration(1))
    fail_open: Annotated[
        bool,
        Meta(
            description="What happens when the filter fails (5xx, too slow, unreachable): `false` refuses with 500, "
            "`true` goes on as if it had changed nothing. A refusal of its own always counts."
        ),
    ] = False
    max_concurrency: Annotated[
        Count, Meta(description="Calls at a time, per worker; ten times as many may wait, further ones fail.")
    ] = 100
    streaming: Annotated[
        Literal["window", "whole"],
        Meta(
            description="How a streamed answer is shown to an output filter: `window` is some whole events at a time, "
            "`whole` the complete stream, which its client then has to wait for."
        ),
    ] = "window"
    window_bytes: Annotated[
        int,
        Meta(
            ge=0,
            description="How much of a stream is gathered for one call; 0 is what has come while the filter was busy.",
        ),
    ] = 0
    role: Annotated[
        Literal["guard", "enrichment"] | None,
        Meta(
            description="What it is for: `guard` refuses or masks, `enrichment` adds to the request. Guards belong "
            "first; `planoai check` tells. Left out: guessed from `id` and `tool`."
        ),
    ] = None


class GuardException(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What a guard says."""

    message: Annotated[str, Meta(min_length=1, description="The text for a client whose request was refused.")]


class Guard(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A guard that refuses requests."""

    on_exception: Annotated[GuardException | None, Meta(description="What is said when it refuses.")] = None


class InputGuards(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Guards for requests."""

    jailbreak: Annotated[
        Guard | None, Meta(description="Refuses attempts to break a model's rules; from `plano-jailbreak`.")
    ] = None


class PromptGuards(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Built-in guards, for all listeners."""

    input_guards: Annotated[InputGuards | None, Meta(description="Guards for requests.")] = None
