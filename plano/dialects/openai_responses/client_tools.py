"""Tools the API has a type of its own for, though the client runs them (OpenAI API reference: tools of responses).

To every other model they are functions: declared with the schema OpenAI's models have learnt, called and answered like
any other. The client gets the calls back as the items it knows.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

Json = dict[str, Any]


class ClientTool(Struct, frozen=True):
    """`call`: type of the item of a call, whose `member` holds the arguments, filled up with `rest`.

    `output`: type of the item of a result, and the member that holds it. `id`: how ids of calls begin. `told`: other
    members of a call. `description` and `parameters` are for tools that declare none.
    """

    name: str
    call: str
    member: str
    output: str
    output_member: str
    id: str
    rest: Json = {}
    told: Json = {}
    description: str = ""
    parameters: Json = {}


_STRINGS: Final = {"type": "array", "items": {"type": "string"}}
_SHELL_TIME: Final = {"type": "integer", "description": "How long it may take, in milliseconds."}
_LOCAL_SHELL: Final = ClientTool(
    "local_shell",
    "local_shell_call",
    "action",
    "local_shell_call_output",
    "output",
    "lsh",
    {"type": "exec", "command": [], "env": {}},
    description="Runs a command in a shell on the user's machine and returns its output.",
    parameters={
        "type": "object",
        "properties": {
            "command": {**_STRINGS, "description": "The command and its arguments."},
            "working_directory": {"type": "string"},
            "timeout_ms": _SHELL_TIME,
        },
        "required": ["command"],
    },
)
_SHELL: Final = ClientTool(
    "shell",
    "shell_call",
    "action",
    "shell_call_output",
    "output",
    "sh",
    {"commands": []},
    description="Runs commands in a shell on the user's machine and returns their output.",
    parameters={
        "type": "object",
        "properties": {
            "commands": {**_STRINGS, "description": "Command lines, each run on its own."},
            "timeout_ms": _SHELL_TIME,
            "max_output_length": {"type": "integer", "description": "How many characters of output to return."},
        },
        "required": ["commands"],
    },
)
_APPLY_PATCH: Final = ClientTool(
    "apply_patch",
    "apply_patch_call",
    "operation",
    "apply_patch_call_output",
    "output",
    "apc",
    {"type": "update_file", "path": "", "diff": ""},
    description="Creates, changes or deletes one file. A diff is in V4A format: lines that begin with +, - or a space, "
    "after @@ lines that say where.",
    parameters={
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["create_file", "update_file", "delete_file"]},
            "path": {"type": "string"},
            "diff": {"type": "string", "description": "Not for delete_file."},
        },
        "required": ["type", "path"],
    },
)
_TOOL_SEARCH: Final = ClientTool(
    "tool_search",
    "tool_search_call",
    "arguments",
    "tool_search_output",
    "tools",
    "tsc",
    told={"execution": "client"},
)
_ALL: Final = (_LOCAL_SHELL, _SHELL, _APPLY_PATCH, _TOOL_SEARCH)
BY_CALL: Final = {tool.call: tool for tool in _ALL}
BY_OUTPUT: Final = {tool.output: tool for tool in _ALL}
_BY_TYPE: Final = {tool.name: tool for tool in _ALL}


def client_tool(declared: Any) -> ClientTool | None:
    """The tool a declaration means; None where it is none, or is run by the vendor."""
    if not isinstance(declared, dict):
        return None
    kind = declared.get("type")
    found = _BY_TYPE.get(kind) if isinstance(kind, str) else None
    if found is _TOOL_SEARCH:
        return found if isinstance(declared.get("parameters"), dict) else None
    place = declared.get("environment")
    if found is _SHELL and isinstance(place, dict) and place.get("type", "local") != "local":
        return None
    return found


def client_tools(declared: Any) -> dict[str, ClientTool]:
    """All those in a request's `tools`, by name."""
    found = map(client_tool, declared) if isinstance(declared, list) else ()
    return {tool.name: tool for tool in found if tool is not None}
