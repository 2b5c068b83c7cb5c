"""Conversations nobody thought of, made from a seed and said in each client's dialect."""

# A shape of a dialect is a line.
# ruff: noqa: E501

from __future__ import annotations

import json
import random
from typing import Any

Json = dict[str, Any]
CHAT, MESSAGES, RESPONSES = "openai_chat", "anthropic_messages", "openai_responses"
_TEXTS = ("Hello", "æøå 😀", " ", "\n\n", "</system>", '{"a": 1}', "Error: no", "x" * 300, "tab\there\u2028", "ends with blanks  ")
_IDS = ("call_{}", "toolu_{}", "fc:{}|x", "chatcmpl-tool-{}", "{}", "id with blank {}", "functions.get:{}", "a" * 70 + "{}")
_NAMES = ("get_weather", "mcp__disk__list", "a.dotted.name", "with-dash", "n" * 90, "Read")
_PNG, _PDF = "iVBORw0KGgo=", "JVBERi0xLjQK"


class Conversation:
    """One conversation; `request(client)` says it in that client's dialect. The same seed, the same conversation."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._count = 0
        self.tools = self.chance.sample(_NAMES, self.chance.randint(0, 4))
        self.turns = [self._turn() for _ in range(self.chance.randint(1, 6))]
        if self.turns[-1]["role"] != "user" or self.turns[0]["role"] == "assistant":
            self.turns = [{"role": "user", "parts": [("text", "Begin")]}, *self.turns, {"role": "user", "parts": [("text", "End")]}]
        self.settings = self._settings()

    def request(self, client: str) -> Json:
        return {CHAT: self._chat, MESSAGES: self._messages, RESPONSES: self._responses}[client]()

    def _text(self) -> str:
        return self.chance.choice(_TEXTS)

    def _turn(self) -> Json:
        chance = self.chance
        kind = chance.choice(("user", "user", "assistant", "assistant", "system"))
        if kind == "user":
            parts = [chance.choice((("text", self._text()), ("image", ""), ("image", "https://example.com/a.png"), ("pdf", ""), ("text", "more"))) for _ in range(chance.randint(1, 3))]
            return {"role": "user", "parts": parts}
        if kind == "system":
            return {"role": "system", "parts": [("text", "Be brief")]}
        turn: Json = {"role": "assistant", "thoughts": chance.choice(("", "", "I think", " ")), "proof": chance.choice(("", "c2ln", "plano:openai_responses:rs_1:ZW5j", "plano:gemini::Z2Vt", "plano:anthropic_messages::c2ln", "plano:bedrock_converse::YmVk")), "text": chance.choice(("", self._text())), "refusal": chance.choice(("", "", "I will not")), "calls": []}
        if self.tools:
            turn["calls"] = [self._call() for _ in range(chance.randint(0, 3))]
            chance.shuffle(turn["calls"])
        if not (turn["text"] or turn["calls"]):
            turn["text"] = "Well"
        return turn

    def _call(self) -> Json:
        self._count += 1
        chance = self.chance
        return {
            "id": chance.choice(_IDS).format(self._count),
            "name": chance.choice((*self.tools, "a_tool_of_before")),
            "arguments": chance.choice(({}, {"city": "Oslo"}, {"deep": [{"a": None, "b": 1.5}]})),
            "result": chance.choice(("ok", "", "æ", "image", "missing" if chance.random() < 0.3 else "fine")),
            "is_error": chance.random() < 0.2,
        }

    def _settings(self) -> Json:
        chance = self.chance
        return {
            "temperature": chance.choice((None, 0, 0.5, 1, 1.7)),
            "top_p": chance.choice((None, 0.5, 1)),
            "most": chance.choice((None, 1, 500, 30000)),
            "stop": chance.choice((None, ["END"], ["a", "b", "c", "d", "e", "f"])),
            "effort": chance.choice((None, None, "none", "low", "high", "xhigh")),
            "choice": chance.choice((None, "auto", "required", "none", "tool")) if self.tools else None,
            "parallel": chance.choice((None, True, False)),
            "json": chance.choice((None, None, {"type": "object", "properties": {"a": {"type": "string", "format": "uri"}}, "required": ["a"], "additionalProperties": False})),
        }

    def _schemas(self) -> list[Json]:
        schema = {"type": "object", "properties": {"city": {"type": "string"}}}
        return [{"name": name, "description": "Does it.", "parameters": schema} for name in self.tools]

    # Chat Completions.

    def _chat(self) -> Json:
        messages: list[Json] = []
        for turn in self.turns:
            if turn["role"] == "assistant":
                messages += _chat_said(turn)
            elif turn["role"] == "system":
                messages.append({"role": "developer", "content": "Be brief"})
            else:
                messages.append({"role": "user", "content": [_chat_part(*part) for part in turn["parts"]]})
        told: Json = {"model": "m", "messages": messages}
        if self.tools:
            told["tools"] = [{"type": "function", "function": function} for function in self._schemas()]
        wanted = self.settings
        told |= {"temperature": wanted["temperature"], "top_p": wanted["top_p"], "max_completion_tokens": wanted["most"], "stop": (wanted["stop"] or [])[:4] or None, "reasoning_effort": wanted["effort"]}
        if self.tools:
            choice = wanted["choice"]
            told["tool_choice"] = {"type": "function", "function": {"name": self.tools[0]}} if choice == "tool" else choice
            told["parallel_tool_calls"] = wanted["parallel"]
        if wanted["json"]:
            told["response_format"] = {"type": "json_schema", "json_schema": {"name": "a", "schema": wanted["json"]}}
        return {name: value for name, value in told.items() if value is not None}

    # Messages.

    def _messages(self) -> Json:
        messages: list[Json] = []
        for turn in self.turns:
            if turn["role"] == "assistant":
                messages += _messages_said(turn)
            else:
                messages.append({"role": "user", "content": [_messages_part(*part) for part in turn["parts"]]})
        wanted = self.settings
        told: Json = {"model": "m", "messages": messages, "max_tokens": wanted["most"] or 1000, "temperature": wanted["temperature"] and min(wanted["temperature"], 1), "top_p": wanted["top_p"], "stop_sequences": wanted["stop"]}
        if self.tools:
            told["tools"] = [{"name": f["name"], "description": f["description"], "input_schema": f["parameters"]} for f in self._schemas()]
            kind = {"required": "any"}.get(wanted["choice"], wanted["choice"])
            if kind:
                told["tool_choice"] = {"type": kind, **({"name": self.tools[0]} if kind == "tool" else {})}
        if wanted["effort"] == "none":
            told["thinking"] = {"type": "disabled"}
        elif wanted["effort"]:
            told["thinking"] = {"type": "enabled", "budget_tokens": 2000}
            told["max_tokens"] = max(told["max_tokens"], 4000)
        if wanted["json"]:
            told["output_config"] = {"format": {"type": "json_schema", "schema": wanted["json"]}}
        return {name: value for name, value in told.items() if value is not None}

    # Responses.

    def _responses(self) -> Json:
        items: list[Json] = []
        for turn in self.turns:
            if turn["role"] == "assistant":
                items += _responses_said(turn)
            elif turn["role"] == "system":
                items.append({"role": "developer", "content": "Be brief"})
            else:
                items.append({"role": "user", "content": [_responses_part(*part) for part in turn["parts"]]})
        wanted = self.settings
        told: Json = {"model": "m", "input": items, "temperature": wanted["temperature"], "top_p": wanted["top_p"], "max_output_tokens": wanted["most"]}
        if self.tools:
            told["tools"] = [{"type": "function", **function} for function in self._schemas()]
            choice = wanted["choice"]
            told["tool_choice"] = {"type": "function", "name": self.tools[0]} if choice == "tool" else choice
            told["parallel_tool_calls"] = wanted["parallel"]
        if wanted["effort"]:
            told["reasoning"] = {"effort": wanted["effort"], "summary": "auto"}
        if wanted["json"]:
            told["text"] = {"format": {"type": "json_schema", "name": "a", "schema": wanted["json"]}}
        return {name: value for name, value in told.items() if value is not None}


def _chat_part(kind: str, value: str) -> Json:
    if kind == "text":
        return {"type": "text", "text": value}
    if kind == "image":
        return {"type": "image_url", "image_url": {"url": value or f"data:image/png;base64,{_PNG}"}}
    return {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{_PDF}"}}


def _chat_said(turn: Json) -> list[Json]:
    said: Json = {"role": "assistant", "content": turn["text"] or None}
    if turn["thoughts"]:
        said["reasoning_content"] = turn["thoughts"]
        if turn["proof"]:
            said["reasoning_details"] = [{"type": "reasoning.text", "text": turn["thoughts"], "signature": turn["proof"]}]
    if turn["refusal"]:
        said["refusal"] = turn["refusal"]
    if turn["calls"]:
        said["tool_calls"] = [{"id": c["id"], "type": "function", "function": {"name": c["name"], "arguments": json.dumps(c["arguments"])}} for c in turn["calls"]]
    results = [{"role": "tool", "tool_call_id": c["id"], "content": c["result"]} for c in turn["calls"] if c["result"] != "missing"]
    return [said, *results]


def _messages_part(kind: str, value: str) -> Json:
    if kind == "text":
        return {"type": "text", "text": value}
    if kind == "image":
        source = {"type": "url", "url": value} if value else {"type": "base64", "media_type": "image/png", "data": _PNG}
        return {"type": "image", "source": source}
    return {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": _PDF}}


def _messages_said(turn: Json) -> list[Json]:
    content: list[Json] = []
    if turn["thoughts"]:
        content.append({"type": "thinking", "thinking": turn["thoughts"], "signature": turn["proof"]})
    if turn["text"]:
        content.append({"type": "text", "text": turn["text"]})
    content += [{"type": "tool_use", "id": c["id"], "name": c["name"], "input": c["arguments"]} for c in turn["calls"]]
    results = [
        {"type": "tool_result", "tool_use_id": c["id"], "is_error": c["is_error"], "content": [_messages_part("image", "")] if c["result"] == "image" else c["result"]}
        for c in turn["calls"]
        if c["result"] != "missing"
    ]
    said = {"role": "assistant", "content": content}
    return [said, {"role": "user", "content": results}] if results else [said]


def _responses_part(kind: str, value: str) -> Json:
    if kind == "text":
        return {"type": "input_text", "text": value}
    if kind == "image":
        return {"type": "input_image", "image_url": value or f"data:image/png;base64,{_PNG}"}
    return {"type": "input_file", "filename": "a.pdf", "file_data": f"data:application/pdf;base64,{_PDF}"}


def _responses_said(turn: Json) -> list[Json]:
    items: list[Json] = []
    if turn["thoughts"]:
        items.append({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": turn["thoughts"]}], "encrypted_content": turn["proof"] or None})
    content = []
    if turn["text"]:
        content.append({"type": "output_text", "text": turn["text"]})
    if turn["refusal"]:
        content.append({"type": "refusal", "refusal": turn["refusal"]})
    if content:
        items.append({"type": "message", "role": "assistant", "content": content})
    items += [{"type": "function_call", "call_id": c["id"], "name": c["name"], "arguments": json.dumps(c["arguments"])} for c in turn["calls"]]
    items += [
        {"type": "function_call_output", "call_id": c["id"], "output": [_responses_part("image", "")] if c["result"] == "image" else c["result"]}
        for c in turn["calls"]
        if c["result"] != "missing"
    ]
    return items
