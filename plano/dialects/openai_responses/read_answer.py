"""Response objects and error replies of providers (OpenAI API reference: the response object, errors)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.conversation import Foreign, Part, Reasoning, Refusal, Text, ToolCall
from plano.dialects.json_text import encoded
from plano.dialects.openai_chat.read_answer import read_error
from plano.dialects.openai_responses.annotations import read_annotations
from plano.dialects.openai_responses.stream import usage_of
from plano.dialects.openai_responses.wire_types import ResponsesUsage
from plano.dialects.proofs import sealed
from plano.dialects.provider_json import read_document
from plano.dialects.reply import Answer, Choice, StopReason
from plano.dialects.usage import Usage
from plano.errors import ProviderProtocolError, ProviderStreamFailed

__all__ = ["read_answer", "read_error"]

Json = dict[str, Any]
DIALECT: Final = "openai_responses"
#: Statuses for the words of errors that come within a response.
STATUSES: Final = {
    "server_error": 500,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "server_is_overloaded": 503,
    "slow_down": 503,
    "invalid_prompt": 400,
    "context_length_exceeded": 400,
    "invalid_request_error": 400,
}
_decode: Final = msgspec.json.Decoder().decode


def read_answer(document: bytes) -> Answer:
    """Raises `ProviderProtocolError` for what is no response, and for one that failed."""
    told = read_document(document)
    output = told.get("output") if isinstance(told, dict) else None
    status = told.get("status") if isinstance(told, dict) else None
    if status in ("failed", "cancelled"):
        failed, code, message = failure_of(told)
        raise ProviderStreamFailed(message, provider_status=failed, word=code)
    if not isinstance(output, list):
        raise ProviderProtocolError("the provider's answer is not a response: it has no `output`")
    parts: list[Part] = []
    logprobs: list[Any] = []
    for item in output:
        if isinstance(item, dict):
            parts.extend(read_item(item, logprobs))
    choice = Choice(parts, stop_of(told, parts), logprobs=logprobs or None)
    return Answer(
        str(told.get("id") or ""),
        str(told.get("model") or ""),
        [choice],
        read_usage(told.get("usage")),
        created=int(told["created_at"]) if isinstance(told.get("created_at"), int | float) else 0,
        service_tier=str(told.get("service_tier") or ""),
    )


def stop_of(response: Json, parts: list[Part]) -> StopReason:
    if response.get("status") == "incomplete":
        details = response.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        return "filtered" if reason == "content_filter" else "length"
    if any(isinstance(part, ToolCall) for part in parts):
        return "tool_calls"
    return "refusal" if any(isinstance(part, Refusal) for part in parts) else "end"


def failure_of(response: Json) -> tuple[int, str, str]:
    """Status, code and message of a response that failed, or of an `error` event."""
    error = response.get("error")
    error = error if isinstance(error, dict) else response
    code = str(error.get("code") or error.get("type") or "")
    code = "" if code == "error" else code
    message = error.get("message")
    text = message if isinstance(message, str) and message else "the provider's response failed"
    return STATUSES.get(code, 500), code, text


def read_item(item: Json, logprobs: list[Any]) -> list[Part]:
    """The parts in an item of the output; log probabilities of its text are added to `logprobs`."""
    kind = item.get("type")
    if kind == "message":
        return _message(item, logprobs)
    if kind in ("function_call", "custom_tool_call"):
        return [read_call(item)]
    if kind == "reasoning":
        thought = read_reasoning(item)
        return [] if thought is None else [thought]
    return [Foreign(DIALECT, str(kind), item)]


def _message(item: Json, logprobs: list[Any]) -> list[Part]:
    parts: list[Part] = []
    content = item.get("content")
    if isinstance(content, str):
        return [Text(content)] if content else []
    for part in content if isinstance(content, list) else ():
        if not isinstance(part, dict):
            continue
        if part.get("type") == "refusal":
            parts.append(Refusal(str(part.get("refusal") or "")))
        elif isinstance(part.get("text"), str) and part["text"]:
            parts.append(Text(part["text"], annotations=tuple(read_annotations(part.get("annotations")))))
            if isinstance(part.get("logprobs"), list):
                logprobs.extend(part["logprobs"])
    return parts


def read_call(item: Json) -> ToolCall:
    is_custom = item.get("type") == "custom_tool_call"
    arguments = item.get("input" if is_custom else "arguments")
    if not isinstance(arguments, str):
        arguments = "" if arguments is None else encoded(arguments)
    return ToolCall(
        str(item.get("call_id") or item.get("id") or ""),
        str(item.get("name") or ""),
        arguments if is_custom else arguments or "{}",
        is_custom,
        str(item.get("namespace") or ""),
    )


def read_reasoning(item: Json) -> Reasoning | None:
    """None where neither words nor proof are given."""
    summary, content = texts_of(item.get("summary")), texts_of(item.get("content"))
    text = summary or content
    id = str(item.get("id") or "")
    proof = proof_of(item)
    return Reasoning(text, proof, not text, bool(summary), id) if text or proof else None


def proof_of(item: Json) -> str:
    """Of a reasoning item, under its seal."""
    word = item.get("encrypted_content")
    return sealed(DIALECT, word, str(item.get("id") or "")) if isinstance(word, str) else ""


def texts_of(told: Any) -> str:
    if not isinstance(told, list):
        return ""
    return "\n\n".join(
        part["text"] for part in told if isinstance(part, dict) and isinstance(part.get("text"), str)
    )


def read_usage(told: Any) -> Usage | None:
    """`usage` of a response; None when there is none to be read."""
    if not isinstance(told, dict):
        return None
    try:
        return usage_of(msgspec.convert(told, ResponsesUsage))
    except msgspec.ValidationError:
        return None
