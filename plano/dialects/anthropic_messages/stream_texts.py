"""The texts of a Messages stream (Anthropic API reference: streaming messages).

A text is one content block, and ends with it. Citations, whose positions are those in the documents, thoughts, and
deltas of kinds this module does not name go on untouched. Thoughts because a signature follows: changed, a client could
not give them back, and what was put into them could not be taken out again on the way back.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from plano.dialects.located_json import Located
from plano.dialects.open_text import Event, Texts, close_group
from plano.dialects.passages import Kind, Place
from plano.dialects.whole_items import filter_whole

#: Kinds of deltas: the member that holds the text, and what it is to filters.
_DELTAS: Final[dict[str, tuple[str, Kind]]] = {
    "text_delta": ("text", "text"),
    "input_json_delta": ("partial_json", "arguments"),
    "compaction_delta": ("content", "text"),
}
#: Kinds of blocks that may begin with a text: its member and how deltas go on with it.
_BLOCKS: Final[dict[str, tuple[str, str]]] = {
    "text": ("text", "text_delta"),
    "compaction": ("content", "compaction_delta"),
}
_CLOSING: Final = frozenset(("message_delta", "message_stop", "error"))


class MessagesTexts:
    """One stream."""

    numbered_by = ""

    def __init__(self) -> None:
        self._tools: dict[int, str] = {}

    def read(self, event: Event, texts: Texts) -> None:
        members = event.members
        kind = members["type"].text() if "type" in members else ""
        index = members["index"].number() if "index" in members else 0
        if kind == "content_block_delta":
            self._delta(event, texts, index)
        elif kind == "content_block_start" and "content_block" in members:
            close_group(texts, index)
            self._tools.pop(index, None)
            self._block(event, texts, index, members["content_block"])
        elif kind == "content_block_stop":
            close_group(texts, index)
        elif kind in _CLOSING:
            texts.close(texts.open_keys())
        elif kind == "message_start" and "message" in members:
            message = members["message"].members()
            for number, block in enumerate(message["content"].items() if "content" in message else ()):
                self._block(event, texts, number, block)

    def _delta(self, event: Event, texts: Texts, index: int) -> None:
        delta = event.members["delta"].members() if "delta" in event.members else {}
        kind = delta["type"].text() if "type" in delta else ""
        if kind == "signature_delta":
            close_group(texts, index)
        name = _DELTAS[kind][0] if kind in _DELTAS else ""
        if name not in delta or not delta[name].text():
            return
        self._feed(event, texts, index, kind, delta[name])
        event.mould, event.mould_key = delta[name], (index, kind)
        event.is_droppable = len(delta) == 2

    def _block(self, event: Event, texts: Texts, index: int, value: Located) -> None:
        block = value.members()
        kind = block["type"].text() if "type" in block else ""
        if kind in _BLOCKS:
            name, delta = _BLOCKS[kind]
            if name in block and block[name].text():
                self._feed(event, texts, index, delta, block[name])
        elif "input" in block:
            self._tools[index] = block["name"].text() if "name" in block else ""
            self._input(event, texts, index, block["input"])
        else:
            filter_whole(event, texts, index, value)

    def _feed(self, event: Event, texts: Texts, index: int, kind: str, value: Located) -> None:
        told = _DELTAS[kind][1]
        place = Place(told, "assistant", self._tools.get(index, "") if told == "arguments" else "")
        text = value.text()
        new = texts.feed_text((index, kind), place, text, partial(_rest, index, kind), told == "arguments")
        event.change(value, text, new)

    def _input(self, event: Event, texts: Texts, index: int, value: Located) -> None:
        """Of a tool, where it comes whole."""
        if value.raw == b"{}":
            return
        try:
            text = value.raw.decode()
        except UnicodeDecodeError:
            return  # No client can read it either.
        new = texts.whole(index, Place("arguments", "assistant", self._tools[index]), text, True)
        if new != text:
            event.edits.replace(value, new.encode())


def _rest(index: int, kind: str, text: bytes, number: int) -> bytes:
    member = _DELTAS[kind][0].encode()
    return (
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":{"type":"%b","%b":%b}}\n\n'
        % (index, kind.encode(), member, text)
    )
