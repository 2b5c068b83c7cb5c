"""Signs of life for clients of silent streams: proxies and clients give up on a connection that says nothing.

Looks at all running exchanges every now and then; an exchange that flows costs one comparison a look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from plano.exchange import Exchange
from plano.gateway.error_reply import dialect_of
from plano.http.wire.sse_tap import SseTap

#: A longer interval is not looked at more often than this, in seconds.
_LONGEST_BETWEEN_LOOKS_S: Final = 1.0


class Pings:
    """A member of the ticker. `head_of(exchange)` gives the lines of a stream's head that plano itself begins.

    `now` reads the clock that the ticker ticks by.
    """

    def __init__(
        self,
        running: Iterable[Exchange],
        interval_s: float,
        head_of: Callable[[Exchange], bytes],
        now: Callable[[], float],
    ) -> None:
        self._running = running
        self._interval_s = interval_s
        self._head_of = head_of
        self._now = now
        self._next_look = 0.0

    def tick(self, now: float) -> None:
        """Send a ping to whoever has had nothing for the interval."""
        if now < self._next_look:
            return
        self._next_look = now + min(self._interval_s / 4, _LONGEST_BETWEEN_LOOKS_S)
        for exchange in tuple(self._running):
            if not exchange.record.streamed:
                continue
            sent = exchange.sink.body_bytes
            if sent != exchange.sent_at_look or exchange.quiet_since == 0.0:
                exchange.sent_at_look = sent
                exchange.quiet_since = now if sent or exchange.quiet_since else exchange.record.started_at
            if now - exchange.quiet_since >= self._interval_s and self._is_between_events(exchange):
                exchange.sink.write(dialect_of(exchange).ping)
                exchange.sent_at_look = exchange.sink.body_bytes
                exchange.quiet_since = now

    def _is_between_events(self, exchange: Exchange) -> bool:
        """Whether a ping may stand where the stream is now; begins the stream if plano may begin it by itself."""
        guard, relay, sink = exchange.guard, exchange.relay, exchange.sink
        if sink.is_finished:
            return False
        if guard is None and relay is None and exchange.failover is not None:
            guard = exchange.guard = exchange.failover.new_guard(exchange, self._now)
        if guard is None:
            tap: Any = None if relay is None else relay.tap
            return sink.is_started and isinstance(tap, SseTap) and not tap.is_inside_event()
        if guard.chosen is not None:
            return bool(guard.chosen.is_stream)
        if not guard.has_sent_head:
            guard.has_sent_head = True
            sink.start(self._head_of(exchange), 200, None)
            exchange.record.status = 200
        return True
