"""What a stream of chat completion chunks says while it goes by, and the end of an unstreamed answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from plano.dialects.json_tail import last_string
from plano.dialects.openai_chat.wire_types import ChatUsage
from plano.dialects.usage import Usage, usage_in
from plano.http.wire.sse import SseMarks

MARKS: Final = SseMarks(
    first_token=(
        b'"content":"',
        b'"content": "',
        b'"reasoning_content":"',
        b'"reasoning_content": "',
        b'"tool_calls":',
        b'"text":"',
        b'"text": "',
    ),
    finish=b'"finish_reason"',
    terminal=(b"[DONE]\n", b"[DONE]\r"),  # At the end of a line: no word of an answer can look like this.
)

_decoder: Final = msgspec.json.Decoder(ChatUsage)


def read_usage(documents: Sequence[bytes]) -> Usage | None:
    """The last usage object counts; some vendors send a running one with every chunk."""
    for document in reversed(documents):
        found = usage_in(document, _decoder)
        if found is not None:
            return usage_of(found)
    return None


def usage_of(told: ChatUsage) -> Usage:
    """In the arithmetic of all dialects, which is this one's."""
    prompt, output = told.prompt_tokens_details, told.completion_tokens_details
    return Usage(
        input_tokens=told.prompt_tokens or 0,
        output_tokens=told.completion_tokens or 0,
        cached_input_tokens=(prompt.cached_tokens if prompt else None) or 0,
        cache_creation_tokens=(prompt.cache_write_tokens if prompt else None) or 0,
        reasoning_tokens=(output.reasoning_tokens if output else None) or 0,
    )


def read_finish(document: bytes) -> str:
    """`stop`, `length`, `tool_calls`, `content_filter` ..."""
    return last_string(document, b'"finish_reason"')
