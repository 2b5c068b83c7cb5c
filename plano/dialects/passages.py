"""What requests and answers say, text by text, in no API's own words: what filters read and change.

A `Passage` is one text: a message, one block of it, one string among the arguments of a tool call, a tool's result.
Where it stood is a `Place`. In a streamed answer each passage comes in pieces, and goes through a `TextFilter`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from msgspec import Struct

#: `instructions`: system and developer messages. `text`: what people and models say; of operations without a
#: conversation, what is to be completed, embedded, spoken, drawn. `refusal`: a model's words when it declines.
#: `arguments`: one string, number or key among those of a tool call, or the free text a custom tool takes.
#: `result`: what a tool gave. `document`: a file's text. `reasoning`: thoughts. `metadata`: what is said about a
#: request: `user`, `metadata` and the like. `other`: text in a part of a kind plano does not know.
Kind = Literal[
    "instructions", "text", "refusal", "arguments", "result", "document", "reasoning", "metadata", "other"
]  # fmt: skip
Role = Literal["system", "user", "assistant", "tool", ""]


class Place(Struct, frozen=True):
    """Where a text stands. `tool` is the name of the tool of `arguments`; "" elsewhere, or where it is not known."""

    kind: Kind
    role: Role = ""
    tool: str = ""


class Passage:
    """One text, to be read and, by setting `text`, to be changed. What is not changed stays as it is, byte for byte."""

    __slots__ = ("original", "place", "text")

    def __init__(self, place: Place, text: str) -> None:
        self.place = place
        self.text = text
        self.original = text

    def __repr__(self) -> str:  # Never the text itself: it may be what must not be logged.
        return f"Passage({self.place.kind}, {len(self.text)} characters)"

    @property
    def kind(self) -> Kind:
        return self.place.kind

    @property
    def role(self) -> Role:
        return self.place.role

    @property
    def tool(self) -> str:
        return self.place.tool

    @property
    def is_changed(self) -> bool:
        return self.text != self.original


class TextFilter(Protocol):
    """What one text of an answer goes through. However the text is cut into pieces, the result must be the same."""

    def feed(self, piece: str) -> str:
        """What may go on to the client now. What must be held back, because what follows may change what becomes of
        it, is kept and comes out of a later call; hold as little as possible.
        """
        ...

    def finish(self) -> str:
        """The text is complete: the rest of it."""
        ...


#: Asked for a filter whenever a text begins.
Open = Callable[[Place], TextFilter | None]
