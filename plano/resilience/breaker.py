"""A circuit breaker: a target that keeps failing is left alone, then tried by one exchange."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

State = Literal["closed", "open", "half-open"]


class BreakerSettings(Struct, frozen=True):
    """Open after `failures` among the last `window` attempts, for `open_s` seconds; twice as long each time the probe
    fails, up to `most_open_s`. `failures` 0: never.
    """

    failures: int = 10
    window: int = 12
    open_s: float = 10.0
    most_open_s: float = 30.0


class Breaker:
    """`is_clean`: closed, and nothing to forget; whoever finds it so need not tell of successes.

    Time is monotonic seconds. The last attempts are the bits of a number, the latest the lowest, 1 for a failure.
    """

    __slots__ = ("_bits", "_mask", "_opened_times", "_probe_until", "_settings", "is_clean", "open_until")

    def __init__(self, settings: BreakerSettings) -> None:
        self._settings = settings
        self._mask = (1 << settings.window) - 1
        self._bits = 0
        self._opened_times = 0
        self._probe_until = 0.0
        #: 0.0 when closed.
        self.open_until = 0.0
        self.is_clean = True

    def state(self, now: float) -> State:
        if not self.open_until:
            return "closed"
        return "open" if now < self.open_until else "half-open"

    @property
    def failures(self) -> int:
        """Among the attempts that are remembered."""
        return self._bits.bit_count()

    def available_at(self) -> float:
        """From when on an attempt is allowed; while a probe is out, when it is given up for lost."""
        return max(self.open_until, self._probe_until)

    def begin(self, now: float) -> None:
        """An attempt begins; with the breaker half open it is the probe."""
        if self.open_until and now >= self.open_until:
            self._probe_until = now + self._settings.open_s

    def give_up(self) -> None:
        """An attempt ended without saying anything about the target: the next one may be the probe."""
        self._probe_until = 0.0

    def succeeded(self) -> None:
        if self.open_until:
            self._bits = 0
            self._opened_times = 0
            self.open_until = self._probe_until = 0.0
        else:
            self._bits = self._bits << 1 & self._mask
        self.is_clean = not self._bits

    def failed(self, now: float) -> None:
        self.is_clean = False
        if self.open_until:
            if now >= self.open_until:  # The probe; what began before the breaker opened says nothing new.
                self._open(now)
            return
        self._bits = (self._bits << 1 | 1) & self._mask
        if 0 < self._settings.failures <= self._bits.bit_count():
            self._open(now)

    def _open(self, now: float) -> None:
        settings = self._settings
        self.open_until = now + min(settings.open_s * 2.0 ** min(self._opened_times, 16), settings.most_open_s)
        self._opened_times += 1
        self._probe_until = 0.0
