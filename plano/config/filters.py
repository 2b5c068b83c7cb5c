"""`filters` and `prompt_guards`: servers that may change or refuse an exchange, and the built-in guards."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .values import Text


class Filter(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A server that sees requests or responses, and may change or refuse them."""

    id: Annotated[str, Meta(min_length=1, description="Unique among agents and filters.")]
    url: Annotated[str, Meta(min_length=1, description="`http(s)://host[:port][/path]`.")]
    type: Annotated[Literal["mcp", "http"], Meta(description="A tool of an MCP server, or a plain HTTP server.")] = (
        "mcp"
    )
    transport: Annotated[Literal["streamable-http"] | None, Meta(description="How MCP is spoken.")] = None
    tool: Annotated[Text | None, Meta(description="The MCP tool. Left out: the filter's id.")] = None


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
