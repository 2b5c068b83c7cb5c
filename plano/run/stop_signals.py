"""SIGTERM and SIGINT from the first to the last moment of a process."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from types import FrameType
from typing import Final

_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def call_on_stop_signal(loop: asyncio.AbstractEventLoop, callback: Callable[..., None], *arguments: object) -> None:
    """Call back in the loop for each of them.

    Not by `loop.add_signal_handler`: a handler of the loop can only be taken away, by us or by the loop's close, and
    from then until the signal is ignored its default action would kill.
    """

    def take(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(callback, *arguments)

    for number in _STOP_SIGNALS:
        signal.signal(number, take)


def ignore_stop_signals() -> None:
    """All is done: one that comes now must not make a clean end look like a violent one."""
    for number in _STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
