"""The texts of a Responses stream (OpenAI API reference: streaming events).

A text is one part of an item, told in deltas, and repeated by the events that close the part, the item and the
response: these say what the deltas said in the end. What comes whole, without deltas, goes through a filter of its own.
Numbers of events follow each other as they did, whatever is added or left out. Annotations keep their positions, which
are those in the text as the model said it; items, parts and events of kinds this module does not name go on untouched.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from plano.dialects.located_json import Located
from plano.dialects.open_text import Event, Key, Texts, close_group
from plano.dialects.passages import Kind, Place

#: What is told in deltas: the member that repeats it, what it is to filters, whether it is JSON.
_TOLD: Final[dict[str, tuple[str, Kind, bool]]] = {
    "response.output_text": ("text", "text", False),
    "response.refusal": ("refusal", "refusal", False),
    "response.reasoning_text": ("text", "reasoning", False),
    "response.reasoning_summary_text": ("text", "reasoning", False),
    "response.function_call_arguments": ("arguments", "arguments", True),
    "response.mcp_call_arguments": ("arguments", "arguments", True),
    "response.custom_tool_call_input": ("input", "arguments", False),
    "response.code_interpreter_call_code": ("code", "arguments", False),
    "response.audio.transcript": ("transcript", "text", False),
}
#: Kinds of parts: the member that is text, and what it is to filters.
_PARTS: Final[dict[str, tuple[str, Kind]]] = {
    "output_text": ("text", "text"),
    "text": ("text", "text"),
    "refusal": ("refusal", "refusal"),
    "reasoning_text": ("text", "reasoning"),
    "summary_text": ("text", "reasoning"),
}
#: Of items: lists of parts.
_LISTS: Final = ("content", "summary")
#: Of items: members that are text, what they are to filters, whether they are JSON.
_ITEMS: Final[dict[str, dict[str, tuple[Kind, bool]]]] = {
    "function_call": {"arguments": ("arguments", True)},
    "mcp_call": {"arguments": ("arguments", True), "output": ("result", False)},
    "custom_tool_call": {"input": ("arguments", False)},
    "code_interpreter_call": {"code": ("arguments", False)},
}
_PLACE: Final = ("item_id", "output_index", "content_index", "summary_index")
_PART_EVENTS: Final = frozenset(
    f"response.{part}.{end}" for part in ("content_part", "reasoning_summary_part") for end in ("added", "done")
)
_ITEM_EVENTS: Final = frozenset(("response.output_item.added", "response.output_item.done"))
_CLOSING: Final = frozenset(("response.completed", "response.incomplete", "response.failed", "error"))


class ResponsesTexts:
    """One stream."""

    numbered_by = "sequence_number"

    def __init__(self) -> None:
        self._tools: dict[int, str] = {}

    def read(self, event: Event, texts: Texts) -> None:
        members = event.members
        kind = members["type"].text() if "type" in members else ""
        stem, _, end = kind.rpartition(".")
        index = members["output_index"].number() if "output_index" in members else 0
        if kind in _CLOSING:
            texts.close(texts.open_keys())
        if stem in _TOLD:
            if end == "delta":
                self._delta(event, texts, stem, index)
            elif end == "done":
                self._done(event, texts, stem, index)
        elif kind in _PART_EVENTS and "part" in members:
            if end == "done":
                close_group(texts, index)
            self._part(event, texts, index, members["part"])
        elif kind in _ITEM_EVENTS and "item" in members:
            if end == "done":
                close_group(texts, index)
            self._item(event, texts, index, members["item"])
        elif "response" in members:
            response = members["response"].members()
            for number, item in enumerate(response["output"].items() if "output" in response else ()):
                self._item(event, texts, number, item)

    def _delta(self, event: Event, texts: Texts, stem: str, index: int) -> None:
        members = event.members
        value = members.get("delta")
        if value is None or not value.text():
            return
        _, kind, is_json = _TOLD[stem]
        place = Place(kind, "assistant", self._tools.get(index, "") if kind == "arguments" else "")
        key = _key(index, stem, members)
        text = value.text()
        new = texts.feed_text(key, place, text, partial(_rest, stem, members), is_json)
        is_changed = event.change(value, text, new)
        logprobs = members.get("logprobs")
        if logprobs is not None and logprobs.raw not in (b"[]", b"null"):
            if is_changed:
                event.edits.replace(logprobs, b"[]")
            return
        event.mould, event.mould_key = value, key
        event.free = [members[name] for name in ("sequence_number", "obfuscation") if name in members]
        event.is_droppable = True

    def _done(self, event: Event, texts: Texts, stem: str, index: int) -> None:
        member, kind, is_json = _TOLD[stem]
        texts.close([_key(index, stem, event.members)])
        self._whole(event, texts, index, event.members, member, kind, is_json)

    def _item(self, event: Event, texts: Texts, index: int, item: Located) -> None:
        members = item.members()
        self._tools[index] = members["name"].text() if "name" in members else ""
        for name in _LISTS:
            for part in members[name].items() if name in members else ():
                self._part(event, texts, index, part)
        kind = members["type"].text() if "type" in members else ""
        for name, (told, is_json) in _ITEMS.get(kind, {}).items():
            self._whole(event, texts, index, members, name, told, is_json)

    def _part(self, event: Event, texts: Texts, index: int, part: Located) -> None:
        members = part.members()
        kind = members["type"].text() if "type" in members else ""
        if kind in _PARTS:
            self._whole(event, texts, index, members, *_PARTS[kind], False)

    def _whole(
        self, event: Event, texts: Texts, index: int, told: dict[str, Located], name: str, kind: Kind, is_json: bool
    ) -> None:
        text = told[name].text() if name in told else ""
        if not text:
            return
        has_tool = kind in ("arguments", "result")
        place = Place(kind, "tool" if kind == "result" else "assistant", self._tools.get(index, "") if has_tool else "")
        new = texts.whole(index, place, text, is_json)
        if event.change(told[name], text, new) and "logprobs" in told and told["logprobs"].raw not in (b"[]", b"null"):
            event.edits.replace(told["logprobs"], b"[]")


def _key(index: int, stem: str, members: dict[str, Located]) -> Key:
    part = [members[name].raw for name in ("content_index", "summary_index") if name in members]
    return (index, stem, *part)


def _rest(stem: str, members: dict[str, Located], text: bytes, number: int) -> bytes:
    kind = b"%b.delta" % stem.encode()
    place = b"".join(b'"%b":%b,' % (name.encode(), members[name].raw) for name in _PLACE if name in members)
    logprobs = b',"logprobs":[]' if "logprobs" in members else b""
    return b'event: %b\ndata: {"type":"%b","sequence_number":%d,%b"delta":%b%b}\n\n' % (
        kind,
        kind,
        number,
        place,
        text,
        logprobs,
    )
