"""Errors as Anthropic words them: `{"type": "error", "error": {type, message}, "request_id"}`."""

from __future__ import annotations

from typing import Final

import msgspec

from plano.dialects.anthropic_messages.wire_types import ErrorBody, ErrorReply
from plano.dialects.dialect import ErrorFacts
from plano.errors import StreamInterrupted

_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}

#: The API has no word for it, and who resumes streams must be able to tell.
STREAM_INTERRUPTED: Final = StreamInterrupted.code
_encode = msgspec.json.Encoder().encode


def error_type(status: int) -> str:
    """Anthropic's `type` for an HTTP status."""
    return _TYPES.get(status) or ("invalid_request_error" if status < 500 else "api_error")


def write_error(facts: ErrorFacts) -> bytes:
    """The body of an error reply."""
    body = ErrorBody(error_type(facts.status), facts.message)
    if facts.code == STREAM_INTERRUPTED:
        body.code = facts.code
    if facts.attempts is not None:
        body.type = body.code = facts.code
        body.attempts = [attempt._asdict() for attempt in facts.attempts]
        body.total_attempts = len(facts.attempts)
    return _encode(ErrorReply(body, facts.request_id))


def write_stream_error(facts: ErrorFacts) -> bytes:
    """An `error` event, which ends a Messages stream."""
    return b"event: error\ndata: " + write_error(facts) + b"\n\n"
