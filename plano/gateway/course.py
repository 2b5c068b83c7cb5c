"""The course of an exchange that does not go as hoped: what failed is judged, and the ledger says who is next.

Until the client has seen anything of an answer the next attempt simply takes the place of the last; after that, its
stream is joined on where the first one broke off (`SpliceRelay`).
"""

from __future__ import annotations

import logging
import random
from collections.abc import Hashable
from typing import TYPE_CHECKING, Final

from plano.dialects.usage import summed
from plano.errors import AttemptFacts, BadRequest, CannotBeTold, PlanoError, RetriesExhausted, StreamInterrupted
from plano.exchange import Exchange, Try
from plano.gateway.calls import Call
from plano.gateway.failover_lists import FailoverList
from plano.gateway.guard import Guard
from plano.gateway.held_relay import HeldRelay
from plano.gateway.race import Race
from plano.resilience.ledger import Ask, Entry, Ledger, Stop, Tried
from plano.resilience.outcome import FINE, Outcome, outcome_of, word_in, word_of
from plano.resilience.pools import in_order_of_choice
from plano.resilience.retry_after import retry_after_s
from plano.resilience.verdict import Verdict, judge

if TYPE_CHECKING:
    from plano.gateway.failover import Failovers

log: Final = logging.getLogger("plano.gateway")

#: How often a stream that broke off is taken up again.
MOST_RESCUES: Final = 2
#: The loop's timers may be early by one step; who was asked to wait waits at least so long.
TIMER_STEP_S: Final = 0.002


