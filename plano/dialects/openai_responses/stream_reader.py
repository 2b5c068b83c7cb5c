"""Events of a provider's response, told to a writer (OpenAI API reference: streaming events).

Theory of operation: events belong to items, found by their id or their place in the output (servers differ in which of
the two they can be trusted with). Deltas are told as they come; an event that ends something (`*.done`) repeats it
whole, and tells what no delta has told, down to the last event, which holds the whole response. Unknown events are
skipped: their items come whole in the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from plano.dialects.event_document import index_at, list_at
from plano.dialects.openai_responses.annotations import read_annotation, read_annotations
from plano.dialects.openai_responses.read_answer import (
    DIALECT,
    failure_of,
    proof_of,
    read_call,
    read_usage,
    stop_of,
    texts_of,
)
from plano.dialects.provider_json import read_event
from plano.dialects.reply import StreamWriter
from plano.errors import ProviderProtocolError

Json = dict[str, Any]
_decode: Final = msgspec.json.Decoder().decode
_CALLS: Final = ("function_call", "custom_tool_call")


class _Item:
    """What has been told of an item."""

    __slots__ = ("annotations", "had_text", "is_call", "is_done", "key", "summary_index")

    def __init__(self, key: int) -> None:
        self.key = key
        self.is_call = False
        #: Text, refusal, thoughts or arguments were told, of the part that is open or the item.
        self.had_text = False
        self.is_done = False
        self.annotations = 0
        #: Of the part of the summary that was told last; -1 before the first.
        self.summary_index = -1


class StreamReader:
    """Reads one stream; see `reply.StreamReader`."""

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer
        self._has_begun = False
        self._has_ended = False
        self._by_id: dict[str, _Item] = {}
        self._by_index: dict[int, _Item] = {}
        self._count = 0
        #: Key of the call that was told last.
        self._latest = -1
        self._has_called = False
        self._has_refused = False

    def event(self, name: str, data: bytes) -> None:
        if self._has_ended or not data or data == b"[DONE]":
            return
        told = read_event(data)
        if not isinstance(told, dict):
            return
        kind = told.get("type") or name
        read = _EVENTS.get(kind) if isinstance(kind, str) else None
        if read is not None:
            if not self._has_begun:
                self._begin(told)
            read(self, told)
        elif not kind and told.get("error"):
            self._error(told)

    def close(self) -> None:
        if not self._has_ended:
            raise ProviderProtocolError("the provider's stream ended without its last event")

    def _begin(self, told: Json) -> None:
        self._has_begun = True
        response = told.get("response")
        response = response if isinstance(response, dict) else {}
        self._writer.start(str(response.get("id") or ""), str(response.get("model") or ""))

    def _began(self, told: Json) -> None:
        """Nothing else is known yet."""

    # Items.

    def _item(self, told: Json) -> _Item:
        id, index = told.get("item_id"), told.get("output_index")
        return self._find(id, index) or self._new(id, index)

    def _find(self, id: Any, index: Any) -> _Item | None:
        """Events that name no place belong to one item."""
        found = self._by_id.get(id) if isinstance(id, str) else None
        return found or self._by_index.get(index if isinstance(index, int) else -1)

    def _new(self, id: Any, index: Any) -> _Item:
        item = _Item(self._count)
        self._count += 1
        if isinstance(id, str) and id:
            self._by_id[id] = item
        self._by_index[index if isinstance(index, int) else -1] = item
        return item

    def _added(self, told: Json) -> None:
        whole = told.get("item")
        if isinstance(whole, dict):
            item = self._new(whole.get("id"), told.get("output_index"))
            if whole.get("type") in _CALLS:
                self._begin_call(item, whole)

    def _begin_call(self, item: _Item, whole: Json) -> None:
        item.is_call = self._has_called = True
        call = read_call(whole)
        self._latest = item.key
        self._writer.tool_call(item.key, call.id, call.name, is_custom=call.is_custom)

    def _done(self, told: Json) -> None:
        whole = told.get("item")
        if not isinstance(whole, dict):
            return
        id, index = whole.get("id"), told.get("output_index")
        item = self._find(id, index)
        if item is None or (item.is_done and id is None and index is None):
            item = self._new(id, index)
        if not item.is_done:
            item.is_done = True
            self._finish(item, whole)

    def _finish(self, item: _Item, whole: Json) -> None:
        """An item as it is in the end: what of it was not told."""
        kind = whole.get("type")
        if kind == "message":
            self._finish_message(item, whole)
        elif kind in _CALLS:
            if not item.is_call:
                self._begin_call(item, whole)
            if not item.had_text:
                self._tell_arguments(item, read_call(whole).arguments)
            if self._latest == item.key:  # Otherwise it is another call that is being written.
                self._writer.close_block()
        elif kind == "reasoning":
            self._finish_reasoning(item, whole)
        else:
            self._writer.foreign(DIALECT, str(kind), whole)

    def _finish_message(self, item: _Item, whole: Json) -> None:
        content = whole.get("content")
        if item.had_text or not isinstance(content, list):
            return
        for part in content:
            if isinstance(part, dict):
                self._tell_part(part)
                self._writer.close_block()

    def _tell_part(self, part: Json) -> None:
        if part.get("type") == "refusal":
            self._refused(str(part.get("refusal") or ""))
        elif isinstance(part.get("text"), str) and part["text"]:
            self._writer.text(part["text"], logprobs=list_at(part, "logprobs") or None)
            for annotation in read_annotations(part.get("annotations")):
                self._writer.annotation(annotation)

    def _finish_reasoning(self, item: _Item, whole: Json) -> None:
        if not item.had_text:
            summary = texts_of(whole.get("summary"))
            text = summary or texts_of(whole.get("content"))
            if text:
                item.had_text = True
                self._writer.reasoning(text, is_summary=bool(summary))
        proof = proof_of(whole)
        if proof or item.had_text:
            self._writer.reasoning_proof(proof, id=str(whole.get("id") or ""), is_redacted=not item.had_text)

    # Text.

    def _text(self, told: Json) -> None:
        delta = told.get("delta")
        if isinstance(delta, str) and delta:
            self._item(told).had_text = True
            self._writer.text(delta, logprobs=list_at(told, "logprobs") or None)

    def _text_done(self, told: Json) -> None:
        item = self._item(told)
        text = told.get("text")
        if not item.had_text and isinstance(text, str) and text:
            item.had_text = True
            self._writer.text(text)

    def _refusal(self, told: Json) -> None:
        delta = told.get("delta")
        if isinstance(delta, str) and delta:
            self._item(told).had_text = True
            self._refused(delta)

    def _refusal_done(self, told: Json) -> None:
        item = self._item(told)
        text = told.get("refusal")
        if not item.had_text and isinstance(text, str) and text:
            item.had_text = True
            self._refused(text)

    def _refused(self, text: str) -> None:
        self._has_refused = True
        self._writer.refusal(text)

    def _annotation(self, told: Json) -> None:
        annotation = read_annotation(told.get("annotation"))
        if annotation is not None:
            self._item(told).annotations += 1
            self._writer.annotation(annotation)

    def _part_done(self, told: Json) -> None:
        item = self._item(told)
        part = told.get("part")
        if isinstance(part, dict) and item.had_text:
            for annotation in read_annotations(part.get("annotations"))[item.annotations :]:
                self._writer.annotation(annotation)
            item.annotations = 0
            self._writer.close_block()

    # Thoughts.

    def _summary(self, told: Json) -> None:
        delta = told.get("delta")
        if isinstance(delta, str) and delta:
            self._thought(self._item(told), delta, index_at(told, "summary_index"), True)

    def _summary_done(self, told: Json) -> None:
        item = self._item(told)
        text, index = told.get("text"), index_at(told, "summary_index")
        if isinstance(text, str) and text and item.summary_index < index:
            self._thought(item, text, index, True)

    def _content(self, told: Json) -> None:
        delta = told.get("delta")
        if isinstance(delta, str) and delta:
            self._thought(self._item(told), delta, index_at(told, "content_index"), False)

    def _content_done(self, told: Json) -> None:
        item = self._item(told)
        text = told.get("text")
        if isinstance(text, str) and text and not item.had_text:
            self._thought(item, text, index_at(told, "content_index"), False)

    def _thought(self, item: _Item, text: str, index: int, is_summary: bool) -> None:
        """Parts of one item's thoughts are one text to everybody else."""
        if item.had_text and index != item.summary_index:
            text = "\n\n" + text
        item.had_text = True
        item.summary_index = index
        self._writer.reasoning(text, is_summary=is_summary)

    # Calls.

    def _arguments(self, told: Json) -> None:
        delta = told.get("delta")
        if isinstance(delta, str) and delta:
            item = self._item(told)
            if item.is_call:
                self._tell_arguments(item, delta)

    def _arguments_done(self, told: Json) -> None:
        item = self._item(told)
        text = told.get("arguments", told.get("input"))
        if item.is_call and not item.had_text and isinstance(text, str) and text:
            self._tell_arguments(item, text)

    def _tell_arguments(self, item: _Item, text: str) -> None:
        item.had_text = True
        self._latest = item.key
        self._writer.arguments(item.key, text)

    # The end.

    def _completed(self, told: Json) -> None:
        response = told.get("response")
        response = response if isinstance(response, dict) else {}
        self._finish_output(response.get("output"))
        usage = read_usage(response.get("usage"))
        if usage is not None:
            self._writer.usage(usage)
        stop = stop_of(response, [])
        if stop == "end" and (self._has_called or self._has_refused):
            stop = "tool_calls" if self._has_called else "refusal"
        self._has_ended = True
        self._writer.stop(stop)
        self._writer.end()

    def _finish_output(self, output: Any) -> None:
        """Items that were never said to be done, or all of them where none was streamed."""
        was_streamed = self._count > 0
        for index, whole in enumerate(output if isinstance(output, list) else ()):
            if not isinstance(whole, dict):
                continue
            if not was_streamed or self._find(whole.get("id"), index) is not None:
                self._done({"item": whole, "output_index": index})

    def _failed(self, told: Json) -> None:
        response = told.get("response")
        self._error(response if isinstance(response, dict) else told)

    def _error(self, told: Json) -> None:
        self._has_ended = True
        usage = read_usage(told.get("usage"))
        if usage is not None:
            self._writer.usage(usage)
        self._writer.error(*failure_of(told))


