"""Tools as a provider can take them: functions with short, flat names, and the way back.

Some dialects group tools in namespaces and have custom tools, which take free text instead of JSON. Everywhere else a
custom tool is a function with one string, its grammar told in the description; a namespace is a part of the name.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any, Final

import msgspec

from plano.dialects.conversation import Conversation, Tool, ToolCall, ToolChoice, ToolResult
from plano.dialects.json_text import encoded
from plano.dialects.translating import ProviderSide

_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]")
_INPUT: Final[dict[str, Any]] = {"type": "string", "description": "The whole input of the tool, as plain text."}


def rename_tools(conversation: Conversation, side: ProviderSide) -> dict[str, Tool]:
    """Make the tools, and all that names them, fit for a provider; name there -> tool as the client declared it.

    Tools that need no change are not in the map.
    """
    _drop_doubles(conversation)
    told: dict[tuple[str, str], str] = {}
    changed: dict[str, Tool] = {}
    taken = {tool.name for tool in conversation.tools if not tool.namespace and tool.foreign is None}
    for index, tool in enumerate(conversation.tools):
        if tool.foreign is not None:
            continue
        name = _name(tool, side, taken)
        if name == tool.name and not (tool.is_custom and not side.takes_custom_tools):
            continue
        changed[name] = tool
        told[tool.namespace, tool.name] = name
        conversation.tools[index] = _flat(tool, name, side)
    _rename_history(conversation, told, side)
    if changed and conversation.tool_choice is not None:
        conversation.tool_choice = _renamed_choice(conversation.tool_choice, told)
    return changed


def _drop_doubles(conversation: Conversation) -> None:
    """Of tools by the same name the first counts: every vendor refuses a request that declares one twice."""
    known: set[tuple[str, str]] = set()
    kept: list[Tool] = []
    for tool in conversation.tools:
        if tool.foreign is None:
            if (tool.namespace, tool.name) in known:
                continue
            known.add((tool.namespace, tool.name))
        kept.append(tool)
    conversation.tools = kept


def _name(tool: Tool, side: ProviderSide, taken: set[str]) -> str:
    name = tool.name
    if tool.namespace and not side.takes_namespaces:
        name = f"{tool.namespace}__{name}"
    elif len(name) <= side.longest_tool_name and not _NOT_IN_NAMES.search(name):
        return name
    return _short(name, side.longest_tool_name, taken)


def _short(name: str, longest: int, taken: set[str]) -> str:
    """The name in the characters every vendor takes; with a digest of it where it was too long, or is taken."""
    plain = _NOT_IN_NAMES.sub("_", name)
    if len(plain) > longest or plain in taken:
        digest = blake2b(name.encode(), digest_size=4).hexdigest()
        plain = f"{plain[: longest - 9]}_{digest}"
    taken.add(plain)
    return plain


def _flat(tool: Tool, name: str, side: ProviderSide) -> Tool:
    namespace = tool.namespace if side.takes_namespaces else ""
    if not tool.is_custom or side.takes_custom_tools:
        return msgspec.structs.replace(tool, name=name, namespace=namespace)
    return Tool(name, _described(tool), {"type": "object", "properties": {"input": _INPUT}, "required": ["input"]})


def _described(tool: Tool) -> str:
    """The description, and the grammar that the input has to follow."""
    if not isinstance(tool.format, dict):
        return tool.description
    grammar = tool.format.get("grammar", tool.format)
    if not isinstance(grammar, dict) or not isinstance(grammar.get("definition"), str):
        return tool.description
    rule = f"The input must follow this {grammar.get('syntax', '')} grammar:\n{grammar['definition']}"
    return f"{tool.description}\n\n{rule}" if tool.description else rule


def _rename_history(conversation: Conversation, told: dict[tuple[str, str], str], side: ProviderSide) -> None:
    for turn in conversation.turns:
        for part in turn.parts:
            if isinstance(part, ToolCall):
                part.name = told.get((part.namespace, part.name)) or _flat_name(part, side)
                if not side.takes_namespaces:
                    part.namespace = ""
                if part.is_custom and not side.takes_custom_tools:
                    part.is_custom = False
                    part.arguments = encoded({"input": part.arguments})
            elif isinstance(part, ToolResult) and not side.takes_custom_tools:
                part.is_custom = False


def _flat_name(call: ToolCall, side: ProviderSide) -> str:
    """Of a tool that is offered no longer."""
    if not call.namespace or side.takes_namespaces:
        fits = call.name and len(call.name) <= side.longest_tool_name and not _NOT_IN_NAMES.search(call.name)
        return call.name if fits else _short(call.name or "unnamed", side.longest_tool_name, set())
    return _short(f"{call.namespace}__{call.name}", side.longest_tool_name, set())


def _renamed_choice(choice: ToolChoice, told: dict[tuple[str, str], str]) -> ToolChoice:
    name = told.get((choice.namespace, choice.name), choice.name)
    names = tuple(told.get(("", one), one) for one in choice.names)
    return msgspec.structs.replace(choice, name=name, names=names, namespace="")
