"""Whatever a provider sends in whatever order, the stream is one that clients can read, and its text is all there."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest

from plano.dialects.conversation import Tool
from plano.dialects.openai_responses.stream_reader import StreamReader
from plano.dialects.openai_responses.stream_writer import StreamWriter
from plano.dialects.reply import Annotation, ReplyTo
from plano.http.wire.sse_splitter import SseSplitter
from tests.dialects.openai_responses.assembling import assembled

REQUEST = {"include": ["reasoning.encrypted_content"], "tools": [{"type": "local_shell"}]}
TO = ReplyTo("m", "abc", 1, {"patch": Tool("patch", is_custom=True), "n__f": Tool("f", namespace="n")}, 0, REQUEST)
PIECES = ["a", "\n", '"', "\\", "\u00e4\U0001f600", "%d", "{}", ""]


def tell(writer: StreamWriter, random: Random) -> tuple[str, dict[str, str]]:
    """Random things; the text said, and the arguments by id of the call."""
    said: list[str] = []
    arguments: dict[str, str] = {}
    open_calls: list[int] = []
    for step in range(random.randrange(40)):
        piece = random.choice(PIECES)
        match random.randrange(9):
            case 0 | 1:
                writer.text(piece)
                said.append(piece)
            case 2:
                writer.reasoning(piece, is_summary=random.random() < 0.5)
            case 3:
                proof = random.choice(("", "plano:anthropic_messages::S", "plano:openai_responses:rs_1:E", "bare"))
                writer.reasoning_proof(proof, is_redacted=random.random() < 0.3)
            case 4:
                name = random.choice(("f", "n__f", "patch", "local_shell"))
                writer.tool_call(step, f"c{step}", name, proof=random.choice(("", "plano:gemini::S")))
                open_calls.append(step)
                arguments[f"c{step}"] = ""
            case 5 if open_calls:
                key = random.choice(open_calls)
                writer.arguments(key, piece)
                arguments[f"c{key}"] += piece
            case 6:
                writer.close_block()
                open_calls.clear()
            case 7:
                writer.annotation(Annotation(random.choice(("url", "file", "quote")), "https://a", "A"))
            case 8:
                writer.refusal(piece)
    return "".join(said), arguments


def texts(response: dict[str, Any]) -> str:
    messages = [item["content"] for item in response["output"] if item["type"] == "message"]
    return "".join(part["text"] for content in messages for part in content if part["type"] == "output_text")


@pytest.mark.parametrize("seed", range(80))
def test_any_order_is_a_whole_response(seed: int) -> None:
    random = Random(seed)
    writer, again = StreamWriter(TO), StreamWriter(msgspec.structs.replace(TO, id="other"))
    writer.start("", "")
    said, arguments = tell(writer, random)
    if random.random() < 0.2:
        writer.error(500, "", "broke")
    else:
        writer.stop(random.choice(("end", "tool_calls", "length", "filtered", "refusal")))
        writer.end()
    stream = writer.take()
    response = assembled(stream)
    assert texts(response) == said
    for item in response["output"]:
        if item["type"] == "function_call" and arguments[item["call_id"]]:
            assert item["arguments"] == arguments[item["call_id"]]
    reader = StreamReader(again)
    for name, data in SseSplitter().feed(stream):
        reader.event(name, data)
    reader.close()
    assert texts(assembled(again.take())) == said
