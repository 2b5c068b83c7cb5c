"""What an answer passes through on its way to the client: stage after stage, each made anew for every attempt."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

from msgspec import Struct

from plano.exchange import Exchange
from plano.filters.facts import FilterFacts

#: An answer longer than this is not held until its end.
MOST_HELD_BYTES = 64 << 20


class AnswerKind(Struct, frozen=True):
    """`operation` by name; `is_stream`: it comes as events."""

    operation: str
    is_stream: bool
    content_type: str


class Stage(Protocol):
    """Takes an answer in the client's dialect and gives what becomes of it.

    `events` and `document` raise `PlanoError` to end the answer. They return an awaitable where `is_async`.
    """

    #: Whether it waits for others.
    is_async: bool = False
    #: Whether it gives nothing before the end.
    holds: bool = False

    def events(self, block: bytes, ended: bool) -> bytes | Awaitable[bytes]:
        """A block of a stream, however it is cut; `ended` with the last one, which may be empty."""
        ...

    def document(self, body: bytes) -> bytes | Awaitable[bytes]:
        """A whole answer."""
        ...

    def before_fault(self) -> bytes:
        """After `events` has raised: what may go on of the block it was given."""
        return b""

    def close(self, is_whole: bool, status: int) -> None:
        """The answer is over; `is_whole`: the client has all of it."""
        return


class AnswerLink(Protocol):
    """What looks after the answers of one exchange."""

    facts: FilterFacts | None

    def stage(self, kind: AnswerKind, exchange: Exchange, others: Sequence[Any]) -> tuple[Stage, int]:
        """A stage for one attempt's answer. It may stand for some of the `others` that come next, too: how many."""
        ...


def stages_of(links: Sequence[AnswerLink], kind: AnswerKind, exchange: Exchange) -> list[Stage]:
    """The stages of one attempt's answer."""
    stages: list[Stage] = []
    place = 0
    while place < len(links):
        stage, more = links[place].stage(kind, exchange, links[place + 1 :])
        stages.append(stage)
        place += 1 + more
    return stages
