"""Awaits what an `async def` of a plugin returns, within limits.

Theory of operation: the hook runs in the task of whoever waits for it, step by step, and each step is watched like a
plain hook. A hook that never waits costs no more than one. As soon as it waits, a timer is set; when it rings, the task
is cancelled as by `asyncio.timeout`, and the hook told. It has a moment to clean up; one that goes on all the same is
closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Generator
from typing import Any, Final

from plano.plugins.watch import HookEscapes, Watch

#: How long a hook whose time is over may clean up, in seconds.
GRACE_S: Final = 1.0
_MOST_CLOSINGS: Final = 8


class HookTimeout(Exception):
    """An `async def` hook took longer than its plugin may, or gave up what it waited for."""


class AsyncHook:
    """`await AsyncHook(...)` gives what the work returns; to be awaited in a task.

    Raises what the work raises, `HookTimeout`, `HookHangs` or `HookEscapes`; `CancelledError` only where the task was
    cancelled by others.
    """

    def __init__(self, watch: Watch, work: Awaitable[Any], timeout_s: float) -> None:
        self._watch = watch
        self._work = work
        self._timeout_s = timeout_s
        #: How often the timer has rung.
        self._rang = 0
        self._timer: asyncio.TimerHandle | None = None

    def __await__(self) -> Generator[Any, Any, Any]:
        task = asyncio.current_task()
        assert task is not None, "hooks that wait need a task"
        before = task.cancelling()
        try:
            result = yield from self._steps(task)
        except asyncio.CancelledError:
            if task.cancelling() > before + self._rang:
                raise
            raise self._late() from None
        except (SystemExit, KeyboardInterrupt) as error:
            raise HookEscapes(type(error).__name__) from error
        finally:
            if self._timer is not None:
                self._timer.cancel()
            for _ in range(self._rang):
                task.uncancel()
        if self._rang:
            raise self._late()
        return result

    def _steps(self, task: asyncio.Task[Any]) -> Generator[Any, Any, Any]:
        steps: Any = self._work.__await__()
        step, given = steps.send, None
        while True:
            try:
                waits_for = self._watch.step(step, given)
            except StopIteration as end:
                return end.value
            if self._timer is None:
                self._set_timer(task, self._timeout_s)
            try:
                step, given = steps.send, (yield waits_for)
            except BaseException as error:
                if self._rang > 1:
                    self._close(steps)
                    raise
                step, given = steps.throw, error

    def _set_timer(self, task: asyncio.Task[Any], seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._ring, task)

    def _ring(self, task: asyncio.Task[Any]) -> None:
        self._rang += 1
        if self._rang == 1:
            self._set_timer(task, GRACE_S)
        task.cancel()

    def _close(self, steps: Any) -> None:
        for _ in range(_MOST_CLOSINGS):
            try:
                self._watch.step(steps.close)
            except BaseException:  # It does not want to go: what is left of it would complain when it is collected.
                continue
            return

    def _late(self) -> HookTimeout:
        if self._rang:
            return HookTimeout(f"it took longer than {self._timeout_s:g} s")
        return HookTimeout("what it waited for was cancelled")
