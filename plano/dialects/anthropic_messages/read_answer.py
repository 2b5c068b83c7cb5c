"""A provider's answer -> `Answer`, its error -> `ProviderError` (API reference: create a message, errors)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.anthropic_messages.citations import read_citations
from plano.dialects.anthropic_messages.read_blocks import arguments_of
from plano.dialects.anthropic_messages.wire_types import DIALECT
from plano.dialects.conversation import Foreign, Part, Reasoning, Text, ToolCall
from plano.dialects.event_document import Json, object_at, text_at
from plano.dialects.proofs import sealed
from plano.dialects.reply import Answer, Choice, ProviderError, StopReason
from plano.dialects.usage import Usage
from plano.errors import ProviderProtocolError

_STOPS: Final[dict[str, StopReason]] = {
    "end_turn": "end",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "stop_sequence": "stop_sequence",
    "refusal": "refusal",
    "pause_turn": "paused",
}
_TIERS: Final = {"standard": "default", "priority": "priority"}
_decode: Final = msgspec.json.Decoder().decode


def read_answer(document: bytes) -> Answer:
    """Raises `ProviderProtocolError` for what is no message."""
    message = _document(document)
    if message is None or not isinstance(message.get("content"), list | None):
        raise ProviderProtocolError("the provider's answer is no message", detail=repr(document[:200]))
    if message.get("type") == "error" or ("content" not in message and "error" in message):
        error = object_at(message, "error")
        raise ProviderProtocolError(text_at(error, "message") or "the provider answered with an error")
    parts = _parts(message.get("content") or [])
    usage = object_at(message, "usage")
    counts = UsageCount()
    counts.add(usage)
    stop = stop_reason(message.get("stop_reason"), any(isinstance(part, ToolCall) for part in parts))
    return Answer(
        text_at(message, "id"),
        text_at(message, "model"),
        [Choice(parts, stop, text_at(message, "stop_sequence"))],
        counts.total(),
        service_tier=_TIERS.get(text_at(usage, "service_tier"), ""),
    )


def _document(body: bytes) -> Json | None:
    try:
        document = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _parts(content: list[Any]) -> list[Part]:
    parts: list[Part] = []
    for number, block in enumerate(content):
        part = _part(block, number) if isinstance(block, dict) else None
        if part is not None:
            parts.append(part)
    return parts


def _part(block: Json, number: int) -> Part | None:
    kind = text_at(block, "type")
    if kind == "text":
        text = text_at(block, "text")
        return Text(text, annotations=read_citations(block.get("citations"))) if text else None
    if kind == "thinking":
        text, signature = text_at(block, "thinking"), text_at(block, "signature")
        return Reasoning(text, sealed(DIALECT, signature)) if text or signature else None
    if kind == "redacted_thinking":
        return Reasoning(proof=sealed(DIALECT, text_at(block, "data")), is_redacted=True)
    if kind == "tool_use":
        # Not every imitator of this API gives calls an id, and a result must be able to name its call.
        id = text_at(block, "id") or f"toolu_{number}"
        return ToolCall(id, text_at(block, "name"), arguments_of(block.get("input", {})))
    return Foreign(DIALECT, kind, block)


def stop_reason(word: Any, has_calls: bool) -> StopReason:
    """Of a message; a word that is unknown, or none, is taken for the usual end."""
    return _STOPS.get(word if isinstance(word, str) else "", "tool_calls" if has_calls else "end")


class UsageCount:
    """Counts in this API's arithmetic, told once or in pieces: later ones replace earlier ones member by member."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, usage: Json) -> None:
        for name, value in usage.items():
            if type(value) is int:
                self._counts[name] = value
        thought = object_at(usage, "output_tokens_details").get("thinking_tokens")
        if type(thought) is int:
            self._counts["thinking_tokens"] = thought

    def total(self) -> Usage | None:
        """None where nothing was told."""
        count = self._counts.get
        if count("input_tokens") is None and count("output_tokens") is None:
            return None
        created, cached = count("cache_creation_input_tokens", 0), count("cache_read_input_tokens", 0)
        return Usage(
            input_tokens=count("input_tokens", 0) + created + cached,
            output_tokens=count("output_tokens", 0),
            cached_input_tokens=cached,
            cache_creation_tokens=created,
            reasoning_tokens=count("thinking_tokens", 0),
        )


def read_error(status: int, body: bytes) -> ProviderError:
    """Whatever it looks like: not every vendor of this dialect words errors as Anthropic does."""
    document = _document(body)
    if document is None:
        text = body.decode("utf-8", "replace").strip()
        return ProviderError(status, text[:500] or f"the provider answered with status {status}", raw=text[:2000])
    error = document.get("error")
    told = error if isinstance(error, dict) else document
    message = text_at(told, "message") or (error if isinstance(error, str) else "") or text_at(document, "message")
    code = told.get("code")
    return ProviderError(
        status,
        message or f"the provider answered with status {status}",
        code=str(code) if isinstance(code, str | int) else text_at(told, "type"),
        type=text_at(told, "type"),
        param=text_at(told, "param") or None,
        request_id=text_at(document, "request_id"),
        raw=document,
    )
