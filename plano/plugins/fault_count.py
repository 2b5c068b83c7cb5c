"""How often an observing hook failed, what of that is logged, and when it is switched off."""

from __future__ import annotations

import logging
from typing import Final

from plano.clock import Clock, LogInterval
from plano.plugins.hook_plan import Step

log: Final = logging.getLogger("plano.plugins")

FAILURES_IN_A_ROW: Final = 5


class FaultCount:
    """Successes and failures of one hook; `switched_off` is final for the life of the worker."""

    __slots__ = ("_in_a_row", "_interval", "_step", "calls", "failures", "switched_off")

    def __init__(self, step: Step, clock: Clock) -> None:
        self._step = step
        self._interval = LogInterval(clock)
        self._in_a_row = 0
        self.calls = 0
        self.failures = 0
        self.switched_off = False

    def succeeded(self) -> None:
        self.calls += 1
        self._in_a_row = 0

    def failed(self, error: BaseException) -> None:
        self.calls += 1
        self.failures += 1
        self._step.cost.failures += 1
        self._in_a_row += 1
        name = (self._step.plugin, self._step.hook)
        if self._in_a_row >= FAILURES_IN_A_ROW:
            self.switched_off = True
            log.error("plugin %s: %s switched off after %d failures in a row", *name, self._in_a_row, exc_info=error)
        elif self._interval.due():
            log.warning("plugin %s: %s failed, %d failures so far", *name, self.failures, exc_info=error)
