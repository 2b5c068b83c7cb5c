"""One try at one candidate: a connection, the request, the response head, the pump.

Nothing reaches the client before the provider's head is there; from then on bytes flow without a coroutine.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from plano.dialects.dialect import Dialect
from plano.dialects.openai_chat.read_answer import read_error
from plano.dialects.repairs import REPAIRABLE_STATUSES
from plano.dialects.same_dialect import ask_for_usage, outgoing_body
from plano.dialects.sealed_proofs import MARK, take_out
from plano.errors import BadRequest
from plano.exchange import Exchange, Record
from plano.filters.facts import filters_line
from plano.gateway.answer_tap import AnswerTap
from plano.gateway.calls import Call
from plano.gateway.error_reply import status_line
from plano.gateway.filtered_answer import filtered_answer, kind_of, unpack_later
from plano.gateway.guard import Guard
from plano.gateway.held_relay import is_whole
from plano.gateway.interpreter import WholeRelay
from plano.gateway.own_call import OwnRelay
from plano.gateway.plan import Plan
from plano.gateway.relay import Relay
from plano.gateway.splice_relay import relay_for
from plano.gateway.timers import FOR_EVER
from plano.gateway.translated_call import dropped_line, interpreter, relabel, repaired_body, translated_request
from plano.http.client.pool import Pool
from plano.http.client.provider_connection import ProviderConnection, StaleConnection
from plano.http.wire.head import RequestHead, ResponseHead
from plano.http.wire.head_writer import join_fields
from plano.http.wire.hop_by_hop import HOP_BY_HOP
from plano.http.wire.sse import event_data
from plano.http.wire.sse_tap import SseTap
from plano.providers.credentials import passthrough_header
from plano.providers.headers import DROPPED_PREFIXES

#: Response headers that belong to the hop, are written by plano, or speak for the provider's own host.
_NOT_RELAYED: Final = frozenset(
    (
        *HOP_BY_HOP,
        b"content-length",
        b"alt-svc",
        b"strict-transport-security",
        b"x-request-id",
        b"x-plano-model",
        b"x-plano-provider",
        b"x-plano-attempts",
        b"x-plano-route",
        b"x-plano-route-score",
        b"x-plano-filters",
        b"access-control-allow-origin",
        b"access-control-allow-credentials",
    )
)
log: Final = logging.getLogger("plano.gateway")

_OK: Final = b"HTTP/1.1 200 OK\r\n"
#: A provider that finds fault with whatever it is sent is not asked for ever.
MOST_REPAIRS: Final = 5
#: A provider that closes an idle connection does so before it has read the request. One that thought about it longer
#: may have done the work: to ask again then is the retry policy's business.
STALE_WITHIN_S: Final = 0.5


class Attempts:
    """Makes attempts for the exchanges of one listener.

    `now` reads monotonic seconds, `unix_now` wall time; `new_waiter` gives the kind of future the exchanges' coroutines
    wait for.
    """

    def __init__(
        self,
        plan: Plan,
        pool: Pool,
        *,
        loop: asyncio.AbstractEventLoop,
        now: Callable[[], float],
        unix_now: Callable[[], float],
        new_waiter: Callable[[], Any],
    ) -> None:
        self.total_timeout_s = plan.total_timeout_s
        self.cors = plan.cors
        self.pool = pool
        self.loop = loop
        self.now = now
        self.unix_now = unix_now
        self.new_waiter = new_waiter

    async def serve(self, exchange: Exchange, call: Call) -> None:
        """Answer the exchange from one candidate. Raises `PlanoError`; what was begun may then be half written.

        Where somebody else could be asked, an answer that is not whole and good at first sight goes to a relay that
        holds it until it is known to be.
        """
        signer = call.signer
        if signer is not None and not signer.is_ready:
            await self.loop.create_task(signer.prepare())
        request = self.prepare(exchange, call)
        # Of this attempt: another one may run beside it.
        translated = exchange.translated
        dropped = exchange.record.dropped
        streamed = exchange.record.streamed
        withholds_usage = exchange.withholds_usage
        known = 0 if call.repairs is None else call.repairs.version
        connection = self.pool.take_idle(call.origin)
        while True:
            if connection is None:
                left_s = exchange.record.started_at + self.total_timeout_s - self.now()
                dialing = self.loop.create_task(self.pool.dial(call.origin, left_s, call.connect_timeout_s))
                try:
                    connection = await dialing
                except BaseException:
                    discard(dialing)
                    raise
            waiter = self.send(connection, exchange, call, request)
            try:
                await waiter
                break
            except StaleConnection:
                if self.now() - exchange.record.sent_at > STALE_WITHIN_S:
                    raise
                # Not a byte was answered and the connection was an old one: once more, on a fresh one.
                connection = None
            except BaseException:
                connection.abort()
                raise
        request = b""
        status = connection.head.status
        exchange.record.dropped = dropped
        exchange.record.streamed = streamed
        exchange.withholds_usage = withholds_usage
        relay: Any = None
        try:
            relay = self.begin_relay(exchange, call, connection, translated)
            if status not in REPAIRABLE_STATUSES:
                translated = None  # A stream may stay open for long.
            if not relay.is_done:
                relay.waiter = self.new_waiter()
                await relay.waiter
        except BaseException:
            # One that is done may be in use again.
            if relay is None or not relay.is_done:
                connection.abort()
            raise
        finally:
            if relay is not None and (exchange.guard is None or exchange.guard.chosen is relay):
                note(exchange.record, relay.tap, call.dialect)
        if relay.failure is not None:
            raise relay.failure
        if exchange.guard is not None and status >= 400:
            if call.repairs is not None and status in REPAIRABLE_STATUSES:
                sent = as_sent(exchange, call) if translated is None else translated.members
                if self.learns(exchange, call, relay, sent, known):
                    await self.serve(exchange, call)
                    return
            if exchange.failover is None:
                exchange.guard.pass_on(relay)

    def learns(self, exchange: Exchange, call: Call, relay: Any, sent: dict[str, Any], known: int) -> bool:
        """Whether the provider refused a parameter by name, and shall be asked again without.

        `known`: the version of what was known of the model when it was asked.
        """
        guard: Any = exchange.guard
        repairs: Any = call.repairs
        lessons: list[Any] = guard.lessons.setdefault(call.key, [])
        if len(lessons) < MOST_REPAIRS:
            lesson = None  # Others may have been refused meanwhile: what they have learnt is tried first.
            if repairs.version == known:
                told = relay.provider_error
                lesson = repairs.learn(read_error(relay.status, relay.plain()) if told is None else told, sent)
            if lesson is not None or repairs.version != known:
                log.info("request_id=%s %s: %s", exchange.record.request_id, call.model, lesson or "others have learnt")
                lessons.append(lesson)
                relay.body()
                guard.restore_stream_options()
                guard.attempts += 1
                return True
        for lesson in filter(None, lessons):
            repairs.forget(lesson)
        return False

    def prepare(self, exchange: Exchange, call: Call) -> bytes:
        """Decide what the provider is asked for; the whole request."""
        record = exchange.record
        record.model = call.model
        record.provider = call.provider
        record.origin = call.origin_name
        record.streamed = call.streams and exchange.envelope.is_true("stream")
        record.dropped = None
        if record.streamed and exchange.guard is None:
            exchange.stream_options = exchange.envelope.members.get("stream_options")
        if call.translation is not None:
            request, exchange.translated = translated_request(exchange, call, self.unix_now())
            return request
        exchange.translated = None
        exchange.withholds_usage = record.streamed and call.asks_for_usage and ask_for_usage(exchange.envelope)
        return request_bytes(exchange, call)

    def begin_relay(self, exchange: Exchange, call: Call, connection: ProviderConnection, translated: Any) -> Any:
        """The response head is there: hand it to the client's side, or to the guard, and let the body flow."""
        head = connection.head
        answer: Any = None if translated is None else relabel(head, exchange.record.streamed)
        kind = None if exchange.answer_filters is None else kind_of(exchange, head)
        encoding = b"" if kind is None else unpack_later(head)
        tap = tap_for(head, call.dialect, exchange.withholds_usage)
        exchange.record.head_at = connection.head_at
        # Whatever was asked for or promised: only a stream of events can be given one, or lose one, on its way.
        is_stream = isinstance(tap, SseTap)
        guard = exchange.guard
        exchange.record.streamed = is_stream or (guard is not None and guard.is_streaming())
        if exchange.is_own:
            return self.begin_own_relay(exchange, call, connection, tap, translated, answer)
        if guard is None:
            if exchange.failover is not None:
                if is_stream or head.status >= 400 or not connection.ended or not is_whole(tap, connection.pieces):
                    guard = exchange.guard = exchange.failover.new_guard(exchange, self.now)
            elif head.status in REPAIRABLE_STATUSES and call.repairs is not None:
                guard = exchange.guard = Guard(exchange, call.dialect, False, self.now)
                guard.attempts = 1
        fields = self.response_fields(exchange, call, head)
        length = None if is_stream else head.content_length
        relay: Any
        if guard is not None:
            relay = relay_for(guard, call, connection, tap, fields, length)
        elif (translated is not None and not answer.is_stream) or (kind is not None and not is_stream):
            relay = WholeRelay(exchange.sink, tap, exchange.record, fields, self.now)
            exchange.forget_request()
        else:
            exchange.sink.start(fields, head.status, length)
            exchange.forget_request()
            last_frame = call.last_frame if is_stream and head.status == 200 else None
            relay = Relay(exchange.sink, tap, exchange.record, self.now, last_frame)
        head.headers.clear()
        exchange.relay = relay
        exchange.sink.feed_from(connection)
        target = relay if kind is None else filtered_answer(relay, connection, exchange, kind, encoding)
        connection.attach(target if translated is None else interpreter(target, connection, call, translated, answer))
        return relay

    def begin_own_relay(
        self, exchange: Exchange, call: Call, connection: ProviderConnection, tap: Any, translated: Any, answer: Any
    ) -> Any:
        """The same for what plano asked itself: the body is kept."""
        fields = self.response_fields(exchange, call, connection.head)
        relay = exchange.relay = OwnRelay(exchange.sink, tap, exchange.record, fields, self.now)
        connection.attach(relay if translated is None else interpreter(relay, connection, call, translated, answer))
        return relay

    def send(self, connection: ProviderConnection, exchange: Exchange, call: Call, request: bytes) -> Any:
        """Send the request; what is returned is to be awaited until the response head is there."""
        record = exchange.record
        waiter = self.new_waiter()
        sent_at = self.now()
        record.attempts += 1
        record.sent_at = sent_at
        connection.call(
            request,
            waiter,
            sent_at + call.head_timeout_s,
            min(record.started_at + self.total_timeout_s, sent_at + call.attempt_timeout_s),
            call.idle_timeout_s,
            sent_at + self.token_timeout_s(exchange, call),
        )
        return waiter

    def token_timeout_s(self, exchange: Exchange, call: Call) -> float:
        if not exchange.record.streamed:
            return FOR_EVER
        return call.token_timeout_s if exchange.failover is None else call.guarded_token_timeout_s

    def response_fields(self, exchange: Exchange, call: Call, head: ResponseHead) -> bytes:
        """The response head for the client, framing excepted; the record notes it."""
        record = exchange.record
        request = exchange.request
        record.status = record.provider_status = head.status
        if head.status >= 400:
            record.error_code = "provider_status"
        now = self.now()
        overhead_s = record.sent_at - record.started_at + now - record.head_at
        last: tuple[bytes, ...] = (
            call.names,
            b"x-plano-attempts: 1\r\nx-request-id: " if exchange.guard is None else exchange.guard.attempts_line(),
            record.request_id.encode("ascii"),
            b"\r\nserver-timing: plano;dur=%.3f\r\n" % (overhead_s * 1000),
        )
        if head.request_id:
            last += (b"x-upstream-request-id: ", head.request_id, b"\r\n")
        if record.streamed:
            last += (b"x-accel-buffering: no\r\n",)
        if record.routing is not None:
            last += (record.routing.lines(),)
        if record.dropped:
            last += (dropped_line(record.dropped),)
        if record.filters is not None:
            last += (filters_line(record.filters),)
        if request.origin:
            last += (self.cors.lines(request.origin),)
        first = _OK if head.status == 200 and head.reason == b"OK" else status_line_of(head)
        return join_fields(first, head.headers, _NOT_RELAYED, (), last)


