"""Tools as the Responses API declares them, and which of them to use (OpenAI API reference: tools of responses)."""

from __future__ import annotations

from typing import Any, Final

from plano.dialects.conversation import Foreign, Tool, ToolChoice
from plano.dialects.losses import Losses
from plano.dialects.openai_responses.read_request import DIALECT

Json = dict[str, Any]
_NO_PARAMETERS: Final = {"type": "object", "properties": {}}
_MODES: Final = ("auto", "required", "none")


def write_tools(tools: list[Tool], losses: Losses) -> list[Json]:
    """Members of a namespace stand together, where the first of them stood."""
    written: list[Json] = []
    spaces: dict[str, list[Json]] = {}
    for tool in tools:
        told = _tool(tool, losses)
        if told is None:
            continue
        if tool.cache is not None:
            losses.drop("cache")
        if not tool.namespace:
            written.append(told)
            continue
        space = spaces.get(tool.namespace)
        if space is None:
            space = spaces[tool.namespace] = []
            description = f"Tools in the {tool.namespace} namespace."
            name = {"type": "namespace", "name": tool.namespace, "description": description}
            written.append({**name, "tools": space})
        space.append(told)
    return written


def _tool(tool: Tool, losses: Losses) -> Json | None:
    if tool.foreign is not None:
        told = _foreign(tool.foreign)
        if told is None:
            losses.drop(f"tools.{tool.name}")
        return told
    told = {"type": "custom" if tool.is_custom else "function", "name": tool.name}
    if tool.description:
        told["description"] = tool.description
    if tool.is_custom:
        return told if tool.format is None else {**told, "format": _format(tool.format)}
    told["parameters"] = _parameters(tool.parameters)
    # Unasked, the API makes every member of a schema required: other APIs do not.
    told["strict"] = tool.strict is True
    return told


def _format(told: Any) -> Any:
    """A grammar has no object of its own here, as it has in Chat Completions."""
    grammar = told.get("grammar") if isinstance(told, dict) else None
    return {"type": "grammar", **grammar} if isinstance(grammar, dict) else told


def web_search(told: Json) -> Json:
    """The tool that stands for `web_search_options` of Chat Completions, or for another API's tool."""
    written: Json = {"type": "web_search"}
    domains = told.get("allowed_domains")
    if isinstance(domains, list) and domains:
        written["filters"] = {"allowed_domains": domains}
    place = told.get("user_location")
    if isinstance(place, dict):
        written["user_location"] = {"type": "approximate", **place.get("approximate", place)}
    if isinstance(told.get("search_context_size"), str):
        written["search_context_size"] = told["search_context_size"]
    return written


def _parameters(schema: Json | None) -> Json:
    """The API refuses an object without `properties`."""
    if not schema:
        return _NO_PARAMETERS
    return schema if "properties" in schema and "type" in schema else {**_NO_PARAMETERS, **schema}


def _foreign(told: Foreign) -> Json | None:
    """Another API's tool that this one has too, under its own name."""
    if told.dialect == DIALECT:
        return told.raw if isinstance(told.raw, dict) else None
    is_search = told.kind.startswith("web_search") and isinstance(told.raw, dict)
    return web_search(told.raw) if is_search else None


def write_tool_choice(choice: ToolChoice, tools: list[Tool]) -> Any:
    if choice.mode in _MODES:
        return choice.mode
    by_name = {tool.name: tool for tool in tools}
    if choice.mode == "tool":
        return _named(choice.name, by_name)
    told = [_named(name, by_name) for name in choice.names]
    return {"type": "allowed_tools", "mode": "required" if choice.is_required else "auto", "tools": told}


def _named(name: str, by_name: dict[str, Tool]) -> Json:
    tool = by_name.get(name)
    if tool is not None and tool.foreign is not None:
        told = _foreign(tool.foreign)
        return {"type": told["type"] if told is not None else tool.foreign.kind}
    return {"type": "custom" if tool is not None and tool.is_custom else "function", "name": name}
