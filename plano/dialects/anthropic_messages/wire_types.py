"""Shapes on the wire (Anthropic API reference: messages, errors)."""

from __future__ import annotations

from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

DIALECT: Final = "anthropic_messages"

#: HTTP status for the `type` of an error that came within a stream.
STATUS_OF: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


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
