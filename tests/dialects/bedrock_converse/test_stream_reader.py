"""Frames of a stream, told to a writer that notes what it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plano.dialects.bedrock_converse.stream_reader import StreamReader
from plano.dialects.operation import CHAT, CONVERSE, MESSAGES, RESPONSES, Operation
from plano.dialects.proofs import sealed
from plano.dialects.reply import ReplyTo
from plano.dialects.sides import translation
from plano.dialects.usage import Usage
from plano.errors import ProviderProtocolError
from plano.testing.event_stream import event_stream_frame

Told = tuple[Any, ...]


class Notes:
    """A `StreamWriter`: every call with its arguments."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def __getattr__(self, name: str) -> Any:
        def note(*args: Any, **kwargs: Any) -> None:
            self.told.append((name, *args, *(value for value in kwargs.values())))

        return note


def delta(index: int, **told: Any) -> tuple[str, Any]:
    return "contentBlockDelta", {"contentBlockIndex": index, "delta": told, "p": "abc"}


def start(index: int, **told: Any) -> tuple[str, Any]:
    return "contentBlockStart", {"contentBlockIndex": index, "start": told}


def stop(index: int) -> tuple[str, Any]:
    return "contentBlockStop", {"contentBlockIndex": index}


BEGIN = ("messageStart", {"role": "assistant"})
CALL = start(1, toolUse={"toolUseId": "t", "name": "f"})
END = ("messageStop", {"stopReason": "end_turn"})
COST = ("metadata", {"usage": {"inputTokens": 3, "outputTokens": 4, "cacheReadInputTokens": 10}})


def read(*events: tuple[str, Any], closes: bool = True) -> list[Told]:
    notes = Notes()
    reader = StreamReader(notes)
    for name, told in events:
        reader.event(name, told if isinstance(told, bytes) else json.dumps(told).encode())
    if closes:
        reader.close()
    return notes.told


FAILED = "the provider failed in the middle of its answer"
BEGUN: Told = ("start", "", "")
STREAMS: list[tuple[str, list[tuple[str, Any]], list[Told]]] = [
    ("text", [BEGIN, delta(0, text="He"), delta(0, text=""), delta(0, text="llo"), stop(0), END, COST],
     [BEGUN, ("text", "He"), ("text", "llo"), ("close_block",), ("stop", "end", ""), ("usage", Usage(13, 4, 10)),
      ("end",)]),
    ("thoughts", [BEGIN, delta(0, reasoningContent={"text": "hm"}), delta(0, reasoningContent={"signature": "S"}),
                  delta(0, reasoningContent={"signature": "IG"}), stop(0), END],
     [BEGUN, ("reasoning", "hm"), ("reasoning_proof", sealed("bedrock_converse", "SIG"), False), ("close_block",),
      ("stop", "end", ""), ("end",)]),
    ("thoughts nobody may read", [BEGIN, delta(0, reasoningContent={"redactedContent": "QUJD"}), stop(0), END],
     [BEGUN, ("reasoning_proof", sealed("bedrock_converse", "QUJD"), True), ("close_block",), ("stop", "end", ""),
      ("end",)]),
    ("a tool call", [BEGIN, CALL, delta(1, toolUse={"input": ""}), delta(1, toolUse={"input": '{"a":'}),
                     delta(1, toolUse={"input": "1}"}), stop(1), ("messageStop", {"stopReason": "tool_use"})],
     [BEGUN, ("tool_call", 1, "t", "f"), ("arguments", 1, '{"a":'), ("arguments", 1, "1}"), ("close_block",),
      ("stop", "tool_calls", ""), ("end",)]),
    ("a tool call without arguments", [BEGIN, CALL, stop(1), END],
     [BEGUN, ("tool_call", 1, "t", "f"), ("arguments", 1, "{}"), ("close_block",), ("stop", "tool_calls", ""),
      ("end",)]),
    ("arguments as an object", [BEGIN, CALL, delta(1, toolUse={"input": {"a": 1}}), stop(1), END],
     [BEGUN, ("tool_call", 1, "t", "f"), ("arguments", 1, '{"a":1}'), ("close_block",), ("stop", "tool_calls", ""),
      ("end",)]),
    ("no beginning", [delta(0, text="a"), stop(0), END],
     [BEGUN, ("text", "a"), ("close_block",), ("stop", "end", ""), ("end",)]),
    ("thoughts whose block never closes", [BEGIN, delta(0, reasoningContent={"signature": "S"}), END],
     [BEGUN, ("reasoning_proof", sealed("bedrock_converse", "S"), False), ("close_block",), ("stop", "end", ""),
      ("end",)]),
    ("a stop sequence", [BEGIN, ("messageStop", {"stopReason": "stop_sequence",
                                                 "additionalModelResponseFields": {"stop_sequence": "X"}})],
     [BEGUN, ("stop", "stop_sequence", "X"), ("end",)]),
    ("an image", [BEGIN, start(0, image={"format": "png"}), delta(0, image={"source": {"bytes": "QQ=="}}), stop(0),
                  END],
     [BEGUN, ("foreign", "bedrock_converse", "image", {"image": {"format": "png", "source": {"bytes": "QQ=="}}}),
      ("close_block",), ("stop", "end", ""), ("end",)]),
    ("a tool of Bedrock's own", [BEGIN, start(0, toolUse={"toolUseId": "s", "name": "g", "type": "server_tool_use"}),
                                 delta(0, toolUse={"input": '{"q"'}), delta(0, toolUse={"input": ":1}"}), stop(0), END],
     [BEGUN, ("foreign", "bedrock_converse", "toolUse",
              {"toolUse": {"toolUseId": "s", "name": "g", "type": "server_tool_use", "input": '{"q":1}'}}),
      ("close_block",), ("stop", "end", ""), ("end",)]),
    ("what is not known", [BEGIN, ("novelty", {"a": 1}), delta(0, novelty={}), delta(0, text=5),
                           ("contentBlockStop", []), ("initial-response", b""), END],
     [BEGUN, ("stop", "end", ""), ("end",)]),
    ("events after the last one", [BEGIN, END, COST, COST, delta(0, text="late")],
     [BEGUN, ("stop", "end", ""), ("usage", Usage(13, 4, 10)), ("end",)]),
]  # fmt: skip


