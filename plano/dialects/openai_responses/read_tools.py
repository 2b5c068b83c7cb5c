"""Tools as a client declares them, and which of them to use (OpenAI API reference: tools of responses)."""

from __future__ import annotations

from typing import Any, Final

from plano.dialects.checked_settings import list_in
from plano.dialects.conversation import Foreign, Tool, ToolChoice
from plano.dialects.openai_responses.client_tools import client_tool
from plano.errors import BadRequest

DIALECT: Final = "openai_responses"


def read_tools(told: Any, path: str) -> list[Tool]:
    """Members of a namespace stand on their own. Raises `BadRequest` with the path of a tool that is none."""
    if told is not None and not isinstance(told, list):
        raise BadRequest("`tools` must be a list", param=path)
    tools: list[Tool] = []
    for index, tool in enumerate(told or ()):
        _add_tool(tools, tool, f"{path}[{index}]", "")
    return tools


def _add_tool(tools: list[Tool], told: Any, path: str, namespace: str) -> None:
    if not isinstance(told, dict):
        raise BadRequest("a tool must be an object", param=path)
    kind = told.get("type", "function")
    if kind == "namespace":
        for index, member in enumerate(list_in(told, "tools", f"{path}.tools")):
            _add_tool(tools, member, f"{path}.tools[{index}]", _name(told, path))
    elif kind == "function":
        tools.append(_function(told, path, namespace))
    elif kind == "custom":
        description = str(told.get("description") or "")
        tool = Tool(_name(told, path), description, is_custom=True, format=told.get("format"), namespace=namespace)
        tools.append(tool)
    elif (known := client_tool(told)) is not None:
        description = str(told.get("description") or known.description)
        tools.append(Tool(known.name, description, told.get("parameters") or known.parameters))
    elif not isinstance(kind, str):
        raise BadRequest("the `type` of a tool must be a string", param=f"{path}.type")
    else:
        tools.append(Tool(kind, foreign=Foreign(DIALECT, kind, told)))


def _function(told: dict[str, Any], path: str, namespace: str) -> Tool:
    nested = told.get("function")
    if isinstance(nested, dict):
        told = nested  # As the Chat Completions API has it, from clients that confuse the two.
    parameters = told.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise BadRequest("`parameters` must be a JSON schema", param=f"{path}.parameters")
    strict = told.get("strict")
    return Tool(
        _name(told, path),
        str(told.get("description") or ""),
        parameters,
        strict if isinstance(strict, bool) else None,
        namespace=namespace,
    )


def _name(told: dict[str, Any], path: str) -> str:
    name = told.get("name")
    if not isinstance(name, str) or not name:
        raise BadRequest("a tool must have a name", param=f"{path}.name")
    return name


def read_tool_choice(told: Any) -> ToolChoice | None:
    """A choice of a tool the vendor runs names it by its type."""
    if told is None:
        return None
    if told in ("auto", "required", "none"):
        return ToolChoice(told)
    if not isinstance(told, dict):
        raise BadRequest("`tool_choice` is neither a known word nor names a tool", param="tool_choice")
    if told.get("type") == "allowed_tools":
        tools = list_in(told, "tools", "tool_choice.tools")
        names = tuple(_chosen(tool) for tool in tools if isinstance(tool, dict))
        return ToolChoice("allowed", names=names, is_required=told.get("mode") == "required")
    name = _chosen(told)
    if not name:
        raise BadRequest("`tool_choice` names no tool", param="tool_choice")
    return ToolChoice("tool", name, str(told.get("namespace") or ""))


def _chosen(told: dict[str, Any]) -> str:
    nested = told.get("function")
    name = told.get("name") or (nested.get("name") if isinstance(nested, dict) else None)
    kind = told.get("type")
    if kind in ("function", "custom", None) or (name and kind != "mcp"):
        return str(name or "")
    return str(kind)
