"""Interrupts plain hooks that do not return.

Theory of operation: a plain hook runs on the loop that every client of the worker shares, and nothing on that loop can
end it. A thread looks, every now and then, whether the same call is still running; if so it sends this thread a signal,
whose Python handler raises in the middle of the plugin's code. Sleeping, looping and catastrophic regular expressions
all end that way, as CPython looks for signals in each; compiled code that never does cannot be helped. A call costs two
assignments and no system call.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

#: How long a plain hook may hold up all clients of a worker, in seconds.
LONGEST_BLOCK_S: Final = 2.0
_SIGNAL: Final = signal.SIGALRM


class HookHangs(BaseException):
    """A plain hook has run for too long. No `Exception`, so that a plugin does not take it for one of its own."""


class Watch:
    """`call` runs plain hooks. Interrupts only between `start` and `stop`, both called by the thread of the loop."""

    def __init__(self, limit_s: float = LONGEST_BLOCK_S) -> None:
        self.limit_s = limit_s
        self._calls = 0
        self._is_running = False
        #: The call that shall be ended, by its number.
        self._overdue = 0
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._former: Any = None

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call it. Raises what it raises, or `HookHangs`."""
        self._calls += 1
        self._is_running = True
        try:
            return function(*arguments)
        finally:
            self._is_running = False

    def start(self) -> None:
        """Begin to watch, where that can be done: signals are for the main thread."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._former = signal.signal(_SIGNAL, self._interrupt)
        watched = threading.get_ident()
        self._thread = threading.Thread(target=self._look, args=(watched,), name="plano-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        if self._thread is None:
            return
        self._stopped.set()
        self._thread.join()
        self._thread = None
        signal.signal(_SIGNAL, self._former)

    def _look(self, watched: int) -> None:
        seen = 0
        while not self._stopped.wait(self.limit_s / 2):
            number = self._calls
            if self._is_running and number == seen:
                self._overdue = number
                signal.pthread_kill(watched, _SIGNAL)
            seen = number

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._is_running and self._overdue == self._calls:
            raise HookHangs(f"it took longer than {self.limit_s:g} s, while every client waited")
        if callable(self._former):  # Another app's, in the same process.
            self._former(number, frame)
