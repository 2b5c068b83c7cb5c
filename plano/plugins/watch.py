"""Interrupts hooks that do not return.

Theory of operation: a hook runs on the loop that every client of the worker shares, and nothing on that loop can
end it; nor can a thread, which would have to wait for the interpreter's lock. A timer of the system can: it sends the
process a signal every now and then, and its Python handler looks whether the same call is still running, and raises in
the middle of the plugin's code. Sleeping, looping and catastrophic regular expressions all end that way, as CPython
looks for signals in each; compiled code that never does cannot be helped. A call costs two assignments and no system
call.

A process has one handler for a signal, and a reload has two sets of plugins for a while: the handler is set once and
stays, and asks every watch there is.
"""

from __future__ import annotations

import atexit
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

#: How long a plain hook may hold up all clients of a worker, in seconds.
LONGEST_BLOCK_S: Final = 2.0


class HookHangs(BaseException):
    """A plain hook has run for too long. No `Exception`, so that a plugin does not take it for one of its own."""


class HookEscapes(Exception):
    """A hook raised what is said to tasks and to the loop: that it is cancelled, or that all shall end."""


class Watch:
    """`call` runs plain hooks, `step` parts of others (`async_hook.py`).

    Interrupts only between `start` and `stop`, both called by the thread of the loop.
    """

    def __init__(self, limit_s: float = LONGEST_BLOCK_S) -> None:
        self.limit_s = limit_s
        self._calls = 0
        self._is_running = False
        #: The call that was running at the last look.
        self._seen = 0

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call it. Raises what it raises, `HookHangs` once it has run for more than the limit, or twice that, and
        `HookEscapes` for what would end more than the hook.
        """
        try:
            return self.step(function, *arguments)
        except (Exception, SystemExit, HookHangs):
            raise
        except BaseException as error:
            raise HookEscapes(type(error).__name__) from error

    def step(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The same for a part of something longer, which may well be cancelled."""
        self._calls += 1
        self._is_running = True
        try:
            return function(*arguments)
        finally:
            self._is_running = False

    def start(self) -> None:
        """Begin to watch, where that can be done: signals are for the main thread."""
        if threading.current_thread() is threading.main_thread():
            _watches.append(self)
            signal.signal(signal.SIGALRM, _look)
            atexit.register(_stop_timer)  # Without the handler the signal would end the process on its last way.
            _set_timer()

    def stop(self) -> None:
        """Watch no more."""
        if self in _watches:
            _watches.remove(self)
            _set_timer()

    def look(self, frame: FrameType | None) -> None:
        """Called in the middle of whatever runs. Raises `HookHangs` where that is a call that ran at the last look."""
        if not self._is_running:
            return
        if self._seen != self._calls:
            self._seen = self._calls
        elif _is_inside(frame):
            raise HookHangs(f"it took longer than {self.limit_s:g} s, while every client waited")
        else:  # Interrupted on its very last step: nobody else must be.
            self._is_running = False


_watches: Final[list[Watch]] = []


def _set_timer() -> None:
    """A call is interrupted at the second look."""
    interval_s = min((watch.limit_s for watch in _watches), default=0.0)
    signal.setitimer(signal.ITIMER_REAL, interval_s, interval_s)


def _stop_timer() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0.0)


def _look(number: int, frame: FrameType | None) -> None:
    for watch in _watches:
        watch.look(frame)


def _is_inside(frame: FrameType | None) -> bool:
    """Whether what was interrupted was called by a watch."""
    while frame is not None and frame.f_code is not Watch.step.__code__:
        frame = frame.f_back
    return frame is not None
