"""Drives one exchange's coroutine without an asyncio task: who waits for a provider's byte goes on when it comes.

Theory of operation: an exchange waits at most twice, for its response head and for the end of the pump, and whoever
ends the wait is a callback of a connection. A task would go through the loop's queue each time, and register itself in
a global weak set: 3 us of the 11 us of Python an exchange costs (`bench/micro/test_bench_walk.py`). A `Walk` goes on
in the callback instead. What needs a task (dialing, with its timeout) is awaited as one: futures work too.

Rules: `step` is never entered while the coroutine runs; a `cancel` from inside is delivered at the next wait. Async
plugin hooks may use all of asyncio, which wants a current task: with such hooks the pipeline uses real tasks.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Coroutine, Generator
from typing import Any


class Signal:
    """A future for one waiter, who goes on at once: `set_result` and `set_exception` return after it has."""

    def __init__(self) -> None:
        self.is_done = False
        self.value: Any = None
        self.error: BaseException | None = None
        self.walk: Any = None

    def done(self) -> bool:
        return self.is_done

    def set_result(self, value: Any) -> None:
        self.value = value
        self.settle()

    def set_exception(self, error: BaseException) -> None:
        self.error = error
        self.settle()

    def settle(self) -> None:
        self.is_done = True
        walk = self.walk
        if walk is not None:
            self.walk = None
            walk.step(self)

    def __await__(self) -> Generator[Any, None, Any]:
        if not self.is_done:
            yield self
        if self.error is not None:
            raise self.error
        return self.value


class Walk:
    """Runs a coroutine that awaits `Signal`s and asyncio futures. It must not raise but for cancellation."""

    def __init__(self, coroutine: Coroutine[Any, None, None]) -> None:
        self.coroutine = coroutine
        self.is_running = False
        self.is_cancelled = False
        self.is_over = False
        self.waits_for: Any = None

    def start(self) -> None:
        """Run to the first wait, here and now."""
        self.step(None)

    def step(self, ended: Any) -> None:
        """Go on; `ended` is what was waited for, and raises by itself what it has to."""
        self.waits_for = None
        self.is_running = True
        try:
            if self.is_cancelled:
                self.is_cancelled = False
                waits_for = self.coroutine.throw(CancelledError())
            else:
                waits_for = self.coroutine.send(None)
        except (StopIteration, CancelledError):
            self.is_over = True
            return
        finally:
            self.is_running = False
        self.waits_for = waits_for
        if isinstance(waits_for, Signal):
            signal = waits_for
            signal.walk = self
        else:
            waits_for._asyncio_future_blocking = False
            waits_for.add_done_callback(self.step)
        if self.is_cancelled:
            self.cancel()

    def cancel(self) -> None:
        """Raise `CancelledError` where the coroutine waits."""
        if self.is_over:
            return
        self.is_cancelled = True
        if self.is_running:
            return
        waits_for = self.waits_for
        if isinstance(waits_for, Signal):
            signal = waits_for
            signal.walk = None
            self.step(signal)
        elif waits_for is not None:
            waits_for.cancel()
