"""Events of ConverseStream, told to a writer (Amazon Bedrock runtime API reference: ConverseStream).

Theory of operation: the answer is a row of blocks, and every event names its block by index. A block of text or of
thoughts has no event that begins it; a tool call has. `contentBlockStop` ends a block: until then what proves its
thoughts is gathered, for a proof is handed on whole. `messageStop` says why the answer ended, `metadata` comes after it
with what it cost and is the last event; a provider that closes without it after `messageStop` has said enough. An
exception takes the place of an event at any time, and nothing follows it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.bedrock_converse.read_answer import message_in, read_citation, read_stop, read_usage
from plano.dialects.bedrock_converse.wire_types import DIALECT, BlockDelta, Delta, ReasoningDelta, ToolUseDelta
from plano.dialects.json_text import encoded
from plano.dialects.proofs import sealed
from plano.dialects.reply import StreamWriter
from plano.errors import ProviderProtocolError

_decode: Final = msgspec.json.Decoder().decode
_decode_delta: Final = msgspec.json.Decoder(BlockDelta).decode
#: Statuses of exceptions; that a model failed (424 with a whole answer) is no fault of the client's.
_STATUSES: Final = {
    "throttlingException": 429,
    "serviceQuotaExceededException": 429,
    "modelStreamErrorException": 502,
    "modelErrorException": 502,
    "modelTimeoutException": 504,
    "modelNotReadyException": 503,
    "serviceUnavailableException": 503,
    "internalServerException": 500,
    "validationException": 400,
    "accessDeniedException": 403,
    "resourceNotFoundException": 404,
}
_FAILED: Final = "the provider failed in the middle of its answer"


class StreamReader:
    """Reads one stream; see `reply.StreamReader`."""

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer
        self._has_begun = False
        self._has_stopped = False
        self._has_ended = False
        #: Tool calls by the index of their block, and whether anything of their arguments has come.
        self._calls: dict[int, bool] = {}
        #: What proves the thoughts of a block, in pieces, and whether they are redacted.
        self._proofs: dict[int, list[str]] = {}
        self._redacted: set[int] = set()
        #: Blocks nobody but this dialect has a shape for, by index.
        self._foreign: dict[int, dict[str, Any]] = {}

    def event(self, name: str, data: bytes) -> None:
        if self._has_ended:
            return
        if name == "contentBlockDelta":
            self._begin()
            try:
                told = _decode_delta(data)
            except msgspec.ValidationError:
                return  # JSON of another shape than the API has today.
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                raise _not_json() from None
            delta = told.delta
            if delta.text is not None:
                if delta.text:
                    self._writer.text(delta.text)
            else:
                self._delta(told.content_block_index, delta)
        else:
            self._other(name, data)

    def close(self) -> None:
        if self._has_ended:
            return
        if not self._has_stopped:
            raise ProviderProtocolError("the provider's stream ended without its last event")
        self._end()

    def _other(self, name: str, data: bytes) -> None:
        try:
            told = _decode(data) if data else {}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise _not_json() from None
        if not isinstance(told, dict):
            return
        if name == "contentBlockStart":
            self._begin()
            self._start_block(_index(told), told.get("start"))
        elif name == "contentBlockStop":
            self._stop_block(_index(told))
        elif name == "messageStart":
            self._begin()
        elif name == "messageStop":
            self._stop(told)
        elif name == "metadata":
            self._metadata(told)
        elif name in _STATUSES or name.lower().endswith(("exception", "error", "failure")):
            self._fail(name, told)

    def _begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._writer.start("", "")

    def _start_block(self, index: int, start: Any) -> None:
        if not isinstance(start, dict):
            return
        tool = start.get("toolUse")
        if isinstance(tool, dict) and tool.get("type") is None:
            self._calls[index] = False
            self._writer.tool_call(index, str(tool.get("toolUseId") or f"call_{index}"), str(tool.get("name") or ""))
        elif start:
            kind = next(iter(start))
            self._foreign[index] = {kind: dict(start[kind]) if isinstance(start[kind], dict) else start[kind]}

    def _delta(self, index: int, delta: Delta) -> None:
        if delta.tool_use is not None:
            self._arguments(index, delta.tool_use)
        elif delta.reasoning_content is not None:
            self._thoughts(index, delta.reasoning_content)
        elif delta.citation is not None:
            self._writer.annotation(read_citation(delta.citation))
        elif delta.image is not None:
            self._foreign.setdefault(index, {"image": {}})["image"].update(delta.image)

    def _arguments(self, index: int, told: ToolUseDelta) -> None:
        piece = told.input if isinstance(told.input, str) else encoded(told.input)
        if not piece:
            return
        if index in self._calls:
            self._calls[index] = True
            self._writer.arguments(index, piece)
        elif index in self._foreign:
            tool = self._foreign[index].get("toolUse")
            if isinstance(tool, dict):
                tool["input"] = tool.get("input", "") + piece

    def _thoughts(self, index: int, told: ReasoningDelta) -> None:
        if told.text:
            self._writer.reasoning(told.text)
        elif told.signature:
            self._proofs.setdefault(index, []).append(told.signature)
        elif told.redacted_content:
            self._proofs.setdefault(index, []).append(told.redacted_content)
            self._redacted.add(index)

    def _stop_block(self, index: int) -> None:
        proof = self._proofs.pop(index, None)
        if proof is not None:
            self._writer.reasoning_proof(sealed(DIALECT, "".join(proof)), is_redacted=index in self._redacted)
        foreign = self._foreign.pop(index, None)
        if foreign is not None:
            self._writer.foreign(DIALECT, next(iter(foreign)), foreign)
        elif self._calls.get(index) is False:
            self._calls[index] = True
            self._writer.arguments(index, "{}")
        self._writer.close_block()

    def _stop(self, told: dict[str, Any]) -> None:
        if self._has_stopped:
            return
        self._begin()
        for index in sorted({*self._proofs, *self._foreign}):
            self._stop_block(index)
        self._has_stopped = True
        stop, sequence = read_stop(told, has_calls=bool(self._calls))
        self._writer.stop(stop, sequence)

    def _metadata(self, told: dict[str, Any]) -> None:
        self._begin()
        usage = read_usage(told.get("usage"))
        if usage is not None:
            self._writer.usage(usage)
        if self._has_stopped:
            self._end()

    def _fail(self, name: str, told: dict[str, Any]) -> None:
        self._has_ended = True
        known = name[:1].lower() + name[1:]
        self._writer.error(_STATUSES.get(known, 500), known, message_in(told) or _FAILED)

    def _end(self) -> None:
        self._has_ended = True
        self._writer.end()


def _index(told: dict[str, Any]) -> int:
    index = told.get("contentBlockIndex")
    return index if isinstance(index, int) else 0


def _not_json() -> ProviderProtocolError:
    return ProviderProtocolError("the provider sent an event that is not JSON")
