"""Output items while they are being written, each with the events it is told in (OpenAI API reference: streaming).

Theory of operation: an item is opened (`output_item.added`), told in deltas, and closed: every part of it is repeated
whole (`*.done`), then the item itself (`output_item.done`). A delta is the hot path: everything of its event but number
and text is one prefix, made when the part is opened. Items write into the list of their stream and take its numbers.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

import msgspec

from plano.dialects.custom_input import CustomInput
from plano.dialects.json_text import decoded_object
from plano.dialects.openai_responses.client_tools import ClientTool

Json = dict[str, Any]
_encode: Final = msgspec.json.Encoder().encode


class Events:
    """The events of one stream, numbered."""

    def __init__(self) -> None:
        self.out: list[bytes] = []
        self.number = 0

    def add(self, kind: str, members: Json) -> None:
        self.add_raw(kind.encode(), _encode(members)[1:])

    def add_raw(self, kind: bytes, members: bytes) -> None:
        """`members`: a JSON object without its first brace, not empty."""
        number = self.number
        self.number = number + 1
        self.out.append(
            b'event: %b\ndata: {"type":"%b","sequence_number":%d,%b\n\n' % (kind, kind, number, members)
        )

    def delta(self, prefix: bytes, text: str) -> None:
        number = self.number
        self.number = number + 1
        self.out.append(b'%b%d,"delta":%b}\n\n' % (prefix, number, _encode(text)))


class Item(Protocol):
    """What all kinds of items have."""

    #: Place in the output.
    index: int
    id: str
    #: The item as it is in the end, once it is closed.
    whole: bytes

    def close(self, status: str) -> None: ...


class _Item:
    """Its place and id, and how it opens and closes."""

    def __init__(self, events: Events, index: int, id: str) -> None:
        self.index = index
        self.id = id
        self.whole = b""
        self._events = events
        self._place: Json = {"item_id": id, "output_index": index}

    def _added(self, item: Json) -> None:
        self._events.add("response.output_item.added", {"output_index": self.index, "item": item})

    def _done(self, item: Json) -> None:
        self.whole = _encode(item)
        self._events.add_raw(
            b"response.output_item.done", b'"output_index":%d,"item":%b}' % (self.index, self.whole)
        )

    def _prefix(self, kind: str, more: Json) -> bytes:
        """Of delta events, up to their number."""
        members = _encode({"type": kind, **self._place, **more})[:-1]
        return b'event: %b\ndata: %b,"sequence_number":' % (kind.encode(), members)


class Message(_Item):
    """What the model says: parts of text and refusals, one of them open at a time."""

    def __init__(self, events: Events, index: int, id: str) -> None:
        super().__init__(events, index, id)
        self._content: list[Json] = []
        #: Of the open part: its kind ("" for none), the name of its text, what was said, the prefix of deltas.
        self.part = ""
        self._name = ""
        self._pieces: list[str] = []
        self._prefix_of_part = b""
        self._annotations: list[Json] = []
        self._logprobs: list[Any] = []
        self._added({"id": id, "type": "message", "status": "in_progress", "role": "assistant", "content": []})

    def text(self, text: str, logprobs: list[Any] | None) -> None:
        if self.part != "output_text":
            self._open("output_text", "text")
        self._pieces.append(text)
        if logprobs:
            self._logprobs.extend(logprobs)
            place = {**self._place, "content_index": len(self._content)}
            self._events.add("response.output_text.delta", {**place, "logprobs": logprobs, "delta": text})
        else:
            self._events.delta(self._prefix_of_part, text)

    def refusal(self, text: str) -> None:
        if self.part != "refusal":
            self._open("refusal", "refusal")
        self._pieces.append(text)
        self._events.delta(self._prefix_of_part, text)

    def annotation(self, told: Json) -> None:
        if self.part != "output_text":
            self._open("output_text", "text")
        place = {**self._place, "content_index": len(self._content), "annotation_index": len(self._annotations)}
        self._annotations.append(told)
        self._events.add("response.output_text.annotation.added", {**place, "annotation": told})

    def _open(self, part: str, name: str) -> None:
        self.close_part()
        self.part, self._name = part, name
        place = {**self._place, "content_index": len(self._content)}
        empty: Json = {"type": part, name: ""}
        deltas: Json = {"content_index": len(self._content)}
        if part == "output_text":
            empty |= {"annotations": [], "logprobs": []}
            deltas["logprobs"] = []
        self._events.add("response.content_part.added", {**place, "part": empty})
        self._prefix_of_part = self._prefix(f"response.{part}.delta", deltas)

    def close_part(self) -> None:
        if not self.part:
            return
        text = "".join(self._pieces)
        place = {**self._place, "content_index": len(self._content)}
        whole: Json = {"type": self.part, self._name: text}
        done: Json = {**place, self._name: text}
        if self.part == "output_text":
            whole |= {"annotations": self._annotations, "logprobs": self._logprobs}
            done["logprobs"] = self._logprobs
        self._events.add(f"response.{self.part}.done", done)
        self._events.add("response.content_part.done", {**place, "part": whole})
        self._content.append(whole)
        self.part, self._pieces, self._annotations, self._logprobs = "", [], [], []

    def close(self, status: str) -> None:
        self.close_part()
        item = {"id": self.id, "type": "message", "status": status, "role": "assistant", "content": self._content}
        self._done(item)


class ReasoningItem(_Item):
    """What the model thought, as a summary of one part or more."""

    def __init__(self, events: Events, index: int, id: str) -> None:
        super().__init__(events, index, id)
        self._summary: list[Json] = []
        self._pieces: list[str] = []
        self._deltas = b""
        self.proof = ""
        self._added({"id": id, "type": "reasoning", "summary": []})

    def text(self, text: str) -> None:
        if not self._deltas:
            place = {"summary_index": len(self._summary)}
            part = {"type": "summary_text", "text": ""}
            self._events.add("response.reasoning_summary_part.added", {**self._place, **place, "part": part})
            self._deltas = self._prefix("response.reasoning_summary_text.delta", place)
        self._pieces.append(text)
        self._events.delta(self._deltas, text)

    def close_part(self) -> None:
        if not self._deltas:
            return
        place = {**self._place, "summary_index": len(self._summary)}
        part = {"type": "summary_text", "text": "".join(self._pieces)}
        self._events.add("response.reasoning_summary_text.done", {**place, "text": part["text"]})
        self._events.add("response.reasoning_summary_part.done", {**place, "part": part})
        self._summary.append(part)
        self._pieces, self._deltas = [], b""

    def close(self, status: str) -> None:
        self.close_part()
        item: Json = {"id": self.id, "type": "reasoning", "summary": self._summary}
        if self.proof:
            item["encrypted_content"] = self.proof
        self._done(item)


class Call(_Item):
    """A call of a function, or of a custom tool, which takes text.

    `reads_input`: the text is within the arguments of the function that stands in for the tool.
    """

    def __init__(
        self, events: Events, index: int, id: str, told: Json, is_custom: bool = False, reads_input: bool = False
    ) -> None:
        super().__init__(events, index, id)
        self._kind = "custom_tool_call" if is_custom else "function_call"
        self._name = "input" if is_custom else "arguments"
        self._event = "response.custom_tool_call_input" if is_custom else "response.function_call_arguments"
        self._told = told
        self._pieces: list[str] = []
        self._input = CustomInput() if reads_input else None
        self._added({"id": id, "type": self._kind, "status": "in_progress", self._name: "", **told})
        self._deltas = self._prefix(f"{self._event}.delta", {})

    def arguments(self, piece: str) -> None:
        if self.whole:
            return
        if self._input is not None:
            piece = self._input.feed(piece)
        if piece:
            self._pieces.append(piece)
            self._events.delta(self._deltas, piece)

    def close(self, status: str) -> None:
        if self._input is not None:
            self._finish_with(self._input.finish())
        elif not self._pieces and self._name == "arguments" and status == "completed":
            self._finish_with("{}")
        text = "".join(self._pieces)
        done: Json = {**self._place, self._name: text}
        if self._name == "arguments":
            done["name"] = self._told["name"]
        self._events.add(f"{self._event}.done", done)
        self._done({"id": self.id, "type": self._kind, "status": status, self._name: text, **self._told})

    def _finish_with(self, rest: str) -> None:
        if rest:
            self._pieces.append(rest)
            self._events.delta(self._deltas, rest)


class ClientCall(_Item):
    """A call of a tool the API has a type of its own for. It has no deltas: the arguments come whole, as an object."""

    def __init__(self, events: Events, index: int, id: str, call_id: str, tool: ClientTool) -> None:
        super().__init__(events, index, id)
        self._tool = tool
        self._told: Json = {"id": id, "type": tool.call, "call_id": call_id, **tool.told}
        self._pieces: list[str] = []
        self._added({**self._told, "status": "in_progress", tool.member: tool.rest})

    def arguments(self, piece: str) -> None:
        self._pieces.append(piece)

    def close(self, status: str) -> None:
        arguments = decoded_object("".join(self._pieces)) or {}
        self._done({**self._told, "status": status, self._tool.member: {**self._tool.rest, **arguments}})


class Whole(_Item):
    """An item that is there at once."""

    def __init__(self, events: Events, index: int, item: Json) -> None:
        super().__init__(events, index, str(item.get("id") or ""))
        self._added(item)
        self._done(item)

    def close(self, status: str) -> None:
        """It is."""
