"""Errors of the Responses API: the same object as Chat Completions, another event in streams."""

from __future__ import annotations

import msgspec

from plano.dialects.dialect import ErrorFacts
from plano.dialects.openai_chat.write import write_error
from plano.dialects.openai_responses.wire_types import ErrorEvent

__all__ = ["write_error", "write_stream_error"]

_encode = msgspec.json.Encoder().encode


def write_stream_error(facts: ErrorFacts) -> bytes:
    """An `error` event (API reference: streaming events)."""
    return b"event: error\ndata: " + _encode(ErrorEvent(facts.code, facts.message, facts.param)) + b"\n\n"
