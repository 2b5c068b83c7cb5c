"""What a dialect must know to let one answer go on where another broke off."""

from __future__ import annotations

from typing import Literal, Protocol

from plano.dialects.usage import Usage

State = Literal["matching", "spliced", "mismatch"]


class Delivered(Protocol):
    """What a client has got of one answer."""

    @property
    def text(self) -> str:
        """The visible text, in order."""
        ...

    @property
    def obstacle(self) -> str:
        """Why nobody can go on with it, as a phrase; empty when somebody can."""
        ...

    @property
    def is_complete(self) -> bool:
        """Nothing is missing but the last frame."""
        ...

    @property
    def usage(self) -> Usage | None:
        """What the provider is known to have billed so far."""
        ...

    def add(self, events: bytes) -> None:
        """Take whole events, exactly as they were sent."""
        ...


class Splice(Protocol):
    """Turns the events of another answer into what is new to the client."""

    @property
    def state(self) -> State: ...

    def feed(self, event: bytes) -> bytes:
        """Take one whole event; the bytes for the client, empty as long as there is nothing new."""
        ...
