"""How an attempt went, in words the verdicts are made of."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from plano.errors import (
    PlanoError,
    ProviderProtocolError,
    ProviderStreamFailed,
    ProviderTimeout,
    ProviderUnreachable,
)

Kind = Literal["fine", "status", "timeout", "unreachable", "protocol", "own"]

#: Phrases of messages that mean more than the code beside them, and the word for it.
_TELLING: Final = (
    ("prompt is too long", "context_length_exceeded"),
    ("maximum context length", "context_length_exceeded"),
    ("context window", "context_length_exceeded"),
    ("content management policy", "content_filter"),
    ("content filtering policy", "content_filter"),
    ("credit balance is too low", "insufficient_quota"),
)


class Outcome(Struct, frozen=True):
    """`status` of the response head (0: there was none), `phase` of a timeout, `word` the machine-readable code or type
    in the error's body, `retry_after_s` what the provider asked to wait. `own`: plano or the client is the reason.
    """

    kind: Kind
    status: int = 0
    phase: str = ""
    word: str = ""
    retry_after_s: float | None = None

    @property
    def error_type(self) -> str:
        """For reports: `http_429`, `timeout_connect`, `unreachable`, `protocol_error`, `ok`."""
        if self.kind == "status":
            return f"http_{self.status}"
        if self.kind == "timeout":
            return f"timeout_{self.phase}"
        return {"protocol": "protocol_error", "fine": "ok", "own": "not_asked"}.get(self.kind, self.kind)


FINE: Final = Outcome("fine")


def outcome_of(error: PlanoError) -> Outcome:
    """The outcome of an attempt that ended with an error of plano's."""
    if isinstance(error, ProviderTimeout):
        return Outcome("timeout", phase=error.phase)
    if isinstance(error, ProviderUnreachable):
        return Outcome("unreachable")
    if isinstance(error, ProviderStreamFailed) and error.provider_status:
        return Outcome("status", error.provider_status, word=error.word)
    if isinstance(error, ProviderProtocolError):
        return Outcome("protocol", word=error.code)
    return Outcome("own", word=error.code)


def word_of(body: bytes) -> str:
    """The code, or else the type, of an error's JSON body; "" when there is none. Never raises.

    OpenAI: `{"error": {"message", "type", "code"}}`; Anthropic: `{"type": "error", "error": {"type", "message"}}`.
    """
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, str):
        return _telling(error) or error
    if not isinstance(error, dict):
        return ""
    return word_in(_text(error, "message"), _text(error, "code"), _text(error, "type"))


def word_in(message: str, code: str, type: str) -> str:
    """What is the most telling of an error."""
    return _telling(message) or code or type


def message_of(body: bytes) -> str:
    """The message of an error's JSON body; "" when there is none. Never raises."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    error = document.get("error") if isinstance(document, dict) else None
    return error if isinstance(error, str) else _text(error, "message") if isinstance(error, dict) else ""


def _telling(message: str) -> str:
    lower = message.lower()
    return next((word for phrase, word in _TELLING if phrase in lower), "")


def _text(error: dict[str, Any], name: str) -> str:
    value = error.get(name)
    return value if isinstance(value, str) else ""
