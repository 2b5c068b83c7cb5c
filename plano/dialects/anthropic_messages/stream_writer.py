"""An answer as it comes -> the events of a Messages stream (API reference: streaming).

Theory of operation. A message is a row of blocks, of which one is open at a time; indices rise. Whatever is told goes
to the open block if it is of its kind, else the open block is closed and the next one opened. Only a tool call cannot
be closed whenever something else comes: providers may let calls take turns. So while the open call's arguments are no
whole JSON object, everything else waits in blocks of its own (`_waiting`), in the order in which it began. The first
of them is opened when the call is complete: its arguments are an object, or `close_block` or `stop` says so.

    [text] -> text() -> delta             [tool, whole] -> text() -> stop, start, delta
    [tool, in parts] -> tool_call(2) -> wait -> arguments(1) -> delta ... whole -> stop, start 2, delta with all of 2

A piece of thinking ended by `close_block` stays open for its proof or for more thinking, which follows after a blank
line; everything else closes it. `message_delta` waits for `end`, since usage may come after the reason to stop.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.anthropic_messages import write_parts
from plano.dialects.anthropic_messages.citations import write_citation
from plano.dialects.anthropic_messages.splice import LAST_FRAME, PING
from plano.dialects.anthropic_messages.wire_types import DIALECT
from plano.dialects.anthropic_messages.write import error_type
from plano.dialects.event_document import Json
from plano.dialects.reply import Annotation, ReplyTo, StopReason
from plano.dialects.usage import Usage

#: Letters in a token, about: for providers that do not count.
_LETTERS_PER_TOKEN: Final = 4
_PIECE_END: Final = b"}}\n\n"
#: Kind of block -> type of its deltas, member of the delta.
_DELTAS: Final = {
    "text": b'"text_delta","text":',
    "thinking": b'"thinking_delta","thinking":',
    "tool_use": b'"input_json_delta","partial_json":',
}
_HEADS: Final[dict[str, Json]] = {
    "text": {"type": "text", "text": ""},
    "thinking": {"type": "thinking", "thinking": "", "signature": ""},
}
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode


class _Block:
    """One block, open or waiting; `pieces` of a call are kept even when written, to know when it is whole."""

    __slots__ = ("citations", "head", "key", "kind", "pieces", "proof")

    def __init__(self, kind: str, head: Json, key: int = -1) -> None:
        self.kind = kind
        self.head = head
        self.key = key
        self.pieces: list[str] = []
        self.citations: list[Json] = []
        self.proof = ""

    @property
    def is_whole(self) -> bool:
        """Nothing of it can be missing, as far as can be told."""
        if self.kind != "tool_use":
            return True
        if not self.pieces or not self.pieces[-1].rstrip().endswith("}"):
            return False
        try:
            return isinstance(_decode("".join(self.pieces)), dict)
        except (msgspec.DecodeError, RecursionError):
            return False


class MessagesWriter:
    """Satisfies `StreamWriter`; made by `writer(to)`."""

    def __init__(self, to: ReplyTo) -> None:
        self._to = to
        self._out: list[bytes] = []
        self._is_started = self._is_over = False
        self._index = -1
        self._open: _Block | None = None
        #: Kind and key of the open block, and how its deltas begin; kept apart for speed.
        self._kind = ""
        self._key = -1
        self._delta = b""
        self._waiting: list[_Block] = []
        self._calls = 0
        self._has_refused = False
        self._breaks_thinking = False
        self._letters = 0
        self._stop: StopReason | None = None
        self._stop_sequence = ""
        self._usage: Usage | None = None

    def start(self, id: str, model: str, usage: Usage | None = None) -> None:
        if self._is_started:
            return
        self._is_started = True
        self._usage = usage or self._usage
        message: Json = {
            "id": write_parts.message_id(id, self._to),
            "type": "message",
            "role": "assistant",
            "model": self._to.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": write_parts.usage_members(usage, self._to.input_tokens, 0),
        }
        self._write("message_start", {"type": "message_start", "message": message})

    def text(self, text: str, choice: int = 0, logprobs: list[Any] | None = None) -> None:
        if choice or not text:
            return
        self._letters += len(text)
        if self._kind == "text":
            self._out.append(self._delta + _encode(text) + _PIECE_END)
        else:
            self._say("text", text)

    def refusal(self, text: str, choice: int = 0) -> None:
        if not choice:
            self._has_refused = True
            self.text(text)

    def annotation(self, annotation: Annotation, choice: int = 0) -> None:
        citation = None if choice else write_citation(annotation)
        if citation is None:
            return
        if self._kind == "text":
            self._cite(citation)
        elif self._waiting and self._waiting[-1].kind == "text":
            self._waiting[-1].citations.append(citation)

    def reasoning(self, text: str, choice: int = 0, is_summary: bool = False) -> None:
        if choice or not text:
            return
        self._letters += len(text)
        if self._kind != "thinking":
            self._say("thinking", text)
            return
        if self._breaks_thinking:
            self._breaks_thinking = False
            text = "\n\n" + text
        self._out.append(self._delta + _encode(text) + _PIECE_END)

    def reasoning_proof(self, proof: str, choice: int = 0, id: str = "", is_redacted: bool = False) -> None:
        word = write_parts.proof_of(proof)
        if choice or not word:
            return
        if is_redacted:
            self._next(_Block("redacted_thinking", {"type": "redacted_thinking", "data": word}))
            return
        last = self._waiting[-1] if self._waiting else self._open
        if last is None or last.kind != "thinking" or last.proof:
            last = _Block("thinking", _HEADS["thinking"])
            self._next(last)
        last.proof = word
        if last is self._open:
            self._close()

    def tool_call(
        self, key: int, id: str, name: str, choice: int = 0, is_custom: bool = False, proof: str = ""
    ) -> None:
        if choice:
            return
        id = write_parts.clean_id(id) or f"toolu_{self._to.id}_{self._calls}"
        self._calls += 1
        if proof:
            data = write_parts.call_proof(proof, id)
            self._next(_Block("redacted_thinking", {"type": "redacted_thinking", "data": data}))
        head = {"type": "tool_use", "id": id, "name": write_parts.client_name(name, self._to), "input": {}}
        self._next(_Block("tool_use", head, key))

    def arguments(self, key: int, piece: str, choice: int = 0) -> None:
        if choice or not piece:
            return
        self._letters += len(piece)
        if self._key == key and self._open is not None:
            self._out.append(self._delta + _encode(piece) + _PIECE_END)
            self._open.pieces.append(piece)
            if self._waiting and self._open.is_whole:
                self._advance()
            return
        for block in self._waiting:
            if block.key == key:
                block.pieces.append(piece)

    def close_block(self, choice: int = 0) -> None:
        if choice:
            return
        if self._kind == "thinking":
            self._breaks_thinking = True
        elif self._waiting:
            self._advance()
        else:
            self._close()

    def foreign(self, dialect: str, kind: str, raw: Any) -> None:
        if dialect == DIALECT and isinstance(raw, dict) and "type" in raw:
            self._next(_Block(kind, raw))

    def stop(self, reason: StopReason, stop_sequence: str = "", choice: int = 0) -> None:
        if choice:
            return
        self._stop, self._stop_sequence = reason, stop_sequence
        self._close_all()

    def usage(self, usage: Usage) -> None:
        self._usage = usage

    def end(self) -> None:
        if self._is_over:
            return
        self.start("", "")
        self._close_all()
        self._is_over = True
        stop = write_parts.stop_word(self._stop or "end", self._calls > 0, self._has_refused)
        sequence = self._stop_sequence or None if stop == "stop_sequence" else None
        usage = write_parts.usage_members(self._usage, self._to.input_tokens, self._letters // _LETTERS_PER_TOKEN)
        delta = {"stop_reason": stop, "stop_sequence": sequence}
        self._write("message_delta", {"type": "message_delta", "delta": delta, "usage": usage})
        self._out.append(LAST_FRAME)

    def error(self, status: int, code: str, message: str) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._write("error", {"type": "error", "error": {"type": error_type(status), "message": message}})

    def ping(self) -> None:
        self._out.append(PING)

    def take(self) -> bytes:
        told = b"".join(self._out)
        self._out.clear()
        return told

    def _say(self, kind: str, text: str) -> None:
        """A piece of a kind that is not open."""
        last = self._waiting[-1] if self._waiting else None
        if last is None or last.kind != kind or last.proof:
            last = _Block(kind, _HEADS[kind])
            last.pieces.append(text)
            self._next(last)
        else:
            last.pieces.append(text)

    def _next(self, block: _Block) -> None:
        """Open a block, or let it wait for the open call to become whole."""
        if self._open is not None and not self._open.is_whole:
            self._waiting.append(block)
        else:
            self._close()
            self._begin(block)

    def _advance(self) -> None:
        """The open block is complete: go on with those that wait, up to the first call that is not."""
        self._close()
        waiting, self._waiting = self._waiting, []
        for number, block in enumerate(waiting):
            if self._open is not None:
                if not self._open.is_whole:
                    self._waiting = waiting[number:]
                    return
                self._close()
            self._begin(block)

    def _close_all(self) -> None:
        for block in self._waiting:
            self._close()
            self._begin(block)
        self._waiting = []
        self._close()

    def _begin(self, block: _Block) -> None:
        self._index += 1
        start = {"type": "content_block_start", "index": self._index, "content_block": block.head}
        self._write("content_block_start", start)
        self._open, self._kind, self._key = block, block.kind, block.key
        self._breaks_thinking = False
        form = _DELTAS.get(block.kind)
        if form is None:
            self._close()
            return
        self._delta = (
            b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":{"type":%b'
            % (self._index, form)
        )
        if block.pieces:
            self._out.append(self._delta + _encode("".join(block.pieces)) + _PIECE_END)
        for citation in block.citations:
            self._cite(citation)

    def _close(self) -> None:
        block = self._open
        if block is None:
            return
        if block.proof:
            self._add({"type": "signature_delta", "signature": block.proof})
        self._out.append(
            b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n' % self._index
        )
        self._open, self._kind, self._key = None, "", -1

    def _cite(self, citation: Json) -> None:
        self._add({"type": "citations_delta", "citation": citation})

    def _add(self, delta: Json) -> None:
        self._write("content_block_delta", {"type": "content_block_delta", "index": self._index, "delta": delta})

    def _write(self, name: str, document: Json) -> None:
        self._out.append(b"event: %b\ndata: %b\n\n" % (name.encode(), _encode(document)))


def writer(to: ReplyTo) -> MessagesWriter:
    """What writes one streamed answer for a client."""
    return MessagesWriter(to)
