"""What the attempts of one exchange share: who was chosen to answer, and what the client has got so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from plano.dialects.dialect import Dialect
from plano.dialects.splicing import Delivered, Splice
from plano.dialects.text_join import Mode
from plano.dialects.usage import Usage, summed
from plano.errors import PlanoError, ProviderProtocolError, ProviderRefused
from plano.exchange import Exchange
from plano.resilience.outcome import message_of, word_of

if TYPE_CHECKING:
    from plano.gateway.held_relay import HeldRelay

#: What a client got of a stream is kept as it is up to this many bytes; beyond, only what it says.
MOST_KEPT_BYTES: Final = 1 << 18


class LostRace(PlanoError):
    """Another attempt of the same exchange was first; nobody is told."""

    code = "lost_race"


class Guard:
    """Made for each exchange that could be answered by somebody else. `rescues`: also after it has begun to stream."""

    def __init__(self, exchange: Exchange, dialect: Dialect, rescues: bool, now: Callable[[], float]) -> None:
        self.exchange = exchange
        self.record = exchange.record
        self.sink = exchange.sink
        self.dialect = dialect
        self.now = now
        self.keeps = rescues
        #: The latest attempt's, and the one the client is fed from.
        self.relay: HeldRelay | None = None
        self.chosen: HeldRelay | None = None
        #: How many were asked, the present one included.
        self.attempts = 0
        self.is_racing = False
        self.racers: dict[Any, HeldRelay] = {}
        self.on_choice: Callable[[HeldRelay], None] | None = None
        #: What attempts before the last were billed, as far as they said.
        self.billed: Usage | None = None
        self.has_sent_head = False
        #: What attempts have learnt of parameters that are refused, by the key of their call.
        self.lessons: dict[Any, list[Any]] = {}
        #: Turns the events of the next attempt into what is new to the client; None until something was delivered.
        self.splice: Splice | None = None
        self.kept: list[bytes] = []
        self.kept_bytes = 0
        self._delivered: Delivered | None = None
        self._stream_options = exchange.stream_options
        self._members: dict[str, Any] | None = None

    def attempts_line(self) -> bytes:
        """The response header that tells how many were asked, up to the name of the next header."""
        if self.attempts == 1:
            return b"x-plano-attempts: 1\r\nx-request-id: "
        return b"x-plano-attempts: %d\r\nx-request-id: " % self.attempts

    def begun(self, relay: HeldRelay) -> None:
        """An attempt is being answered."""
        self.relay = relay
        if self.is_racing:
            self.racers[relay.call.key] = relay

    def choose(self, relay: HeldRelay) -> PlanoError | None:
        """This answer is the client's. An error when it cannot be: another one was first, or the client was promised a
        stream by a ping and this is none.
        """
        if self.chosen is not None:
            return LostRace("another attempt was first")
        if self.has_sent_head and not relay.is_stream:
            return ProviderProtocolError("the provider answered without a stream")
        self.chosen = relay
        if self.attempts > 1:
            self.take_over(relay)
        if self.is_racing:
            self.sink.feed_from(relay.connection)
            if self.on_choice is not None:
                self.on_choice(relay)
        if not self.has_sent_head:
            self.has_sent_head = True
            self.sink.start(relay.fields, relay.status, relay.length)
        if not (self.keeps and relay.is_stream):
            self.exchange.forget_request()
        return None

    def is_streaming(self) -> bool:
        """The client is being sent a stream, whatever this attempt is answered."""
        return self.has_sent_head and (self.chosen is None or self.chosen.is_stream)

    def has_answered(self) -> bool:
        """The client has a whole answer."""
        relay = self.relay
        return relay is not None and relay.is_released and relay.is_done and relay.failure is None

    def obstacle(self) -> str:
        """Why nobody can go on with what the client has got; "" when somebody can."""
        if not self.keeps or self.chosen is None or not self.chosen.is_stream:
            return "its kind cannot be taken up again"
        return str(self.delivered().obstacle)

    def begin_splice(self, mode: Mode) -> None:
        """Make ready for an attempt that goes on with what the client has got."""
        delivered = self.delivered()
        self.billed = summed(self.billed, delivered.usage)
        if mode == "continue" and self.exchange.answer_filters is not None:
            mode = "replay"  # What the client has read may not be what a model may read.
        if mode == "continue":
            text = delivered.text
            if not self.edit_request(lambda envelope: self.dialect.continuation(envelope, text)):
                mode = "replay"  # A request of this kind cannot ask for the rest of an answer.
        self.splice = self.dialect.splice(delivered, mode)

    def finish_complete(self) -> bool:
        """All that was missing is the last frame: add it."""
        delivered = self.delivered() if self.keeps and self.chosen is not None and self.chosen.is_stream else None
        if delivered is None or not delivered.is_complete or self.sink.is_finished:
            return False
        self.sink.finish(self.dialect.last_frame)
        return True

    def pass_on(self, relay: HeldRelay) -> None:
        """The provider's own refusal is the answer. Raises `ProviderRefused` where a ping has begun a stream."""
        if self.has_sent_head:
            body = relay.plain()
            raise ProviderRefused(
                message_of(body) or f"the provider answered with status {relay.status}",
                status=relay.status,
                code=word_of(body) or "provider_status",
            )
        self.choose(relay)
        self.sink.finish(relay.body())

    def take_over(self, relay: HeldRelay) -> None:
        """From here on the client reads this attempt's answer: the record is about it."""
        call, record = relay.call, self.record
        self.chosen = relay
        record.model, record.provider, record.origin = call.model, call.provider, call.origin_name
        record.status = record.provider_status = relay.status
        record.sent_at, record.head_at = relay.sent_at, relay.head_at
        record.dropped = relay.dropped
        record.error_code = "provider_status" if relay.is_refusal else ""

    def keep(self, events: bytes) -> None:
        """Remember what the client is sent."""
        if self.keeps:
            self.kept.append(events)
            self.kept_bytes += len(events)
            if self.kept_bytes > MOST_KEPT_BYTES and self.delivered().obstacle:
                self.keeps = False
                self.exchange.forget_request()

    def delivered(self) -> Delivered:
        """What the client has got."""
        if self._delivered is None:
            self._delivered = self.dialect.delivered()
        if self.kept:
            self._delivered.add(b"".join(self.kept))
            self.kept.clear()
            self.kept_bytes = 0
        return self._delivered

    def restore_request(self) -> None:
        """Take back what an attempt has written into the request for its own provider."""
        self.restore_stream_options()
        if self._members is not None:
            self.exchange.envelope.members = self._members
            self._members = None

    def restore_stream_options(self) -> None:
        """The client's own: what else was changed for this attempt stays."""
        envelope = self.exchange.envelope
        if self._stream_options is None:
            envelope.delete("stream_options")
        else:
            envelope.set_raw("stream_options", bytes(self._stream_options))

    def edit_request(self, edit: Callable[[Any], bool]) -> bool:
        """Change the request for one attempt; `restore_request` undoes it."""
        envelope = self.exchange.envelope
        self._members = dict(envelope.members)
        return edit(envelope)
