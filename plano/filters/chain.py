"""What the requests and answers of a listener, a route or an agent pass through, in order."""

from __future__ import annotations

from time import perf_counter
from typing import Protocol

from plano.errors import PlanoError, RequestRefused
from plano.exchange import Exchange
from plano.filters.facts import FilterFacts
from plano.filters.stages import AnswerLink


class RequestLink(Protocol):
    """One filter of requests."""

    @property
    def name(self) -> str: ...

    @property
    def awaits(self) -> bool:
        """Whether it needs a task to wait in."""
        ...

    async def request(self, exchange: Exchange) -> AnswerLink | None:
        """Change the request, or refuse it by raising; what looks after its answer, if anything shall."""
        ...


class AnswerLinkMaker(Protocol):
    """One filter of answers."""

    @property
    def name(self) -> str: ...

    @property
    def awaits(self) -> bool: ...

    async def answer(self, exchange: Exchange) -> AnswerLink | None:
        """What looks after the answer to this request, if anything shall."""
        ...


class Chain:
    """The filters of requests, and those of answers, each in the order they are met."""

    __slots__ = ("answers", "awaits", "requests")

    def __init__(self, requests: tuple[RequestLink, ...] = (), answers: tuple[AnswerLinkMaker, ...] = ()) -> None:
        self.requests = requests
        self.answers = answers
        self.awaits = any(link.awaits for link in requests) or any(link.awaits for link in answers)

    def __bool__(self) -> bool:
        return bool(self.requests or self.answers)

    async def run(self, exchange: Exchange) -> None:
        """Pass the request through; the first filter that refuses or answers ends it. Raises `PlanoError`."""
        for link in self.requests:
            facts = _noted(exchange, FilterFacts(link.name, "request"))
            began = perf_counter()
            try:
                found = await link.request(exchange)
            except RequestRefused:
                facts.outcome = "refused"
                raise
            except PlanoError:
                facts.outcome = "failed"
                raise
            finally:
                facts.seconds = perf_counter() - began
            if found is not None:
                # As with the layers of an onion: who saw the request first sees the answer last.
                exchange.answer_filters = [found, *(exchange.answer_filters or ())]
            if exchange.given_answer is not None:
                facts.outcome = "answered"
                return

    async def look_after(self, exchange: Exchange) -> None:
        """Have the answer looked after; before those filters that the request has left behind. Raises `PlanoError`."""
        found: list[AnswerLink] = []
        for link in self.answers:
            one = await link.answer(exchange)
            if one is not None:
                found.append(one)
                one.facts = _noted(exchange, FilterFacts(link.name, "answer"))
        if found:
            exchange.answer_filters = [*found, *(exchange.answer_filters or ())]


def _noted(exchange: Exchange, facts: FilterFacts) -> FilterFacts:
    record = exchange.record
    if record.filters is None:
        record.filters = []
    record.filters.append(facts)
    return facts
