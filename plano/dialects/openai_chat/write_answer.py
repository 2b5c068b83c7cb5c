"""Answers as chat completions (OpenAI API reference: the chat completion object).

Thoughts are where clients of compatible servers look for them: `reasoning_content`; with a proof, also in
`reasoning_details`, from where clients that keep messages whole bring it back.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.conversation import Foreign, Part, Reasoning, Refusal, Text, Tool, ToolCall
from plano.dialects.custom_input import input_of
from plano.dialects.openai_chat.write import error_type
from plano.dialects.proofs import opened
from plano.dialects.reply import Annotation, Answer, Choice, ProviderError, ReplyTo, StopReason
from plano.dialects.usage import Usage

DIALECT: Final = "openai_chat"
FINISH_REASONS: Final[dict[StopReason, str]] = {
    "end": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "stop_sequence": "stop",
    "refusal": "stop",
    "filtered": "content_filter",
    "paused": "stop",
}
_encode: Final = msgspec.json.Encoder().encode


def write_answer(answer: Answer, to: ReplyTo) -> bytes:
    told: dict[str, Any] = {
        "id": chat_id(answer.id, to),
        "object": "chat.completion",
        "created": answer.created or to.created,
        "model": to.model,
        "choices": [write_choice(choice, index, to) for index, choice in enumerate(answer.choices)],
    }
    if answer.usage is not None:
        told["usage"] = usage_object(answer.usage)
    if answer.service_tier:
        told["service_tier"] = answer.service_tier
    return _encode(told)


def chat_id(given: str, to: ReplyTo) -> str:
    """A provider's own id of whatever shape is worth more than a made one: it is what its support asks for."""
    return given or f"chatcmpl-{to.id}"


def write_choice(choice: Choice, index: int, to: ReplyTo) -> dict[str, Any]:
    message = write_message(choice.content, to)
    logprobs = None if choice.logprobs is None else {"content": choice.logprobs, "refusal": None}
    return {
        "index": index,
        "message": message,
        "logprobs": logprobs,
        "finish_reason": FINISH_REASONS[choice.stop],
    }


def write_message(parts: list[Part], to: ReplyTo) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    texts: list[str] = []
    calls: list[dict[str, Any]] = []
    thoughts: list[str] = []
    details: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for part in parts:
        if isinstance(part, Text):
            annotations.extend(annotations_of(part.annotations, sum(map(len, texts))))
            texts.append(part.text)
        elif isinstance(part, ToolCall):
            calls.append(call_object(part, to))
        elif isinstance(part, Reasoning):
            if part.text:
                thoughts.append(part.text)
            if part.proof:
                details.append(reasoning_detail(part, len(details)))
        elif isinstance(part, Refusal):
            message["refusal"] = (message["refusal"] or "") + part.text
        elif isinstance(part, Foreign) and part.dialect == DIALECT:
            message[part.kind] = part.raw
    if texts:
        message["content"] = "".join(texts)
    if thoughts:
        message["reasoning_content"] = "\n\n".join(thoughts)
    if details:
        message["reasoning_details"] = details
    if calls:
        message["tool_calls"] = calls
    if annotations:
        message["annotations"] = annotations
    return message


def call_object(call: ToolCall, to: ReplyTo) -> dict[str, Any]:
    """A call as the client declared its tool."""
    tool: Tool | None = to.tools.get(call.name)
    name = call.name if tool is None else tool.name
    if call.is_custom or (tool is not None and tool.is_custom):
        text = call.arguments if call.is_custom else input_of(call.arguments)
        return {"id": call.id, "type": "custom", "custom": {"name": name, "input": text}}
    told: dict[str, Any] = {"id": call.id, "type": "function", "function": {"name": name, "arguments": call.arguments}}
    if call.proof:
        told["extra_content"] = {"google": {"thought_signature": word_of(call.proof)}}
    return told


def word_of(proof: str) -> str:
    """A proof as the client keeps it: of its own dialect's servers bare, anybody else's under its seal."""
    told = opened(proof, DIALECT)
    return told.proof if told.dialect == DIALECT else proof


def reasoning_detail(part: Reasoning, index: int) -> dict[str, Any]:
    """An entry of `reasoning_details` (OpenRouter: reasoning tokens)."""
    if part.is_redacted:
        return {"type": "reasoning.encrypted", "data": part.proof, "id": part.id or None, "index": index}
    kind = {"type": "reasoning.text", "text": part.text, "signature": part.proof}
    return {**kind, "id": part.id or None, "index": index}


def annotations_of(annotations: tuple[Annotation, ...], offset: int) -> list[dict[str, Any]]:
    """Sources with an address; `offset`: how many characters of text stand before theirs."""
    told = []
    for one in annotations:
        if one.kind == "url":
            start, end = one.start or 0, one.end or 0
            cited = {"url": one.url, "title": one.title, "start_index": start + offset, "end_index": end + offset}
            told.append({"type": "url_citation", "url_citation": cited})
    return told


def usage_object(usage: Usage) -> dict[str, Any]:
    given = {"cached_tokens": usage.cached_input_tokens}
    if usage.cache_creation_tokens:
        given["cache_write_tokens"] = usage.cache_creation_tokens  # OpenRouter's word for it; OpenAI has none.
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": given,
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def write_provider_error(error: ProviderError, request_id: str) -> bytes:
    """A provider's error in OpenAI's shape, the original under `metadata`."""
    told = {
        "message": error.message,
        "type": error.type if error.type in _TYPES else error_type(error.status),
        "param": error.param,
        "code": error.code or None,
        "metadata": {"raw": error.raw},
    }
    return _encode({"error": told})


#: Types OpenAI's own API uses; a provider's word beside them would be none to a client.
_TYPES: Final = frozenset(
    (
        "invalid_request_error",
        "authentication_error",
        "permission_error",
        "rate_limit_error",
        "server_error",
        "insufficient_quota",
        "tokens",
        "requests",
    )
)