def _incomplete(reader: StreamReader, told: Json) -> None:
    response = told.get("response")
    if isinstance(response, dict):
        response["status"] = "incomplete"
    reader._completed(told)


_EVENTS: Final[dict[str, Callable[[StreamReader, Json], None]]] = {
    "response.created": StreamReader._began,
    "response.in_progress": StreamReader._began,
    "response.queued": StreamReader._began,
    "response.output_item.added": StreamReader._added,
    "response.output_item.done": StreamReader._done,
    "response.output_text.delta": StreamReader._text,
    "response.output_text.done": StreamReader._text_done,
    "response.output_text.annotation.added": StreamReader._annotation,
    "response.refusal.delta": StreamReader._refusal,
    "response.refusal.done": StreamReader._refusal_done,
    "response.content_part.done": StreamReader._part_done,
    "response.reasoning_summary_text.delta": StreamReader._summary,
    "response.reasoning_summary_text.done": StreamReader._summary_done,
    "response.reasoning_text.delta": StreamReader._content,
    "response.reasoning_text.done": StreamReader._content_done,
    "response.function_call_arguments.delta": StreamReader._arguments,
    "response.function_call_arguments.done": StreamReader._arguments_done,
    "response.custom_tool_call_input.delta": StreamReader._arguments,
    "response.custom_tool_call_input.done": StreamReader._arguments_done,
    "response.completed": StreamReader._completed,
    "response.incomplete": _incomplete,
    "response.failed": StreamReader._failed,
    "error": StreamReader._error,
}
