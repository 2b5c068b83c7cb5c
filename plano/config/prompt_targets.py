"""`endpoints` and `prompt_targets`: prompts answered by an API call, and the servers that are called."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .values import Duration, Secret, Text

ParameterType = Literal[
    "int", "float", "bool", "str", "list", "tuple", "set", "dict",
    "string", "integer", "number", "boolean", "array", "object",
]  # fmt: skip
Plain = str | int | float | bool


class Endpoint(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A server that prompt targets call."""

    endpoint: Annotated[str, Meta(min_length=1, description="`host` or `host:port`; without a port 80, or 443.")]
    protocol: Annotated[Literal["http", "https"], Meta(description="Plain, or TLS.")] = "http"
    connect_timeout: Annotated[Duration | None, Meta(description="How long opening a connection may take.")] = None
    http_host: Annotated[Text | None, Meta(description="Another value for the Host header.")] = None
    http_headers: Annotated[dict[str, Secret], Meta(description="Further headers for every call.")] = {}
    prefix_affinity: Annotated[
        bool, Meta(description="Requests that begin alike go to the same of several addresses.")
    ] = False


class Parameter(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A value the model takes out of the prompt."""

    name: Annotated[str, Meta(min_length=1, description="As in the API call.")]
    description: Annotated[str, Meta(description="What it is, for the model.")]
    type: Annotated[ParameterType, Meta(description="A Python or JSON Schema type name.")]
    required: Annotated[bool, Meta(description="No call without it.")] = False
    default: Annotated[Plain | None, Meta(description="Used when the prompt does not say.")] = None
    enum: Annotated[tuple[Plain, ...] | None, Meta(description="The only values there are.")] = None
    in_path: Annotated[bool, Meta(description="It replaces `{name}` in the path.")] = False
    format: Annotated[str | None, Meta(description="How it is written, for the model.")] = None


class TargetEndpoint(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The call a prompt target makes."""

    name: Annotated[str, Meta(min_length=1, description="An entry of `endpoints`, or the id of an agent or filter.")]
    path: Annotated[str, Meta(min_length=1, description="May hold `{parameter}`.")] = "/"
    http_method: Annotated[Literal["GET", "POST"], Meta(description="How it is called.")] = "GET"
    http_headers: Annotated[dict[str, Secret], Meta(description="Further headers for this call.")] = {}


class PromptTarget(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A kind of prompt that is answered by an API call."""

    name: Annotated[str, Meta(min_length=1, description="Unique.")]
    description: Annotated[str, Meta(description="What it does, for the model.")]
    default: Annotated[bool, Meta(description="Takes the prompts that match no target.")] = False
    auto_llm_dispatch_on_response: Annotated[bool, Meta(description="Let a model put the API's answer into words.")] = (
        True
    )
    parameters: Annotated[tuple[Parameter, ...], Meta(description="What the call needs.")] = ()
    endpoint: Annotated[TargetEndpoint | None, Meta(description="The call.")] = None
    system_prompt: Annotated[str | None, Meta(description="For the model that words the answer.")] = None
