"""`/models/{model}:generateContent` and `:streamGenerateContent` as Google documents them (Gemini API reference).

The script reads what chat requests say; `as_chat` tells it the same of Gemini's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from plano.testing.scripted_provider.ask import Json
from plano.testing.scripted_provider.reply import Reply
from plano.testing.scripted_provider.voice import Voice, data_event

_FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "tools": "STOP"}
_SIGNATURE = "c2NyaXB0ZWQtcHJvdmlkZXItc2lnbmF0dXJl"
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_MODES = {"AUTO": "auto", "ANY": "required", "NONE": "none", "VALIDATED": "auto"}
_MEMBERS = frozenset(
    (
        "contents",
        "systemInstruction",
        "tools",
        "toolConfig",
        "generationConfig",
        "safetySettings",
        "cachedContent",
        "labels",
        "serviceTier",
    )
)
_ROLES = {"model": "assistant"}


def error(status: int, message: str) -> Json:
    """A `google.rpc.Status`."""
    word = _STATUSES.get(status, "UNAVAILABLE" if status >= 500 else "FAILED_PRECONDITION")
    return {"error": {"code": status, "message": message, "status": word}}


def fault_in(told: Json, model: str) -> str:
    """What the real API refuses in a request; "" for nothing."""
    unknown = sorted(set(told) - _MEMBERS)
    if unknown:
        return f'Invalid JSON payload received. Unknown name "{unknown[0]}": Cannot find field.'
    contents = told.get("contents")
    if not isinstance(contents, list) or not contents:
        return "* GenerateContentRequest.contents: contents is not specified"
    called: list[Json] = []
    for number, content in enumerate(contents):
        parts = content.get("parts") if isinstance(content, dict) else None
        if not isinstance(parts, list) or not parts:
            return f"* GenerateContentRequest.contents[{number}].parts: contents.parts must not be empty."
        if content.get("role") not in ("user", "model"):
            return "Please use a valid role: user, model."
        results = [part["functionResponse"] for part in parts if "functionResponse" in part]
        if len(results) != len(called):
            return (
                "Please ensure that the number of function response parts is equal to the number of function call "
                "parts of the function call turn."
            )
        called = [part["functionCall"] for part in parts if "functionCall" in part]
        if called and (number == 0 or contents[number - 1]["role"] != "user"):
            return "Please ensure that function call turn comes immediately after a user turn."
        first = next((part for part in parts if "functionCall" in part), None)
        if first is not None and "gemini-3" in model and "thoughtSignature" not in first:
            return f"Function call `{called[0].get('name')}` is missing a thought_signature in functionCall parts."
        if any(not isinstance(result.get("response"), dict) or not result.get("name") for result in results):
            return f"* GenerateContentRequest.contents[{number}].parts: function_response.response must be a struct."
    if called:
        return "Please ensure that function response turn comes immediately after a function call turn."
    return ""


def as_chat(told: Json, model: str, *, streams: bool) -> Json:
    """A request as a chat request, as far as the script reads any."""
    config = told.get("generationConfig") or {}
    messages = [_message(content) for content in told.get("contents") or ()]
    system = told.get("systemInstruction")
    if system:
        messages.insert(0, {"role": "system", "content": _texts(system.get("parts"))})
    chat: Json = {"model": model, "stream": streams, "messages": messages, "tools": _tools(told)}
    choice = (told.get("toolConfig") or {}).get("functionCallingConfig") or {}
    names = choice.get("allowedFunctionNames") or []
    mode = _MODES.get(choice.get("mode", ""), "auto")
    chat["tool_choice"] = {"type": "function", "function": {"name": names[0]}} if len(names) == 1 else mode
    if isinstance(config.get("maxOutputTokens"), int):
        chat["max_tokens"] = config["maxOutputTokens"]
    if config.get("responseMimeType") == "application/json":
        schema = config.get("responseJsonSchema")
        wrapped = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        chat["response_format"] = wrapped if schema else {"type": "json_object"}
    if (config.get("thinkingConfig") or {}).get("includeThoughts"):
        chat["thinking"] = {"type": "enabled"}
    return chat


def _message(content: Json) -> Json:
    parts = content.get("parts") or []
    answers = [part["functionResponse"] for part in parts if "functionResponse" in part]
    if answers:
        results = [{"type": "tool_result", "content": answer.get("response")} for answer in answers]
        return {"role": "user", "content": [*results, *_texts(parts)]}
    role = str(content.get("role", "user"))
    return {"role": _ROLES.get(role, role), "content": _texts(parts)}


def _texts(parts: Any) -> list[Json]:
    shown = [part for part in parts or () if part.get("text") and not part.get("thought")]
    return [{"type": "text", "text": part["text"]} for part in shown]


def _tools(told: Json) -> list[Json]:
    declared = [one for tool in told.get("tools") or () for one in tool.get("functionDeclarations") or ()]
    return [
        {"type": "function", "function": {"name": one.get("name"), "parameters": one.get("parametersJsonSchema") or {}}}
        for one in declared
    ]


def _frame(reply: Reply, parts: list[Json], finish: str | None, output: int) -> Json:
    candidate: Json = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    thoughts = min(len(reply.thoughts), output)
    usage: Json = {"promptTokenCount": reply.prompt_tokens, "totalTokenCount": reply.prompt_tokens + output}
    if output > thoughts:
        usage["candidatesTokenCount"] = output - thoughts
    if thoughts:
        usage["thoughtsTokenCount"] = thoughts
    return {
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": reply.ask.model,
        "responseId": f"scripted{reply.ask.number:06d}",
    }


def _calls(reply: Reply) -> list[Json]:
    """Only the first has a signature, as of calls side by side."""
    parts: list[Json] = [
        {"functionCall": {"name": call.name, "args": msgspec.json.decode(call.arguments)}} for call in reply.calls
    ]
    if parts:
        parts[0]["thoughtSignature"] = _SIGNATURE
    return parts


def body(reply: Reply) -> Json:
    """A `GenerateContentResponse`."""
    parts: list[Json] = []
    if reply.thoughts:
        parts.append({"text": "".join(reply.thoughts), "thought": True})
    if reply.pieces:
        parts.append({"text": reply.text})
    return _frame(reply, parts + _calls(reply), _FINISH[reply.finish], reply.completion_tokens)


def events(reply: Reply) -> Iterator[bytes]:
    """A whole `GenerateContentResponse` in each; the last one has the reason why it ended."""
    written = 0
    for thought in reply.thoughts:
        written += 1
        yield data_event(_frame(reply, [{"text": thought, "thought": True}], None, written))
    for piece in reply.pieces:
        written += 1
        yield data_event(_frame(reply, [{"text": piece}], None, written))
    for call in _calls(reply):
        yield data_event(_frame(reply, [call], None, written + 1))
    yield data_event(_frame(reply, [{"text": ""}], _FINISH[reply.finish], reply.completion_tokens))


GENERATE_VOICE = Voice(body, events, error)
