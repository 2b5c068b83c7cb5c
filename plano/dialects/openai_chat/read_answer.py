"""Chat completions and error replies of providers (OpenAI API reference: the chat completion object, errors).

Read with patience: compatible servers leave members out, name the thoughts differently, send arguments as objects.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.conversation import Foreign, Part, Reasoning, Refusal, Text, ToolCall
from plano.dialects.event_document import list_at
from plano.dialects.json_text import encoded
from plano.dialects.openai_chat.stream import usage_of
from plano.dialects.openai_chat.wire_types import ChatUsage
from plano.dialects.proofs import sealed
from plano.dialects.provider_json import read_document
from plano.dialects.reply import Annotation, Answer, Choice, ProviderError, StopReason
from plano.dialects.usage import Usage
from plano.errors import ProviderProtocolError

DIALECT: Final = "openai_chat"
STOP_REASONS: Final[dict[str, StopReason]] = {
    "stop": "end",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "filtered",
    # Of servers that pass a vendor's own word on.
    "end_turn": "end",
    "eos": "end",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "stop_sequence": "stop_sequence",
    "refusal": "refusal",
}
_decode: Final = msgspec.json.Decoder().decode


def read_answer(document: bytes) -> Answer:
    """Raises `ProviderProtocolError` for what is no chat completion."""
    told = read_document(document)
    choices = told.get("choices") if isinstance(told, dict) else None
    if not isinstance(choices, list):
        raise ProviderProtocolError("the provider's answer is not a chat completion: it has no `choices`")
    id = str(told.get("id") or "")
    return Answer(
        id,
        str(told.get("model") or ""),
        [read_choice(choice, id) for choice in choices if isinstance(choice, dict)] or [Choice([])],
        read_usage(told.get("usage")),
        created=told["created"] if isinstance(told.get("created"), int) else 0,
        service_tier=str(told.get("service_tier") or ""),
    )


def read_choice(choice: dict[str, Any], id: str) -> Choice:
    """`id` of the answer: calls that come without one get one that no other answer's calls have."""
    message = choice.get("message")
    content = read_message(message, id) if isinstance(message, dict) else []
    word = str(choice.get("finish_reason") or "")
    stop = STOP_REASONS.get(word) or "end"
    if stop == "end" and any(isinstance(part, ToolCall) for part in content):
        stop = "tool_calls"  # Some say `stop` after tool calls, and whoever reads it would not run the tools.
    if stop == "end" and any(isinstance(part, Refusal) for part in content):
        stop = "refusal"
    logprobs = choice.get("logprobs")
    found = logprobs.get("content") if isinstance(logprobs, dict) else None
    return Choice(content, stop, str(choice.get("stop_sequence") or ""), found if isinstance(found, list) else None)


def read_message(message: dict[str, Any], id: str) -> list[Part]:
    parts: list[Part] = []
    thoughts = thoughts_in(message)
    if thoughts:
        parts.append(Reasoning(thoughts))
    text = text_in(message.get("content"))
    if text:
        parts.append(Text(text, annotations=tuple(read_annotations(message.get("annotations")))))
    if isinstance(message.get("refusal"), str) and message["refusal"]:
        parts.append(Refusal(message["refusal"]))
    if isinstance(message.get("audio"), dict):
        parts.append(Foreign(DIALECT, "audio", message["audio"]))
    for number, call in enumerate(list_at(message, "tool_calls")):
        if isinstance(call, dict):
            parts.append(read_tool_call(call, f"call_{id[-20:]}_{number}"))
    legacy = message.get("function_call")
    if isinstance(legacy, dict):
        parts.append(read_tool_call({"function": legacy}, f"call_{id[-20:]}_0"))
    return parts


def thoughts_in(message: dict[str, Any]) -> str:
    """Visible thinking; of the two names in use the same text may be under both."""
    for name in ("reasoning_content", "reasoning"):
        thoughts = message.get(name)
        if isinstance(thoughts, str) and thoughts:
            return thoughts
    return ""


def text_in(content: Any) -> str:
    """A string, or the texts of a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(
        part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)
    )


def read_tool_call(call: dict[str, Any], id: str) -> ToolCall:
    """`id` where it has none."""
    is_custom = call.get("type") == "custom"
    told = call.get("custom" if is_custom else "function")
    told = told if isinstance(told, dict) else {}
    name = str(told.get("name") or "")
    arguments = told.get("input" if is_custom else "arguments")
    if not isinstance(arguments, str):
        arguments = "" if arguments is None else encoded(arguments)
    return ToolCall(
        str(call.get("id") or id),
        name,
        arguments if is_custom else arguments or "{}",
        is_custom=is_custom,
        proof=google_proof(call),
    )


def google_proof(call: dict[str, Any]) -> str:
    """The thought signature that Gemini's compatible endpoint sends with a call (ai.google.dev), sealed."""
    extra = call.get("extra_content")
    google = extra.get("google") if isinstance(extra, dict) else None
    proof = google.get("thought_signature") if isinstance(google, dict) else None
    return sealed(DIALECT, proof) if isinstance(proof, str) else ""


def read_annotations(told: Any) -> list[Annotation]:
    found: list[Annotation] = []
    for one in told if isinstance(told, list) else ():
        cited = one.get("url_citation") if isinstance(one, dict) else None
        if isinstance(cited, dict):
            found.append(
                Annotation(
                    "url",
                    str(cited.get("url") or ""),
                    str(cited.get("title") or ""),
                    start=cited.get("start_index"),
                    end=cited.get("end_index"),
                    dialect=DIALECT,
                    raw=one,
                )
            )
    return found


def read_usage(told: Any) -> Usage | None:
    """`usage` of a completion or of a chunk; None when there is none to be read."""
    if not isinstance(told, dict):
        return None
    try:
        return usage_of(msgspec.convert(told, ChatUsage))
    except msgspec.ValidationError:
        return None


def read_error(status: int, body: bytes) -> ProviderError:
    """An error reply, however much of one it is."""
    try:
        told = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = body[:2000].decode("utf-8", "replace").strip()
        return ProviderError(status, text or f"the provider answered with status {status}", raw=text)
    raw = told
    if isinstance(told, list) and told:
        told = told[0]
    error = told.get("error", told) if isinstance(told, dict) else told
    if not isinstance(error, dict):
        return ProviderError(status, str(error), raw=raw)
    message = error.get("message") or error.get("detail") or f"the provider answered with status {status}"
    param = error.get("param")
    return ProviderError(
        status,
        message if isinstance(message, str) else encoded(message),
        code=_word(error.get("code")),
        type=_word(error.get("type")),
        param=param if isinstance(param, str) else None,
        raw=raw,
    )


def _word(told: Any) -> str:
    return str(told) if isinstance(told, str | int) else ""
