"""Who else may be asked when an attempt fails, worked out once per candidate and operation."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any, Final

from plano.config.listeners import SharedListenerKeys
from plano.config.resilience import CircuitBreaker
from plano.dialects.operation import TOKENS, Operation
from plano.dialects.registry import DIALECTS
from plano.errors import PlanoError
from plano.exchange import Exchange
from plano.gateway.guard import Guard
from plano.providers.provider import Provider
from plano.resilience.breaker import BreakerSettings
from plano.resilience.hedging import HedgeBudget
from plano.resilience.ledger import Entry
from plano.resilience.policy import FailurePolicy
from plano.resilience.target_state import TargetState
from plano.resilience.target_states import TargetRow, TargetStates
from plano.routing.candidates import Candidate, Decision
from plano.routing.model_names import ModelNames

log: Final = logging.getLogger("plano.gateway")

_MOST_REMEMBERED: Final = 4096


class FailoverList:
    """The targets of an exchange in the order they are asked, and the policy that says when.

    `calls` (by the key of the entry) is filled when the first attempt fails: only targets that offer the operation and
    have a key are in it.
    """

    def __init__(self, policy: FailurePolicy, candidates: tuple[Candidate, ...], operation: Operation) -> None:
        self.policy = policy
        self.candidates = candidates
        self.operation = operation
        first = candidates[0].full_name
        self.has_siblings = sum(candidate.full_name == first for candidate in candidates) > 1
        self.hedging = None if policy.hedge is None else HedgeBudget(policy.hedge)
        #: Whom to ask first is not settled before the exchange is there.
        self.has_choice = self.has_siblings or self.hedging is not None
        #: Streams that break off are taken up again.
        self.rescues = operation.name in TOKENS and policy.on_stream_failure != "error"
        self.latency = policy.latency
        self.entries: tuple[Entry, ...] = ()
        self.calls: dict[Any, Any] = {}

    def new_guard(self, exchange: Exchange, now: Callable[[], float]) -> Guard:
        """A guard for an exchange whose first attempt is under way; `now` reads monotonic seconds."""
        guard = Guard(exchange, DIALECTS[self.operation.dialect], self.rescues, now)
        guard.attempts = 1
        return guard

    def fill(self, calls: Any) -> None:
        """Find out who can be asked."""
        first = self.candidates[0].full_name
        entries = []
        for candidate in self.candidates:
            try:
                call = calls.find(candidate, self.operation)
            except PlanoError as error:
                log.warning("%s cannot stand in for %s: %s", candidate.full_name, first, error.message)
                continue
            if call.is_estimated:
                continue  # It would answer the messages that were to be counted.
            name = candidate.full_name
            is_fallback = name in self.policy.fallback_models and name != first
            entries.append(Entry(call.key, name, candidate.provider.prefix, name == first, is_fallback))
            self.calls[call.key] = call
        self.entries = tuple(entries)


class FailoverLists:
    """The lists of one listener's exchanges."""

    def __init__(
        self, names: ModelNames, providers: tuple[Provider, ...], states: TargetStates, listener: SharedListenerKeys
    ) -> None:
        self._states = states
        self._names = names
        self._providers = providers
        self._listener = listener
        self._of_routes: dict[tuple[str, str, tuple[Candidate, ...]], FailoverList | None] = {}

    def of_candidate(self, candidate: Candidate, operation: Operation) -> FailoverList | None:
        """The list of exchanges that ask for this model by name; None when nobody else may be asked."""
        return self._built((candidate, *self._siblings(candidate)), operation)

    def of_route(self, decision: Decision, operation: Operation) -> FailoverList | None:
        """The list of exchanges that a route's models were chosen for."""
        candidates = decision.candidates
        key = (operation.name, decision.route or "", candidates)
        if key not in self._of_routes:
            if len(self._of_routes) >= _MOST_REMEMBERED:
                self._of_routes.clear()
            self._of_routes[key] = self._built((*candidates, *self._siblings(candidates[0])), operation)
        return self._of_routes[key]

    def state_of(self, candidate: Candidate) -> TargetState:
        """How a target is doing."""
        provider = candidate.provider
        breaker = provider.row.circuit_breaker or CircuitBreaker()
        settings = BreakerSettings(
            breaker.failures if breaker.enabled else 0, breaker.window, breaker.open_seconds, breaker.max_open_seconds
        )
        account = hash((str(provider.origin), provider.row.access_key))
        row = TargetRow(provider.name, account, provider.prefix, provider.row.weight, settings)
        return self._states.of(row, candidate.full_name)

    def _built(self, pool: tuple[Candidate, ...], operation: Operation) -> FailoverList | None:
        row = pool[0].provider.row
        candidates = tuple(dict.fromkeys(pool))
        if row.retry_policy is not None:
            policy = FailurePolicy.of_config(row.retry_policy, self._listener.on_stream_failure)
            candidates = tuple(
                dict.fromkeys((*candidates, *self._fallbacks(row.retry_policy.fallback_models), *self._rest()))
            )
        elif len(candidates) > 1:
            policy = FailurePolicy.of_pool(self._listener.on_stream_failure)
        elif self._listener.max_retries:
            policy = FailurePolicy.of_max_retries(self._listener.max_retries, self._listener.on_stream_failure)
        else:
            return None
        return FailoverList(policy, candidates, operation)

    def _siblings(self, candidate: Candidate) -> Iterator[Candidate]:
        """The same model with other keys or at other places."""
        for provider in self._providers:
            if provider.full_name == candidate.full_name and provider is not candidate.provider:
                yield Candidate.of(provider, provider.model_id)

    def _fallbacks(self, names: tuple[str, ...]) -> Iterator[Candidate]:
        for name in names:
            yield from self._names.resolve(name).candidates

    def _rest(self) -> Iterator[Candidate]:
        """Every declared model, in order."""
        for provider in self._providers:
            if not provider.is_wildcard:
                yield Candidate.of(provider, provider.model_id)
