"""Turns -> `messages` (API reference: create a message; tool use).

Theory of operation. The API wants user and assistant to take turns, a call of a tool to be answered in the very next
message, at its beginning, and every call to have an id of its own. So neighbours of one role become one message;
results are gathered before everything else a user says; a call nobody answered gets an answer that says so; a result
that answers no call of the message before is told as text. Instructions given in the middle of a conversation go into
the user's turn, marked as what they are: only some models take them as messages.
"""

from __future__ import annotations

from typing import Final

from plano.dialects.anthropic_messages.write_blocks import BlockWriter
from plano.dialects.anthropic_messages.write_parts import clean_id, input_of
from plano.dialects.conversation import Foreign, Image, Part, Reasoning, Refusal, Text, ToolCall, ToolResult, Turn
from plano.dialects.event_document import Json
from plano.dialects.losses import Losses

_THINKING: Final = ("thinking", "redacted_thinking")
#: Claude knows this mark from Claude Code: it is not the user who speaks.
_SYSTEM_MARKS: Final = ("<system-reminder>\n", "\n</system-reminder>")
_NO_RESULT: Final = "No result: the tool call was not completed."
_EMPTY: Final = "."


class _Message:
    """`results` stand before `blocks`; `calls` are ids as written that nobody has answered yet."""

    __slots__ = ("blocks", "calls", "results", "role")

    def __init__(self, role: str) -> None:
        self.role = role
        self.results: list[Json] = []
        self.blocks: list[Json] = []
        self.calls: dict[str, None] = {}

    def document(self) -> Json:
        return {"role": self.role, "content": [*self.results, *self.blocks]}


class TurnWriter:
    """Writes all turns of a conversation; `names` are those of the tools that were called."""

    def __init__(self, writer: BlockWriter, losses: Losses) -> None:
        self._writer = writer
        self._losses = losses
        self._messages: list[_Message] = []
        #: Id of a call as the client has it -> as it was written last.
        self._ids: dict[str, str] = {}
        self._taken: set[str] = set()
        self.names: dict[str, None] = {}

    def write(self, turns: list[Turn]) -> list[Json]:
        for turn in turns:
            if turn.name:
                self._losses.drop("name")
            if turn.role == "assistant":
                self._assistant(turn.parts)
            else:
                self._user(turn.parts, is_system=turn.role == "system")
        self._settle()
        return [message.document() for message in self._messages]

    def _message(self, role: str) -> _Message:
        if not self._messages or self._messages[-1].role != role:
            if self._messages and role == "assistant":
                self._answer_rest(self._messages[-1])
            self._messages.append(_Message(role))
        return self._messages[-1]

    def _user(self, parts: list[Part], is_system: bool) -> None:
        for part in parts:
            if isinstance(part, ToolResult):
                self._result(part)
                continue
            if is_system and isinstance(part, Text) and part.text.strip():
                part = Text(part.text.join(_SYSTEM_MARKS), part.cache)
            if isinstance(part, ToolCall | Reasoning):
                continue
            block = self._writer.shown(part)
            if block is not None:
                self._message("user").blocks.append(block)

    def _result(self, part: ToolResult) -> None:
        asked = self._asking()
        id = self._ids.get(part.call_id, "")
        if asked is not None and id in asked.calls:
            del asked.calls[id]
            self._message("user").results.append(self._writer.result(part, id))
            return
        words = f"Result of the tool call {part.call_id}:"
        for piece in (Text(words), *part.content):
            block = self._writer.shown(piece, "tool_result.")
            if block is not None:
                self._message("user").blocks.append(block)

    def _asking(self) -> _Message | None:
        """The message whose calls are to be answered now."""
        for message in self._messages[:-3:-1]:
            if message.role == "assistant":
                return message
        return None

    def _answer_rest(self, message: _Message) -> None:
        """The user's turn ends: say of each call left that it has no result."""
        asked = self._asking()
        if asked is None or asked is message:
            return
        for id in asked.calls:
            result = {"type": "tool_result", "tool_use_id": id, "content": _NO_RESULT, "is_error": True}
            message.results.append(result)
        asked.calls.clear()

    def _assistant(self, parts: list[Part]) -> None:
        for part in parts:
            block = self._said(part)
            if block is not None:
                message = self._message("assistant")
                message.blocks.append(block)
                if block["type"] == "tool_use":
                    message.calls[block["id"]] = None

    def _said(self, part: Part) -> Json | None:
        if isinstance(part, Text):
            return self._writer.text(part)
        if isinstance(part, ToolCall):
            return self._call(part)
        if isinstance(part, Reasoning):
            return self._writer.reasoning(part)
        if isinstance(part, Refusal):
            return self._writer.text(Text(part.text))
        if isinstance(part, Foreign):
            return self._writer.foreign(part)
        # Only users may show things.
        self._losses.drop("image" if isinstance(part, Image) else type(part).__name__.lower())
        return None

    def _call(self, part: ToolCall) -> Json:
        id = self._new_id(part.id)
        self.names[part.name] = None
        block = {"type": "tool_use", "id": id, "name": part.name, "input": input_of(part.arguments)}
        return self._writer.mark(block, part.cache)

    def _new_id(self, given: str) -> str:
        """Some providers count their calls anew in every answer; here no two may have the same id."""
        id = clean = clean_id(given) or "toolu"
        number = 1
        while id in self._taken:
            number += 1
            id = f"{clean}_{number}"
        self._taken.add(id)
        self._ids[given] = id
        return id

    def _settle(self) -> None:
        messages = self._messages
        if messages and messages[-1].role == "assistant" and messages[-1].calls:
            self._message("user")
        if messages and messages[-1].role == "user":
            self._answer_rest(messages[-1])
        for message in messages:
            if message.role == "assistant":
                self._trim_thoughts(message)
        if messages and messages[0].role == "assistant":
            first = _Message("user")
            first.blocks.append({"type": "text", "text": _EMPTY})
            messages.insert(0, first)
        if messages and messages[-1].role == "assistant":
            _trim_end(messages[-1])

    def _trim_thoughts(self, message: _Message) -> None:
        """A message must not end with thoughts."""
        while message.blocks and message.blocks[-1]["type"] in _THINKING:
            message.blocks.pop()
            self._losses.drop("reasoning")
        if not message.blocks:
            message.blocks.append({"type": "text", "text": _EMPTY})


def _trim_end(message: _Message) -> None:
    """Where the answer is to go on from the assistant's own words, they must not end with blanks."""
    last = message.blocks[-1]
    if last["type"] == "text":
        last["text"] = last["text"].rstrip()