def discard(dialing: asyncio.Task[ProviderConnection]) -> None:
    """The exchange ended while it dialed: a connection that came all the same has nobody to use or close it."""
    if dialing.done() and not dialing.cancelled() and dialing.exception() is None:
        dialing.result().abort()


def request_bytes(exchange: Exchange, call: Call) -> bytes:
    """The whole request to the provider: head and body, ready for one write."""
    request = exchange.request
    record = exchange.record
    # Asked for unpacked: somebody reads it on its way.
    is_plain = record.streamed or exchange.answer_filters is not None
    envelope = exchange.envelope
    if MARK in exchange.body:
        # Of this attempt only: the next one may know the seal.
        envelope = envelope.copy()
        take_out(envelope, call.operation.name)
    body = outgoing_body(exchange.body, envelope, call.model_json)
    if call.repairs is not None and call.repairs.is_active:
        body, record.dropped = repaired_body(body, envelope, call.repairs)
        if exchange.stream_options is None and "stream_options" in record.dropped:
            record.dropped.remove("stream_options")  # plano asked for it, not the client.
    last: tuple[bytes, ...] = (
        call.fixed_when_streaming if is_plain else call.fixed,
        b"x-request-id: ",
        record.request_id.encode("ascii"),
        b"\r\ncontent-length: %d\r\n\r\n" % len(body),
        body,
    )
    first = call.start_line
    if not call.is_plain or request.query:
        first = start_line(call, request)
        last = (lines_for(call, request), *last)
    dropped = call.dropped_when_streaming if is_plain else call.dropped
    try:
        return join_fields(first, request.headers, dropped, DROPPED_PREFIXES, last)
    except ValueError as error:
        raise BadRequest(str(error)) from None


