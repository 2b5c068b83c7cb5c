"""The states of all targets of one process; they outlive a reload, as the providers' troubles do."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Final

from msgspec import Struct

from plano.config.resilience import LatencyRule
from plano.resilience.breaker import BreakerSettings
from plano.resilience.target_state import KeyState, TargetFacts, TargetState

#: Wildcards let clients invent models.
_MOST_REMEMBERED: Final = 4096


class TargetRow(Struct, frozen=True):
    """What a state is made of: the row's name, what says that it is the same account as before, its prefix."""

    name: str
    account: Hashable
    prefix: str
    weight: float
    breaker: BreakerSettings


class TargetStates:
    """Looked up by row and model."""

    def __init__(self) -> None:
        self._states: dict[tuple[TargetRow, str], TargetState] = {}
        self._keys: dict[Hashable, KeyState] = {}

    def of(self, row: TargetRow, model: str) -> TargetState:
        """The state of a target, whose full name is `model`."""
        known = self._states.get((row, model))
        if known is None:
            if len(self._states) >= _MOST_REMEMBERED:
                self._forget()
            key = self._keys.setdefault((row.name, row.account), KeyState())
            known = TargetState(row.name, model, row.prefix, row.weight, row.breaker, key)
            self._states[row, model] = known
        return known

    def cool(self, state: TargetState, until: float, *, whole_provider: bool) -> None:
        """Leave a target, or everything with its prefix, alone until then."""
        for one in self._same_prefix(state) if whole_provider else (state,):
            one.cool(until)

    def note_slow(self, state: TargetState, rule: LatencyRule, now: float) -> None:
        """An answer of a target was slow."""
        if state.note_slow(rule, now) and rule.apply_to == "global":
            for one in self._same_prefix(state) if rule.scope == "provider" else (state,):
                one.leave_slow(now + rule.block_duration_seconds)

    def facts(self, now: float) -> list[TargetFacts]:
        """All that were asked for at least once."""
        return [state.facts(now) for state in self._states.values()]

    def _same_prefix(self, state: TargetState) -> Iterator[TargetState]:
        return (one for one in self._states.values() if one.prefix == state.prefix)

    def _forget(self) -> None:
        """What is in good health can be made anew; if all are troubled, the oldest goes."""
        clear = [place for place, state in self._states.items() if state.is_clear and not state.running]
        for place in clear or [next(iter(self._states))]:
            self._states.pop(place).forget()
