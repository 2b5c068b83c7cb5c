"""Shapes on the wire (OpenAI API reference: chat, the error object, usage)."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType


class ErrorBody(Struct):
    message: str
    type: str
    param: str | None
    code: str | None
    attempts: list[dict[str, Any]] | UnsetType = UNSET
    total_attempts: int | UnsetType = UNSET


class ErrorReply(Struct):
    error: ErrorBody


class InputDetails(Struct):
    cached_tokens: int | None = None
    #: OpenRouter's.
    cache_write_tokens: int | None = None


class OutputDetails(Struct):
    reasoning_tokens: int | None = None


class ChatUsage(Struct):
    """`usage` of chat completions, completions and embeddings."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: InputDetails | None = None
    completion_tokens_details: OutputDetails | None = None
