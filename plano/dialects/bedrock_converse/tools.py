"""Tools and the choice among them as `toolConfig` (Amazon Bedrock API reference: ToolConfiguration)."""

from __future__ import annotations

from typing import Any

from plano.dialects.bedrock_converse.blocks import Block, BlockWriter, tool_name
from plano.dialects.bedrock_converse.models import Model
from plano.dialects.bedrock_converse.wire_types import DIALECT
from plano.dialects.conversation import Conversation, Tool, ToolCall, ToolChoice, ToolResult
from plano.dialects.losses import Losses


def write_tools(conversation: Conversation, model: Model, writer: BlockWriter, losses: Losses) -> dict[str, Any]:
    """`toolConfig`, or nothing. Where the history has calls there must be one, whatever the client wants now."""
    choice = conversation.tool_choice
    called = _called(conversation)
    if choice is not None and choice.mode == "none":
        if called is None:
            return {}
        losses.drop("tool_choice")  # There is no such choice, and no leaving out the tools.
    tools = [block for tool in _offered(conversation, model) for block in _tool(tool, model, writer, losses)]
    if not tools:
        if choice is not None and choice.mode not in ("auto", "none"):
            losses.drop("tool_choice")
        return {"tools": [_spec(Tool(name)) for name in called]} if called else {}
    config: dict[str, Any] = {"tools": tools}
    told = _choice(choice, model, losses) if choice is not None else None
    if told is not None:
        config["toolChoice"] = told
    return config


def _called(conversation: Conversation) -> dict[str, None] | None:
    """Names of the tools in the history; None when it has neither calls nor results."""
    names: dict[str, None] = {}
    has_any = False
    for turn in conversation.turns:
        for part in turn.parts:
            if isinstance(part, ToolCall):
                names[tool_name(part.name)] = None
                has_any = True
            elif isinstance(part, ToolResult):
                has_any = True
    return names if has_any else None


def _offered(conversation: Conversation, model: Model) -> list[Tool]:
    """All of them, or those the client restricts the choice to."""
    choice = conversation.tool_choice
    if choice is None:
        return conversation.tools
    if choice.mode == "allowed":
        return [tool for tool in conversation.tools if tool.name in choice.names]
    if choice.mode == "tool" and not model.can_be_forced_by_name and model.can_be_forced:
        return [tool for tool in conversation.tools if tool.name == choice.name]
    return conversation.tools


def _tool(tool: Tool, model: Model, writer: BlockWriter, losses: Losses) -> list[Block]:
    if tool.foreign is not None:
        if tool.foreign.dialect == DIALECT and isinstance(tool.foreign.raw, dict):
            return [tool.foreign.raw]
        losses.drop(f"tools.{tool.name}")
        return []
    block = _spec(tool)
    if tool.strict:
        if model.has_schemas:
            block["toolSpec"]["strict"] = True
        else:
            losses.drop("tools.strict")
    return [block] if tool.cache is None else [block, *writer.cache_point(tool.cache, of_tool=True)]


def _spec(tool: Tool) -> Block:
    schema = dict(tool.parameters or {})
    # Bedrock refuses a schema that is not of an object, and some clients send none at all.
    if schema.get("type") != "object":
        schema["type"] = "object"
    schema.setdefault("properties", {})
    spec: Block = {"name": tool_name(tool.name), "inputSchema": {"json": schema}}
    if tool.description.strip():
        spec["description"] = tool.description
    return {"toolSpec": spec}


def _choice(choice: ToolChoice, model: Model, losses: Losses) -> Block | None:
    """None for what is so in any case: some models know no choice."""
    if choice.mode in ("auto", "none") or (choice.mode == "allowed" and not choice.is_required):
        return None
    if not model.can_be_forced:
        losses.drop("tool_choice")
        return None
    if choice.mode == "tool" and model.can_be_forced_by_name:
        return {"tool": {"name": tool_name(choice.name)}}
    return {"any": {}}
