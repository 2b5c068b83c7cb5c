"""Chat Completions requests as conversations (OpenAI API reference: create chat completion).

What OpenAI-compatible servers have added and others can use is read as well: `reasoning_content` of messages,
`reasoning_effort` and OpenRouter's `reasoning`, `cache_control` of content parts, `top_k`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from plano.dialects.checked_settings import add_settings, count_in, list_in
from plano.dialects.content_parts import PartReader, read_parts
from plano.dialects.conversation import (
    Audio,
    CacheMark,
    Conversation,
    Document,
    Foreign,
    Image,
    OutputFormat,
    Part,
    Reasoning,
    Refusal,
    Settings,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from plano.dialects.data_urls import split_data_url
from plano.dialects.json_text import encoded
from plano.dialects.proofs import opened
from plano.errors import BadRequest

DIALECT: Final = "openai_chat"
#: Neutral name -> the member that holds it, where the two differ.
MEMBER_NAMES: Final = {
    "thinking": "reasoning_effort",
    "output_format": "response_format",
    "max_tokens": "max_completion_tokens",
    "cache": "cache_control",
}
#: Settings that have the same name and meaning here.
_SAME: Final = (
    "temperature",
    "top_p",
    "top_k",
    "seed",
    "n",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "parallel_tool_calls",
    "verbosity",
    "service_tier",
    "user",
    "safety_identifier",
    "metadata",
    "store",
    "prompt_cache_key",
    "prompt_cache_retention",
    "modalities",
)
_READ: Final = frozenset(
    (
        *_SAME,
        "messages",
        "model",
        "stream",
        "stream_options",
        "max_tokens",
        "max_completion_tokens",
        "stop",
        "tools",
        "functions",
        "tool_choice",
        "function_call",
        "response_format",
        "reasoning_effort",
        "reasoning",
    )
)
_EFFORTS: Final = frozenset(("none", "minimal", "low", "medium", "high", "xhigh", "max"))


def read_request(members: Mapping[str, Any]) -> Conversation:
    """The conversation a request holds. Raises `BadRequest` with the path of what is malformed."""
    messages = members.get("messages")
    if not isinstance(messages, list) or not messages:
        raise BadRequest("`messages` must be a list of at least one message", param="messages")
    conversation = Conversation([], streams=members.get("stream") is True)
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            raise BadRequest("a message must be an object", param=f"messages[{index}]")
        _add_message(conversation, message, f"messages[{index}]")
    conversation.tools = _tools(members)
    conversation.tool_choice = _tool_choice(members)
    conversation.settings = _settings(members)
    conversation.unknown = {name: value for name, value in members.items() if name not in _READ and value is not None}
    return conversation


def _add_message(conversation: Conversation, message: dict[str, Any], path: str) -> None:
    role = message.get("role")
    if role in ("system", "developer"):
        _add_instructions(conversation, message, path)
    elif role == "user":
        parts = _content(message.get("content"), f"{path}.content")
        turns = conversation.turns
        if turns and turns[-1].role == "user" and isinstance(turns[-1].parts[-1], ToolResult):
            turns[-1].parts.extend(parts)  # What the user says along with the results of the tools.
        elif parts:
            turns.append(Turn("user", parts, str(message.get("name") or "")))
    elif role == "assistant":
        parts = _said(message, path)
        if parts:
            conversation.turns.append(Turn("assistant", parts, str(message.get("name") or "")))
    elif role in ("tool", "function"):
        _add_result(conversation, message, path)
    else:
        raise BadRequest(f"a message has the role {role!r}, which is none", param=f"{path}.role")


def _add_instructions(conversation: Conversation, message: dict[str, Any], path: str) -> None:
    parts = _content(message.get("content"), f"{path}.content")
    texts = [part for part in parts if isinstance(part, Text)]
    if len(texts) != len(parts):
        raise BadRequest("a system message holds text only", param=f"{path}.content")
    if conversation.turns:
        if parts:
            conversation.turns.append(Turn("system", parts))
    else:
        conversation.instructions.extend(texts)


def _said(message: dict[str, Any], path: str) -> list[Part]:
    parts: list[Part] = []
    thoughts = message.get("reasoning_content") or message.get("reasoning")
    details = message.get("reasoning_details")
    if isinstance(details, list):
        parts.extend(_reasoning_details(details))
    if isinstance(thoughts, str) and thoughts and not parts:
        parts.append(Reasoning(thoughts))
    parts.extend(_content(message.get("content"), f"{path}.content"))
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal:
        parts.append(Refusal(refusal))
    audio = message.get("audio")
    if isinstance(audio, dict):
        parts.append(Foreign(DIALECT, "audio", audio))
    for number, call in enumerate(list_in(message, "tool_calls", f"{path}.tool_calls")):
        parts.append(_tool_call(call, f"{path}.tool_calls[{number}]"))
    legacy = message.get("function_call")
    if isinstance(legacy, dict):
        name = str(legacy.get("name") or "")
        parts.append(ToolCall(f"call_{name}", name, _arguments(legacy.get("arguments"))))
    return parts


def _reasoning_details(details: list[Any]) -> list[Part]:
    """Thinking with its proof, as OpenRouter and plano's own answers carry it."""
    parts: list[Part] = []
    for detail in details:
        if not isinstance(detail, dict):
            continue
        text = detail.get("text") or detail.get("summary") or ""
        word = detail.get("signature") or detail.get("data") or ""
        parts.append(
            Reasoning(
                str(text),
                proof=str(word),
                is_redacted=detail.get("type") == "reasoning.encrypted",
                is_summary=detail.get("type") == "reasoning.summary",
                id=str(detail.get("id") or opened(str(word), DIALECT).id),
            )
        )
    return parts


