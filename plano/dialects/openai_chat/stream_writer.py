"""A streamed answer as chat completion chunks (OpenAI API reference: chat streaming).

Theory of operation: every chunk has the same envelope, so it is made once, and a delta is one template. The first chunk
of a choice says the role. Calls are numbered per choice in the order they begin, whatever their keys. The chunk with
the usage has no choices and comes last before `[DONE]`; clients that did not ask for it never see it, the gateway
takes it out as it does with a provider's own.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.conversation import Tool
from plano.dialects.custom_input import CustomInput
from plano.dialects.dialect import ErrorFacts
from plano.dialects.openai_chat.write import write_stream_error
from plano.dialects.openai_chat.write_answer import FINISH_REASONS, annotations_of, chat_id, usage_object, word_of
from plano.dialects.reply import Annotation, ReplyTo, StopReason
from plano.dialects.usage import Usage

_encode: Final = msgspec.json.Encoder().encode
_CHUNK: Final = b'data: %b{"index":%d,"delta":{%b},"logprobs":%b,"finish_reason":%b}]}\n\n'


class _Call:
    """A call of a choice: the delta more of its arguments comes in, and what reads its input if it takes free text."""

    __slots__ = ("delta", "input")

    def __init__(self, delta: bytes, input: CustomInput | None) -> None:
        self.delta = delta
        self.input = input


class StreamWriter:
    """Writes one stream; see `reply.StreamWriter`."""

    def __init__(self, to: ReplyTo) -> None:
        self._to = to
        self._out: list[bytes] = []
        self._envelope = b""
        self._begun: set[int] = set()
        self._stopped: set[int] = set()
        self._calls: dict[tuple[int, int], _Call] = {}
        self._numbers: dict[int, int] = {}
        #: How many pieces of thinking of a choice have ended with a proof.
        self._proofs: dict[int, int] = {}
        self._usage: Usage | None = None
        #: Whether the last piece of a choice was thinking that an end was told of, so that more of it is set apart.
        self._parted: set[int] = set()

    def take(self) -> bytes:
        out = self._out
        self._out = []
        return b"".join(out)

    def start(self, id: str, model: str, usage: Usage | None = None) -> None:
        if self._envelope:
            return  # Some providers begin twice.
        to = self._to
        head = {
            "id": chat_id(id, to),
            "object": "chat.completion.chunk",
            "created": to.created,
            "model": to.model,
        }
        self._envelope = _encode(head)[:-1] + b',"choices":['
        self._usage = usage
        self._delta(0, b"", b"null")

    def text(self, text: str, choice: int = 0, logprobs: list[Any] | None = None) -> None:
        told = b"null" if logprobs is None else b'{"content":%b,"refusal":null}' % _encode(logprobs)
        self._delta(choice, b'"content":%b' % _encode(text), told)

    def refusal(self, text: str, choice: int = 0) -> None:
        self._delta(choice, b'"refusal":%b' % _encode(text), b"null")

    def annotation(self, annotation: Annotation, choice: int = 0) -> None:
        told = annotations_of((annotation,), 0)
        if told:
            self._delta(choice, b'"annotations":%b' % _encode(told), b"null")

    def reasoning(self, text: str, choice: int = 0, is_summary: bool = False) -> None:
        if choice in self._parted:
            self._parted.discard(choice)
            text = "\n\n" + text
        self._delta(choice, b'"reasoning_content":%b' % _encode(text), b"null")

    def reasoning_proof(self, proof: str, choice: int = 0, id: str = "", is_redacted: bool = False) -> None:
        self._parted.add(choice)
        if not proof:
            return
        index = self._proofs[choice] = self._proofs.get(choice, -1) + 1
        kind = "reasoning.encrypted" if is_redacted else "reasoning.text"
        member = "data" if is_redacted else "signature"
        detail = {"type": kind, member: proof, "id": id or None, "index": index}
        self._delta(choice, b'"reasoning_details":[%b]' % _encode(detail), b"null")

    def tool_call(
        self, key: int, id: str, name: str, choice: int = 0, is_custom: bool = False, proof: str = ""
    ) -> None:
        tool: Tool | None = self._to.tools.get(name)
        takes_text = is_custom or (tool is not None and tool.is_custom)
        number = self._numbers.get(choice, 0)
        self._numbers[choice] = number + 1
        kind, member = ("custom", "input") if takes_text else ("function", "arguments")
        more = b'"tool_calls":[{"index":%d,"%b":{"%b":%%b}}]' % (number, kind.encode(), member.encode())
        self._calls[choice, key] = _Call(more, CustomInput() if takes_text and not is_custom else None)
        told: dict[str, Any] = {"index": number, "id": id, "type": kind}
        told[kind] = {"name": name if tool is None else tool.name, member: ""}
        if proof:
            told["extra_content"] = {"google": {"thought_signature": word_of(proof)}}
        self._delta(choice, b'"tool_calls":[%b]' % _encode(told), b"null")

    def arguments(self, key: int, piece: str, choice: int = 0) -> None:
        call = self._calls[choice, key]
        if call.input is not None:
            piece = call.input.feed(piece)
            if not piece:
                return
        self._delta(choice, call.delta % _encode(piece), b"null")

    def close_block(self, choice: int = 0) -> None:
        """Chunks have no blocks."""

    def foreign(self, dialect: str, kind: str, raw: Any) -> None:
        """There is no place for it."""

    def stop(self, reason: StopReason, stop_sequence: str = "", choice: int = 0) -> None:
        if choice in self._stopped:
            return
        if reason == "tool_calls" and not self._numbers.get(choice):
            reason = "end"  # Whoever reads it would look for calls to run.
        for (of, _), call in self._calls.items():
            rest = call.input.finish() if call.input is not None and of == choice else ""
            if rest:
                self._delta(choice, call.delta % _encode(rest), b"null")
        self._delta(choice, b"", b"null", _encode(FINISH_REASONS[reason]))
        self._stopped.add(choice)

    def usage(self, usage: Usage) -> None:
        self._usage = usage

    def end(self) -> None:
        for choice in sorted(self._begun - self._stopped):
            self.stop("tool_calls", choice=choice)
        if self._usage is not None:
            self._out.append(b'data: %b],"usage":%b}\n\n' % (self._envelope, _encode(usage_object(self._usage))))
        self._out.append(b"data: [DONE]\n\n")

    def error(self, status: int, code: str, message: str) -> None:
        self._out.append(write_stream_error(ErrorFacts(status, code or "provider_stream_failed", message, self._to.id)))

    def ping(self) -> None:
        self._out.append(b": ping\n\n")

    def _delta(self, choice: int, delta: bytes, logprobs: bytes, finish: bytes = b"null") -> None:
        if choice in self._stopped:
            return  # Clients take the finish reason for the end.
        if choice not in self._begun:
            self._begun.add(choice)
            role = b'"role":"assistant","content":""' if not delta.startswith(b'"content"') else b'"role":"assistant"'
            delta = b"%b,%b" % (role, delta) if delta else role
        self._out.append(_CHUNK % (self._envelope, choice, delta, logprobs, finish))
