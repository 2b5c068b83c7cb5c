"""Chat completion chunks of a provider, told to a writer (OpenAI API reference: chat streaming).

Theory of operation: a chunk is a set of deltas, one per choice, and deltas carry no block structure: what is opened
and closed follows from what comes. A tool call begins with the first chunk that names its function; pieces are matched
by `index`, and where a server leaves that out, by `id`, or to the call that is open. `finish_reason` ends a choice;
usage may come with it, after it, or with every chunk; `[DONE]` ends the stream, and a server that closes without it
after every choice has ended has said enough.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.event_document import index_at, list_at, object_at, text_at
from plano.dialects.json_text import encoded
from plano.dialects.openai_chat.read_answer import (
    STOP_REASONS,
    google_proof,
    read_annotations,
    read_usage,
    text_in,
    thoughts_in,
)
from plano.dialects.provider_json import read_event
from plano.dialects.reply import StreamWriter
from plano.errors import ProviderProtocolError

_decode: Final = msgspec.json.Decoder().decode
#: Statuses for the words of errors that come inside of a stream.
_STATUSES: Final = {
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "overloaded_error": 503,
    "invalid_request_error": 400,
    "context_length_exceeded": 400,
    "content_filter": 400,
}


class StreamReader:
    """Reads one stream; see `reply.StreamReader`."""

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer
        self._has_begun = False
        self._has_ended = False
        #: Of the answer: calls that come without an id get one that no other answer's calls have.
        self._id = ""
        #: Key of each call by choice and index, or by choice and id.
        self._calls: dict[tuple[int, Any], int] = {}
        self._latest: dict[int, int] = {}
        #: How many calls have begun.
        self._begun = 0
        self._stopped: set[int] = set()
        #: Choices that have a call: some servers say `stop` after one.
        self._called: set[int] = set()

    def event(self, name: str, data: bytes) -> None:
        if self._has_ended or not data:
            return
        if data == b"[DONE]":
            self._end()
            return
        chunk = read_event(data)
        if not isinstance(chunk, dict):
            return
        if chunk.get("error"):
            self._fail(chunk["error"])
            return
        if not self._has_begun:
            self._has_begun = True
            self._id = str(chunk.get("id") or "")
            self._writer.start(self._id, str(chunk.get("model") or ""))
        for choice in list_at(chunk, "choices"):
            if isinstance(choice, dict):
                self._choice(choice)
        usage = chunk.get("usage")
        if usage is not None:
            found = read_usage(usage)
            if found is not None:
                self._writer.usage(found)

    def close(self) -> None:
        if self._has_ended:
            return
        if not self._stopped:
            raise ProviderProtocolError("the provider's stream ended without its last event")
        self._end()

    def _choice(self, choice: dict[str, Any]) -> None:
        index = index_at(choice, "index")
        delta = choice.get("delta")
        if isinstance(delta, dict) and delta:
            self._delta(delta, index, choice.get("logprobs"))
        word = text_at(choice, "finish_reason")
        if word and index not in self._stopped:
            self._stopped.add(index)
            stop = STOP_REASONS.get(word) or "end"
            if stop == "end" and index in self._called:
                stop = "tool_calls"
            self._writer.stop(stop, choice=index)

    def _delta(self, delta: dict[str, Any], index: int, logprobs: Any) -> None:
        writer = self._writer
        content = delta.get("content")
        thoughts = thoughts_in(delta)
        if thoughts:
            writer.reasoning(thoughts, index)
        if content:
            found = logprobs.get("content") if isinstance(logprobs, dict) else None
            logprobs = found if isinstance(found, list) else None
            writer.text(content if isinstance(content, str) else text_in(content), index, logprobs)
        refusal = text_at(delta, "refusal")
        if refusal:
            writer.refusal(refusal, index)
        for annotation in read_annotations(delta.get("annotations")):
            writer.annotation(annotation, index)
        for call in list_at(delta, "tool_calls"):
            if isinstance(call, dict):
                self._call(call, index)
        legacy = delta.get("function_call")
        if legacy:
            self._call({"index": 0, "function": legacy}, index)

    def _call(self, call: dict[str, Any], choice: int) -> None:
        is_custom = call.get("type") == "custom" or "custom" in call
        told = object_at(call, "custom" if is_custom else "function")
        key = self._key_of(call, told, choice)
        if key is None:
            key = self._begin_call(call, told, choice, is_custom)
        piece = told.get("input" if is_custom else "arguments")
        if piece:
            self._writer.arguments(key, piece if isinstance(piece, str) else encoded(piece), choice)

    def _key_of(self, call: dict[str, Any], told: dict[str, Any], choice: int) -> int | None:
        """Which call a piece belongs to; None when it begins a new one."""
        place, id = _place(call), text_at(call, "id")
        if place is not None:
            key = self._calls.get((choice, place))
            # Servers that number every call 0 send whole calls: another id with a name is another call.
            if key is not None and id and told.get("name") and (choice, id) not in self._calls:
                return None
            return key
        if id:
            return self._calls.get((choice, id))
        return None if told.get("name") else self._latest.get(choice)

    def _begin_call(self, call: dict[str, Any], told: dict[str, Any], choice: int, is_custom: bool) -> int:
        key = self._begun
        self._begun += 1
        id = str(call.get("id") or f"call_{self._id[-20:]}_{key}")
        name = str(told.get("name") or "")
        place = _place(call)
        if place is not None:
            self._calls[(choice, place)] = key
        self._calls[(choice, id)] = key
        self._latest[choice] = key
        self._called.add(choice)
        self._writer.tool_call(key, id, name, choice, is_custom, google_proof(call))
        return key

    def _fail(self, error: Any) -> None:
        self._has_ended = True
        told = error if isinstance(error, dict) else {"message": str(error)}
        code = str(told.get("code") or told.get("type") or "")
        status = told.get("status") or (int(code) if code.isdigit() else 0)
        if not isinstance(status, int) or not 400 <= status < 600:
            status = _STATUSES.get(code) or _STATUSES.get(str(told.get("type"))) or 500
        self._writer.error(status, code, str(told.get("message") or "the provider failed in the middle of its answer"))

    def _end(self) -> None:
        self._has_ended = True
        if not self._has_begun:
            raise ProviderProtocolError("the provider's stream ended before it began")
        if not self._stopped:
            self._writer.stop("tool_calls" if self._called else "end")
        self._writer.end()


def _place(call: dict[str, Any]) -> int | None:
    place = call.get("index")
    return place if isinstance(place, int) else None
