"""Estimates of tokens grow with everything that is said."""

from __future__ import annotations

from base64 import b64encode

import pytest

from plano.dialects.conversation import (
    Audio,
    Conversation,
    Document,
    Foreign,
    Image,
    OutputFormat,
    Part,
    Reasoning,
    Refusal,
    Settings,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)
from plano.dialects.token_estimate import estimated_tokens

PNG = b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (750).to_bytes(4, "big") + (100).to_bytes(4, "big")).decode()


def of_part(part: Part) -> int:
    bare = estimated_tokens(Conversation([Turn("user", [Text("x" * 36)])]))
    return estimated_tokens(Conversation([Turn("user", [Text("x" * 36), part])])) - bare


@pytest.mark.parametrize(
    ("part", "tokens"),
    [
        (Text("a" * 3600), 1000),
        (Text("\u6f22" * 1200), 1000),
        (Refusal("a" * 360), 100),
        (Reasoning("a" * 360, "P" * 1000), 100),
        (ToolCall("i", "n" * 6, "a" * 354), 112),
        (ToolResult("i", [Text("a" * 360), Image(url="https://e")]), 1712),
        (Image("image/png", PNG), 100),
        (Image("image/png", "iVBORw0KGgo!"), 1),
        (Image("image/jpeg", "AA"), 1600),
        (Image(url="https://e", detail="low"), 85),
        (Document(text="a" * 360), 100),
        (Document("text/csv", "A" * 480), 100),
        (Document("application/pdf", "A" * 160_000), 3000),
        (Document(url="https://e"), 4000),
        (Audio("A" * 320_000, "mp3"), 150),
        (Foreign("d", "k", "a" * 358), 100),
    ],
)
def test_parts(part: Part, tokens: int) -> None:
    assert of_part(part) == tokens


def test_the_whole_request_counts() -> None:
    schema = {"a": "b" * 352}
    conversation = Conversation([Turn("user", [])])
    assert estimated_tokens(conversation) == 4
    conversation.instructions = [Text("a" * 360)]
    assert estimated_tokens(conversation) == 104
    conversation.tools = [Tool("n" * 36, "d" * 36, schema), Tool("w", foreign=Foreign("d", "k", schema))]
    assert estimated_tokens(conversation) == 104 + 24 + 20 + 200
    conversation.settings = Settings(output_format=OutputFormat(schema))
    assert estimated_tokens(conversation) == 448
    assert estimated_tokens(Conversation([])) == 1
