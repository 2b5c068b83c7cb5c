"""Errors as OpenAI words them: `{"error": {message, type, param, code}}`."""

from __future__ import annotations

from typing import Final

import msgspec

from plano.dialects.dialect import ErrorFacts
from plano.dialects.openai_chat.wire_types import ErrorBody, ErrorReply

_TYPES: Final = {403: "permission_error", 429: "rate_limit_error"}

_encode = msgspec.json.Encoder().encode


def error_type(status: int) -> str:
    """OpenAI's `type` for an HTTP status."""
    return _TYPES.get(status) or ("invalid_request_error" if status < 500 else "server_error")


def write_error(facts: ErrorFacts) -> bytes:
    """The body of an error reply."""
    body = ErrorBody(facts.message, error_type(facts.status), facts.param, facts.code)
    if facts.attempts is not None:
        body.type = facts.code
        body.attempts = [attempt._asdict() for attempt in facts.attempts]
        body.total_attempts = len(facts.attempts)
    return _encode(ErrorReply(body))


def write_stream_error(facts: ErrorFacts) -> bytes:
    """An `error` chunk: the official SDKs raise on it. No `[DONE]` follows."""
    return b"data: " + write_error(facts) + b"\n\n"
