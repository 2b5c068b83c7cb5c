"""The texts of chat completion chunks, and of those of legacy completions (OpenAI API reference: streaming).

A text of a choice ends with its `finish_reason`, with a delta of another kind, or with the stream; what follows later
is a new text. Tool calls of one choice may come interleaved and end together. Positions that annotations give are those
in the text as the model said it. Members this module does not name go on untouched.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from plano.dialects.located_json import Located
from plano.dialects.open_text import Event, Key, Texts
from plano.dialects.passages import Kind, Place

#: What a delta says in strings: which kinds end each other, and what they are to filters.
_SAID: Final[dict[str, tuple[str, Kind]]] = {
    "content": ("content", "text"),
    "text": ("content", "text"),
    "refusal": ("refusal", "refusal"),
    "reasoning_content": ("reasoning", "reasoning"),
    "reasoning": ("reasoning", "reasoning"),
}
#: Of chunks, what their choices share.
_HEAD: Final = ("id", "object", "created", "model")
_NOTHING: Final = (b"null", b'""', b"[]", b"{}")


class Found:
    """One text of a delta: its value, its key, whether it is JSON, and how a delta says more of it."""

    __slots__ = ("delta", "is_json", "key", "place", "value")

    def __init__(self, value: Located, key: Key, place: Place, is_json: bool, delta: bytes) -> None:
        self.value = value
        self.key = key
        self.place = place
        self.is_json = is_json
        self.delta = delta


class ChatTexts:
    """One stream."""

    numbered_by = ""

    def __init__(self) -> None:
        self._tools: dict[tuple[int, object], str] = {}
        self._head: dict[str, Located] = {}
        #: Members that differ from chunk to chunk; some vendors let even those of `_HEAD`.
        self._varying = ["obfuscation"]

    def read(self, event: Event, texts: Texts) -> None:
        members = event.members
        choices = members.get("choices")
        if choices is None:
            if "error" in members:
                texts.close(texts.open_keys())
            return
        self._note_head(members)
        listed = [choice.members() for choice in choices.items()]
        for choice in listed:
            found = self._choice(event, texts, choice)
            if found is None or len(listed) > 1:
                continue
            event.mould, event.mould_key = found.value, found.key
            event.free = [members[name] for name in self._varying if name in members]
            event.is_droppable = _says_nothing_else(choice, found)
            if "usage" in members and members["usage"].raw != b"null":  # Some vendors count along.
                event.is_droppable = False
                event.free += [count for count in members["usage"].members().values() if count.raw.isdigit()]

    def _note_head(self, members: dict[str, Located]) -> None:
        before, self._head = self._head, members
        for name in ("id", "created"):
            is_new = name in before and name in members and before[name].raw != members[name].raw
            if is_new and name not in self._varying:
                self._varying.append(name)

    def _choice(self, event: Event, texts: Texts, choice: dict[str, Located]) -> Found | None:
        """The one text of a choice that goes on, if there is no more to it."""
        index = choice["index"].number() if "index" in choice else 0
        delta = choice["delta"].members() if "delta" in choice else choice
        all_found = self._texts_of(index, delta)
        is_over = "finish_reason" in choice and choice["finish_reason"].raw != b"null"
        kinds = {found.key[1] for found in all_found}
        if any(name in delta and delta[name].raw not in _NOTHING for name in ("tool_calls", "function_call")):
            kinds.add("tools")  # It begins with a name.
        here = {found.key for found in all_found}
        if is_over or kinds:
            ends = [key for key in texts.open_keys() if key[0] == index and key not in here]
            texts.close([key for key in ends if is_over or key[1] not in kinds])
        is_changed = False
        for found in all_found:
            text = found.value.text()
            write_rest = partial(self._rest, index, found.delta)
            new = texts.feed_text(found.key, found.place, text, write_rest, found.is_json)
            if is_over:
                new += texts.finish(found.key)
            is_changed = event.change(found.value, text, new) or is_changed
        if "message" in choice and "delta" in choice:
            # Some vendors repeat with each delta all there was before.
            for found in self._texts_of(index, choice["message"].members()):
                text = found.value.text()
                event.change(found.value, text, texts.fresh(found.place, text, found.is_json))
        logprobs = choice.get("logprobs")
        has_logprobs = logprobs is not None and logprobs.raw not in _NOTHING
        if has_logprobs and is_changed:
            assert logprobs is not None
            event.edits.replace(logprobs, b"null")
        return None if is_over or has_logprobs or len(all_found) != 1 or "message" in choice else all_found[0]

    def _texts_of(self, index: int, delta: dict[str, Located]) -> list[Found]:
        found = []
        for name, value in delta.items():
            if name in _SAID:
                kind, told = _SAID[name]
                place = Place(told, "assistant")
                if value.raw.startswith(b"["):
                    found += _parts(value, (index, kind, name), place)
                else:
                    pattern = b'"delta":{"' + name.encode() + b'":%b}'
                    if name == "text":
                        pattern = b'"text":%b,"logprobs":null'
                    found.append(Found(value, (index, kind, name), place, False, pattern))
            elif name == "reasoning_details":
                found += _parts(value, (index, "reasoning", name), Place("reasoning", "assistant"))
            elif name == "tool_calls":
                for call in value.items():
                    found += self._call(index, call.members())
            elif name == "function_call":
                more = b'"delta":{"function_call":{"arguments":%b}}'
                found += self._function(index, "function", value.members(), more)
        return [one for one in found if one.value.raw.startswith(b'"') and one.value.raw != b'""']

    def _call(self, index: int, call: dict[str, Located]) -> list[Found]:
        number = call["index"].number() if "index" in call else 0
        before = b'"delta":{"tool_calls":[{"index":%d,' % number
        if "custom" in call:
            custom = call["custom"].members()
            place = Place("arguments", "assistant", self._name(index, number, custom))
            if "input" not in custom:
                return []
            delta = before + b'"custom":{"input":%b}}]}'
            return [Found(custom["input"], (index, "tools", number), place, False, delta)]
        function = call["function"].members() if "function" in call else {}
        return self._function(index, number, function, before + b'"function":{"arguments":%b}}]}')

    def _function(self, index: int, number: object, function: dict[str, Located], delta: bytes) -> list[Found]:
        place = Place("arguments", "assistant", self._name(index, number, function))
        if "arguments" not in function:
            return []
        return [Found(function["arguments"], (index, "tools", number), place, True, delta)]

    def _name(self, index: int, number: object, told: dict[str, Located]) -> str:
        if "name" in told and told["name"].text():
            self._tools[index, number] = told["name"].text()
        return self._tools.get((index, number), "")

    def _rest(self, index: int, delta: bytes, text: bytes, number: int) -> bytes:
        head = b"".join(b'"%b":%b,' % (name.encode(), self._head[name].raw) for name in _HEAD if name in self._head)
        return b'data: {%b"choices":[{"index":%d,%b,"finish_reason":null}]}\n\n' % (head, index, delta % text)


def _parts(value: Located, key: Key, place: Place) -> list[Found]:
    """Content in parts, some of them nested, as some vendors send thoughts."""
    found = []
    for number, part in enumerate(value.items()):
        for name, inner in part.members().items():
            if name in ("text", "summary", "thinking", "content"):
                more = (*key, number, name)
                if inner.raw.startswith(b"["):
                    found += _parts(inner, more, place)
                else:
                    pattern = b'"delta":{"' + str(key[2]).encode() + b'":[{"type":"text","text":%b}]}'
                    found.append(Found(inner, more, place, False, pattern))
    return found


def _says_nothing_else(choice: dict[str, Located], found: Found) -> bool:
    """Without its text, a client would miss nothing of this choice."""
    if "delta" not in choice:
        return True
    delta = choice["delta"].members()
    calls = delta["tool_calls"].items() if "tool_calls" in delta and found.key[1] == "tools" else []
    if calls:
        call = calls[0].members()
        if len(calls) > 1 or any(call[name].raw not in _NOTHING for name in ("id",) if name in call):
            return False
        told = call.get("function", call.get("custom", calls[0])).members()
        if "name" in told and told["name"].raw not in _NOTHING:
            return False
    mine = "tool_calls" if calls else str(found.key[-1])
    return all(name == mine or value.raw in _NOTHING for name, value in delta.items())
