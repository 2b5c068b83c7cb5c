"""Tools and the choice among them (Gemini API reference: Tool, FunctionCallingConfig)."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from plano.dialects.conversation import Conversation, Tool, ToolChoice
from plano.dialects.gemini_generate.models import Model
from plano.dialects.gemini_generate.parts import Json
from plano.dialects.gemini_generate.schemas import fitted_schema
from plano.dialects.gemini_generate.wire_types import DIALECT
from plano.dialects.losses import Losses

#: Tools that vendors run themselves, by the beginning of what OpenAI and Anthropic call them.
_RUN_BY_VENDORS: Final = (("web_search", "googleSearch"), ("code_", "codeExecution"), ("web_fetch", "urlContext"))


def add_tools(members: Json, conversation: Conversation, model: Model, losses: Losses) -> None:
    choice = conversation.tool_choice
    tools, functions = _written(_offered(conversation), losses)
    if functions:
        tools.insert(0, {"functionDeclarations": functions})
        is_strict = any(tool.strict for tool in conversation.tools)
        choice = _known(choice, {function["name"] for function in functions}, losses)
        config = _config(choice, is_strict, model, losses)
        if config is not None:
            members["toolConfig"] = {"functionCallingConfig": config}
        if conversation.settings.parallel_tool_calls is False:
            losses.drop("parallel_tool_calls")
    elif choice is not None and choice.mode not in ("auto", "none"):
        losses.drop("tool_choice")
    if tools:
        members["tools"] = tools


def _offered(conversation: Conversation) -> list[Tool]:
    """All of them, or those the client restricts a free choice to: names can only be given where a call must come."""
    choice = conversation.tool_choice
    if choice is not None and choice.mode == "allowed" and not choice.is_required:
        return [tool for tool in conversation.tools if tool.name in choice.names]
    return conversation.tools


def _written(offered: list[Tool], losses: Losses) -> tuple[list[Json], list[Json]]:
    """Tools of Gemini's own, and functions."""
    functions = [_declaration(tool) for tool in offered if tool.foreign is None]
    tools: list[Json] = []
    for tool in offered:
        if tool.cache is not None:
            losses.drop("cache")
        foreign = tool.foreign
        if foreign is None:
            continue
        if foreign.dialect == DIALECT and isinstance(foreign.raw, dict):
            tools.append(foreign.raw)
            continue
        own = next((name for start, name in _RUN_BY_VENDORS if foreign.kind.startswith(start)), "")
        if own and not functions:  # Most models take the one or the other.
            tools.append({own: {}})
        else:
            losses.drop(f"tools.{tool.name}")
    return tools, functions


def _declaration(tool: Tool) -> Json:
    told: Json = {"name": tool.name}
    if tool.description:
        told["description"] = tool.description
    schema = fitted_schema(tool.parameters) if tool.parameters else {}
    # A function without parameters is to have no schema.
    if schema.get("properties") or "$ref" in schema or "anyOf" in schema or "oneOf" in schema or "allOf" in schema:
        told["parametersJsonSchema"] = schema if "type" in schema or "$ref" in schema else {"type": "object", **schema}
    return told


def _known(choice: ToolChoice | None, declared: set[str], losses: Losses) -> ToolChoice | None:
    """A choice among the functions that are declared: the API refuses other names."""
    if choice is None or choice.mode not in ("tool", "allowed"):
        return choice
    wanted = (choice.name,) if choice.mode == "tool" else choice.names
    names = tuple(name for name in wanted if name in declared)
    if names == wanted and names:
        return choice
    losses.drop("tool_choice")
    return replace(choice, names=names) if names else None


def _config(choice: ToolChoice | None, is_strict: bool, model: Model, losses: Losses) -> Json | None:
    if choice is not None and choice.mode == "none":
        return {"mode": "NONE"}
    if choice is not None and choice.mode == "required":
        return {"mode": "ANY"}
    if choice is not None and choice.mode == "tool":
        return {"mode": "ANY", "allowedFunctionNames": [choice.name]}
    if choice is not None and choice.mode == "allowed" and choice.is_required:
        return {"mode": "ANY", "allowedFunctionNames": list(choice.names)}
    if is_strict:
        if model.validates_calls:
            return {"mode": "VALIDATED"}
        losses.drop("tools.strict")
    return None if choice is None else {"mode": "AUTO"}


def has_functions(members: dict[str, Any]) -> bool:
    return any("functionDeclarations" in tool for tool in members.get("tools", ()))
