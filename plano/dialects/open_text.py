"""What a dialect's reader of streams has in hand: one event, and the texts that are open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from plano.dialects.located_json import Edits, Located, write_text
from plano.dialects.passages import Place

#: A text of a stream: a group of texts that end together, and what tells it from the others.
Key = tuple[object, ...]
#: Makes the event that says the rest of a text, which is given as JSON string; the number is that of the event.
WriteRest = Callable[[bytes, int], bytes]


class Event:
    """One event on its way. `members`: those of its document.

    A reader that finds a single text in it, and would find the same again in an event that differs in nothing but that
    text and the values in `free`, sets `mould` and `mould_key`; and `is_droppable`, if without text it says nothing.
    """

    __slots__ = ("edits", "free", "is_droppable", "is_empty", "members", "mould", "mould_key")

    def __init__(self, members: dict[str, Located]) -> None:
        self.members = members
        self.edits = Edits()
        self.mould: Located | None = None
        self.mould_key: Key = ()
        self.free: list[Located] = []
        self.is_droppable = False
        #: Its texts were all held back.
        self.is_empty = True

    def change(self, value: Located, old: str, new: str) -> bool:
        """Let a string say something else. True if it does."""
        if new:
            self.is_empty = False
        if new == old:
            return False
        self.edits.replace(value, write_text(new))
        return True


class Texts(Protocol):
    """The texts of a stream that are open."""

    def feed_text(self, key: Key, place: Place, piece: str, write_rest: WriteRest, is_json: bool) -> str:
        """More of a text, which begins with its first piece, not empty; what may go on of it."""
        ...

    def close(self, keys: list[Key]) -> None:
        """These texts are over: what is still held of them is written before the event that is being read."""
        ...

    def finish(self, key: Key) -> str:
        """This text is over: the rest of it, to be put into the event that is being read."""
        ...

    def open_keys(self) -> list[Key]:
        """Of the texts that are open, in the order they were opened in."""
        ...

    def fresh(self, place: Place, text: str, is_json: bool) -> str:
        """A whole text, through a filter of its own."""
        ...

    def whole(self, group: object, place: Place, text: str, is_json: bool) -> str:
        """A text that comes whole: as its pieces went on, where they did; otherwise through a filter of its own."""
        ...


class EventReader(Protocol):
    """What a dialect knows of its events."""

    @property
    def numbered_by(self) -> str:
        """The name of the member by which events are numbered; "" for none."""
        ...

    def read(self, event: Event, texts: Texts) -> None:
        """Put the texts of one event through their filters."""
        ...


def close_group(texts: Texts, group: object) -> None:
    texts.close([key for key in texts.open_keys() if key[0] == group])
