"""What a Responses stream says while it goes by, and the end of an unstreamed response."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from plano.dialects.json_tail import last_object, last_string
from plano.dialects.openai_responses.wire_types import ResponsesUsage
from plano.dialects.usage import Usage, usage_in
from plano.http.wire.sse import SseMarks

MARKS: Final = SseMarks(
    first_token=(
        b"event: response.output_text.delta",
        b"event: response.function_call_arguments.delta",
        b"event: response.reasoning",
        b"event: response.refusal.delta",
        b'"type":"response.output_text.delta',
        b'"type": "response.output_text.delta',
    ),
    finish=b'"reason"',  # Of `incomplete_details`.
    # Quotes are escaped within an answer: none of its words can look like these.
    terminal=tuple(
        b'"type":%b"%b"' % (space, kind)
        for kind in (b"response.completed", b"response.incomplete", b"response.failed", b"error")
        for space in (b"", b" ")
    ),
)

_decoder: Final = msgspec.json.Decoder(ResponsesUsage)


def read_usage(documents: Sequence[bytes]) -> Usage | None:
    """The usage of the last response object seen."""
    for document in reversed(documents):
        found = usage_in(document, _decoder)
        if found is not None:
            return usage_of(found)
    return None


def usage_of(told: ResponsesUsage) -> Usage:
    """In the arithmetic of all dialects, which is this one's."""
    given, output = told.input_tokens_details, told.output_tokens_details
    return Usage(
        input_tokens=told.input_tokens or 0,
        output_tokens=told.output_tokens or 0,
        cached_input_tokens=(given.cached_tokens if given else None) or 0,
        cache_creation_tokens=(given.cache_write_tokens if given else None) or 0,
        reasoning_tokens=(output.reasoning_tokens if output else None) or 0,
    )


def read_finish(document: bytes) -> str:
    """The reason of an incomplete response; empty for a completed one."""
    return last_string(last_object(document, b'"incomplete_details"'), b'"reason"')
