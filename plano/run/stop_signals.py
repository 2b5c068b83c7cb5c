"""SIGTERM and SIGINT from the first to the last moment of a process."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Final

_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def call_on_stop_signal(loop: asyncio.AbstractEventLoop, callback: Callable[..., None], *arguments: object) -> None:
    """Call back for each of them."""
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, callback, *arguments)


def ignore_stop_signals(loop: asyncio.AbstractEventLoop) -> None:
    """All is done: one that comes now must not make a clean end look like a violent one.

    A closing loop gives the signals their default action back, which is to kill.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    for number in _STOP_SIGNALS:
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)
