"""Rules that vendors hold requests to, as their API references and their errors tell them.

What a client's own request breaks and nobody can mend (a result that never came, for dialects that demand one) is
not asserted where the dialect passes it on as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]


def check_chat(members: Json) -> None:
    assert members["messages"]
    open_calls: dict[str, int] = {}
    for message in members["messages"]:
        role = message["role"]
        assert role in ("system", "user", "assistant", "tool")
        if role == "tool":
            assert message["tool_call_id"] in open_calls, "a result stands after its call"
            assert isinstance(message["content"], str)
            continue
        if role == "assistant":
            open_calls = {call["id"]: 0 for call in message.get("tool_calls", ())}
            assert message["content"] is not None or message.get("tool_calls") or message.get("refusal")
            for call in message.get("tool_calls", ()):
                assert isinstance(call["function"]["arguments"], str)
                assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", call["function"]["name"])
        else:
            assert message["content"]
        for part in message["content"] if isinstance(message["content"], list) else ():
            assert part["type"] != "text" or part["text"]
    _check_names([tool["function"]["name"] for tool in members.get("tools", ())], 64)
    _check_choice(members)


def check_responses(members: Json) -> None:
    calls: set[str] = set()
    items = members["input"]
    assert items
    for at, item in enumerate(items):
        kind = item["type"]
        if kind == "function_call":
            assert 0 < len(item["call_id"]) <= 64
            assert re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", item["name"]), item["name"]
            calls.add(item["call_id"])
        elif kind == "function_call_output":
            assert item["call_id"] in calls, "an output stands after its call"
        elif kind == "custom_tool_call":
            assert item["name"]
            calls.add(item["call_id"])
        elif kind == "custom_tool_call_output":
            assert item["call_id"] in calls, "an output stands after its call"
        elif kind == "reasoning":
            assert item["encrypted_content"]
            assert items[at + 1]["type"] in ("reasoning", "function_call", "message"), "reasoning leads to something"
        else:
            assert kind == "message"
            assert item["content"]
            own = ("output_text", "refusal") if item["role"] == "assistant" else ("input_",)
            for part in item["content"]:
                assert part["type"].startswith(own)
                assert part.get("text", "x") != ""
    _check_names([tool["name"] for tool in members.get("tools", ()) if "name" in tool], 128)
    _check_choice(members)
    assert members.get("max_output_tokens", 16) >= 16


def check_messages(members: Json) -> None:
    messages = members["messages"]
    assert messages[0]["role"] == "user"
    assert isinstance(members["max_tokens"], int)
    waiting: set[str] = set()
    taken: set[str] = set()
    for before, message in zip([None, *messages], messages, strict=False):
        assert before is None or before["role"] != message["role"], "roles take turns"
        assert message["content"]
        results = [block for block in message["content"] if block["type"] == "tool_result"]
        assert message["content"][: len(results)] == results, "results stand first"
        assert {block["tool_use_id"] for block in results} == waiting, "every call has its result, and no other"
        assert len(results) == len(waiting)
        waiting = set()
        for block in message["content"]:
            if block["type"] == "tool_use":
                assert re.fullmatch(r"[a-zA-Z0-9_-]+", block["id"])
                assert re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", block["name"])
                assert block["id"] not in taken
                assert isinstance(block["input"], dict)
                taken.add(block["id"])
                waiting.add(block["id"])
            if block["type"] == "text":
                assert block["text"].strip()
            if block["type"] == "thinking":
                assert block["signature"]
            if block["type"] == "tool_result" and block.get("is_error"):
                told = block.get("content", [])
                assert isinstance(told, str) or all(piece["type"] == "text" for piece in told)
    assert not waiting
    if messages[-1]["role"] == "assistant":
        last = messages[-1]["content"][-1]
        assert last["type"] != "text" or last["text"] == last["text"].rstrip()
    _check_names([tool["name"] for tool in members.get("tools", ())], 128)
    _check_claude_thinking(members)
    assert ("tool_choice" in members) <= bool(members.get("tools"))
    assert 0 <= members.get("temperature", 1) <= 1


def _check_claude_thinking(members: Json) -> None:
    thinking = members.get("thinking", {})
    if thinking.get("type") == "enabled":
        assert 1024 <= thinking["budget_tokens"] < members["max_tokens"]
    if thinking.get("type") in ("enabled", "adaptive"):
        assert members.get("temperature", 1) == 1
        assert members.get("top_p", 1) >= 0.95
        assert "top_k" not in members
        assert members.get("tool_choice", {}).get("type", "auto") in ("auto", "none")


def check_converse(members: Json) -> None:
    messages = members["messages"]
    assert messages[0]["role"] == "user"
    waiting: list[str] = []
    has_tools = False
    names: list[str] = []
    for before, message in zip([None, *messages], messages, strict=False):
        assert before is None or before["role"] != message["role"], "roles take turns"
        assert message["content"]
        results = [block["toolResult"] for block in message["content"] if "toolResult" in block]
        assert all("toolResult" in block for block in message["content"][: len(results)])
        assert sorted(result["toolUseId"] for result in results) == sorted(waiting)
        assert all(result["content"] for result in results)
        waiting = [block["toolUse"]["toolUseId"] for block in message["content"] if "toolUse" in block]
        has_tools = has_tools or bool(waiting or results)
        for block in message["content"]:
            assert len(block) == 1
            assert block.get("text", "x").strip()
            if "toolUse" in block:
                assert re.fullmatch(r"[a-zA-Z0-9_.:-]{1,64}", block["toolUse"]["toolUseId"])
                assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", block["toolUse"]["name"])
                assert isinstance(block["toolUse"]["input"], dict)
            if "document" in block:
                names.append(block["document"]["name"])
                assert any("text" in one for one in message["content"]), "documents come with text"
    assert not waiting
    assert len(set(names)) == len(names)
    config = members.get("toolConfig", {})
    assert bool(config.get("tools")) >= has_tools
    assert ("toolChoice" in config) <= bool(config.get("tools"))
    _check_names([tool["toolSpec"]["name"] for tool in config.get("tools", ()) if "toolSpec" in tool], 64)
    wanted = members.get("inferenceConfig", {})
    assert 0 <= wanted.get("temperature", 1) <= 1
    thinking = members.get("additionalModelRequestFields", {}).get("thinking", {})
    if thinking.get("type") == "enabled":
        assert 1024 <= thinking["budget_tokens"] < wanted.get("maxTokens", 1 << 30)
        assert wanted.get("temperature", 1) == 1


def check_gemini(members: Json) -> None:
    contents = members["contents"]
    assert contents[0]["role"] == "user"
    called: list[str] = []
    for before, content in zip([None, *contents], contents, strict=False):
        assert before is None or before["role"] != content["role"], "roles take turns"
        assert content["parts"]
        answered = [part["functionResponse"]["name"] for part in content["parts"] if "functionResponse" in part]
        assert answered == called, "as many responses as calls, in their order"
        called = [part["functionCall"]["name"] for part in content["parts"] if "functionCall" in part]
        for part in content["parts"]:
            assert part.get("text", "x") or "thoughtSignature" in part
            assert isinstance(part.get("functionResponse", {}).get("response", {}), dict)
            if "functionCall" in part:
                assert re.fullmatch(r"[a-zA-Z0-9_:.-]{1,64}", part["functionCall"]["name"])
    assert not called
    declared = [one["name"] for tool in members.get("tools", ()) for one in tool.get("functionDeclarations", ())]
    _check_names(declared, 64)
    calling = members.get("toolConfig", {}).get("functionCallingConfig", {})
    assert set(calling.get("allowedFunctionNames", ())) <= set(declared)
    assert len(members.get("generationConfig", {}).get("stopSequences", ())) <= 5


def _check_names(names: list[str], longest: int) -> None:
    assert len(set(names)) == len(names), "names of tools are unique"
    for name in names:
        assert re.fullmatch(rf"[a-zA-Z0-9_-]{{1,{longest}}}", name), name


def _check_choice(members: Json) -> None:
    """Of OpenAI's dialects: without tools there is nothing to choose."""
    if not members.get("tools"):
        assert "tool_choice" not in members
        assert "parallel_tool_calls" not in members


#: By the provider's dialect.
VALIDATORS: dict[str, Callable[[Json], None]] = {
    "openai_chat": check_chat,
    "openai_responses": check_responses,
    "anthropic_messages": check_messages,
    "bedrock_converse": check_converse,
    "gemini": check_gemini,
}
