"""A client's request -> `Conversation` (API reference: create a message)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

from plano.dialects.anthropic_messages.cache_marks import read_mark
from plano.dialects.anthropic_messages.read_blocks import read_content, read_texts
from plano.dialects.anthropic_messages.wire_types import DIALECT
from plano.dialects.conversation import (
    Conversation,
    Document,
    Effort,
    Foreign,
    Image,
    OutputFormat,
    Part,
    Settings,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from plano.dialects.event_document import Json, text_at
from plano.errors import BadRequest

#: Neutral names of losses -> what this API calls the member.
MEMBER_NAMES: Final[Mapping[str, str]] = {
    "stop": "stop_sequences",
    "user": "metadata.user_id",
    "output_format": "output_config.format",
    "parallel_tool_calls": "tool_choice.disable_parallel_tool_use",
    "cache": "cache_control",
}
_SERVICE_TIERS: Final = {"auto": "auto", "standard_only": "default"}
_EFFORTS: Final = frozenset(get_args(Effort))
_TOOL_MEMBERS: Final = frozenset(
    # Of these only `eager_input_streaming` is not carried: it changes how, not what is told.
    ("type", "name", "description", "input_schema", "strict", "cache_control", "eager_input_streaming")
)
_MEMBERS: Final = frozenset(
    (
        "model",
        "messages",
        "system",
        "tools",
        "tool_choice",
        "thinking",
        "output_config",
        "output_format",
        "max_tokens",
        "stop_sequences",
        "temperature",
        "top_p",
        "top_k",
        "metadata",
        "service_tier",
        "stream",
        "cache_control",
    )
)


def read_request(members: Mapping[str, Any]) -> Conversation:
    """Raises `BadRequest` for what the API itself would call malformed and nobody could make sense of."""
    unknown = {name: value for name, value in members.items() if name not in _MEMBERS}
    system = members.get("system")
    conversation = Conversation(
        turns=_turns(members.get("messages")),
        instructions=read_texts(system, "system") if system is not None else [],
        tools=_tools(members.get("tools"), unknown),
        settings=_settings(members, unknown),
        streams=members.get("stream") is True,
        unknown=unknown,
    )
    _read_choice(members.get("tool_choice"), conversation)
    _mark_end(members, conversation)
    return conversation


def _refuse(at: str, wanted: str) -> BadRequest:
    return BadRequest(f"{at}: must be {wanted}", param=at)


def _turns(messages: Any) -> list[Turn]:
    if not isinstance(messages, list) or not messages:
        raise _refuse("messages", "a list with at least one message")
    turns = []
    for number, message in enumerate(messages):
        if not isinstance(message, dict):
            raise _refuse(f"messages[{number}]", "an object")
        role = message.get("role")
        if role not in ("user", "assistant", "system"):
            raise _refuse(f"messages[{number}].role", "`user`, `assistant` or `system`")
        parts = read_content(message.get("content"), f"messages[{number}].content")
        if parts:
            turns.append(Turn(role, _results_first(parts)))
    return turns


def _results_first(parts: list[Part]) -> list[Part]:
    results = [part for part in parts if isinstance(part, ToolResult)]
    if not results or parts[: len(results)] == results:
        return parts
    return [*results, *(part for part in parts if not isinstance(part, ToolResult))]


def _tools(declared: Any, unknown: dict[str, Any]) -> list[Tool]:
    if declared is None:
        return []
    if not isinstance(declared, list):
        raise _refuse("tools", "a list")
    return [_tool(tool, f"tools[{number}]", unknown) for number, tool in enumerate(declared)]


def _tool(tool: Any, at: str, unknown: dict[str, Any]) -> Tool:
    if not isinstance(tool, dict):
        raise _refuse(at, "an object")
    kind, name = tool.get("type"), tool.get("name")
    if isinstance(kind, str) and kind != "custom":
        return Tool(name if isinstance(name, str) else kind, foreign=Foreign(DIALECT, kind, tool))
    if not isinstance(name, str) or not name:
        raise _refuse(f"{at}.name", "a string")
    for member in tool.keys() - _TOOL_MEMBERS:
        unknown[f"tools.{member}"] = tool[member]
    parameters, strict = tool.get("input_schema"), tool.get("strict")
    return Tool(
        name,
        text_at(tool, "description"),
        parameters if isinstance(parameters, dict) else None,
        strict if isinstance(strict, bool) else None,
        cache=read_mark(tool),
    )


_CHOICES: Final[Mapping[str, Literal["auto", "required", "none"]]] = {
    "auto": "auto",
    "any": "required",
    "none": "none",
}


def _read_choice(choice: Any, conversation: Conversation) -> None:
    if choice is None:
        return
    if not isinstance(choice, dict):
        raise _refuse("tool_choice", "an object")
    kind = text_at(choice, "type")
    if kind == "tool":
        if not text_at(choice, "name"):
            raise _refuse("tool_choice.name", "the name of a tool")
        conversation.tool_choice = ToolChoice("tool", text_at(choice, "name"))
    elif kind in _CHOICES:
        conversation.tool_choice = ToolChoice(_CHOICES[kind])
    else:
        raise _refuse("tool_choice.type", "`auto`, `any`, `tool` or `none`")
    one_at_a_time = choice.get("disable_parallel_tool_use")
    if isinstance(one_at_a_time, bool):
        conversation.settings.parallel_tool_calls = not one_at_a_time


def _number(members: Mapping[str, Any], name: str) -> float | None:
    value = members.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise _refuse(name, "a number")
    return value


def _count(members: Mapping[str, Any], name: str) -> int | None:
    value = members.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise _refuse(name, "an integer")
    return value


def _settings(members: Mapping[str, Any], unknown: dict[str, Any]) -> Settings:
    stop = members.get("stop_sequences")
    if stop is not None and (not isinstance(stop, list) or not all(isinstance(word, str) for word in stop)):
        raise _refuse("stop_sequences", "a list of strings")
    config = members.get("output_config") or {}
    if not isinstance(config, dict):
        raise _refuse("output_config", "an object")
    for name in config.keys() - {"effort", "format"}:
        unknown[f"output_config.{name}"] = config[name]
    settings = Settings(
        max_tokens=_count(members, "max_tokens"),
        temperature=_number(members, "temperature"),
        top_p=_number(members, "top_p"),
        top_k=_count(members, "top_k"),
        stop=stop or None,
        thinking=_thinking(members.get("thinking"), config.get("effort"), unknown),
        output_format=_format(config.get("format") or members.get("output_format"), unknown),
    )
    _read_account(members, settings, unknown)
    return settings


def _read_account(members: Mapping[str, Any], settings: Settings, unknown: dict[str, Any]) -> None:
    """On whose behalf, and how urgently."""
    metadata = members.get("metadata")
    if isinstance(metadata, dict):
        settings.user = text_at(metadata, "user_id") or None
        settings.metadata = {name: value for name, value in metadata.items() if name != "user_id"} or None
    tier = members.get("service_tier")
    if tier is not None:
        settings.service_tier = _SERVICE_TIERS.get(tier) if isinstance(tier, str) else None
        if settings.service_tier is None:
            unknown["service_tier"] = tier


def _thinking(wanted: Any, effort: Any, unknown: dict[str, Any]) -> Thinking | None:
    if wanted is not None and not isinstance(wanted, dict):
        raise _refuse("thinking", "an object")
    if effort is not None and (not isinstance(effort, str) or effort not in _EFFORTS):
        unknown["output_config.effort"] = effort
        effort = None
    if not wanted and effort is None:
        return None
    thinking = Thinking(effort=effort)
    if wanted:
        _read_thinking(thinking, wanted, unknown)
    return thinking


def _read_thinking(thinking: Thinking, wanted: Json, unknown: dict[str, Any]) -> None:
    kind = text_at(wanted, "type")
    if kind == "disabled":
        thinking.is_on = False
    elif kind in ("enabled", "adaptive"):
        thinking.is_on, thinking.is_adaptive = True, kind == "adaptive"
        thinking.budget_tokens = _count(wanted, "budget_tokens")
    else:
        unknown["thinking"] = wanted
    display = wanted.get("display")
    if display == "omitted":
        thinking.shows = "none"
    elif display == "summarized" or kind == "enabled":
        # Whoever gives a budget is shown a summary by default; of adaptive thinking that depends on the model.
        thinking.shows = "summary"


def _format(wanted: Any, unknown: dict[str, Any]) -> OutputFormat | None:
    if wanted is None:
        return None
    if not isinstance(wanted, dict):
        raise _refuse("output_config.format", "an object")
    schema = wanted.get("schema")
    if wanted.get("type") == "json_schema" and isinstance(schema, dict):
        # The API has no other than a strict one.
        return OutputFormat(schema, text_at(wanted, "name"), strict=True)
    unknown["output_config.format"] = wanted
    return None


def _mark_end(members: Mapping[str, Any], conversation: Conversation) -> None:
    """A mark of the whole request stands for one on the last block that can have it."""
    mark = read_mark({"cache_control": members.get("cache_control")})
    if mark is None or not conversation.turns:
        return
    for part in reversed(conversation.turns[-1].parts):
        if isinstance(part, (Text, Image, Document, ToolCall, ToolResult)):
            part.cache = part.cache or mark
            return
