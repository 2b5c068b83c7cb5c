"""Answers and errors of generateContent read, whole and as streams, and both alike."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from plano.dialects.conversation import Foreign, Image, Part, Reasoning, Text, ToolCall
from plano.dialects.gemini_generate.read_answer import read_answer, read_error
from plano.dialects.gemini_generate.stream_reader import StreamReader
from plano.dialects.operation import CHAT, GENERATE, MESSAGES, RESPONSES, Operation
from plano.dialects.proofs import sealed
from plano.dialects.reply import ReplyTo
from plano.dialects.sides import translation
from plano.dialects.usage import Usage
from plano.errors import ProviderProtocolError

encode = msgspec.json.encode
SIGNED = "U0lH"


class Told:
    """A writer that keeps what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **more: self.calls.append((name, *args, *more.values()))

    def of(self, name: str) -> list[tuple[Any, ...]]:
        return [call[1:] for call in self.calls if call[0] == name]


def chunk(*parts: dict[str, Any], finish: str = "", index: int | None = 0, **more: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}}
    if index is not None:
        candidate["index"] = index
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "responseId": "R", "modelVersion": "gemini-3", **more}


def streamed(*chunks: dict[str, Any], closes: bool = True) -> Told:
    told = Told()
    reader = StreamReader(told)
    for one in chunks:
        reader.event("", encode(one))
    if closes:
        reader.close()
    return told


CALL = {"functionCall": {"name": "read", "args": {"p": 1}}, "thoughtSignature": SIGNED}


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"text": "hi"}, [Text("hi")]),
        ({"text": ""}, []),
        ({"text": "hm", "thought": True}, [Reasoning("hm", is_summary=True)]),
        ({"text": "", "thoughtSignature": SIGNED}, [Reasoning(proof=sealed("gemini", SIGNED), is_redacted=True)]),
        (
            {"text": "a", "thoughtSignature": SIGNED},
            [Text("a"), Reasoning(proof=sealed("gemini", SIGNED), is_redacted=True)],
        ),
        (CALL, [ToolCall("call_R_0", "read", '{"p":1}', proof=sealed("gemini", SIGNED))]),
        ({"functionCall": {"id": "x", "name": "now"}}, [ToolCall("x", "now", "{}")]),
        ({"functionCall": {"id": "x", "name": "now", "args": '{"a":1}'}}, [ToolCall("x", "now", '{"a":1}')]),
        ({"inlineData": {"mimeType": "image/png", "data": "xx"}}, [Image("image/png", "xx")]),
        ({"executableCode": {"code": "1"}}, [Foreign("gemini", "executableCode", {"executableCode": {"code": "1"}})]),
    ],
)
def test_parts_are_read(part: dict[str, Any], expected: list[Part]) -> None:
    assert read_answer(encode(chunk(part, finish="STOP"))).choices[0].content == expected


@pytest.mark.parametrize(
    ("word", "stop"),
    [
        ("STOP", "end"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "filtered"),
        ("RECITATION", "filtered"),
        ("PROHIBITED_CONTENT", "filtered"),
        ("BLOCKLIST", "filtered"),
        ("SPII", "filtered"),
        ("OTHER", "end"),
        ("SOMETHING_NEW", "end"),
    ],
)
def test_why_it_ended(word: str, stop: str) -> None:
    assert read_answer(encode(chunk({"text": "a"}, finish=word))).choices[0].stop == stop
    assert streamed(chunk({"text": "a"}, finish=word)).of("stop") == [(stop, 0)]


def test_calls_end_an_answer_that_says_stop() -> None:
    assert read_answer(encode(chunk(CALL, finish="STOP"))).choices[0].stop == "tool_calls"
    assert streamed(chunk(CALL), chunk({"text": ""}, finish="STOP")).of("stop") == [("tool_calls", 0)]


def test_a_blocked_prompt_is_filtered() -> None:
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4}}

    assert read_answer(encode(blocked)).choices[0].stop == "filtered"
    told = streamed(blocked)
    assert told.of("stop") == [("filtered",)]
    assert told.of("usage") == [(Usage(4, 0),)]


def test_a_malformed_call_is_a_failure_where_nothing_else_came() -> None:
    bad = {"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "odd"}]}

    with pytest.raises(ProviderProtocolError, match="odd"):
        read_answer(encode(bad))
    told = streamed(bad)
    assert told.of("error")[0][:2] == (502, "MALFORMED_FUNCTION_CALL")
    assert told.of("stop") == []
    assert streamed(chunk({"text": "a"}), bad).of("stop") == [("end", 0)]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            {
                "promptTokenCount": 10,
                "candidatesTokenCount": 5,
                "thoughtsTokenCount": 3,
                "cachedContentTokenCount": 4,
                "toolUsePromptTokenCount": 2,
            },
            Usage(12, 8, 4, 0, 3),
        ),
        ({"promptTokenCount": 10, "totalTokenCount": 17}, Usage(10, 7)),
        ({"promptTokenCount": 10, "totalTokenCount": 17, "thoughtsTokenCount": 7}, Usage(10, 7, 0, 0, 7)),
        ({"promptTokenCount": "odd"}, None),
        (None, None),
    ],
)
def test_tokens(told: Any, expected: Usage | None) -> None:
    assert read_answer(encode(chunk({"text": "a"}, usageMetadata=told))).usage == expected


