"""How many tokens a request is, about: for providers that cannot be asked, and before they have said.

Nobody's tokenizer is asked. English prose has some 4 bytes to a token and code some 3 (of the tokenizers in use in
2026), so 3.6 is off by some 15 % either way; JSON schemas lie between. Letters of other alphabets count by their bytes
in UTF-8, which comes out near the truth for them, too.
"""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Callable
from typing import Any, Final

import msgspec

from plano.dialects.conversation import (
    Audio,
    Conversation,
    Document,
    Foreign,
    Image,
    Part,
    Reasoning,
    Refusal,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)

_BYTES_PER_TOKEN: Final = 3.6
#: What stands around each in the prompt, in tokens.
_PER_TURN: Final = 4
_PER_TOOL: Final = 12
_PER_CALL: Final = 12
#: An image as large as models look at; Anthropic counts `width * height / 750` up to about this.
_MOST_FOR_IMAGE: Final = 1600
_PIXELS_PER_TOKEN: Final = 750
_LOW_DETAIL: Final = 85
#: Text and layout of a PDF page are some 2000 tokens, and its file is some 80 kB.
_DOCUMENT_BYTES_PER_TOKEN: Final = 40
_UNKNOWN_DOCUMENT: Final = 4000
#: Ten tokens a second, of compressed sound.
_AUDIO_BYTES_PER_TOKEN: Final = 1600
_PNG: Final = "iVBORw0KGgo"
_encode: Final = msgspec.json.Encoder().encode


def estimated_tokens(conversation: Conversation) -> int:
    """Of all of the input: instructions, turns, tools."""
    tokens = float(sum(_bytes(text.text) for text in conversation.instructions)) / _BYTES_PER_TOKEN
    for turn in conversation.turns:
        tokens += _PER_TURN + _of_parts(turn.parts)
    for tool in conversation.tools:
        tokens += _PER_TOOL + _of_tool(tool) / _BYTES_PER_TOKEN
    form = conversation.settings.output_format
    if form is not None and form.schema is not None:
        tokens += len(_encode(form.schema)) / _BYTES_PER_TOKEN
    return max(round(tokens), 1)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _of_tool(tool: Tool) -> int:
    """In bytes."""
    length = len(tool.name) + _bytes(tool.description)
    for said in (tool.parameters, tool.format, tool.foreign and tool.foreign.raw):
        if said is not None:
            length += len(_encode(said))
    return length


def _of_parts(parts: list[Part]) -> float:
    tokens = 0.0
    for part in parts:
        if type(part) is Text:
            tokens += _bytes(part.text) / _BYTES_PER_TOKEN
        else:
            tokens += _COUNTS[type(part)](part)
    return tokens


def _text(part: Text | Refusal | Reasoning) -> float:
    return _bytes(part.text) / _BYTES_PER_TOKEN


def _call(part: ToolCall) -> float:
    return _PER_CALL + (len(part.name) + _bytes(part.arguments)) / _BYTES_PER_TOKEN


def _result(part: ToolResult) -> float:
    return _PER_CALL + _of_parts(part.content)


def _image(part: Image) -> float:
    if part.detail == "low":
        return _LOW_DETAIL
    if part.data.startswith(_PNG):
        # Width and height are bytes 16 to 24 of the file.
        head = _base64_start(part.data)
        width, height = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
        return min(max(width * height / _PIXELS_PER_TOKEN, 1), _MOST_FOR_IMAGE)
    return _MOST_FOR_IMAGE


def _base64_start(data: str) -> bytes:
    try:
        return a2b_base64(data[:32])
    except ValueError:
        return bytes(24)


def _document(part: Document) -> float:
    tokens = _bytes(part.name + part.about) / _BYTES_PER_TOKEN
    if part.text:
        return tokens + _bytes(part.text) / _BYTES_PER_TOKEN
    if not part.data:
        return tokens + _UNKNOWN_DOCUMENT
    is_text = part.media_type.startswith("text/")
    return tokens + len(part.data) * 3 / 4 / (_BYTES_PER_TOKEN if is_text else _DOCUMENT_BYTES_PER_TOKEN)


def _audio(part: Audio) -> float:
    return len(part.data) * 3 / 4 / _AUDIO_BYTES_PER_TOKEN


def _foreign(part: Foreign) -> float:
    return len(_encode(part.raw)) / _BYTES_PER_TOKEN


_COUNTS: Final[dict[type, Callable[[Any], float]]] = {
    Refusal: _text,
    Reasoning: _text,
    ToolCall: _call,
    ToolResult: _result,
    Image: _image,
    Document: _document,
    Audio: _audio,
    Foreign: _foreign,
}
