"""Chat completions of providers, whole and streamed, however odd, and what clients are given of an answer."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from plano.dialects.conversation import Reasoning, Refusal, Text, Tool, ToolCall
from plano.dialects.openai_chat.read_answer import read_answer, read_error
from plano.dialects.openai_chat.stream_reader import StreamReader
from plano.dialects.openai_chat.stream_writer import StreamWriter
from plano.dialects.openai_chat.write_answer import write_answer, write_provider_error
from plano.dialects.reply import Annotation, Answer, Choice, ProviderError, ReplyTo
from plano.dialects.telling import tell_whole
from plano.dialects.usage import Usage
from plano.errors import ProviderProtocolError

TO = ReplyTo("the-model", "abc", 1_760_000_000)


def completion(message: dict[str, Any], finish: Any = "stop", **more: Any) -> bytes:
    return msgspec.json.encode(
        {"id": "x", "model": "m", "choices": [{"message": message, "finish_reason": finish}], **more}
    )


ODD = [
    ({"content": "hi"}, "stop", [Text("hi")], "end"),
    ({"content": None, "refusal": "no"}, "stop", [Refusal("no")], "refusal"),
    ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, "stop", [Text("ab")], "end"),
    ({"content": "hi", "reasoning": "hm"}, "eos", [Reasoning("hm"), Text("hi")], "end"),
    ({"content": "hi", "reasoning_content": "hm", "reasoning": "hm"}, "", [Reasoning("hm"), Text("hi")], "end"),
    ({"content": ""}, "length", [], "length"),
    ({"content": "x"}, "content_filter", [Text("x")], "filtered"),
    (
        {"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": {"a": 1}}}]},
        "stop",
        [ToolCall("c", "f", '{"a":1}')],
        "tool_calls",
    ),
    ({"tool_calls": [{"function": {"name": "f"}}]}, "tool_calls", [ToolCall("call_x_0", "f", "{}")], "tool_calls"),
    (
        {"function_call": {"name": "f", "arguments": "{}"}},
        "function_call",
        [ToolCall("call_x_0", "f", "{}")],
        "tool_calls",
    ),
]


@pytest.mark.parametrize(("message", "finish", "parts", "stop"), ODD)
def test_answers_of_all_kinds_of_servers(message: dict[str, Any], finish: str, parts: list[Any], stop: str) -> None:
    choice = read_answer(completion(message, finish)).choices[0]
    assert (choice.content, choice.stop) == (parts, stop)


@pytest.mark.parametrize("document", [b"", b"<html>", b"[]", b"{}", b'{"choices": 5}'])
def test_what_is_no_completion_is_the_providers_fault(document: bytes) -> None:
    with pytest.raises(ProviderProtocolError):
        read_answer(document)


ERRORS = [
    (b'{"error":{"message":"no","type":"t","param":"p","code":"c"}}', ("no", "c", "t", "p")),
    (b'{"type":"error","error":{"type":"overloaded_error","message":"busy"}}', ("busy", "", "overloaded_error", None)),
    (b'[{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}]', ("slow down", "429", "", None)),
    (b'{"detail":"Not Found"}', ("Not Found", "", "", None)),
    (b'{"message":"denied"}', ("denied", "", "", None)),
    (b"<html>502</html>", ("<html>502</html>", "", "", None)),
    (b"", ("the provider answered with status 500", "", "", None)),
    (b'"text"', ("text", "", "", None)),
]


@pytest.mark.parametrize(("body", "told"), ERRORS)
def test_errors_in_every_shape(body: bytes, told: tuple[Any, ...]) -> None:
    error = read_error(500, body)
    assert (error.message, error.code, error.type, error.param) == told


def test_a_providers_error_keeps_its_original_beside_it() -> None:
    error = ProviderError(529, "busy", type="overloaded_error", raw={"type": "error"})
    told = msgspec.json.decode(write_provider_error(error, "r"))["error"]
    assert told == {
        "message": "busy",
        "type": "server_error",
        "param": None,
        "code": None,
        "metadata": {"raw": {"type": "error"}},
    }


ANSWER = Answer(
    "",
    "m",
    [
        Choice(
            [
                Reasoning("hm", proof="sealed"),
                Text("Hello", annotations=(Annotation("url", "https://x", "X", start=0, end=5),)),
                ToolCall("c1", "f", '{"a":1}'),
                ToolCall("c2", "patch", '{"input":"line\\nline"}'),
            ],
            "tool_calls",
            logprobs=[{"token": "Hello", "logprob": -0.1, "bytes": None, "top_logprobs": []}],
        ),
        Choice([Text("Bye"), Refusal("no")], "length"),
    ],
    Usage(10, 20, 3, 0, 5),
)
WITH_TOOL = ReplyTo("the-model", "abc", 1_760_000_000, tools={"patch": Tool("apply_patch", is_custom=True)})


def test_an_answer_is_what_the_sdk_reads() -> None:
    told = ChatCompletion.model_validate_json(write_answer(ANSWER, WITH_TOOL))
    first, second = told.choices
    assert (told.id, told.model, told.created) == ("chatcmpl-abc", "the-model", 1_760_000_000)
    assert first.message.content == "Hello"
    assert first.message.reasoning_content == "hm"  # type: ignore[attr-defined]
    assert first.message.annotations
    assert first.message.annotations[0].url_citation.url == "https://x"
    assert [call.type for call in first.message.tool_calls or ()] == ["function", "custom"]
    custom = (first.message.tool_calls or [])[1]
    assert custom.type == "custom"
    assert (custom.custom.name, custom.custom.input) == ("apply_patch", "line\nline")
    assert (first.finish_reason, second.finish_reason, second.message.refusal) == ("tool_calls", "length", "no")
    assert told.usage
    assert told.usage.total_tokens == 30
    assert told.usage.prompt_tokens_details
    assert told.usage.prompt_tokens_details.cached_tokens == 3


def chunks_of(stream: bytes) -> list[Any]:
    """The chunks of a whole stream, each one that the SDK's types can read; they know no custom calls in streams."""
    events = stream.split(b"\n\n")
    assert events[-2:] == [b"data: [DONE]", b""]
    data = [event.removeprefix(b"data: ") for event in events[:-2]]
    for one in data:
        if b'"custom"' not in one:
            ChatCompletionChunk.model_validate_json(one, strict=True)
    return [msgspec.json.decode(one) for one in data]


