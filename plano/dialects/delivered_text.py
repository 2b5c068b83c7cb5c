"""What the accounts of all dialects have in common: the text a client has got, and what its attempts cost."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from plano.dialects.event_document import Json, document_in, is_unreadable
from plano.dialects.usage import Usage, summed
from plano.http.wire.sse import split_events


class DeliveredText(ABC):
    """Satisfies `splicing.Delivered` once a dialect says in `take` what its documents mean.

    `usage` is of the latest attempt alone, as far as it told; `begin_attempt` puts it to `billed`, the sum of those
    before. While a splice runs it tells the usage itself (`note_usage`): what the client is told is a sum already.
    """

    unreadable: ClassVar[str] = "an event could not be read"

    def __init__(self) -> None:
        self.obstacle = ""
        self.usage: Usage | None = None
        self.billed: Usage | None = None
        self.is_spliced = False
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        """The visible text, in order."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def add(self, events: bytes) -> None:
        """Take whole events, exactly as they were sent."""
        for event in split_events(events):
            document = document_in(event)
            if document:
                self.take(document)
                if not self.is_spliced:
                    self.note_usage(document)
            elif is_unreadable(event):
                self.obstacle = self.unreadable

    def begin_attempt(self) -> Usage | None:
        """Somebody else goes on; what all before were billed, as far as they told."""
        self.billed = summed(self.billed, self.usage)
        self.usage = None
        self.is_spliced = True
        return self.billed

    @abstractmethod
    def take(self, document: Json) -> None:
        """Note what a document says."""

    @abstractmethod
    def note_usage(self, document: Json) -> None:
        """Note what a document of the latest attempt's own stream says about its cost."""
