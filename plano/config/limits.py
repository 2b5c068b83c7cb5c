"""`ratelimits`: how many tokens a client may spend."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct


class RateLimitSelector(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whose requests are counted together."""

    key: Annotated[str, Meta(min_length=1, description="The name of a request header.")]
    value: Annotated[str | None, Meta(description="Its value; `*` or left out: each value has its own count.")] = None


class TokenLimit(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How much."""

    tokens: Annotated[int, Meta(ge=1, description="So many tokens")]
    unit: Annotated[Literal["second", "minute", "hour", "day"], Meta(description="in such a time.")]


class RateLimit(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A limit of tokens for a model."""

    model: Annotated[str, Meta(min_length=1, description="A declared model, by full name or id; `*` for all.")]
    limit: Annotated[TokenLimit, Meta(description="How much.")]
    selector: Annotated[
        RateLimitSelector | None, Meta(description="Whose requests. Left out: everybody's together.")
    ] = None
