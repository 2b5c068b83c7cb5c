"""plano's own record of how fast models answer: what `fastest` goes by where no Prometheus is configured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

#: How much a new measurement counts at least; the first few count in full, as parts of a plain mean.
_NEWEST: Final = 0.1
#: After so many seconds without a measurement, what is known counts half.
_HALF_LIFE_S: Final = 600.0
#: Means that differ by less than this part are the same to others: orders would flutter otherwise.
_NOTICEABLE: Final = 0.1
#: How often the passing of time changes an order, in seconds.
_TICK_S: Final = 15.0
#: Wildcards let clients invent models.
_MOST_REMEMBERED: Final = 4096


class _Mean:
    __slots__ = ("count", "mean", "noted_at", "told")

    def __init__(self) -> None:
        self.count = 0
        self.mean = self.told = 0.0
        self.noted_at = 0.0


class OwnLatency:
    """A decaying mean per full model name, of the seconds until the first byte of an answer.

    A model nobody asks any more is told as faster and faster, until it is tried again: one that was slow for an hour
    would be the last of its route for ever. Measurements after such a silence outweigh those before it. One that was
    never asked is unknown. Outlives a reload.
    """

    __slots__ = ("_means", "_moves", "_now")

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._now = monotonic_s
        self._means: dict[str, _Mean] = {}
        self._moves = 0

    def note(self, model: str, seconds: float) -> None:
        """An answer of `model` has begun so long after it was asked."""
        known = self._means.get(model)
        if known is None:
            if len(self._means) >= _MOST_REMEMBERED:
                del self._means[min(self._means, key=lambda name: self._means[name].noted_at)]
            known = self._means[model] = _Mean()
        now = self._now()
        known.count += 1
        weight = max(1 / known.count, _NEWEST, 1 - _faded(now - known.noted_at))
        known.mean += (seconds - known.mean) * weight
        known.noted_at = now
        if abs(known.mean - known.told) > _NOTICEABLE * known.told:
            known.told = known.mean
            self._moves += 1

    def latency(self, model: str) -> float | None:
        """Seconds; None for a model that was never asked."""
        known = self._means.get(model)
        return None if known is None else known.told * _faded(self._now() - known.noted_at)

    figure = latency

    @property
    def version(self) -> int:
        """Another one whenever latencies may have another order."""
        return self._moves + int(self._now() / _TICK_S)


def _faded(silence_s: float) -> float:
    """What is left of a latency nobody has measured for so long; short silences take nothing."""
    return float(0.5 ** (silence_s / _HALF_LIFE_S)) if silence_s > _TICK_S else 1.0
