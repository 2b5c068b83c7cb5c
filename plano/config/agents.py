"""`agents`: the servers that agent listeners pass requests to."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class Agent(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """An agent: a server that speaks the OpenAI chat API."""

    id: Annotated[str, Meta(min_length=1, description="Unique among agents and filters.")]
    url: Annotated[str, Meta(min_length=1, description="`http(s)://host[:port][/path]`.")]
