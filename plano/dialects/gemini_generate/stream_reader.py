"""Events of streamGenerateContent, told to a writer (Gemini API reference: streaming).

Theory of operation: every event is a whole answer that holds what is new: parts of text and thoughts, whole function
calls, the usage so far. Nothing marks the last event: the reason to stop may come in any, and what the answer rests on
comes with it or after it. So reasons are kept until the provider closes the stream, which is its proper end if every
answer that was begun has a reason, or the prompt was blocked. A signature stands on the part it belongs to: with a
call it goes to the call, behind text it is told as reasoning without text.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.event_document import index_at, list_at, text_at
from plano.dialects.gemini_generate.read_answer import (
    FAILURES,
    STOP_REASONS,
    arguments_of,
    call_id,
    failure,
    is_blocked,
    read_annotations,
    read_logprobs,
    read_usage,
    sealed_proof,
)
from plano.dialects.gemini_generate.wire_types import DIALECT
from plano.dialects.provider_json import read_event
from plano.dialects.reply import StopReason, StreamWriter
from plano.errors import ProviderProtocolError

_decode: Final = msgspec.json.Decoder().decode
_STATUSES: Final = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


class _Candidate:
    """One of the answers. `texts`: what was written of each, for citations count from its beginning."""

    __slots__ = ("has_calls", "has_content", "sources", "stop", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.has_calls = False
        self.has_content = False
        self.stop: StopReason | None = None
        self.sources: dict[str, Any] = {}


class StreamReader:
    """Reads one stream; see `reply.StreamReader`."""

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer
        self._has_begun = False
        self._has_ended = False
        self._is_blocked = False
        self._id = ""
        self._calls = 0
        self._candidates: dict[int, _Candidate] = {}
        self._usage: Any = None

    def event(self, name: str, data: bytes) -> None:
        if self._has_ended or not data or data == b"[DONE]":
            return
        chunk = read_event(data)
        if not isinstance(chunk, dict):
            return
        if "error" in chunk:
            self._fail(chunk["error"])
            return
        usage = chunk.get("usageMetadata")
        if usage is not None:
            self._usage = usage
        if not self._has_begun:
            self._begin(chunk)
        candidates = list_at(chunk, "candidates")
        if candidates:
            for candidate in candidates:
                if isinstance(candidate, dict) and not self._has_ended:
                    self._candidate(candidate)
        elif is_blocked(chunk):
            self._is_blocked = True

    def close(self) -> None:
        if self._has_ended:
            return
        answers = self._candidates
        if not (answers or self._is_blocked) or any(one.stop is None for one in answers.values()):
            raise ProviderProtocolError("the provider's stream ended without its last event")
        self._has_ended = True
        for index, answer in answers.items():
            self._stop(index, answer)
        if not answers:
            self._writer.stop("filtered")
        usage = read_usage(self._usage)
        if usage is not None:
            self._writer.usage(usage)
        self._writer.end()

    def _begin(self, chunk: dict[str, Any]) -> None:
        self._has_begun = True
        self._id = str(chunk.get("responseId") or "")
        self._writer.start(self._id, str(chunk.get("modelVersion") or ""), read_usage(self._usage))

    def _candidate(self, candidate: dict[str, Any]) -> None:
        index = index_at(candidate, "index")
        answer = self._candidates.get(index)
        if answer is None:
            answer = self._candidates[index] = _Candidate()
        content = candidate.get("content")
        parts = list_at(content, "parts") if isinstance(content, dict) else None
        if parts:
            told = candidate.get("logprobsResult")
            logprobs = None if told is None else read_logprobs(told)
            for part in parts:
                self._part(part, index, answer, logprobs)
        word = text_at(candidate, "finishReason")
        if word:
            if word in FAILURES and not answer.has_content:
                self._has_ended = True
                self._writer.error(502, word, failure(candidate))
                return
            answer.stop = STOP_REASONS.get(word, "end")
        for name in ("groundingMetadata", "citationMetadata"):
            if name in candidate:
                answer.sources[name] = candidate[name]

    def _part(self, part: Any, index: int, answer: _Candidate, logprobs: list[Any] | None) -> None:
        if not isinstance(part, dict):
            return
        text = part.get("text")
        if isinstance(text, str):
            if part.get("thought"):
                if text:
                    self._writer.reasoning(text, index, True)
            elif text:
                answer.has_content = True
                answer.texts.append(text)
                self._writer.text(text, index, logprobs)
            if "thoughtSignature" in part:
                self._proof(part, index)
        elif isinstance(part.get("functionCall"), dict):
            answer.has_content = answer.has_calls = True
            self._call(part, part["functionCall"], index)
        elif not part.get("thought"):
            kind = next((name for name in part if name not in ("thoughtSignature", "partMetadata")), "")
            if kind:
                answer.has_content = True
                self._writer.foreign(DIALECT, kind, part)
            elif "thoughtSignature" in part:
                self._proof(part, index)

    def _proof(self, part: dict[str, Any], index: int) -> None:
        proof = sealed_proof(part)
        if proof:
            self._writer.reasoning_proof(proof, index, is_redacted=not part.get("thought"))

    def _call(self, part: dict[str, Any], call: dict[str, Any], index: int) -> None:
        key = self._calls
        self._calls += 1
        name = str(call.get("name") or "")
        self._writer.tool_call(key, call_id(call, self._id, key), name, index, proof=sealed_proof(part))
        self._writer.arguments(key, arguments_of(call), index)
        self._writer.close_block(index)

    def _stop(self, index: int, answer: _Candidate) -> None:
        if answer.sources and answer.texts:
            for _, annotation in read_annotations(answer.sources, ["".join(answer.texts)]):
                self._writer.annotation(annotation, index)
        stop = answer.stop or "end"
        if stop == "end" and answer.has_calls:
            stop = "tool_calls"
        self._writer.stop(stop, choice=index)

    def _fail(self, error: Any) -> None:
        self._has_ended = True
        told = error if isinstance(error, dict) else {"message": str(error)}
        word = str(told.get("status") or "")
        status = told.get("code")
        if not isinstance(status, int) or not 400 <= status < 600:
            status = _STATUSES.get(word, 500)
        self._writer.error(status, word, str(told.get("message") or "the provider failed in the middle of its answer"))
