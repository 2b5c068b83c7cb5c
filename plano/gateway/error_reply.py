"""The only place from an error to a reply: status, headers and body in the client's dialect."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import msgspec

from plano.dialects.dialect import Dialect, ErrorFacts
from plano.dialects.registry import ANTHROPIC_MESSAGES, DIALECTS, OPENAI_CHAT
from plano.errors import FilterRejected, MethodNotAllowed, PlanoError, RetriesExhausted, Unauthorized
from plano.exchange import Exchange
from plano.http.wire.head import RequestHead

#: What a client is told of an error nobody foresaw; the log has the rest under the request id.
UNFORESEEN: Final = "plano failed to serve this request; its log tells more under the request id"


def status_line(status: int) -> bytes:
    """`HTTP/1.1 404 Not Found` with its line end."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode("ascii")


def dialect_of_client(head: RequestHead) -> Dialect:
    """The dialect of a client whose path says nothing about it."""
    return OPENAI_CHAT if head.get(b"anthropic-version") is None else ANTHROPIC_MESSAGES


def dialect_of(exchange: Exchange) -> Dialect:
    """The dialect the client speaks."""
    return DIALECTS[exchange.operation.dialect]


def facts_of(error: Exception, request_id: str) -> ErrorFacts:
    """What a client may know about an error."""
    if isinstance(error, PlanoError):
        attempts = error.attempts if isinstance(error, RetriesExhausted) else None
        return ErrorFacts(error.status, error.code, error.message, request_id, error.param, attempts)
    return ErrorFacts(500, "internal_error", UNFORESEEN, request_id)


def head_and_body(error: Exception, dialect: Dialect, request_id: str) -> tuple[int, bytes, bytes]:
    """Status, head lines (status line first, no framing) and body of the reply to an error."""
    facts = facts_of(error, request_id)
    lines = [status_line(facts.status), b"content-type: application/json\r\n"]
    if request_id:
        lines.append(b"x-request-id: %b\r\n" % request_id.encode("latin-1"))
    if isinstance(error, MethodNotAllowed):
        lines.append(b"allow: %b\r\n" % ", ".join(error.allowed).encode("ascii"))
    if isinstance(error, Unauthorized):
        lines.append(b"www-authenticate: Bearer\r\n")
    if isinstance(error, PlanoError) and error.retry_after_s is not None:
        lines.append(b"retry-after: %d\r\n" % max(1, round(error.retry_after_s)))
    if isinstance(error, FilterRejected):
        return facts.status, b"".join(lines), _rejection(error, dialect, facts)
    return facts.status, b"".join(lines), dialect.write_error(facts)


def _rejection(error: FilterRejected, dialect: Dialect, facts: ErrorFacts) -> bytes:
    """A filter's refusal: its body as it is where that is an error of the client's dialect, else under `metadata`."""
    raw: Any
    try:
        raw = msgspec.json.decode(error.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raw = error.body.decode("utf-8", "replace")
    told = msgspec.json.decode(dialect.write_error(facts))
    if _is_alike(raw, told):
        return error.body
    told["error"]["metadata"] = {"filter": error.filter_id, "raw": raw}
    return msgspec.json.encode(told)


def _is_alike(raw: Any, told: dict[str, Any]) -> bool:
    """Whether a body can stand where the dialect's own error would."""
    if not isinstance(raw, dict) or raw.get("type") != told.get("type"):
        return False
    error = raw.get("error")
    return isinstance(error, dict) and all(isinstance(error.get(key), str) for key in ("message", "type"))