class Course:
    """One exchange after its first failure, or one whose first target has to be chosen."""

    def __init__(self, failovers: Failovers, exchange: Exchange, guard: Guard) -> None:
        failover: FailoverList = exchange.failover
        if not failover.entries:
            failover.fill(failovers.calls)
        self.failovers = failovers
        self.exchange = exchange
        self.record = exchange.record
        self.guard = guard
        self.failover = failover
        self.policy = failover.policy
        self.now = failovers.now
        #: How often the client's stream has broken off, and the attempt that did so last.
        self.breaks = 0
        self.broken: HeldRelay | None = None
        self.last_refusal: HeldRelay | None = None
        self.failure: PlanoError | None = None
        #: Why a target was not asked: its dialect cannot carry the request. The first, if there was one.
        self.unfit: PlanoError | None = None
        #: When the present attempt began.
        self.began_at = self.record.started_at
        self.ledger = Ledger(
            failover.policy,
            self.chosen_order(),
            deadline=self.record.started_at + failovers.total_timeout_s,
            available_at=self.available_at,
            rests_until=self.rests_until,
            is_open=self.is_open,
            chance=random.random,
        )

    def chosen_order(self) -> tuple[Entry, ...]:
        """The list without what this exchange must not use; of the rows of one model the one to prefer first."""
        forbidden = self.exchange.forbidden
        entries = [entry for entry in self.failover.entries if entry.full_name not in forbidden]
        siblings = [entry for entry in entries if entry.is_sibling]
        if len(siblings) > 1:
            states = [self.failover.calls[entry.key].state for entry in siblings]
            order = in_order_of_choice(states, self.now(), random.random, self.failovers.next_turn())
            entries = [siblings[place] for place in order] + [entry for entry in entries if not entry.is_sibling]
        return tuple(entries)

    def available_at(self, key: Hashable) -> float:
        return float(self.failover.calls[key].state.available_at())

    def rests_until(self, key: Hashable) -> float:
        return float(self.failover.calls[key].state.rests_until())

    def is_open(self, key: Hashable, now: float) -> bool:
        return bool(self.failover.calls[key].state.is_open(now))

    async def run(self, first: tuple[Call, PlanoError | None] | None) -> None:
        """Go on from a first attempt that failed, or from the beginning."""
        guard = self.guard
        is_first = first is None
        if first is not None:
            if guard.finish_complete():
                return
            self.judge(*first)
        while True:
            step = self.ledger.next(self.now())
            if isinstance(step, Stop):
                self.stop(step)
                return
            if not is_first:
                guard.restore_request()
                self.prepare_rescue()
            if step.wait_s > 0.0:
                await self.sleep(step.wait_s)
            call = self.failover.calls[step.entry.key]
            self.began_at = self.now()
            if self.ledger.tried:
                self.tell_retry(step, call)
            is_first = False
            failure, call = await self.attempt(call)
            if (failure is None and guard.has_answered()) or guard.finish_complete():
                self.done(call)
                return
            self.judge(call, failure)

    async def attempt(self, call: Call) -> tuple[PlanoError | None, Call]:
        """The next attempt; the first one may be a race. Also says whose outcome it is."""
        hedging = self.failover.hedging
        if hedging is None or self.ledger.tried:
            return await self.failovers.attempt(self.exchange, self.guard, call), call
        race = Race(self.failovers, self.exchange, self.guard, hedging)
        return await race.run(call, self.second_for(call), self.judge)

    def second_for(self, first: Call) -> Call | None:
        """Whom a hedge asks: the next on the list that is free now."""
        now = self.now()
        for entry in self.ledger.entries:
            if entry.key != first.key and self.available_at(entry.key) <= now:
                return self.failover.calls[entry.key]  # type: ignore[no-any-return]
        return None

    # What happened.

    def judge(self, call: Call, failure: PlanoError | None) -> None:
        """Note how an attempt failed: with its target, in the ledger, in the record, in the log."""
        relay, now = self.guard.relay, self.now()
        outcome = self.outcome(relay, failure)
        verdict = judge(outcome)
        if isinstance(failure, BadRequest) and (isinstance(failure, CannotBeTold) or self.ledger.tried or self.unfit):
            self.leave_out(call, failure, outcome)
            return
        self.failure = failure
        if failure is None:
            self.last_refusal = relay
        self.note(call, outcome, verdict, now)
        record, began_at = self.record, self.began_at
        entry = next((entry for entry in self.failover.entries if entry.key == call.key), None)
        if entry is None:
            entry = Entry(call.key, call.model, call.candidate.provider.prefix, True)
        self.ledger.failed(Tried(entry, outcome, verdict, began_at, now))
        self.note_try(call, outcome, began_at, now)
        if verdict.action != "final":
            log.warning(
                "Retriable error detected: provider=%s, status_code=%s, error_type=%s, retry_after=%s, attempt=%d, "
                "request_id=%s",
                call.model,
                outcome.status or "-",
                outcome.error_type,
                "-" if outcome.retry_after_s is None else f"{outcome.retry_after_s:.3g}",
                len(self.ledger.tried),
                record.request_id,
            )

    def leave_out(self, call: Call, failure: PlanoError, outcome: Outcome) -> None:
        """The target was not asked, for its dialect cannot carry the request: that says nothing about the others."""
        log.warning("request_id=%s %s cannot be asked: %s", self.record.request_id, call.model, failure.message)
        if self.unfit is None:
            self.unfit = failure
        self.guard.attempts -= 1
        call.state.give_up()
        self.ledger.leave_out(call.key)
        self.note_try(call, outcome, self.began_at, self.now())

    def outcome(self, relay: HeldRelay | None, failure: PlanoError | None) -> Outcome:
        if failure is not None:
            return outcome_of(failure)
        if relay is None or not relay.is_refusal:
            return FINE
        wait_s = retry_after_s(relay.headers, self.failovers.unix_now(), status=relay.status)
        told = relay.provider_error
        word = word_of(relay.plain()) if told is None else word_in(told.message, told.code, told.type)
        return Outcome("status", relay.status, word=word, retry_after_s=wait_s)

    def note(self, call: Call, outcome: Outcome, verdict: Verdict, now: float) -> None:
        call.state.failed(outcome, verdict, now)
        if verdict.action == "another" and outcome.retry_after_s is not None:
            rule = self.policy.retry_after
            until = now + min(outcome.retry_after_s, rule.max_retry_after_seconds)
            self.failovers.states.cool(call.state, until, whole_provider=rule.scope == "provider")

    def note_try(self, call: Call, outcome: Outcome, began_at: float, now: float) -> None:
        record = self.record
        if record.tries is None:
            record.tries = []
        record.tries.append(
            Try(call.model, call.provider, outcome.error_type, outcome.status, began_at, now - began_at)
        )

    def done(self, call: Call) -> None:
        """The client has its answer."""
        self.failovers.note_latency(self.exchange, call)
        self.record.usage = summed(self.guard.billed, self.record.usage)
        tried = len(self.ledger.tried)
        if tried:
            self.note_try(call, FINE, self.began_at, self.now())
            log.info("Retry succeeded: target_model=%s, request_id=%s", call.model, self.record.request_id)
            log.info(
                "metric.retry_success: model=%s, total_attempts=%d, request_id=%s",
                call.model,
                tried + 1,
                self.record.request_id,
            )

    def tell_retry(self, step: Ask, call: Call) -> None:
        last = self.ledger.tried[-1]
        log.info(
            "Retry initiated: target_model=%s, original_model=%s, error_type=%s, attempt=%d, wait_ms=%d, request_id=%s",
            call.model,
            last.entry.full_name,
            last.outcome.error_type,
            len(self.ledger.tried) + 1,
            round(step.wait_s * 1000),
            self.record.request_id,
        )

    # What comes next.

    def prepare_rescue(self) -> None:
        """The client has the beginning of an answer: what comes must go on with it. Raises `StreamInterrupted`."""
        guard = self.guard
        if guard.chosen is None:
            return
        self.record.status = guard.chosen.status  # Whatever other attempts are answered: this the client has read.
        if guard.chosen is not self.broken:
            self.broken = guard.chosen
            self.breaks += 1
        reason = guard.obstacle() or ("it broke off too often" if self.breaks > MOST_RESCUES else "")
        if not reason:
            mode = self.policy.on_stream_failure
            if mode == "error":
                reason = "its policy is to end it"
            else:
                guard.begin_splice(mode)
        if reason:
            raise self.interrupted(reason)

    def interrupted(self, reason: str) -> StreamInterrupted:
        told = "" if self.failure is None else f": {self.failure.message}"
        return StreamInterrupted(
            f"the answer broke off and cannot be completed ({reason}){told}",
            detail="" if self.failure is None else self.failure.detail,
        )

    def stop(self, step: Stop) -> None:
        """Nobody else is asked: tell the client what there is to tell. Raises, or passes a refusal on."""
        guard, ledger = self.guard, self.ledger
        if guard.chosen is not None:
            self.record.status = guard.chosen.status
            raise self.interrupted(guard.obstacle() or step.reason.replace("_", " "))
        if self.unfit is not None and not ledger.tried:
            raise self.unfit
        if ledger.tried and (ledger.distinct == 1 or step.reason == "final"):
            if self.failure is not None:
                raise self.failure
            self.pass_on(step)
            return
        log.warning(
            "All retries exhausted: model=%s, total_attempts=%d, request_id=%s",
            self.failover.candidates[0].full_name,
            len(ledger.tried),
            self.record.request_id,
        )
        log.info("metric.retry_failure: reason=%s, request_id=%s", step.reason, self.record.request_id)
        raise self.exhausted(step)

    def exhausted(self, step: Stop) -> RetriesExhausted:
        tried = self.ledger.tried
        if not tried:
            return RetriesExhausted(
                "no provider of this model can be asked at the moment",
                status=503,
                retry_after_s=step.retry_after_s or 1.0,
            )
        last = tried[-1]
        told = ", ".join(f"{one.entry.full_name} ({one.outcome.error_type})" for one in tried)
        return RetriesExhausted(
            f"every provider that was asked has failed: {told}",
            status=last.outcome.status or (504 if last.outcome.kind == "timeout" else 502),
            attempts=tuple(
                AttemptFacts(
                    one.entry.full_name, one.outcome.error_type, number, round((one.ended_at - one.began_at) * 1000)
                )
                for number, one in enumerate(tried, 1)
            ),
            retry_after_s=step.retry_after_s,
        )

    def pass_on(self, step: Stop) -> None:
        """The provider's own words are the answer."""
        relay, guard = self.last_refusal, self.guard
        if relay is None:
            raise self.exhausted(step)
        guard.pass_on(relay)

    async def sleep(self, seconds: float) -> None:
        waiter = self.failovers.loop.create_future()
        timer = self.failovers.loop.call_later(seconds + TIMER_STEP_S, waiter.set_result, None)
        try:
            await waiter
        finally:
            timer.cancel()