def test_sources_count_characters() -> None:
    grounding = {
        "groundingChunks": [{"web": {"uri": "https://a", "title": "A"}}, {"web": {"uri": "https://b"}}],
        "groundingSupports": [{"segment": {"startIndex": 3, "endIndex": 5}, "groundingChunkIndices": [0, 1, 9]}],
    }
    whole = chunk({"text": "hé ü!"}, finish="STOP")
    whole["candidates"][0]["groundingMetadata"] = grounding

    (text,) = read_answer(encode(whole)).choices[0].content

    assert isinstance(text, Text)
    assert [(one.url, one.title, one.start, one.end) for one in text.annotations] == [
        ("https://a", "A", 2, 3),
        ("https://b", "", 2, 3),
    ]
    last = chunk({"text": " ü!"}, finish="STOP")
    last["candidates"][0]["groundingMetadata"] = grounding
    found = [call[0] for call in streamed(chunk({"text": "hé"}), last).of("annotation")]
    assert found == list(text.annotations)


def test_log_probabilities_are_told_as_chat_has_them() -> None:
    told = chunk({"text": "a"}, finish="STOP")
    told["candidates"][0]["logprobsResult"] = {
        "chosenCandidates": [{"token": "a", "logProbability": -0.5}],
        "topCandidates": [{"candidates": [{"token": "b", "logProbability": -1.5}]}],
    }

    assert read_answer(encode(told)).choices[0].logprobs == [
        {
            "token": "a",
            "logprob": -0.5,
            "bytes": [97],
            "top_logprobs": [{"token": "b", "logprob": -1.5, "bytes": [98]}],
        }
    ]


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b'{"a":1}', b"\xff"])
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(ProviderProtocolError):
        read_answer(body)


def test_a_stream_tells_pieces_calls_and_the_last_usage() -> None:
    told = streamed(
        chunk({"text": "hm", "thought": True}, usageMetadata={"promptTokenCount": 4}),
        chunk({"text": "a"}),
        chunk(CALL, {"functionCall": {"name": "now"}}),
        chunk({"text": "", "thoughtSignature": SIGNED}, finish="STOP"),
        {"usageMetadata": {"promptTokenCount": 4, "candidatesTokenCount": 2}},
    )

    assert told.calls == [
        ("start", "R", "gemini-3", Usage(4, 0)),
        ("reasoning", "hm", 0, True),
        ("text", "a", 0, None),
        ("tool_call", 0, "call_R_0", "read", 0, sealed("gemini", SIGNED)),
        ("arguments", 0, '{"p":1}', 0),
        ("close_block", 0),
        ("tool_call", 1, "call_R_1", "now", 0, ""),
        ("arguments", 1, "{}", 0),
        ("close_block", 0),
        ("reasoning_proof", sealed("gemini", SIGNED), 0, True),
        ("stop", "tool_calls", 0),
        ("usage", Usage(4, 2)),
        ("end",),
    ]


@pytest.mark.parametrize("chunks", [[], [chunk({"text": "a"})], [chunk({"text": "a"}, finish="STOP"), chunk(index=1)]])
def test_a_stream_without_its_reasons_is_cut_short(chunks: list[dict[str, Any]]) -> None:
    with pytest.raises(ProviderProtocolError):
        streamed(*chunks)


def test_an_error_ends_a_stream() -> None:
    error = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}

    assert streamed(chunk({"text": "a"}), error, chunk({"text": "b"})).calls[-1] == (
        "error",
        503,
        "UNAVAILABLE",
        "overloaded",
    )


@pytest.mark.parametrize("data", [b"[1]", b'"x"', b'{"candidates":[1,{"content":{"parts":[1,{}]}}]}', b"{}", b"null"])
def test_odd_events_are_skipped(data: bytes) -> None:
    told = Told()

    StreamReader(told).event("", data)

    assert {call[0] for call in told.calls} <= {"start"}


def test_errors_are_read_alone_and_in_a_list() -> None:
    error = {
        "error": {
            "code": 400,
            "message": "bad key",
            "status": "INVALID_ARGUMENT",
            "details": [{"reason": "API_KEY_INVALID"}, {"fieldViolations": [{"field": "contents[0]"}]}],
        }
    }
    for body in (error, [error]):
        found = read_error(400, encode(body))
        assert (found.message, found.code, found.type, found.param, found.raw) == (
            "bad key",
            "API_KEY_INVALID",
            "INVALID_ARGUMENT",
            "contents[0]",
            body,
        )
    assert read_error(502, b"<html>").message == "<html>"
    assert read_error(500, b"{}").message == "the provider answered with status 500"


@pytest.mark.parametrize("asked", [CHAT, MESSAGES, RESPONSES])
def test_a_signature_comes_back_through_every_client(asked: Operation) -> None:
    """What a client is given of a call, given back as history, has the signature it came with."""
    found = translation(asked, GENERATE)
    assert found is not None
    whole = chunk({"text": "let me see"}, CALL, finish="STOP")
    to = ReplyTo("m", "abc", 1, request={"include": ["reasoning.encrypted_content"]})
    answer = msgspec.json.decode(found.document(encode(whole), to)[0])
    hi: dict[str, Any] = {"role": "user", "content": "hi"}
    if asked is CHAT:
        members: dict[str, Any] = {"messages": [hi, answer["choices"][0]["message"]]}
    elif asked is MESSAGES:
        members = {"max_tokens": 9, "messages": [hi, {"role": "assistant", "content": answer["content"]}]}
    else:
        members = {"input": [hi, *answer["output"]]}

    written = found.request(members, model="gemini-3-pro", id="abc", created=1).members

    parts = written["contents"][1]["parts"]
    assert parts[0]["text"] == "let me see"
    assert parts[1]["functionCall"]["args"] == {"p": 1}
    assert parts[1]["thoughtSignature"] == SIGNED
