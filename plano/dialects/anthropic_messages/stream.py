"""What a Messages stream says while it goes by, and the end of an unstreamed message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from plano.dialects.anthropic_messages.wire_types import MessagesUsage
from plano.dialects.json_tail import last_string
from plano.dialects.usage import Usage, usage_in
from plano.http.wire.sse import SseMarks

MARKS: Final = SseMarks(
    first_token=(b"content_block_delta",),
    finish=b'"stop_reason"',
    # Quotes and line breaks are escaped within an answer: none of its words can look like these.
    terminal=(
        b"event: message_stop\n",
        b"event: message_stop\r",
        b'"type":"message_stop"',
        b'"type": "message_stop"',
        b"event: error\n",
        b"event: error\r",
    ),
)

_decoder: Final = msgspec.json.Decoder(MessagesUsage)


def read_usage(documents: Sequence[bytes]) -> Usage | None:
    """Later counts replace earlier ones member by member: `message_delta` may repeat only some."""
    fresh = created = cached = output = None
    for document in documents:
        found = usage_in(document, _decoder)
        if found is not None:
            fresh = found.input_tokens if found.input_tokens is not None else fresh
            output = found.output_tokens if found.output_tokens is not None else output
            if found.cache_creation_input_tokens is not None:
                created = found.cache_creation_input_tokens
            if found.cache_read_input_tokens is not None:
                cached = found.cache_read_input_tokens
    if fresh is None and output is None:
        return None
    return Usage(
        input_tokens=(fresh or 0) + (created or 0) + (cached or 0),
        output_tokens=output or 0,
        cached_input_tokens=cached or 0,
        cache_creation_tokens=created or 0,
    )


def read_finish(document: bytes) -> str:
    """`end_turn`, `max_tokens`, `tool_use`, `stop_sequence`, `refusal` ..."""
    return last_string(document, b'"stop_reason"')
