"""What goes through the hub and back into the same dialect is what it was."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from plano.dialects.losses import Losses
from plano.dialects.openai_responses.read_answer import read_answer
from plano.dialects.openai_responses.read_request import read_request
from plano.dialects.openai_responses.stream_reader import StreamReader
from plano.dialects.openai_responses.stream_writer import StreamWriter
from plano.dialects.openai_responses.write_answer import write_answer
from plano.dialects.openai_responses.write_request import write_request
from plano.dialects.reply import Annotation, ReplyTo, StopReason
from plano.dialects.usage import Usage
from plano.http.wire.sse_splitter import SseSplitter
from tests.dialects.openai_responses.assembling import assembled

Json = dict[str, Any]
TO = ReplyTo("m", "abc", 1_700_000_000, {}, 0, {"include": ["reasoning.encrypted_content"], "store": False})

SCHEMA: Json = {"type": "object", "properties": {}}
#: What Codex sends, as far as it is of this kind.
CODEX: Json = {
    "instructions": "You are Codex.",
    "input": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "<environment>"}]},
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "what is this?"},
                {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "high"},
            ],
        },
        {
            "id": "rs_1",
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "look"}],
            "encrypted_content": "ENC",
        },
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Let me see."}]},
        {"type": "function_call", "call_id": "c1", "name": "shell", "arguments": '{"command":["ls"]}'},
        {"type": "function_call", "call_id": "c2", "name": "read", "arguments": "{}", "namespace": "mcp__fs"},
        {"type": "custom_tool_call", "call_id": "c3", "name": "apply_patch", "input": "*** Begin Patch\n"},
        {"type": "function_call_output", "call_id": "c1", "output": "a.py"},
        {
            "type": "function_call_output",
            "call_id": "c2",
            "output": [
                {"type": "input_text", "text": "x"},
                {"type": "input_image", "image_url": "https://a/b.png", "detail": "auto"},
            ],
        },
        {"type": "custom_tool_call_output", "call_id": "c3", "output": "Done!"},
    ],
    "tools": [
        {"type": "function", "name": "shell", "parameters": SCHEMA, "strict": False},
        {
            "type": "custom",
            "name": "apply_patch",
            "description": "Edits.",
            "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"},
        },
        {"type": "web_search", "external_web_access": False},
        {
            "type": "namespace",
            "name": "mcp__fs",
            "description": "Tools in the mcp__fs namespace.",
            "tools": [{"type": "function", "name": "read", "parameters": SCHEMA, "strict": True}],
        },
    ],
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "reasoning": {"effort": "medium", "summary": "auto"},
    "store": False,
    "include": ["reasoning.encrypted_content"],
    "prompt_cache_key": "k",
    "text": {"verbosity": "low", "format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}},
    "max_output_tokens": 1000,
    "metadata": {"a": "b"},
}


def test_a_request_of_codex_is_what_it_was() -> None:
    losses = Losses()
    assert write_request(read_request(CODEX), losses) == CODEX
    assert losses.names == []


def tell_everything(writer: StreamWriter) -> None:
    writer.start("resp_1", "m")
    writer.reasoning("one ", is_summary=True)
    writer.reasoning("two", is_summary=True)
    writer.reasoning_proof("plano:openai_responses:rs_7:ENC")
    writer.text("Hello")
    writer.annotation(Annotation("url", "https://a", "A", start=0, end=2))
    writer.close_block()
    writer.text("again", logprobs=[{"token": "again", "logprob": -0.5, "bytes": [1], "top_logprobs": []}])
    writer.refusal("no")
    writer.tool_call(0, "c0", "f")
    writer.arguments(0, '{"a"')
    writer.tool_call(1, "c1", "apply_patch", is_custom=True)
    writer.arguments(1, "***")
    writer.arguments(0, ":1}")
    writer.arguments(1, " Begin")
    writer.foreign("openai_responses", "web_search_call", {"id": "ws", "type": "web_search_call", "status": "completed",
                                                           "action": {"type": "search", "query": "q"}})  # fmt: skip


@pytest.mark.parametrize("stop", ["tool_calls", "length", "filtered"])
def test_a_stream_is_what_it_was(stop: StopReason) -> None:
    first, second = StreamWriter(TO), StreamWriter(TO)
    tell_everything(first)
    first.usage(Usage(10, 5, 3, 1, 2))
    first.stop(stop)
    first.end()
    stream = first.take()
    reader = StreamReader(second)
    for name, data in SseSplitter().feed(stream):
        reader.event(name, data)
    reader.close()
    whole, again = assembled(stream), assembled(second.take())
    if stop == "tool_calls":
        assert again == whole
    else:  # Which of the calls was cut is known only in the end.
        for response in (whole, again):
            for item in response["output"]:
                item.pop("status", None)
        assert again == whole


def test_a_whole_answer_is_what_it_was() -> None:
    writer = StreamWriter(TO)
    tell_everything(writer)
    writer.usage(Usage(10, 5, 3, 1, 2))
    writer.stop("tool_calls")
    writer.end()
    document = msgspec.json.decode(write_answer(read_answer(writer.document), TO))
    expected = assembled(writer.take())
    logprobs = document["output"][1]["content"][0].pop("logprobs")
    assert logprobs, "log probabilities of all texts are one list in the hub"
    for response in (document, expected):
        for part in response["output"][1]["content"]:
            part.pop("logprobs", None)
    assert document == expected


def test_a_failed_response_is_what_it_was() -> None:
    first, second = StreamWriter(TO), StreamWriter(TO)
    tell_everything(first)
    first.error(429, "", "slow down")
    reader = StreamReader(second)
    stream = first.take()
    for name, data in SseSplitter().feed(stream):
        reader.event(name, data)
    reader.close()
    again = assembled(second.take())
    assert again["error"] == {"code": "rate_limit_exceeded", "message": "slow down"}
