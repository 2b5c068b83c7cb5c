"""`Answer` and errors of providers -> what a client of the Messages API reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from plano.dialects.anthropic_messages import write_parts
from plano.dialects.anthropic_messages.citations import write_citations
from plano.dialects.anthropic_messages.wire_types import DIALECT
from plano.dialects.anthropic_messages.write import error_type
from plano.dialects.conversation import Foreign, Part, Reasoning, Refusal, Text, ToolCall
from plano.dialects.event_document import Json
from plano.dialects.reply import Answer, Choice, ProviderError, ReplyTo

_TIERS: Final = {"default": "standard", "standard": "standard", "priority": "priority"}
#: What clients look for to know that a conversation has grown too long; Claude Code then compacts it.
_TOO_LONG: Final = "prompt is too long"
_TOO_LONG_CODES: Final = ("context_length_exceeded", "string_above_max_length", "model_context_window_exceeded")
_TOO_LONG_WORDS: Final = (
    "maximum context length",
    "context window",
    "context length",
    "input is too long",
    "input token count",
    "exceeds the maximum number of tokens",
)
_encode: Final = msgspec.json.Encoder().encode


def write_answer(answer: Answer, to: ReplyTo) -> bytes:
    """The first choice; the API has no others."""
    choice = answer.choices[0] if answer.choices else Choice([])
    content = _blocks(choice.content, to)
    has_calls = any(block["type"] == "tool_use" for block in content)
    has_refused = any(isinstance(part, Refusal) for part in choice.content)
    stop = write_parts.stop_word(choice.stop, has_calls, has_refused)
    usage = write_parts.usage_members(answer.usage, to.input_tokens, 0)
    if answer.service_tier in _TIERS:
        usage["service_tier"] = _TIERS[answer.service_tier]
    return _encode(
        {
            "id": write_parts.message_id(answer.id, to),
            "type": "message",
            "role": "assistant",
            "model": to.model,
            "content": content,
            "stop_reason": stop,
            "stop_sequence": choice.stop_sequence or None if stop == "stop_sequence" else None,
            "usage": usage,
        }
    )


def _blocks(parts: list[Part], to: ReplyTo) -> list[Json]:
    blocks: list[Json] = []
    for part in parts:
        write = _WRITERS.get(type(part))
        if write is not None:
            write(part, to, blocks)
    return blocks


def _text(part: Text, to: ReplyTo, blocks: list[Json]) -> None:
    if part.text:
        block: Json = {"type": "text", "text": part.text}
        citations = write_citations(part.annotations)
        if citations:
            block["citations"] = citations
        blocks.append(block)


def _refusal(part: Refusal, to: ReplyTo, blocks: list[Json]) -> None:
    if part.text:
        blocks.append({"type": "text", "text": part.text})


def _reasoning(part: Reasoning, to: ReplyTo, blocks: list[Json]) -> None:
    proof = write_parts.proof_of(part.proof)
    if part.is_redacted:
        if proof:
            blocks.append({"type": "redacted_thinking", "data": proof})
    elif part.text or proof:
        blocks.append({"type": "thinking", "thinking": part.text, "signature": proof})


def _tool_call(part: ToolCall, to: ReplyTo, blocks: list[Json]) -> None:
    number = sum(block["type"] == "tool_use" for block in blocks)
    id = write_parts.clean_id(part.id) or f"toolu_{to.id}_{number}"
    if part.proof:
        blocks.append({"type": "redacted_thinking", "data": write_parts.call_proof(part.proof, id)})
    name = write_parts.client_name(part.name, to)
    blocks.append({"type": "tool_use", "id": id, "name": name, "input": write_parts.input_of(part.arguments)})


def _foreign(part: Foreign, to: ReplyTo, blocks: list[Json]) -> None:
    if part.dialect == DIALECT and isinstance(part.raw, dict) and "type" in part.raw:
        blocks.append(part.raw)


_WRITERS: Final[dict[type, Callable[[Any, ReplyTo, list[Json]], None]]] = {
    Text: _text,
    Refusal: _refusal,
    Reasoning: _reasoning,
    ToolCall: _tool_call,
    Foreign: _foreign,
}


def write_provider_error(error: ProviderError, request_id: str) -> bytes:
    """A provider's error, in the words this API's clients act on; the original under `metadata`."""
    message = error.message
    if _is_too_long(error) and not message.startswith(_TOO_LONG):
        message = f"{_TOO_LONG}: {message}"
    original = {"code": error.code, "type": error.type, "param": error.param, "request_id": error.request_id}
    metadata: Json = {"status": error.status, **{name: value for name, value in original.items() if value}}
    if error.raw is not None:
        metadata["raw"] = error.raw
    body = {"type": error_type(error.status), "message": message, "metadata": metadata}
    return _encode({"type": "error", "error": body, "request_id": request_id})


def _is_too_long(error: ProviderError) -> bool:
    """There is no word for it all agree upon."""
    if error.status not in (400, 413, 422):
        return False
    message = error.message.lower()
    return error.code in _TOO_LONG_CODES or any(words in message for words in _TOO_LONG_WORDS)