def assembled(chunks: list[Any], index: int) -> dict[str, Any]:
    """What a client puts together of one choice."""
    message: dict[str, Any] = {"content": "", "calls": {}}
    for choice in (choice for chunk in chunks for choice in chunk["choices"] if choice["index"] == index):
        delta = choice["delta"]
        message["content"] += delta.get("content") or ""
        message["finish"] = choice["finish_reason"]
        for call in delta.get("tool_calls", ()):
            known = message["calls"].setdefault(call["index"], {"arguments": ""})
            told = call.get("function") or call["custom"]
            known.setdefault("name", told.get("name"))
            known["arguments"] += told.get("arguments") or told.get("input") or ""
    return message


def test_a_stream_says_what_the_whole_answer_says() -> None:
    writer = StreamWriter(WITH_TOOL)
    tell_whole(ANSWER, writer)
    chunks = chunks_of(writer.take())
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert sum("role" in choice["delta"] for chunk in chunks for choice in chunk["choices"]) == 2
    first, second = assembled(chunks, 0), assembled(chunks, 1)
    assert (first["content"], first["finish"]) == ("Hello", "tool_calls")
    assert [call["arguments"] for call in first["calls"].values()] == ['{"a":1}', "line\nline"]
    assert [call["name"] for call in first["calls"].values()] == ["f", "apply_patch"]
    assert (second["content"], second["finish"]) == ("Bye", "length")
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["total_tokens"] == 30


class Told:
    """A writer that keeps what it is told, in words."""

    def __init__(self) -> None:
        self.words: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **more: self.words.append((name, *(value for value in args if value != 0)))


