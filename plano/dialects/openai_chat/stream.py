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
            cached = found.prompt_tokens_details.cached_tokens if found.prompt_tokens_details else None
            details = found.completion_tokens_details
            return Usage(
                input_tokens=found.prompt_tokens or 0,
                output_tokens=found.completion_tokens or 0,
                cached_input_tokens=cached or 0,
                reasoning_tokens=(details.reasoning_tokens if details else None) or 0,
            )
    return None


def read_finish(document: bytes) -> str:
    """`stop`, `length`, `tool_calls`, `content_filter` ..."""
    return last_string(document, b'"finish_reason"')
