"""Shapes on the wire (Anthropic API reference: messages, errors)."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType


class ErrorBody(Struct):
    type: str
    message: str
    code: str | UnsetType = UNSET
    attempts: list[dict[str, Any]] | UnsetType = UNSET
    total_attempts: int | UnsetType = UNSET


class ErrorReply(Struct, tag_field="type", tag="error"):
    error: ErrorBody
    request_id: str


class MessagesUsage(Struct):
    """`usage` of a message; in a stream `message_start` has the input, `message_delta` the output."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