def told_of(*chunks: Any) -> list[Any]:
    told = Told()
    reader = StreamReader(told)  # type: ignore[arg-type]
    for chunk in chunks:
        reader.event("", chunk if isinstance(chunk, bytes) else msgspec.json.encode(chunk))
    reader.close()
    return told.words[1:]


def delta(finish: Any = None, **delta: Any) -> dict[str, Any]:
    return {"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def call(**told: Any) -> dict[str, Any]:
    function = {name: told.pop(name) for name in ("name", "arguments") if name in told}
    return delta(tool_calls=[{**told, "function": function}])


STREAMS = [
    (
        "calls in turns",
        [
            call(index=0, id="a", name="f", arguments=""),
            call(index=1, id="b", name="g", arguments="{"),
            call(index=0, arguments="{}"),
            call(index=1, arguments="}"),
        ],
        [("a", "f"), ("b", "g"), ("{",), ("{}",), ("}",)],
    ),
    (
        "whole calls in one chunk, all numbered 0",
        [call(index=0, id="a", name="f", arguments="{}"), call(index=0, id="b", name="g", arguments="[]")],
        [("a", "f"), ("{}",), ("b", "g"), ("[]",)],
    ),
    (
        "no index at all",
        [call(id="a", name="f", arguments="{"), call(arguments="}"), call(id="b", name="g", arguments="{}")],
        [("a", "f"), ("{",), ("}",), ("b", "g"), ("{}",)],
    ),
    (
        "an id again with every piece",
        [call(index=0, id="a", name="f", arguments="{"), call(index=0, id="a", arguments="}")],
        [("a", "f"), ("{",), ("}",)],
    ),
    ("no id", [call(index=0, name="f", arguments="{}")], [("call_x_0", "f"), ("{}",)]),
    ("an object", [call(index=0, id="a", name="f", arguments={"a": 1})], [("a", "f"), ('{"a":1}',)]),
]


@pytest.mark.parametrize(("chunks", "expected"), [row[1:] for row in STREAMS], ids=[row[0] for row in STREAMS])
def test_tool_calls_however_they_come(chunks: list[Any], expected: list[Any]) -> None:
    words = [word for word in told_of(*chunks, delta("tool_calls"), b"[DONE]") if word[0] in ("tool_call", "arguments")]
    assert [tuple(value for value in word[1:] if isinstance(value, str) and value) for word in words] == expected


def test_a_server_that_says_stop_after_calls_means_tool_calls() -> None:
    assert ("stop", "tool_calls") in told_of(call(index=0, id="a", name="f", arguments="{}"), delta("stop"))


def test_thoughts_usage_and_the_end() -> None:
    usage = {"id": "x", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}
    words = told_of(delta(reasoning_content="hm"), delta(content="hi"), delta("stop"), usage, b"[DONE]")
    assert [word[0] for word in words] == ["reasoning", "text", "stop", "usage", "end"]
    assert words[3][1] == Usage(1, 2)


def test_a_server_without_the_last_frame_has_said_enough_with_a_reason() -> None:
    assert [word[0] for word in told_of(delta(content="hi"), delta("stop"))][-1] == "end"


def test_a_stream_that_just_ends_is_not_complete() -> None:
    with pytest.raises(ProviderProtocolError):
        told_of(delta(content="hi"))


def test_broken_json_is_the_providers_fault() -> None:
    with pytest.raises(ProviderProtocolError):
        told_of(delta(content="hi"), b'{"choices": [')


def test_an_error_ends_the_stream() -> None:
    error = {"error": {"message": "too many", "type": "rate_limit_error"}}
    words = told_of(delta(content="hi"), error, delta(content="more"))
    assert words[-1] == ("error", 429, "rate_limit_error", "too many")


def test_what_the_writer_says_of_an_error_is_the_last_word() -> None:
    writer = StreamWriter(TO)
    writer.start("", "m")
    writer.error(429, "rate_limit_error", "too many")
    told = writer.take()
    assert b'"message":"too many"' in told
    assert b"[DONE]" not in told
