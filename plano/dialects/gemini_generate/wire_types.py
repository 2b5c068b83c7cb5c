"""Shapes on the wire (Gemini API reference: GenerateContentResponse)."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

DIALECT: Final = "gemini"


class UsageMetadata(Struct, rename="camel"):
    """`prompt_token_count` includes what was read from a cache; `candidates_token_count` excludes thoughts."""

    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    cached_content_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    total_token_count: int | None = None
