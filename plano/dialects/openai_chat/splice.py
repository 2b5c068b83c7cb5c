"""Going on with a stream of chat completion chunks (or of the older text completions) where another one broke off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from plano.dialects.continuation import add_turns, is_bound
from plano.dialects.delivered_text import DeliveredText
from plano.dialects.event_document import DONE, Json, document_in, object_at, text_at
from plano.dialects.openai_chat.stream import read_usage
from plano.dialects.splicing import State
from plano.dialects.text_join import Mode, TextJoin
from plano.dialects.usage import Usage, raise_count
from plano.errors import ProviderStreamFailed
from plano.http.wire.json_envelope import Envelope
from plano.http.wire.sse import event_data

PING: Final = b": ping\n\n"
#: What follows the chunk that says why the answer ended.
LAST_FRAME: Final = b"data: [DONE]\n\n"
#: Members of a delta that tell what the model thought; vendors disagree about the name.
_REASONING: Final = ("reasoning_content", "reasoning", "reasoning_details")
_STATUS_OF: Final = {
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "requests": 429,
    "tokens": 429,
    "insufficient_quota": 429,
    "server_error": 500,
    "internal_error": 500,
    "overloaded": 503,
    "overloaded_error": 503,
    "invalid_request_error": 400,
    "authentication_error": 401,
}
_encode: Final = msgspec.json.Encoder().encode


def failure_in(event: bytes) -> ProviderStreamFailed | None:
    """`data: {"error": {...}}`, as vendors put it when a stream fails that has begun; also the bare `object: error`."""
    if b'"error"' not in event:
        return None
    document = document_in(event)
    error = document if document.get("object") == "error" else document.get("error")
    if isinstance(error, str) and error:
        return ProviderStreamFailed(error)
    if not isinstance(error, dict):
        return None
    code, kind = error.get("code"), text_at(error, "type")
    word = code if isinstance(code, str) else kind
    text = text_at(error, "message") or "the provider's stream ended with an error"
    return ProviderStreamFailed(text, provider_status=_status_of(code, kind), word=word)


def _status_of(code: Any, kind: str) -> int:
    number = int(code) if isinstance(code, str) and code.isascii() and code.isdigit() else code
    if isinstance(number, int):
        return number if 400 <= number <= 599 else 0
    return _STATUS_OF.get(str(code)) or _STATUS_OF.get(kind, 0)


def has_content(event: bytes) -> bool:
    """The event carries some of the answer, or its proper end; a role chunk does not."""
    return any(
        choice.get("finish_reason") or choice.get("text") or any(v for k, v in _delta(choice).items() if k != "role")
        for choice in _choices(document_in(event))
    )


def continuation(envelope: Envelope, text: str) -> bool:
    """Ask for the rest of an answer, the user speaking last. False for requests without `messages`, and where an
    answer in two parts could not be what was asked for.
    """
    if is_bound(envelope.get("tool_choice"), envelope.get("response_format")):
        return False
    return add_turns(envelope, "messages", text)


class Delivered(DeliveredText):
    """What a client has got of a stream of chunks."""

    def __init__(self) -> None:
        super().__init__()
        #: Members every chunk of the answer shares.
        self.frame: Json = {}
        self.has_reasoning = False
        self._begun: set[int] = set()
        self._ended: set[int] = set()

    @property
    def is_complete(self) -> bool:
        """Every choice that was begun has said why it ended."""
        return bool(self._ended) and self._ended == self._begun

    def take(self, document: Json) -> None:
        if not self.frame:
            self.frame = {name: document[name] for name in ("id", "created") if name in document}
        for choice in _choices(document):
            self._take_choice(choice)

    def note_usage(self, document: Json) -> None:
        if document.get("usage"):
            self.usage = read_usage((_encode(document),)) or self.usage

    def _take_choice(self, choice: Json) -> None:
        index = _index(choice)
        self._begun.add(index)
        delta = _delta(choice)
        text = delta.pop("content", None) or choice.get("text")
        if isinstance(text, str):
            self._pieces.append(text)
        if choice.get("finish_reason"):
            self._ended.add(index)
        self.has_reasoning = self.has_reasoning or any(delta.get(name) for name in _REASONING)
        if index:
            self.obstacle = "several choices were asked for"
        elif choice.get("logprobs"):
            self.obstacle = "log probabilities were asked for"
        elif delta.get("tool_calls") or delta.get("function_call"):
            self.obstacle = "a tool call had begun"
        elif _holds_more(delta) or (text and not isinstance(text, str)):
            self.obstacle = "more than text had begun"


class Splice:
    """Another stream of chunks, as the rest of the first."""

    def __init__(self, delivered: Delivered, mode: Mode) -> None:
        self._delivered = delivered
        self._join = TextJoin(delivered.text, mode)
        self._frame = delivered.frame
        self._billed = delivered.begin_attempt()
        self._drops_reasoning = bool(delivered.text) or delivered.has_reasoning
        #: The latest chunk without its choices: text that was held back until the end needs one.
        self._latest: Json = {}

    @property
    def state(self) -> State:
        return "spliced" if self._join.state == "joined" else self._join.state

    def feed(self, event: bytes) -> bytes:
        if event_data(event).strip() == DONE:
            return self._end(event)
        document = document_in(event)
        self._delivered.note_usage(document)
        choices = [choice for choice in map(self._rest, _choices(document)) if choice]
        document |= self._frame
        self._latest = {**document, "choices": [], "usage": None}
        if self._join.state != "joined" or not (choices or document.get("usage")):
            return b""
        document["choices"] = choices
        if self._billed is not None:
            _add_usage(document.get("usage"), self._billed)
        return b"data: " + _encode(document) + b"\n\n"

    def _end(self, event: bytes) -> bytes:
        held = self._join.finish()
        if self._join.state != "joined":
            return b""
        if not held:
            return event
        choice = {"index": 0, "delta": {"content": held}, "finish_reason": None}
        return b"data: " + _encode({**self._latest, "choices": [choice]}) + b"\n\n" + event

    def _rest(self, choice: Json) -> Json | None:
        """What of a choice is new; None for nothing."""
        if _index(choice):
            if self._join.state == "matching":
                self._join.refuse()
            return choice
        delta = choice.get("delta") if isinstance(choice.get("delta"), dict) else None
        holder, name = (choice, "text") if delta is None else (delta, "content")
        if delta is not None:
            self._drop_known(delta)
        text = holder.pop(name, None)
        new = self._join.feed(text) if isinstance(text, str) else ""
        if text and not isinstance(text, str) and self._join.state == "joined":
            holder[name] = text
        ends, has_more = bool(choice.get("finish_reason")), bool(delta and any(delta.values()))
        if ends or (delta and _holds_more(delta)):
            new += self._join.finish()
        if new or (delta is None and name not in holder):
            holder[name] = new
        return choice if new or ends or has_more else None

    def _drop_known(self, delta: Json) -> None:
        if self._frame:
            delta.pop("role", None)
        if not delta.get("refusal"):
            delta.pop("refusal", None)
        if self._drops_reasoning:
            for name in _REASONING:
                delta.pop(name, None)


def _choices(document: Json) -> Iterator[Json]:
    choices = document.get("choices")
    return (choice for choice in choices if isinstance(choice, dict)) if isinstance(choices, list) else iter(())


def _index(choice: Json) -> int:
    index = choice.get("index")
    return index if isinstance(index, int) else 0


def _delta(choice: Json) -> Json:
    return dict(object_at(choice, "delta"))


def _holds_more(delta: Json) -> bool:
    """There is some of the answer in it that is neither its text nor what came before that."""
    return any(value for name, value in delta.items() if name not in ("role", "content", *_REASONING))


def _add_usage(usage: Any, billed: Usage) -> None:
    raise_count(usage, ("prompt_tokens",), billed.input_tokens)
    raise_count(usage, ("prompt_tokens_details", "cached_tokens"), billed.cached_input_tokens)
    raise_count(usage, ("completion_tokens",), billed.output_tokens)
    raise_count(usage, ("completion_tokens_details", "reasoning_tokens"), billed.reasoning_tokens)
    raise_count(usage, ("total_tokens",), billed.input_tokens + billed.output_tokens)
