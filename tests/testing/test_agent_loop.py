"""The scripted coding agent reads, edits and answers in every dialect."""

from __future__ import annotations

from typing import Any

import pytest

from plano.testing.scripted_provider.agent_loop import EDITING, READING, Task, offered_tools, so_far

TASK = "In the file /w/a.txt replace blue by green."
SCHEMA: dict[str, Any] = {"type": "object", "properties": {}}

CHAT: dict[str, Any] = {
    "tools": [{"type": "function", "function": {"name": "Read", "parameters": SCHEMA}}],
    "messages": [
        {"role": "user", "content": TASK},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "tool_call_id": "1", "content": "blue"},
    ],
}
RESPONSES: dict[str, Any] = {
    "tools": [{"type": "function", "name": "Read", "parameters": SCHEMA}],
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": TASK}]},
        {"type": "function_call", "call_id": "1", "name": "Read", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": "blue"},
    ],
}
MESSAGES: dict[str, Any] = {
    "tools": [{"name": "Read", "input_schema": SCHEMA}],
    "messages": [
        {"role": "user", "content": TASK},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "Read", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "blue"}]},
    ],
}
CONVERSE: dict[str, Any] = {
    "toolConfig": {"tools": [{"toolSpec": {"name": "Read", "inputSchema": {"json": SCHEMA}}}]},
    "messages": [
        {"role": "user", "content": [{"text": TASK}]},
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "1", "name": "Read", "input": {}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "1", "content": [{"text": "blue"}]}}]},
    ],
}
GEMINI: dict[str, Any] = {
    "tools": [{"functionDeclarations": [{"name": "Read", "parameters": SCHEMA}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
    "contents": [
        {"role": "user", "parts": [{"text": TASK}]},
        {"role": "model", "parts": [{"functionCall": {"name": "Read", "args": {}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "Read", "response": {"output": "blue"}}}]},
    ],
}


@pytest.mark.parametrize("body", [CHAT, RESPONSES, MESSAGES, CONVERSE, GEMINI])
def test_tools_task_and_results_are_read_from_every_dialect(body: dict[str, Any]) -> None:
    assert [(tool.name, tool.is_custom) for tool in offered_tools(body)] == [("Read", False)]
    assert so_far(body) == (Task("/w/a.txt", "blue", "green"), ["blue"])


def test_a_new_task_forgets_the_results_of_the_last() -> None:
    body = {"messages": [*CHAT["messages"], {"role": "user", "content": TASK.replace("blue", "red")}]}
    assert so_far(body) == (Task("/w/a.txt", "red", "green"), [])


def test_a_conversation_without_a_task_has_none() -> None:
    assert so_far({"messages": [{"role": "user", "content": "hi"}]}) == (None, [])
    assert so_far({"input": "hi"}) == (None, [])


def test_custom_tools_and_namespaces_are_told_apart() -> None:
    custom = {"type": "custom", "name": "apply_patch", "format": {"type": "grammar"}}
    space = {"type": "namespace", "name": "functions", "tools": [{"type": "custom", "name": "exec"}]}
    found = list(offered_tools({"tools": [custom], "input": [{"type": "additional_tools", "tools": [space]}]}))
    assert [(tool.name, tool.is_custom, tool.namespace) for tool in found] == [
        ("apply_patch", True, ""),
        ("exec", True, "functions"),
    ]


def test_a_name_that_grew_a_prefix_is_the_same_tool() -> None:
    (found,) = offered_tools({"tools": [{"type": "function", "function": {"name": "functions__exec"}}]})
    assert found.plain_name in READING
    assert found.plain_name in EDITING