def _tool_call(call: Any, path: str) -> ToolCall:
    if not isinstance(call, dict):
        raise BadRequest("a tool call must be an object", param=path)
    is_custom = call.get("type") == "custom"
    told = call.get("custom" if is_custom else "function")
    if not isinstance(told, dict) or not isinstance(told.get("name"), str):
        raise BadRequest("a tool call names no tool", param=path)
    arguments = told.get("input") if is_custom else told.get("arguments")
    extra = call.get("extra_content")
    google = extra.get("google") if isinstance(extra, dict) else None
    proof = google.get("thought_signature") if isinstance(google, dict) else None
    return ToolCall(
        str(call.get("id") or ""),
        told["name"],
        str(arguments or "") if is_custom else _arguments(arguments),
        is_custom=is_custom,
        proof=str(proof or ""),
    )


def _arguments(arguments: Any) -> str:
    if isinstance(arguments, str):
        return arguments or "{}"
    return "{}" if arguments is None else encoded(arguments)


def _add_result(conversation: Conversation, message: dict[str, Any], path: str) -> None:
    call_id = message.get("tool_call_id")
    if not isinstance(call_id, str):
        if message.get("role") == "tool":
            raise BadRequest("a tool message must have a `tool_call_id`", param=f"{path}.tool_call_id")
        call_id = f"call_{message.get('name') or ''}"
    result = ToolResult(call_id, _content(message.get("content"), f"{path}.content"))
    result.is_custom = call_id in _custom_calls(conversation)
    turns = conversation.turns
    if turns and turns[-1].role == "user" and isinstance(turns[-1].parts[-1], ToolResult):
        turns[-1].parts.append(result)
    else:
        turns.append(Turn("user", [result]))


def _custom_calls(conversation: Conversation) -> set[str]:
    """Ids of the custom calls in the latest assistant turn."""
    for turn in reversed(conversation.turns):
        if turn.role == "assistant":
            return {part.id for part in turn.parts if isinstance(part, ToolCall) and part.is_custom}
    return set()


# Content.


def _content(content: Any, path: str) -> list[Part]:
    return read_parts(content, path, DIALECT, _PARTS)


def _text_part(part: dict[str, Any]) -> Part | None:
    text = _string(part["text"])
    return Text(text, _cache(part)) if text else None


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _image_part(part: dict[str, Any]) -> Part:
    told = part["image_url"]
    url, detail = (told, "") if isinstance(told, str) else (told["url"], str(told.get("detail") or ""))
    media_type, data = split_data_url(_string(url))
    if data:
        return Image(media_type, data, detail=detail, cache=_cache(part))
    return Image(url=url, detail=detail, cache=_cache(part))


def _file_part(part: dict[str, Any]) -> Part:
    told = part["file"]
    given = _string(told.get("file_data") or "")
    media_type, data = split_data_url(given)
    if given and not data:
        data = given  # Some send it without the head of a data URL.
    return Document(
        media_type or ("application/pdf" if data else ""),
        data,
        file_id=str(told.get("file_id") or ""),
        name=str(told.get("filename") or ""),
        cache=_cache(part),
    )


def _audio_part(part: dict[str, Any]) -> Part:
    told = part["input_audio"]
    return Audio(_string(told["data"]), _string(told["format"]))


def _refusal_part(part: dict[str, Any]) -> Part:
    return Refusal(_string(part["refusal"]))


def _thinking_part(part: dict[str, Any]) -> Part:
    return Reasoning(_string(part["thinking"]), str(part.get("signature") or ""))


_PARTS: Final[dict[str, PartReader]] = {
    "text": _text_part,
    "image_url": _image_part,
    "file": _file_part,
    "input_audio": _audio_part,
    "refusal": _refusal_part,
    "thinking": _thinking_part,
}


def _cache(part: dict[str, Any]) -> CacheMark | None:
    mark = part.get("cache_control")
    return CacheMark(str(mark.get("ttl") or "")) if isinstance(mark, dict) else None


# Tools.


