"""A streamed answer as events of the Responses API (OpenAI API reference: streaming events).

Theory of operation: the output is a list of items. One of text or reasoning is open at a time, and is closed by
whatever comes next; calls stay open beside each other until they are said to be complete, or the answer is. The last
event holds the whole response, so every item is kept as it was closed. Clients wait for that event: without a
`response.completed`, `incomplete` or `failed` an answer counts for nothing (Codex: "stream closed before
response.completed").
"""

from __future__ import annotations

from typing import Any, Final

from plano.dialects.conversation import Tool
from plano.dialects.openai_chat.write import error_type
from plano.dialects.openai_responses.annotations import write_annotation
from plano.dialects.openai_responses.client_tools import client_tools
from plano.dialects.openai_responses.open_items import Call, ClientCall, Events, Item, Message, ReasoningItem, Whole
from plano.dialects.openai_responses.read_request import DIALECT, OF_CALL, PROOFS, REDACTED
from plano.dialects.openai_responses.response_object import ResponseObject
from plano.dialects.proofs import opened, sealed
from plano.dialects.reply import Annotation, ReplyTo, StopReason
from plano.dialects.usage import Usage

#: Why a response is incomplete, in the API's words.
INCOMPLETE: Final[dict[StopReason, str]] = {"length": "max_output_tokens", "filtered": "content_filter"}
#: Codes clients know what to do about; everything else is told by its status.
_CODES: Final = frozenset(
    (
        "server_error",
        "rate_limit_exceeded",
        "invalid_prompt",
        "context_length_exceeded",
        "insufficient_quota",
        "usage_not_included",
        "server_is_overloaded",
        "slow_down",
    )
)
_PING: Final = b": ping\n\n"


