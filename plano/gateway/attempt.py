"""One try at one candidate: a connection, the request, the response head, the pump.

Nothing reaches the client before the provider's head is there; from then on bytes flow without a coroutine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from plano.dialects.dialect import Dialect
from plano.dialects.registry import DIALECTS
from plano.dialects.same_dialect import ask_for_usage, outgoing_body
from plano.errors import BadRequest
from plano.exchange import Exchange
from plano.gateway.answer_tap import AnswerTap
from plano.gateway.calls import Call
from plano.gateway.error_reply import status_line
from plano.gateway.plan import Plan
from plano.gateway.relay import Relay
from plano.http.client.pool import Pool
from plano.http.client.provider_connection import ProviderConnection, StaleConnection
from plano.http.wire.head import RequestHead, ResponseHead
from plano.http.wire.head_writer import join_fields
from plano.http.wire.sse import event_data
from plano.http.wire.sse_tap import SseTap
from plano.providers.credentials import passthrough_header
from plano.providers.headers import DROPPED_PREFIXES

#: Response headers that belong to the hop, are written by plano, or speak for the provider's own host.
_NOT_RELAYED: Final = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"content-length",
        b"alt-svc",
        b"strict-transport-security",
        b"x-request-id",
        b"x-plano-model",
        b"x-plano-provider",
        b"access-control-allow-origin",
    )
)
_OK: Final = b"HTTP/1.1 200 OK\r\n"


class Attempts:
    """Makes attempts for the exchanges of one listener. `now` reads monotonic seconds."""

    def __init__(
        self, plan: Plan, pool: Pool, *, loop: asyncio.AbstractEventLoop, now: Callable[[], float]
    ) -> None:
        self._plan = plan
        self._pool = pool
        self._loop = loop
        self._now = now

    async def serve(self, exchange: Exchange, call: Call) -> None:
        """Answer the exchange from one candidate. Raises `PlanoError`; what was begun may then be half written."""
        record = exchange.record
        record.model = call.candidate.full_name
        record.provider = call.candidate.provider.name
        record.origin = call.origin
        wants_stream = exchange.operation.streams and exchange.envelope.is_true("stream")
        withholds_usage = wants_stream and call.asks_for_usage and ask_for_usage(exchange.envelope)
        request = _request_bytes(exchange, call, wants_stream)
        connection = await self._answered(exchange, call, request)
        head: ResponseHead = connection.head
        tap = _tap_for(head, DIALECTS[exchange.operation.dialect], withholds_usage)
        self._begin(exchange, call, head, rewrites=withholds_usage and tap is not None)
        try:
            await self._pump(exchange, connection, tap)
        finally:
            if tap is not None:
                _note(exchange, tap)

    async def _answered(self, exchange: Exchange, call: Call, request: bytes) -> ProviderConnection:
        """A connection on which the response head has arrived."""
        origin = call.target.origin
        connection = self._pool.take_idle(origin)
        if connection is not None:
            try:
                return await self._head_on(connection, exchange, request)
            except StaleConnection:
                pass  # Not a byte was answered and the connection was an old one: once more, on a fresh one.
        return await self._head_on(await self._pool.dial(origin), exchange, request)

    async def _head_on(
        self, connection: ProviderConnection, exchange: Exchange, request: bytes
    ) -> ProviderConnection:
        plan = self._plan
        record = exchange.record
        waiter = self._loop.create_future()
        sent_at = self._now()
        record.attempts += 1
        record.sent_at = sent_at
        connection.call(
            request,
            waiter,
            sent_at + plan.head_timeout_s,
            record.started_at + plan.total_timeout_s,
            plan.idle_timeout_s,
        )
        try:
            await waiter
        except BaseException:
            connection.abort()
            raise
        record.head_at = connection.head_at
        return connection

    def _begin(self, exchange: Exchange, call: Call, head: ResponseHead, *, rewrites: bool) -> None:
        """Hand the response head to the sink, where it waits for the first body bytes."""
        record = exchange.record
        request = exchange.request
        record.status = record.provider_status = head.status
        if head.status >= 400:
            record.error_code = "provider_status"
        now = self._now()
        overhead_ms = (record.sent_at - record.started_at + now - record.head_at) * 1000
        extra = b"%bx-request-id: %b\r\nserver-timing: plano;dur=%.3f\r\n" % (
            call.names,
            record.request_id.encode("ascii"),
            overhead_ms,
        )
        if head.request_id:
            extra += b"x-upstream-request-id: %b\r\n" % head.request_id
        if record.streamed:
            extra += b"x-accel-buffering: no\r\n"
        if request.origin:
            extra += b"access-control-allow-origin: *\r\n"
        first = _OK if head.status == 200 else _status_line(head)
        fields = join_fields(first, head.headers, _NOT_RELAYED, (), extra)
        exchange.sink.start(fields, head.status, None if rewrites else head.content_length)

    async def _pump(
        self, exchange: Exchange, connection: ProviderConnection, tap: SseTap | AnswerTap | None
    ) -> None:
        relay = Relay(exchange.sink, tap, exchange.record, self._now)
        exchange.sink.feed_from(connection)
        connection.attach(relay)
        if not relay.is_done:
            relay.waiter = self._loop.create_future()
            try:
                await relay.waiter
            except BaseException:
                connection.abort()
                raise
        if relay.failure is not None:
            raise relay.failure


def _request_bytes(exchange: Exchange, call: Call, wants_stream: bool) -> bytes:
    """The whole request to the provider: head and body, ready for one write."""
    target = call.target
    request = exchange.request
    body = outgoing_body(exchange.body, exchange.envelope, call.candidate.model_json)
    exchange.record.streamed = wants_stream
    first = target.start_line if call.is_plain and not request.query else _start_line(call, request)
    fixed = call.fixed_when_streaming if wants_stream else target.fixed_headers
    if not call.is_plain:
        fixed += _lines_for(call, request)
    last = b"%bx-request-id: %b\r\ncontent-length: %d\r\n\r\n%b" % (
        fixed,
        exchange.record.request_id.encode("ascii"),
        len(body),
        body,
    )
    dropped = call.dropped_when_streaming if wants_stream else call.dropped
    try:
        return join_fields(first, request.headers, dropped, DROPPED_PREFIXES, last)
    except ValueError as error:
        raise BadRequest(str(error)) from None


def _start_line(call: Call, request: RequestHead) -> bytes:
    """The request line with the client's query added to the target's own."""
    target = call.target
    query = b"&".join(part for part in (target.query, request.query) if part)
    return b"POST %b%b%b HTTP/1.1\r\n" % (target.path, b"?" if query else b"", query)


def _lines_for(call: Call, request: RequestHead) -> bytes:
    """Header lines that depend on what the client sent: its own credential, and defaults for what it left out."""
    target = call.target
    lines = passthrough_header(request.headers, target)
    if target.default_headers:
        sent = {name for name, _ in request.headers} & target.default_names
        for line in target.default_headers.splitlines(keepends=True):
            if line.partition(b":")[0] not in sent:
                lines += line
    return lines


def _status_line(head: ResponseHead) -> bytes:
    return b"HTTP/1.1 %d %b\r\n" % (head.status, head.reason) if head.reason else status_line(head.status)


def _tap_for(head: ResponseHead, dialect: Dialect, withholds_usage: bool) -> SseTap | AnswerTap | None:
    """What can be read of this response on its way; None for sound, images and the like."""
    kind = head.content_type
    if kind.startswith(b"text/event-stream"):
        return None if head.content_encoding not in (b"", b"identity") else SseTap(dialect.marks, withholds_usage)
    if kind.startswith(b"application/json"):
        return AnswerTap(head.content_encoding or None)
    return None


def _note(exchange: Exchange, tap: SseTap | AnswerTap) -> None:
    """Put into the record what the tap saw."""
    record = exchange.record
    dialect = DIALECTS[exchange.operation.dialect]
    if isinstance(tap, AnswerTap):
        if record.status != 200:
            return
        tail = tap.tail()
        record.usage = dialect.read_usage((tail,))
        record.finish_reason = dialect.read_finish(tail)
        record.first_token_at = record.first_byte_at
        return
    record.usage = dialect.read_usage([event_data(event) for event in tap.usage_events])
    if tap.finish_event:
        record.finish_reason = dialect.read_finish(event_data(tap.finish_event))
