"""Filter servers as links of a chain, and as stages of an answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import msgspec

from plano.dialects.own_members import OWN_MEMBERS
from plano.errors import ProviderProtocolError
from plano.exchange import Exchange
from plano.filters.asked import Asked
from plano.filters.facts import FilterFacts
from plano.filters.remote_filter import RemoteFilter
from plano.filters.stages import MOST_HELD_BYTES, AnswerKind, Stage
from plano.http.wire.json_envelope import Envelope
from plano.http.wire.sse import whole_events


class ServerLink:
    """A filter server, asked about a request as a whole or about an answer."""

    __slots__ = ("awaits", "filter", "name")

    def __init__(self, filter: RemoteFilter) -> None:
        self.filter = filter
        self.name = filter.id
        self.awaits = True

    async def request(self, exchange: Exchange) -> None:
        """See `chain.RequestLink`."""
        members = exchange.envelope.members
        own: dict[str, bytes] = {name: bytes(members[name]) for name in OWN_MEMBERS if name in members}
        question = asked(exchange, _without(exchange.envelope, own, exchange.body))
        body = await self.filter.request(question)
        if question.fault and exchange.record.filters:
            exchange.record.filters[-1].outcome = "failed"  # And passed by: the chain has noted it last.
        if body is None:
            return
        exchange.replace_body(body)
        for name, value in own.items():
            exchange.envelope.set_raw(name, value)

    async def answer(self, exchange: Exchange) -> ServerAnswer:
        """See `chain.AnswerLinkMaker`."""
        return ServerAnswer(self.filter)


def _without(envelope: Envelope, own: dict[str, bytes], body: bytes) -> bytes:
    """The request as a filter server may see it."""
    if not own:
        return envelope.encoded() if envelope.is_changed else body
    return msgspec.json.encode({name: value for name, value in envelope.members.items() if name not in own})


def asked(exchange: Exchange, body: bytes) -> Asked:
    """What a filter server is asked about."""
    request = exchange.request
    return Asked(
        body=body,
        path=exchange.record.path,
        headers=request.headers,
        request_id=exchange.record.request_id,
        deadline=math.inf,
    )


class ServerAnswer:
    """A filter server that looks after the answer of one exchange."""

    __slots__ = ("facts", "filter")

    def __init__(self, filter: RemoteFilter) -> None:
        self.filter = filter
        self.facts: FilterFacts | None = None

    def stage(self, kind: AnswerKind, exchange: Exchange, others: Sequence[Any]) -> tuple[Stage, int]:
        """See `stages.AnswerLink`."""
        return ServerStage(self, kind, exchange), 0


class ServerStage(Stage):
    """Sends an answer to a filter server: whole, or as many whole events at a time as have come while it was busy."""

    is_async = True

    def __init__(self, answer: ServerAnswer, kind: AnswerKind, exchange: Exchange) -> None:
        self.holds = answer.filter.streaming == "whole"
        self._answer = answer
        self._content_type = kind.content_type
        self._exchange = exchange
        self._held: list[bytes] = []
        self._held_bytes = 0

    async def events(self, block: bytes, ended: bool) -> bytes:
        """See `stages.Stage`."""
        if block:
            self._held.append(block)
            self._held_bytes += len(block)
        if self._held_bytes > MOST_HELD_BYTES:
            raise ProviderProtocolError("the provider's answer is too long for a filter that reads it whole")
        is_due = not self.holds and self._held_bytes >= self._answer.filter.window_bytes
        if not (ended or is_due):
            return b""
        window = self._window(ended)
        return with_blank_line(await self._filtered(window)) if window else b""

    async def document(self, body: bytes) -> bytes:
        """See `stages.Stage`."""
        return await self._filtered(body)

    def _window(self, ended: bool) -> bytes:
        """The events that are whole, or what there is at the end."""
        held = b"".join(self._held)
        end = len(held) if ended else whole_events(held)
        self._held = [held[end:]] if end < len(held) else []
        self._held_bytes = len(held) - end
        return held[:end]

    async def _filtered(self, body: bytes) -> bytes:
        began = perf_counter()
        question = asked(self._exchange, body)
        facts = self._answer.facts
        try:
            found = await self._answer.filter.answer(question, self._content_type)
        finally:
            if facts is not None:
                facts.seconds += perf_counter() - began
                facts.outcome = "failed" if question.fault else facts.outcome
        return body if found is None else found


def with_blank_line(events: bytes) -> bytes:
    """Events as they must end for others to follow; servers like to strip them."""
    if not events or whole_events(events) == len(events):
        return events
    return events.rstrip(b"\r\n") + b"\n\n"
