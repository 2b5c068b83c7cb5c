"""Converse answers and errors read into the hub (Amazon Bedrock runtime API reference: Converse)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.bedrock_converse.wire_types import DIALECT, TokenUsage
from plano.dialects.conversation import Foreign, Image, Part, Reasoning, Text, ToolCall
from plano.dialects.json_text import encoded
from plano.dialects.proofs import sealed
from plano.dialects.provider_json import read_document
from plano.dialects.reply import Annotation, Answer, Choice, ProviderError, StopReason
from plano.dialects.usage import Usage
from plano.errors import ProviderProtocolError

STOP_REASONS: Final[dict[str, StopReason]] = {
    "end_turn": "end",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "stop_sequence": "stop_sequence",
    "guardrail_intervened": "filtered",
    "content_filtered": "filtered",
    "refusal": "refusal",
    "pause_turn": "paused",
    # Of `malformed_model_output` and `malformed_tool_use` the API says nothing more: what came is all there is.
}
_decode: Final = msgspec.json.Decoder().decode


def read_answer(document: bytes) -> Answer:
    """Raises `ProviderProtocolError` for what is no answer of Converse."""
    told = read_document(document)
    output = told.get("output") if isinstance(told, dict) else None
    if not isinstance(output, dict):
        raise ProviderProtocolError("the provider's answer is not one of Converse: it has no `output`")
    message = output.get("message")
    blocks = message.get("content") if isinstance(message, dict) else None
    content: list[Part] = []
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, dict):
            content += read_block(block)
    stop, sequence = read_stop(told, has_calls=any(isinstance(part, ToolCall) for part in content))
    tier = told.get("serviceTier")
    return Answer(
        "",
        _model(told),
        [Choice(content, stop, sequence)],
        read_usage(told.get("usage")),
        service_tier=str(tier.get("type") or "") if isinstance(tier, dict) else "",
    )


def read_block(block: dict[str, Any]) -> list[Part]:
    """A content block; it has one member, which says what it is. None of it when it is empty."""
    for kind, told in block.items():
        if kind == "text" and isinstance(told, str):
            return [Text(told)] if told else []
        if isinstance(told, dict):
            if kind == "toolUse" and told.get("type") is None:
                return [read_tool_use(told)]
            if kind == "reasoningContent":
                return _reasoning(told)
            if kind == "citationsContent":
                return _cited(told)
            if kind == "image" and isinstance(told.get("source"), dict) and told["source"].get("bytes"):
                return [Image(f"image/{told.get('format') or 'png'}", str(told["source"]["bytes"]))]
        return [Foreign(DIALECT, kind, block)]
    return []


def read_tool_use(told: dict[str, Any]) -> ToolCall:
    name = str(told.get("name") or "")
    given = told.get("input")
    arguments = given if isinstance(given, str) else encoded(given if given is not None else {})
    return ToolCall(str(told.get("toolUseId") or f"call_{name}"), name, arguments or "{}")


def _reasoning(told: dict[str, Any]) -> list[Part]:
    redacted = told.get("redactedContent")
    if isinstance(redacted, str) and redacted:
        return [Reasoning(proof=sealed(DIALECT, redacted), is_redacted=True)]
    thought = told.get("reasoningText")
    if not isinstance(thought, dict):
        return []
    text, signature = str(thought.get("text") or ""), str(thought.get("signature") or "")
    return [Reasoning(text, sealed(DIALECT, signature))] if text or signature else []


def _cited(told: dict[str, Any]) -> list[Part]:
    pieces = [piece for piece in told.get("content") or () if isinstance(piece, dict)]
    text = "".join(str(piece.get("text") or "") for piece in pieces)
    found = tuple(read_citation(one) for one in told.get("citations") or () if isinstance(one, dict))
    return [Text(text, annotations=found)] if text else []


def read_citation(told: dict[str, Any]) -> Annotation:
    """Also of a stream, where each comes in a delta of its own."""
    places = told.get("location")
    place: dict[str, Any] = {}
    kind = ""
    if isinstance(places, dict):
        kind, place = next(((name, one) for name, one in places.items() if isinstance(one, dict)), ("", {}))
    title = str(told.get("title") or "")
    if kind == "web":
        return Annotation("url", str(place.get("url") or ""), title or str(place.get("domain") or ""), raw=told)
    sources = told.get("sourceContent")
    quoted = [one for one in sources if isinstance(one, dict)] if isinstance(sources, list) else []
    index = place.get("documentIndex", place.get("searchResultIndex"))
    return Annotation(
        "quote",
        url=str(told.get("source") or "") if kind == "searchResultLocation" else "",
        title=title,
        quote="".join(str(one.get("text") or "") for one in quoted),
        index=index if isinstance(index, int) else None,
        dialect=DIALECT,
        raw=told,
    )


def read_stop(told: dict[str, Any], *, has_calls: bool) -> tuple[StopReason, str]:
    """Why an answer ended, and at which stop sequence, of a whole answer or of `messageStop`."""
    stop = STOP_REASONS.get(str(told.get("stopReason") or ""), "end")
    if stop == "end" and has_calls:
        stop = "tool_calls"
    fields = told.get("additionalModelResponseFields")
    sequence = fields.get("stop_sequence") if isinstance(fields, dict) else None
    return stop, sequence if isinstance(sequence, str) else ""


def _model(told: dict[str, Any]) -> str:
    """Only a prompt router says whom it asked."""
    trace = told.get("trace")
    router = trace.get("promptRouter") if isinstance(trace, dict) else None
    return str(router.get("invokedModelId") or "") if isinstance(router, dict) else ""


def read_usage(told: Any) -> Usage | None:
    """`usage` of an answer or of the event `metadata`; None when there is none to be read."""
    if not isinstance(told, dict):
        return None
    try:
        usage = msgspec.convert(told, TokenUsage)
    except msgspec.ValidationError:
        return None
    read, written = usage.cache_read_input_tokens or 0, usage.cache_write_input_tokens or 0
    return Usage(
        input_tokens=(usage.input_tokens or 0) + read + written,
        output_tokens=usage.output_tokens or 0,
        cached_input_tokens=read,
        cache_creation_tokens=written,
    )


def read_error(status: int, body: bytes) -> ProviderError:
    """An error reply, however much of one it is. What kind it is stands in a header, and in some bodies."""
    try:
        told = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = body[:2000].decode("utf-8", "replace").strip()
        return ProviderError(status, text or f"the provider answered with status {status}", raw=text)
    if not isinstance(told, dict):
        return ProviderError(status, str(told), raw=told)
    return ProviderError(status, message_in(told) or _without_words(status), type=_type(told), raw=told)


def message_in(told: dict[str, Any]) -> str:
    """AWS's services do not agree how the member is written; a model's own error may stand beside it."""
    found = told.get("message") or told.get("Message") or told.get("errorMessage")
    inner = told.get("error")
    if not found and isinstance(inner, dict):
        found = inner.get("message")
    original = told.get("originalMessage")
    if isinstance(found, str) and isinstance(original, str) and original and original not in found:
        return f"{found} ({original})"
    return found if isinstance(found, str) else str(original or "")


def _type(told: dict[str, Any]) -> str:
    """`ThrottlingException` of `com.amazon.coral.service#ThrottlingException:http://...`."""
    kind = told.get("__type") or told.get("code") or ""
    return kind.rpartition("#")[2].partition(":")[0] if isinstance(kind, str) else ""


def _without_words(status: int) -> str:
    return f"the provider answered with status {status}"