def _tools(members: Mapping[str, Any]) -> list[Tool]:
    tools: list[Tool] = []
    for index, tool in enumerate(list_in(members, "tools")):
        path = f"tools[{index}]"
        if not isinstance(tool, dict):
            raise BadRequest("a tool must be an object", param=path)
        kind = tool.get("type", "function")
        if kind == "function":
            tools.append(_function(tool.get("function"), path, _cache(tool)))
        elif kind == "custom" and isinstance(tool.get("custom"), dict):
            told = tool["custom"]
            tools.append(
                Tool(_name(told, path), str(told.get("description") or ""), is_custom=True, format=told.get("format"))
            )
        else:
            tools.append(Tool(str(kind), foreign=Foreign(DIALECT, str(kind), tool)))
    for index, function in enumerate(list_in(members, "functions")):
        tools.append(_function(function, f"functions[{index}]", None))
    return tools


def _function(told: Any, path: str, cache: CacheMark | None) -> Tool:
    if not isinstance(told, dict):
        raise BadRequest("a tool of type `function` must have a `function`", param=f"{path}.function")
    parameters = told.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise BadRequest("`parameters` must be a JSON schema", param=f"{path}.function.parameters")
    strict = told.get("strict")
    return Tool(
        _name(told, path),
        str(told.get("description") or ""),
        parameters,
        strict=strict if isinstance(strict, bool) else None,
        cache=cache,
    )


def _name(told: dict[str, Any], path: str) -> str:
    name = told.get("name")
    if not isinstance(name, str) or not name:
        raise BadRequest("a tool must have a name", param=f"{path}.name")
    return name


def _tool_choice(members: Mapping[str, Any]) -> ToolChoice | None:
    choice = members.get("tool_choice", members.get("function_call"))
    if choice is None:
        return None
    if choice in ("auto", "required", "none"):
        return ToolChoice(choice)
    if isinstance(choice, dict):
        if choice.get("type") == "allowed_tools":
            allowed = choice.get("allowed_tools") or {}
            if not isinstance(allowed, dict):
                raise BadRequest("`allowed_tools` must be an object", param="tool_choice.allowed_tools")
            told = list_in(allowed, "tools", "tool_choice.allowed_tools.tools")
            names = tuple(_chosen_name(tool) for tool in told if isinstance(tool, dict))
            return ToolChoice("allowed", names=names, is_required=allowed.get("mode") == "required")
        name = _chosen_name(choice)
        if name:
            return ToolChoice("tool", name)
    raise BadRequest("`tool_choice` is neither a known word nor names a tool", param="tool_choice")


def _chosen_name(choice: dict[str, Any]) -> str:
    for member in ("function", "custom"):
        told = choice.get(member)
        if isinstance(told, dict):
            return str(told.get("name") or "")
    return str(choice.get("name") or "")


# Settings.


def _settings(members: Mapping[str, Any]) -> Settings:
    settings = Settings()
    add_settings(settings, members, _SAME)
    most = count_in(members, "max_completion_tokens")
    settings.max_tokens = count_in(members, "max_tokens") if most is None else most
    stop = members.get("stop")
    if stop is not None:
        settings.stop = [stop] if isinstance(stop, str) else list_in(members, "stop")
        if not all(isinstance(word, str) for word in settings.stop):
            raise BadRequest("`stop` must be a string or a list of strings", param="stop")
    settings.thinking = _thinking(members)
    settings.output_format = _output_format(members.get("response_format"))
    return settings


def _thinking(members: Mapping[str, Any]) -> Thinking | None:
    effort = members.get("reasoning_effort")
    told = members.get("reasoning")
    if isinstance(told, dict):
        effort = told.get("effort", effort)
        budget = count_in(told, "max_tokens", "reasoning.max_tokens")
        is_on = told.get("enabled")
        shows = "none" if told.get("exclude") is True else "full"
        if effort is not None or budget is not None or is_on is not None:
            return Thinking(
                is_on=is_on if isinstance(is_on, bool) else effort != "none",
                effort=effort if isinstance(effort, str) and effort in _EFFORTS else None,  # type: ignore[arg-type]
                budget_tokens=budget,
                shows=shows,  # type: ignore[arg-type]
            )
    if effort is None:
        return None
    if not isinstance(effort, str) or effort not in _EFFORTS:
        raise BadRequest(f"`reasoning_effort` is {effort!r}, which is none", param="reasoning_effort")
    return Thinking(is_on=effort != "none", effort=effort)  # type: ignore[arg-type]


def _output_format(told: Any) -> OutputFormat | None:
    if not isinstance(told, dict) or told.get("type") in (None, "text"):
        return None
    if told["type"] == "json_object":
        return OutputFormat()
    schema = told.get("json_schema")
    if told["type"] != "json_schema" or not isinstance(schema, dict):
        raise BadRequest("`response_format` is of no known type", param="response_format")
    strict = schema.get("strict")
    return OutputFormat(
        schema.get("schema") if isinstance(schema.get("schema"), dict) else {},
        str(schema.get("name") or ""),
        str(schema.get("description") or ""),
        strict if isinstance(strict, bool) else None,
    )