def as_sent(exchange: Exchange, call: Call) -> dict[str, Any]:
    """The members of a request in the client's own dialect as the provider got them."""
    members = dict(exchange.envelope.members)
    repairs: Any = call.repairs
    repairs.apply(members)
    return members


def start_line(call: Call, request: RequestHead) -> bytes:
    """The request line with the client's query added to the target's own."""
    target = call.target
    query = b"&".join(part for part in (target.query, request.query) if part)
    return b"POST %b%b%b HTTP/1.1\r\n" % (target.path, b"?" if query else b"", query)


def lines_for(call: Call, request: RequestHead) -> bytes:
    """Header lines that depend on what the client sent: its own credential, and defaults for what it left out."""
    target = call.target
    lines = passthrough_header(request.headers, target)
    if target.default_headers:
        sent = {name for name, _ in request.headers} & target.default_names
        for line in target.default_headers.splitlines(keepends=True):
            if line.partition(b":")[0] not in sent:
                lines += line
    return lines


def status_line_of(head: ResponseHead) -> bytes:
    return b"HTTP/1.1 %d %b\r\n" % (head.status, head.reason) if head.reason else status_line(head.status)


def tap_for(head: ResponseHead, dialect: Dialect, withholds_usage: bool) -> SseTap | AnswerTap | None:
    """What can be read of this response on its way; None for sound, images and the like."""
    kind = head.content_type
    if kind.startswith(b"application/json"):
        return AnswerTap(head.content_encoding)
    if kind.startswith(b"text/event-stream") and head.content_encoding in (b"", b"identity"):
        return SseTap(dialect.marks, withholds_usage)
    return None


def note(record: Record, tap: SseTap | AnswerTap | None, dialect: Dialect) -> None:
    """Put into the record what the tap saw."""
    if tap is None:
        return
    if isinstance(tap, SseTap):
        record.usage = dialect.read_usage([event_data(event) for event in tap.usage_events])
        if tap.finish_event:
            record.finish_reason = dialect.read_finish(event_data(tap.finish_event))
    elif record.status == 200:
        tail = tap.tail()
        record.usage = dialect.read_usage((tail,))
        record.finish_reason = dialect.read_finish(tail)
        record.first_token_at = record.first_byte_at
