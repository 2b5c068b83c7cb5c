"""Hedging: a second target is asked when the first is late, and the first good event wins.

Both attempts run as tasks of their own until one is chosen, which is before the first byte to the client; the other is
cancelled in the same moment, and its connection closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plano.errors import PlanoError
from plano.exchange import Exchange
from plano.gateway.calls import Call
from plano.gateway.guard import Guard, LostRace
from plano.resilience.hedging import HedgeBudget

if TYPE_CHECKING:
    from plano.gateway.failover import Failovers

Judge = Callable[[Call, PlanoError | None], None]


class Race:
    """The first attempt of one exchange, and perhaps a second beside it."""

    def __init__(self, failovers: Failovers, exchange: Exchange, guard: Guard, budget: HedgeBudget) -> None:
        self.failovers = failovers
        self.exchange = exchange
        self.guard = guard
        self.budget = budget
        self.running: dict[asyncio.Task[PlanoError | None], Call] = {}

    async def run(self, first: Call, second: Call | None, judge: Judge) -> tuple[PlanoError | None, Call]:
        """What the exchange goes on with: the failure, None for an answer or a refusal, and whose it is.

        `judge` is told of an attempt that failed while the other one was still running.
        """
        guard, now = self.guard, self.failovers.now
        began_at = now()
        is_hedged = False
        guard.is_racing = True
        guard.on_choice = self.cancel_losers
        try:
            self.start(first)
            delay_s = self.budget.delay_s()
            if delay_s is not None and second is not None:
                await asyncio.wait(tuple(self.running), timeout=delay_s)
                if guard.chosen is None and not self.is_settled() and self.budget.may_hedge():
                    is_hedged = True
                    guard.restore_request()
                    self.start(second)
            return await self.outcome(judge)
        finally:
            guard.on_choice = None
            guard.is_racing = False
            for task in self.running:
                task.cancel()
            chosen_at = guard.chosen.chosen_at if guard.chosen is not None else None
            self.budget.note(hedged=is_hedged, first_good_s=None if chosen_at is None else chosen_at - began_at)

    async def outcome(self, judge: Judge) -> tuple[PlanoError | None, Call]:
        guard = self.guard
        while True:
            done, _ = await asyncio.wait(tuple(self.running), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                call = self.running.pop(task)
                if task.cancelled() or isinstance(task.result(), LostRace):
                    continue
                guard.relay = guard.racers.get(call.key)
                failure = task.result()
                if not self.running or (guard.chosen is not None and guard.chosen is guard.relay):
                    return failure, call
                judge(call, failure)

    def start(self, call: Call) -> None:
        task = self.failovers.loop.create_task(self.attempt(call))
        self.running[task] = call

    def is_settled(self) -> bool:
        """The only attempt is over: what comes next is the ledger's business."""
        return all(task.done() for task in self.running)

    async def attempt(self, call: Call) -> PlanoError | None:
        state: Any = call.state
        state.begin(self.failovers.now())
        self.guard.attempts += 1
        try:
            await self.failovers.racing.serve(self.exchange, call)
        except LostRace as error:
            state.give_up()
            return error
        except PlanoError as error:
            return error
        except BaseException:
            state.give_up()
            raise
        finally:
            state.running -= 1
        if not state.is_clear and self.guard.chosen is self.guard.racers.get(call.key):
            state.succeeded(self.failovers.now())
        return None

    def cancel_losers(self, winner: Any) -> None:
        for task, call in self.running.items():
            if self.guard.racers.get(call.key) is not winner:
                task.cancel()