class StreamWriter:
    """Writes one stream; see `reply.StreamWriter`."""

    def __init__(self, to: ReplyTo, created: int = 0, service_tier: str = "") -> None:
        self._to = to
        self._created = created or to.created
        self._service_tier = service_tier
        self._events = Events()
        self._response: ResponseObject | None = None
        self._items: list[Item] = []
        #: The message or reasoning that is being written; what was opened or written to last.
        self._current: Message | ReasoningItem | None = None
        self._latest: Item | None = None
        self._calls: dict[int, Call | ClientCall] = {}
        self._client_tools = client_tools(to.request.get("tools"))
        self._has_refused = False
        self._stop: StopReason = "end"
        self._has_stopped = False
        self._usage: Usage | None = None
        include = to.request.get("include")
        self._wants_proofs = isinstance(include, list) and PROOFS in include
        #: The response as it was told last.
        self.document = b""

    def take(self) -> bytes:
        out = self._events.out
        self._events.out = []
        return b"".join(out)

    def start(self, id: str, model: str, usage: Usage | None = None) -> None:
        self._response = ResponseObject(id, self._to, self._created, self._service_tier)
        self._usage = usage
        begun = b'"response":%b}' % self._response.written(b"in_progress", [])
        self._events.add_raw(b"response.created", begun)
        self._events.add_raw(b"response.in_progress", begun)

    def text(self, text: str, choice: int = 0, logprobs: list[Any] | None = None) -> None:
        if choice or not text:
            return
        current = self._current
        if not isinstance(current, Message):
            current = self._message()
        current.text(text, logprobs)
        self._latest = current

    def refusal(self, text: str, choice: int = 0) -> None:
        if choice or not text:
            return
        self._has_refused = True
        self._latest = message = self._message()
        message.refusal(text)

    def annotation(self, annotation: Annotation, choice: int = 0) -> None:
        told = None if choice else write_annotation(annotation)
        if told is not None:
            self._latest = message = self._message()
            message.annotation(told)

    def reasoning(self, text: str, choice: int = 0, is_summary: bool = False) -> None:
        if choice or not text:
            return
        current = self._current
        if not isinstance(current, ReasoningItem):
            current = self._thought()
        current.text(text)
        self._latest = current

    def reasoning_proof(self, proof: str, choice: int = 0, id: str = "", is_redacted: bool = False) -> None:
        if choice:
            return
        if proof and self._wants_proofs:
            told = opened(proof, DIALECT)
            current = None if is_redacted else self._current
            if not isinstance(current, ReasoningItem):
                current = self._thought(told.id or id if told.dialect == DIALECT else "")
            current.proof = _word(proof, is_redacted)
        if isinstance(self._current, ReasoningItem):
            self._close_current()

    def tool_call(
        self, key: int, id: str, name: str, choice: int = 0, is_custom: bool = False, proof: str = ""
    ) -> None:
        if choice:
            return
        if proof and self._wants_proofs:
            self._close_current()
            told = opened(proof, "")
            self._thought().proof = sealed(told.dialect, told.proof, OF_CALL) if told.dialect else proof
        self._close_current()
        tool = self._to.tools.get(name)
        index = len(self._items)
        call: Call | ClientCall
        known = None if tool is not None else self._client_tools.get(name)
        if known is not None:
            call = ClientCall(self._events, index, f"{known.id}_{self._to.id}_{index}", id, known)
        elif isinstance(tool, Tool):
            told_as = {"call_id": id, "name": tool.name}
            if tool.namespace:
                told_as["namespace"] = tool.namespace
            call = self._call(told_as, tool.is_custom or is_custom, tool.is_custom and not is_custom)
        else:
            call = self._call({"call_id": id, "name": name}, is_custom, False)
        self._calls[key] = call
        self._open(call)

    def arguments(self, key: int, piece: str, choice: int = 0) -> None:
        if not choice and piece:
            call = self._calls[key]
            call.arguments(piece)
            self._latest = call

    def close_block(self, choice: int = 0) -> None:
        latest = self._latest
        if choice or latest is None:
            return
        if isinstance(latest, Message | ReasoningItem):
            latest.close_part()
        elif not latest.whole:
            latest.close("completed")
        self._latest = None

    def foreign(self, dialect: str, kind: str, raw: Any) -> None:
        if dialect == DIALECT and isinstance(raw, dict):
            self._close_current()
            self._open(Whole(self._events, len(self._items), raw))

    def stop(self, reason: StopReason, stop_sequence: str = "", choice: int = 0) -> None:
        if choice or self._has_stopped:
            return
        self._has_stopped = True
        # Who is declined without a word must be told that there is none to come.
        self._stop = "filtered" if reason == "refusal" and not self._has_refused else reason
        self._close_all("incomplete" if self._stop in INCOMPLETE else "completed")

    def usage(self, usage: Usage) -> None:
        self._usage = usage

    def end(self) -> None:
        self.stop("end")
        self._close_all("completed")  # What came after its provider had said that it stopped.
        reason = INCOMPLETE.get(self._stop, "")
        self._finish(b"incomplete" if reason else b"completed", None, reason)

    def error(self, status: int, code: str, message: str) -> None:
        """First the event official SDKs raise on, then the one that ends a response."""
        if self._response is None:
            self.start("", "")
        self._close_all("incomplete")
        if code not in _CODES:
            code = _code_of(status)
        told = {"type": error_type(status), "code": code, "message": message, "param": None}
        self._events.add("error", {"code": code, "message": message, "param": None, "error": told})
        self._finish(b"failed", {"code": code, "message": message}, "")

    def ping(self) -> None:
        self._events.out.append(_PING)

    def _finish(self, status: bytes, error: Any, reason: str) -> None:
        if self._response is None:
            self.start("", "")
        assert self._response is not None
        output = [item.whole for item in self._items]
        self.document = self._response.written(status, output, self._usage, error, reason)
        self._events.add_raw(b"response." + status, b'"response":%b}' % self.document)

    def _message(self) -> Message:
        if isinstance(self._current, Message):
            return self._current
        self._close_current()
        index = len(self._items)
        self._current = message = Message(self._events, index, f"msg_{self._to.id}_{index}")
        self._open(message)
        return message

    def _thought(self, id: str = "") -> ReasoningItem:
        self._close_current()
        index = len(self._items)
        if any(item.id == id for item in self._items):
            id = ""  # SDKs take no two items for one.
        self._current = item = ReasoningItem(self._events, index, id or f"rs_{self._to.id}_{index}")
        self._open(item)
        return item

    def _call(self, told: dict[str, Any], is_custom: bool, reads_input: bool) -> Call:
        index = len(self._items)
        id = f"{'ctc' if is_custom else 'fc'}_{self._to.id}_{index}"
        return Call(self._events, index, id, told, is_custom, reads_input)

    def _open(self, item: Item) -> None:
        self._items.append(item)
        self._latest = item

    def _close_current(self) -> None:
        if self._current is not None:
            self._current.close("completed")
            self._current = None

    def _close_all(self, status: str) -> None:
        """The item that was written last is the one that was cut."""
        self._current = None
        unfinished = [item for item in self._items if not item.whole]
        for item in unfinished:
            item.close(status if item is unfinished[-1] or isinstance(item, Call) else "completed")


def _word(proof: str, is_redacted: bool) -> str:
    """A proof as the client gets it: its own dialect's without a seal, and one without text marked as such."""
    told = opened(proof, DIALECT)
    if told.dialect == DIALECT:
        return told.proof
    return sealed(told.dialect, told.proof, REDACTED) if is_redacted and not told.id else proof


def _code_of(status: int) -> str:
    if status == 429:
        return "rate_limit_exceeded"
    return "invalid_prompt" if 400 <= status < 500 and status not in (401, 403, 408, 409) else "server_error"
