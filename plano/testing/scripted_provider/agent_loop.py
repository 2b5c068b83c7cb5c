"""What a model answers a coding agent: it reads a file, edits it, and tells what both tools said.

Theory of operation: nothing is remembered between requests. A request holds the tools offered and the conversation so
far, so the step is the number of tool results after the user's task: none, a tool that reads is called; one, a tool
that edits; two, the text. The task names file, old and new text: `In the file PATH replace OLD by NEW`. Requests
without such a task or such tools (titles, warm-ups) are answered like `hello` does. Any dialect's request is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any, Final

import msgspec
from msgspec import Struct

from plano.testing.scripted_provider.answer import Answer
from plano.testing.scripted_provider.ask import Ask, Json
from plano.testing.scripted_provider.reply import Reply, ToolCall, pieces_of, reply_to
from plano.testing.scripted_provider.voices import saying

_TASK: Final = re.compile(r"In the file (?P<path>\S+) replace (?P<old>\S+) by (?P<new>\S*[^\s.])")
_RESULTS: Final = frozenset(("tool_result", "function_call_output", "custom_tool_call_output"))


class Task(Struct, frozen=True):
    """What the user wants: `old` in the file at `path` becomes `new`."""

    path: str
    old: str
    new: str

    @property
    def patch(self) -> str:
        """In the form that `apply_patch` takes; the file holds `old` on a line of its own."""
        name = PurePosixPath(self.path).name
        return f"*** Begin Patch\n*** Update File: {name}\n@@\n-{self.old}\n+{self.new}\n*** End Patch\n"

    @property
    def reading_command(self) -> str:
        return f"cat {self.path}"

    @property
    def editing_command(self) -> str:
        return f"sed -i s/{self.old}/{self.new}/ {self.path} && echo edited"


class Offered(Struct, frozen=True):
    """One tool of a request. `name` may have grown a prefix on the way."""

    name: str
    is_custom: bool
    namespace: str = ""

    @property
    def plain_name(self) -> str:
        return self.name.rpartition("__")[2]



def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


_Arguments = Callable[[Task], Json | str]
#: Tools by name, best first, and what to call them with; text is the input of a custom tool.
READING: Final[dict[str, _Arguments]] = {
    "Read": lambda task: {"file_path": task.path},
    "exec_command": lambda task: {"cmd": task.reading_command},
    "shell_command": lambda task: {"command": task.reading_command},
    "shell": lambda task: {"command": ["bash", "-c", task.reading_command]},
    "Bash": lambda task: {"command": task.reading_command},
    "exec": lambda task: f"text((await tools.exec_command({_json({'cmd': task.reading_command})})).output)",
}
EDITING: Final[dict[str, _Arguments]] = {
    "Edit": lambda task: {"file_path": task.path, "old_string": task.old, "new_string": task.new},
    "apply_patch": lambda task: task.patch,
    "exec_command": lambda task: {"cmd": task.editing_command},
    "shell_command": lambda task: {"command": task.editing_command},
    "shell": lambda task: {"command": ["bash", "-c", task.editing_command]},
    "Bash": lambda task: {"command": task.editing_command},
    "exec": lambda task: f"await tools.apply_patch({_json(task.patch)}); text('patched')",
}


def agent(ask: Ask) -> Answer:
    """The next step of the loop."""
    plain = reply_to(ask)
    reply = _next(ask, plain.thoughts)
    return saying(plain if reply is None else reply)


def _next(ask: Ask, thoughts: tuple[str, ...]) -> Reply | None:
    task, results = so_far(ask.body)
    if task is None:
        return None
    if len(results) >= 2:
        text = f"The file said: {_told(results[0], task.old)}\nThe edit said: {_told(results[1], '')}"
        return Reply(ask=ask, pieces=pieces_of(text), thoughts=thoughts)
    call = _call(list(offered_tools(ask.body)), EDITING if results else READING, task)
    return Reply(ask=ask, calls=(call,), thoughts=thoughts, finish="tools") if call else None


def _call(tools: list[Offered], wanted: dict[str, _Arguments], task: Task) -> ToolCall | None:
    by_name = {tool.plain_name: tool for tool in tools}
    name = next(filter(by_name.__contains__, wanted), None)
    if name is None:
        return None
    tool, arguments = by_name[name], wanted[name](task)
    if isinstance(arguments, str) and tool.is_custom:
        return ToolCall(tool.name, arguments, is_custom=True, namespace=tool.namespace)
    members = {"input": arguments} if isinstance(arguments, str) else arguments
    return ToolCall(tool.name, _json(members), namespace=tool.namespace)


def _told(result: str, word: str) -> str:
    """The first line with `word` in it."""
    lines = [line.strip() for line in result.splitlines() if line.strip()]
    return next((line for line in lines if word in line), "nothing")


def offered_tools(body: Json) -> Iterator[Offered]:
    """The tools that the client itself runs."""
    config = body.get("toolConfig")
    tools = _dicts(body.get("tools")) + _dicts(config.get("tools") if isinstance(config, dict) else None)
    for item in _dicts(body.get("input")):
        if item.get("type") == "additional_tools":  # So Codex offers tools to its newest models.
            tools += _dicts(item.get("tools"))
    for tool in tools:
        if tool.get("type") == "namespace":
            for inner in offered_tools(tool):
                yield msgspec.structs.replace(inner, namespace=str(tool.get("name", "")))
            continue
        declared = _dicts(tool.get("functionDeclarations", tool.get("function_declarations"))) or [tool]
        for one in declared:
            kinds = ("function", "custom", "toolSpec")
            told = next((one[kind] for kind in kinds if isinstance(one.get(kind), dict)), one)
            if isinstance(told.get("name"), str):
                # Messages also says `custom` of a plain tool, which has a schema.
                yield Offered(told["name"], one.get("type") == "custom" and "input_schema" not in told)


def so_far(body: Json) -> tuple[Task | None, list[str]]:
    """The latest task, and the results of tools since."""
    task: Task | None = None
    results: list[str] = []
    for turn in _dicts(body.get("messages", body.get("input", body.get("contents")))):
        if turn.get("role") in ("tool", "function") or turn.get("type") in _RESULTS:
            results.append(_text(turn))
            continue
        content = turn.get("content", turn.get("parts"))
        for part in _dicts(content) or [{"text": content}]:
            result = next((part[name] for name in ("toolResult", "functionResponse") if name in part), None)
            if result is not None or part.get("type") in _RESULTS:
                results.append(_text(part if result is None else result))
            elif turn.get("role") == "user":
                found = _TASK.search(str(part.get("text", "")))
                if found:
                    task, results = Task(**found.groupdict()), []
    if isinstance(body.get("input"), str):
        found = _TASK.search(body["input"])
        task = Task(**found.groupdict()) if found else None
    return task, results


def _text(value: Any) -> str:
    """All the text in a result, ids and types aside."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(filter(None, map(_text, value)))
    if not isinstance(value, dict):
        return ""
    names = ("content", "output", "text", "response", "result", "json", "parts", "error")
    return "\n".join(filter(None, (_text(value[name]) for name in names if name in value)))


def _dicts(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
