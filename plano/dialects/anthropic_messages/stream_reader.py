"""A provider's Messages stream -> calls of a `StreamWriter` (API reference: streaming).

Theory of operation. Blocks are keyed by their `index`; the key of a tool call is its block's index. A block of a kind
with deltas of its own (text, thinking, tool_use) is told as it comes. What is kept until it stops: a signature (it ends
the thinking), the input of a call that came whole with its beginning (told only if no delta does), and blocks nobody
else knows, whose input comes in pieces. `message_delta` tells why it stopped and what it cost, `message_stop` that
this is all. Events, blocks and deltas of kinds unknown here are skipped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from plano.dialects.anthropic_messages.citations import read_citation
from plano.dialects.anthropic_messages.read_answer import UsageCount, stop_reason
from plano.dialects.anthropic_messages.read_blocks import arguments_of
from plano.dialects.anthropic_messages.wire_types import DIALECT, STATUS_OF
from plano.dialects.event_document import DONE, Json, object_at, text_at
from plano.dialects.proofs import sealed
from plano.dialects.reply import StreamWriter
from plano.errors import ProviderProtocolError

_decode: Final = msgspec.json.Decoder().decode


class _Open:
    """A block that has begun and not stopped."""

    __slots__ = ("has_pieces", "input", "kind", "pieces", "raw", "signature")

    def __init__(self, kind: str, raw: Json) -> None:
        self.kind = kind
        self.raw = raw
        self.signature = ""
        #: Of a call: all of its arguments, as they came with its beginning.
        self.input = ""
        self.has_pieces = False
        #: Of a block only this API knows: its input.
        self.pieces: list[str] = []


class MessagesReader:
    """Satisfies `StreamReader`; made by `reader(writer)`."""

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer
        self._blocks: dict[int, _Open] = {}
        self._counts = UsageCount()
        self._has_calls = False
        self._is_started = self._is_stopped = self._is_over = False

    def event(self, name: str, data: bytes) -> None:
        if self._is_over or not data or data == DONE:
            return
        try:
            document = _decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise ProviderProtocolError(
                "an event of the provider's stream cannot be read", detail=repr(data[:200])
            ) from None
        if not isinstance(document, dict):
            return
        kind = document.get("type") or name
        if not isinstance(kind, str):
            return
        if not self._is_started and kind in _OF_MESSAGE:
            self._start({})
        if kind == "content_block_delta":
            self._delta(document)
            return
        read = _EVENTS.get(kind)
        if read is not None:
            read(self, document)
        elif "error" in document:
            self._error(document)

    def close(self) -> None:
        if self._is_over:
            return
        if not self._is_stopped:
            raise ProviderProtocolError("the provider's stream ended before its message did")
        self._end({})

    def _start(self, document: Json) -> None:
        message = object_at(document, "message")
        if self._is_started:
            return  # Begun twice.
        self._is_started = True
        self._counts.add(object_at(message, "usage"))
        self._writer.start(text_at(message, "id"), text_at(message, "model"), self._counts.total())

    def _begin(self, document: Json) -> None:
        if self._is_stopped:
            return
        raw = object_at(document, "content_block")
        kind = text_at(raw, "type")
        index = _index(document)
        block = self._blocks[index] = _Open(kind, raw)
        if kind == "text":
            self._text(raw)
            cited = raw.get("citations")
            for citation in cited if isinstance(cited, list) else ():
                self._cite(citation)
        elif kind == "thinking":
            self._thinking(raw)
            block.signature = text_at(raw, "signature")
        elif kind == "redacted_thinking":
            self._writer.reasoning_proof(sealed(DIALECT, text_at(raw, "data")), is_redacted=True)
        elif kind == "tool_use":
            self._has_calls = True
            block.input = arguments_of(raw.get("input") or "")
            self._writer.tool_call(index, text_at(raw, "id") or f"toolu_{index}", text_at(raw, "name"))

    def _delta(self, document: Json) -> None:
        delta = document.get("delta")
        if not isinstance(delta, dict) or self._is_stopped:
            return
        kind = delta.get("type")
        if kind == "text_delta":
            self._text(delta)
        elif kind == "input_json_delta":
            self._input(_index(document), text_at(delta, "partial_json"))
        elif kind == "thinking_delta":
            self._thinking(delta)
        elif kind == "signature_delta":
            block = self._blocks.get(_index(document))
            if block is not None:
                block.signature += text_at(delta, "signature")
        elif kind == "citations_delta":
            self._cite(delta.get("citation"))

    def _text(self, told: Json) -> None:
        text = text_at(told, "text")
        if text:
            self._writer.text(text)

    def _thinking(self, told: Json) -> None:
        text = text_at(told, "thinking")
        if text:
            self._writer.reasoning(text)

    def _input(self, index: int, piece: str) -> None:
        block = self._blocks.get(index)
        if block is None or not piece:
            return
        if block.kind == "tool_use":
            block.has_pieces = True
            self._writer.arguments(index, piece)
        else:
            block.pieces.append(piece)

    def _cite(self, citation: Any) -> None:
        annotation = read_citation(citation)
        if annotation is not None:
            self._writer.annotation(annotation)

    def _finish(self, document: Json) -> None:
        self._complete(_index(document))

    def _complete(self, index: int) -> None:
        block = self._blocks.pop(index, None)
        if block is None or block.kind == "redacted_thinking":
            return
        if block.kind == "thinking" and block.signature:
            self._writer.reasoning_proof(sealed(DIALECT, block.signature))
        elif block.kind in ("text", "thinking"):
            self._writer.close_block()
        elif block.kind == "tool_use":
            if block.input and not block.has_pieces:
                self._writer.arguments(index, block.input)
            self._writer.close_block()
        else:
            self._writer.foreign(DIALECT, block.kind, _whole(block))

    def _message(self, document: Json) -> None:
        usage = object_at(document, "usage")
        if usage:
            self._counts.add(usage)
        delta = object_at(document, "delta")
        word = delta.get("stop_reason")
        if word and not self._is_stopped:
            self._stop(word, text_at(delta, "stop_sequence"))
        total = self._counts.total() if usage else None
        if total is not None:
            self._writer.usage(total)

    def _stop(self, word: Any, sequence: str) -> None:
        for index in list(self._blocks):
            self._complete(index)
        self._is_stopped = True
        self._writer.stop(stop_reason(word, self._has_calls), sequence)

    def _end(self, document: Json) -> None:
        if not self._is_started:
            self._start({})
        if not self._is_stopped:
            self._stop(None, "")
        self._is_over = True
        self._writer.end()

    def _error(self, document: Json) -> None:
        error = object_at(document, "error")
        kind = text_at(error, "type")
        self._is_over = True
        message = text_at(error, "message") or "the provider's stream ended with an error"
        self._writer.error(STATUS_OF.get(kind, 500), kind or "api_error", message)

    def _ping(self, document: Json) -> None:
        self._writer.ping()


_OF_MESSAGE: Final = ("content_block_start", "content_block_delta", "message_delta", "message_stop")
_EVENTS: Final[dict[Any, Callable[[MessagesReader, Json], None]]] = {
    "message_start": MessagesReader._start,
    "content_block_start": MessagesReader._begin,
    "content_block_stop": MessagesReader._finish,
    "message_delta": MessagesReader._message,
    "message_stop": MessagesReader._end,
    "error": MessagesReader._error,
    "ping": MessagesReader._ping,
}


def _index(document: Json) -> int:
    index = document.get("index")
    return index if isinstance(index, int) else 0


def _whole(block: _Open) -> Json:
    """A block as its deltas have filled it."""
    if not block.pieces:
        return block.raw
    try:
        return {**block.raw, "input": _decode("".join(block.pieces))}
    except (msgspec.DecodeError, RecursionError):
        return block.raw


def reader(writer: StreamWriter) -> MessagesReader:
    """What reads one stream."""
    return MessagesReader(writer)