@pytest.mark.parametrize(("events", "told"), [case[1:] for case in STREAMS], ids=[case[0] for case in STREAMS])
def test_streams(events: list[tuple[str, Any]], told: list[Told]) -> None:
    assert read(*events) == told


def test_a_citation_is_told_while_its_text_is_written() -> None:
    cited = {"title": "A", "location": {"web": {"url": "https://a.b"}}}
    kinds = read(BEGIN, delta(0, text="a"), delta(0, citation=cited), stop(0), END)

    assert [one[0] for one in kinds[1:4]] == ["text", "annotation", "close_block"]
    assert kinds[2][1].url == "https://a.b"


@pytest.mark.parametrize(
    ("name", "told", "error"),
    [
        ("throttlingException", {"message": "slow"}, (429, "throttlingException", "slow")),
        ("modelStreamErrorException", {"message": "m", "originalStatusCode": 424, "originalMessage": "o"},
         (502, "modelStreamErrorException", "m (o)")),
        ("validationException", {"message": "no"}, (400, "validationException", "no")),
        ("internalServerException", {}, (500, "internalServerException", FAILED)),
        ("serviceUnavailableException", b"", (503, "serviceUnavailableException", FAILED)),
        ("InternalFailure", {"message": "x"}, (500, "internalFailure", "x")),
        ("ThrottlingException", {"message": "x"}, (429, "throttlingException", "x")),
    ],
)  # fmt: skip
def test_exceptions_end_a_stream(name: str, told: Any, error: Told) -> None:
    assert read(BEGIN, delta(0, text="a"), (name, told), END, COST)[1:] == [("text", "a"), ("error", *error)]


@pytest.mark.parametrize("events", [[], [BEGIN], [BEGIN, delta(0, text="a"), stop(0)], [BEGIN, COST]])
def test_a_stream_without_its_end_is_not_complete(events: list[tuple[str, Any]]) -> None:
    with pytest.raises(ProviderProtocolError, match="without its last event"):
        read(*events)


@pytest.mark.parametrize("name", ["contentBlockDelta", "contentBlockStart", "metadata"])
@pytest.mark.parametrize("data", [b"{", b"\xff", b'{"a":' + b"[" * 100_000])
def test_what_is_not_json_is_a_fault(name: str, data: bytes) -> None:
    with pytest.raises(ProviderProtocolError, match="not JSON"):
        read(BEGIN, (name, data))


def frames(*events: tuple[str, Any]) -> bytes:
    return b"".join(event_stream_frame(name, json.dumps(told).encode()) for name, told in events)


WHOLE = frames(
    BEGIN, delta(0, reasoningContent={"text": "hm"}), delta(0, reasoningContent={"signature": "S"}), stop(0),
    delta(1, text="Grüße"), stop(1), start(2, toolUse={"toolUseId": "t", "name": "f"}),
    delta(2, toolUse={"input": '{"a":1}'}), stop(2), ("messageStop", {"stopReason": "tool_use"}), COST,
)  # fmt: skip


@pytest.mark.parametrize("asked", [CHAT, MESSAGES, RESPONSES], ids=lambda asked: asked.name)
def test_clients_read_the_same_wherever_the_stream_is_cut(asked: Operation) -> None:
    through = translation(asked, CONVERSE)
    assert through is not None
    to = ReplyTo("m", "abc", 1)
    stream = through.stream(to)
    whole = stream.feed(WHOLE) + stream.close()

    assert "Grüße" in whole.decode() or "Gr\\u00fc" in whole.decode()
    for cut in range(0, len(WHOLE), 7):
        stream = through.stream(to)
        assert stream.feed(WHOLE[:cut]) + stream.feed(WHOLE[cut:]) + stream.close() == whole
