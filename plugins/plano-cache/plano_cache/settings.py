"""What stands under `plugins: {cache: ...}`."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from plano.plugin_api import Duration, Secret

Operation = Literal[
    "chat", "completions", "embeddings", "moderations", "images", "speech", "rerank", "responses", "messages"
]
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class HeaderScope(Struct, frozen=True, forbid_unknown_fields=True):
    """Requests share answers when they say the same in this header; those without it are not cached."""

    header: str

    def __post_init__(self) -> None:
        if not _HEADER_NAME.fullmatch(self.header):
            raise ValueError("`header` is the name of a request header")


class Settings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Settings of the response cache."""

    store: Annotated[
        Secret,
        Meta(
            description="`memory:` (64 MiB in each worker), `memory:256m`, `redis://host:6379/0`, or a plugin's store.",
            extra_json_schema={"default": "memory:"},
        ),
    ] = field(default_factory=lambda: Secret("memory:"))
    ttl: Annotated[
        Duration, Meta(description="How long an answer is kept.", extra_json_schema={"default": "1h"})
    ] = field(default_factory=lambda: Duration(3600))
    max_bytes: Annotated[int, Meta(ge=1, le=8 << 20, description="A longer answer is not kept.")] = 1 << 20
    scope: Annotated[
        Literal["api_key", "global"] | HeaderScope,
        Meta(
            description="Who shares answers: clients with the same key of the listener (without listener keys: with "
            "the same credential), `global` for all, or `{header: x-tenant}`."
        ),
    ] = "api_key"
    operations: Annotated[tuple[Operation, ...], Meta(description="Which requests are cached.")] = (
        "chat",
        "responses",
        "messages",
        "completions",
        "embeddings",
    )
    ignore: Annotated[
        tuple[str, ...], Meta(description="Members of requests that may differ between a request and its answer.")
    ] = ("user", "metadata", "safety_identifier", "prompt_cache_key")
    only_deterministic: Annotated[
        bool, Meta(description="Cache only requests with `temperature: 0`, and those that have no temperature.")
    ] = False
