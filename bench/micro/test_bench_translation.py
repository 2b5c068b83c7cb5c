"""A request and the events of a stream on their way from one dialect to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from bench.micro.builds import Build
from bench.micro.cases import OPERATIONS, bench

_SCHEMA = {
    "type": "object",
    "properties": {f"p{number}": {"type": "string", "description": "a parameter of it"} for number in range(5)},
    "required": ["p0"],
}
_TOOLS = [
    {"name": f"tool_{number}", "description": "Does something useful with a file. " * 9, "input_schema": _SCHEMA}
    for number in range(14)
]
_TURNS: list[dict[str, Any]] = [{"role": "user", "content": "Look at this file and say what it does. " * 5}]
for _number in range(8):
    _call = {"type": "tool_use", "id": f"toolu_{_number}", "name": "tool_1", "input": {"p0": "/a/b/c"}}
    _TURNS.append({"role": "assistant", "content": [{"type": "text", "text": "I will look."}, _call]})
    _lines = [{"type": "text", "text": "a line of the file\n" * 35}]
    _TURNS.append(
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"toolu_{_number}", "content": _lines}]}
    )
#: What a coding agent sends: 25 kB of instructions, tools, calls and results.
REQUEST = msgspec.json.encode(
    {
        "model": "m",
        "max_tokens": 32000,
        "stream": True,
        "system": [{"type": "text", "text": "You are a coding agent. " * 300, "cache_control": {"type": "ephemeral"}}],
        "messages": _TURNS,
        "tools": _TOOLS,
    }
)
BEGIN = b'data: {"id":"a","model":"z","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'
EVENT = (
    b'data: {"id":"a","object":"chat.completion.chunk","created":1760000000,"model":"z","choices":[{"index":0,'
    b'"delta":{"content":"Some words, as many as a token event of two hundred and twenty bytes holds"},'
    b'"finish_reason":null}]}\n\n'
)


@bench("25 kB request, Messages to Chat", operations=10)
def test_bench_request(build: Build) -> Callable[[], object]:
    sides, operation = build("dialects.sides"), build("dialects.operation")
    translation = sides.translation(operation.MESSAGES, operation.CHAT)

    def run() -> bytes:
        for _ in range(10):
            told = translation.request(msgspec.json.decode(REQUEST), model="m", id="r", created=1)
            body = msgspec.json.encode(told.members)
        return body

    assert run().count(b'"role":"tool"') == 8
    return run


@bench("one event, Chat to Messages")
def test_bench_event(build: Build) -> Callable[[], object]:
    sides, operation, reply = build("dialects.sides"), build("dialects.operation"), build("dialects.reply")
    stream = sides.translation(operation.MESSAGES, operation.CHAT).stream(reply.ReplyTo("m", "r", 1))
    stream.feed(BEGIN)

    def run() -> bytes:
        for _ in range(OPERATIONS):
            told: bytes = stream.feed(EVENT)
        return told

    assert b"text_delta" in stream.feed(EVENT)
    return run
