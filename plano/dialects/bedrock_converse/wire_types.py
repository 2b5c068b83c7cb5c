"""Shapes on the wire (Amazon Bedrock runtime API reference: Converse, ConverseStream)."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

DIALECT: Final = "bedrock_converse"


class TokenUsage(Struct, rename="camel"):
    """`input_tokens` counts neither what was read from a cache nor what was written to one."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None


class ToolUseDelta(Struct):
    """`input` is a piece of JSON text."""

    input: Any = None


class ReasoningDelta(Struct, rename="camel"):
    """One of them; `redacted_content` is base64."""

    text: str | None = None
    signature: str | None = None
    redacted_content: str | None = None


class Delta(Struct, rename="camel"):
    """One of them."""

    text: str | None = None
    tool_use: ToolUseDelta | None = None
    reasoning_content: ReasoningDelta | None = None
    citation: dict[str, Any] | None = None
    image: dict[str, Any] | None = None


class BlockDelta(Struct, rename="camel"):
    """`contentBlockDelta`, the event a stream is made of."""

    delta: Delta
    content_block_index: int = 0
