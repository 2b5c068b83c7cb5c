"""`model_providers` and `model_aliases`: accounts at vendors, and names of our own for their models."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from .resilience import CircuitBreaker, RetryPolicy
from .values import Duration, Secret, Text


class InlinePreference(Struct, kw_only=True, frozen=True):
    """A routing preference written under its provider (before v0.4.0); lifted to the top level on load."""

    name: Annotated[str, Meta(min_length=1, description="The route's name.")]
    description: Annotated[str, Meta(description="When to use this model, in plain words.")]


class ModelProvider(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One model, or all models (`prefix/*`), of one account at a vendor."""

    model: Annotated[
        str,
        Meta(
            min_length=1,
            description="`<provider>/<model id>`, or `<provider>/*` for every model of it. What stands "
            "before the first slash chooses the vendor and is not sent to it.",
        ),
    ]
    name: Annotated[str, Meta(description="A unique name for this entry. Left out: the text of `model`.")] = ""
    access_key: Annotated[Secret | None, Meta(description="The API key, best as a variable: `$OPENAI_API_KEY`.")] = None
    default: Annotated[bool, Meta(description="Takes the requests that name no model or match no route.")] = False
    base_url: Annotated[
        str | None,
        Meta(description="Where the API is, `https://host[:port][/path]`. A path replaces the vendor's own."),
    ] = None
    passthrough_auth: Annotated[bool, Meta(description="Send the client's own credential instead of `access_key`.")] = (
        False
    )
    http_host: Annotated[Text | None, Meta(description="Another value for the Host header.")] = None
    provider_interface: Annotated[
        str | None,
        Meta(
            description="Whose API the server speaks, for a prefix that plano does not know: `openai` ..., or the name "
            "of a plugin's dialect."
        ),
    ] = None
    headers: Annotated[dict[str, Secret], Meta(description="Further headers for every call.")] = {}
    api_version: Annotated[Text | None, Meta(description="The `api-version` of Azure OpenAI.")] = None
    region: Annotated[
        Text | None,
        Meta(description="The AWS region of Amazon Bedrock. Left out: that of `base_url`, or `AWS_REGION`."),
    ] = None
    stream_usage: Annotated[
        bool | None,
        Meta(description="Ask for token usage in streams. Left out: what is right for the vendor."),
    ] = None
    repair_parameters: Annotated[
        bool,
        Meta(
            description="Ask again without a tuning parameter, or with its other name, when the provider refuses it by "
            "name; learnt per model. Never after a refusal for what was said."
        ),
    ] = True
    strict: Annotated[
        bool,
        Meta(
            description="Refuse a request that cannot be told whole in the provider's dialect. Left out: what is lost "
            "is named in the response header `x-plano-dropped`."
        ),
    ] = False
    weight: Annotated[
        float,
        Meta(gt=0, description="The share of requests among entries with the same `model`: 3 gets three times 1."),
    ] = 1
    timeout: Annotated[
        Duration | None, Meta(description="How long one attempt may take in all. Left out: the listener's `timeout`.")
    ] = None
    connect_timeout: Annotated[
        Duration | None, Meta(description="How long opening a connection may take. Left out: the listener's.")
    ] = None
    response_head_timeout: Annotated[
        Duration | None, Meta(description="How long until the response begins. Left out: the listener's.")
    ] = None
    first_token_timeout: Annotated[
        Duration | None,
        Meta(description="How long until the first piece of content of a stream. Left out: the listener's."),
    ] = None
    idle_timeout: Annotated[
        Duration | None, Meta(description="The longest gap between two pieces of a response. Left out: the listener's.")
    ] = None
    retry_policy: Annotated[
        RetryPolicy | None,
        Meta(
            description="What to do when this provider fails. Left out: its error is passed on, unless a route or "
            "other entries with the same `model` say whom else to ask."
        ),
    ] = None
    circuit_breaker: Annotated[
        CircuitBreaker | None,
        Meta(description="When this entry is left alone for failing too often. Left out: with the defaults below."),
    ] = None
    routing_preferences: Annotated[
        tuple[InlinePreference, ...],
        Meta(description="Deprecated: use the top-level `routing_preferences`. Always empty once loaded."),
    ] = ()

    def __post_init__(self) -> None:
        if not self.name:
            force_setattr(self, "name", self.model)

    @property
    def prefix(self) -> str:
        """What stands before the first slash."""
        return self.model.partition("/")[0]

    @property
    def model_id(self) -> str:
        """What stands after the first slash, as the vendor knows it; `*` for a wildcard."""
        return self.model.partition("/")[2]

    @property
    def is_wildcard(self) -> bool:
        return self.model.endswith("/*")


class ModelAlias(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A name of our own for a model."""

    target: Annotated[
        str,
        Meta(min_length=1, description="A declared model: its full name, its id, or one a wildcard covers."),
    ]
