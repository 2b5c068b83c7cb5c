"""Going on with a stream of chat completion chunks (or of the older text completions) where another one broke off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from plano.dialects.event_document import Json, document_in
from plano.dialects.openai_chat.stream import read_usage
from plano.dialects.splicing import State
from plano.dialects.text_join import Mode, TextJoin, request_to_go_on
from plano.dialects.usage import Usage
from plano.errors import ProviderStreamFailed
from plano.http.wire.json_envelope import Envelope
from plano.http.wire.sse import event_data, split_events

PING: Final = b": ping\n\n"
#: What follows the chunk that says why the answer ended.
LAST_FRAME: Final = b"data: [DONE]\n\n"
_DONE: Final = b"[DONE]"
_REASONING: Final = ("reasoning_content", "reasoning")
_STATUS_OF: Final = {
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "requests": 429,
    "tokens": 429,
    "insufficient_quota": 429,
    "server_error": 500,
    "internal_error": 500,
    "overloaded": 503,
    "invalid_request_error": 400,
    "authentication_error": 401,
}
_encode: Final = msgspec.json.Encoder().encode


def failure_in(event: bytes) -> ProviderStreamFailed | None:
    """`data: {"error": {...}}`, as vendors put it when a stream fails that has begun."""
    if b'"error"' not in event:
        return None
    error = document_in(event).get("error")
    if isinstance(error, str) and error:
        return ProviderStreamFailed(error)
    if not isinstance(error, dict):
        return None
    code, kind = error.get("code"), error.get("type")
    word = code if isinstance(code, str) else kind if isinstance(kind, str) else ""
    status = (
        code if isinstance(code, int) and 400 <= code <= 599 else _STATUS_OF.get(word) or _STATUS_OF.get(str(kind), 0)
    )
    message = error.get("message")
    text = message if isinstance(message, str) and message else "the provider's stream ended with an error"
    return ProviderStreamFailed(text, provider_status=status, word=word)


def has_content(event: bytes) -> bool:
    """The event carries some of the answer, or its proper end; a role chunk does not."""
    return any(
        choice.get("finish_reason") or choice.get("text") or any(v for k, v in _delta(choice).items() if k != "role")
        for choice in _choices(document_in(event))
    )


def continuation(envelope: Envelope, text: str) -> bool:
    """Ask for the rest of an answer, the user speaking last. False for requests without `messages`."""
    messages = envelope.get("messages")
    if not isinstance(messages, list):
        return False
    turns = ({"role": "assistant", "content": text}, {"role": "user", "content": request_to_go_on(text)})
    envelope.set("messages", [*messages, *turns])
    return True


class Delivered:
    """What a client has got of a stream of chunks."""

    def __init__(self) -> None:
        self.obstacle = ""
        self.is_complete = False
        self.usage: Usage | None = None
        #: Members every chunk of the answer shares.
        self.frame: Json = {}
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def add(self, events: bytes) -> None:
        for event in split_events(events):
            document = document_in(event)
            if not document:
                continue
            if not self.frame:
                self.frame = {name: document[name] for name in ("id", "created") if name in document}
            if document.get("usage"):
                self.usage = read_usage((event_data(event),))
            for choice in _choices(document):
                self._add_choice(choice)

    def _add_choice(self, choice: Json) -> None:
        delta = _delta(choice)
        text = delta.pop("content", None) or choice.get("text")
        if isinstance(text, str):
            self._pieces.append(text)
        if choice.get("finish_reason"):
            self.is_complete = True
        if choice.get("index"):
            self.obstacle = "several choices were asked for"
        elif choice.get("logprobs"):
            self.obstacle = "log probabilities were asked for"
        elif any(value for name, value in delta.items() if name not in ("role", *_REASONING)):
            self.obstacle = "a tool call had begun" if delta.get("tool_calls") else "more than text had begun"


class Splice:
    """Another stream of chunks, as the rest of the first."""

    def __init__(self, delivered: Delivered, mode: Mode) -> None:
        self._join = TextJoin(delivered.text, mode)
        self._frame = delivered.frame
        self._billed = delivered.usage

    @property
    def state(self) -> State:
        return "spliced" if self._join.state == "joined" else self._join.state

    def feed(self, event: bytes) -> bytes:
        if event_data(event) == _DONE:
            self._join.finish()
            return event if self._join.state == "joined" else b""
        document = document_in(event)
        choices = [choice for choice in map(self._rest, _choices(document)) if choice]
        if self._join.state != "joined" or not (choices or document.get("usage")):
            return b""
        document |= self._frame
        document["choices"] = choices
        if self._billed is not None and isinstance(document.get("usage"), dict):
            _add_usage(document["usage"], self._billed)
        return b"data: " + _encode(document) + b"\n\n"

    def _rest(self, choice: Json) -> Json | None:
        """What of a choice is new; None for nothing."""
        delta = choice.get("delta") if isinstance(choice.get("delta"), dict) else None
        holder, name = (choice, "text") if delta is None else (delta, "content")
        if delta is not None:
            for dropped in ("role", "refusal", *_REASONING):
                if dropped != "refusal" or not delta.get(dropped):
                    delta.pop(dropped, None)
        text = holder.pop(name, None)
        new = self._join.feed(text) if isinstance(text, str) else ""
        ends = bool(choice.get("finish_reason"))
        if ends or (delta and any(delta.values())):
            new += self._join.finish()
        if new or delta is None:
            holder[name] = new
        return choice if new or ends or (delta and any(delta.values())) else None


def _choices(document: Json) -> Iterator[Json]:
    choices = document.get("choices")
    return (choice for choice in choices if isinstance(choice, dict)) if isinstance(choices, list) else iter(())


def _delta(choice: Json) -> Json:
    delta = choice.get("delta")
    return dict(delta) if isinstance(delta, dict) else {}


def _add_usage(usage: Json, billed: Usage) -> None:
    for name, more in (("prompt_tokens", billed.input_tokens), ("completion_tokens", billed.output_tokens)):
        if isinstance(usage.get(name), int):
            usage[name] += more
            if isinstance(usage.get("total_tokens"), int):
                usage["total_tokens"] += more
