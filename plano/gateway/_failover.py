"""Exchanges that may be answered by several: what is done when a first attempt has failed, or has to be chosen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from plano.errors import PlanoError
from plano.exchange import Exchange
from plano.gateway.attempt import Attempts
from plano.gateway.calls import Call, Calls
from plano.gateway.course import Course
from plano.gateway.guard import Guard
from plano.resilience.target_states import TargetStates


class Failovers:
    """Serves the exchanges of one listener for which somebody else could be asked. `now` reads monotonic seconds."""

    def __init__(
        self,
        attempts: Attempts,
        racing: Attempts,
        calls: Calls,
        states: TargetStates,
        *,
        loop: asyncio.AbstractEventLoop,
        now: Callable[[], float],
        unix_now: Callable[[], float],
        total_timeout_s: float,
    ) -> None:
        self.attempts = attempts
        #: The same for attempts that run beside one another, as tasks.
        self.racing = racing
        self.calls = calls
        self.states = states
        self.loop = loop
        self.now = now
        self.unix_now = unix_now
        self.total_timeout_s = total_timeout_s
        self._turn = 0

    async def choose(self, exchange: Exchange) -> None:
        """Answer an exchange whose first target has to be chosen. Raises `PlanoError`."""
        exchange.stream_options = exchange.envelope.members.get("stream_options")
        guard = exchange.guard = exchange.failover.new_guard(exchange, self.now)
        guard.attempts = 0
        await Course(self, exchange, guard).run(None)

    async def recover(self, exchange: Exchange, call: Call, failure: PlanoError | None) -> None:
        """Go on after a first attempt that failed, or was refused (None). Raises `PlanoError`."""
        guard = exchange.guard
        if guard is None:
            guard = exchange.guard = exchange.failover.new_guard(exchange, self.now)
        await Course(self, exchange, guard).run((call, failure))

    def note_answer(self, exchange: Exchange, call: Call) -> None:
        """A first attempt was fine, and somebody wants to know."""
        if not call.state.is_clear:
            call.state.succeeded(self.now())
        self.note_latency(exchange, call)

    async def attempt(self, exchange: Exchange, guard: Guard, call: Call) -> PlanoError | None:
        """A later attempt, or one of several that are as good; what it failed with, None for an answer or a refusal."""
        state = call.state
        state.running += 1
        state.begin(self.now())
        guard.attempts += 1
        guard.relay = None
        try:
            await self.attempts.serve(exchange, call)
        except PlanoError as error:
            return error
        except BaseException:
            state.give_up()
            raise
        finally:
            state.running -= 1
        if not state.is_clear and guard.has_answered():
            state.succeeded(self.now())
        return None

    def note_latency(self, exchange: Exchange, call: Call) -> None:
        """An answer that came, but late."""
        rule, record = exchange.failover.latency, exchange.record
        if rule is not None:
            end = record.head_at if rule.measure == "ttfb" else self.now()
            if (end - record.sent_at) * 1000 >= rule.threshold_ms:
                self.states.note_slow(call.state, rule, self.now())

    def next_turn(self) -> int:
        self._turn += 1
        return self._turn
