"""Shapes on the wire (OpenAI API reference: responses, streaming events)."""

from __future__ import annotations

from msgspec import Struct


class InputDetails(Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class OutputDetails(Struct):
    reasoning_tokens: int | None = None


class ResponsesUsage(Struct):
    """`usage` of a response object."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: InputDetails | None = None
    output_tokens_details: OutputDetails | None = None


class ErrorEvent(Struct, tag_field="type", tag="error"):
    """The `error` event of a stream."""

    code: str
    message: str
    param: str | None
    sequence_number: int = 0
