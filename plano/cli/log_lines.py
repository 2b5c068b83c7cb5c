"""Which logs there are, and showing them: the latest lines, or new lines as they come."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from plano.cli.home import Home
from plano.cli.tail import Followed, last_lines

_PAUSE_S: Final = 0.1


def log_files(home: Home, *, debug: bool) -> list[Path]:
    """The access logs; with `debug` also the gateway's log and what the worker printed."""
    found = sorted(home.logs.glob("access_*.log"))
    if debug:
        found += [log for log in (home.gateway_log, home.worker_log) if log.is_file()]
    return found


def show_last_lines(logs: list[Path], count: int) -> None:
    """The last `count` lines of each log under its name."""
    for index, log in enumerate(logs):
        _write(_header(log, first=index == 0))
        _write(b"".join(line + b"\n" for line in last_lines(log, count)))


class LogFollower:
    """Shows what is added to the logs of a home, also to those that appear later."""

    def __init__(self, home: Home, *, debug: bool, headers: bool) -> None:
        self._home = home
        self._debug = debug
        self._headers = headers
        self._followed = {log: Followed(log) for log in log_files(home, debug=debug)}
        self._shown_last: Path | None = None

    def show_while(self, going_on: Callable[[], bool]) -> None:
        """Show new lines until `going_on()` is false, then the rest."""
        while going_on():
            self.show_new()
            time.sleep(_PAUSE_S)
        self.show_new()

    def show_new(self) -> None:
        """Show what was added since the last call."""
        for log in log_files(self._home, debug=self._debug):
            if log not in self._followed:
                self._followed[log] = Followed(log, from_start=True)
        for log, followed in self._followed.items():
            added = followed.read_new()
            if not added:
                continue
            if self._headers and log != self._shown_last:
                _write(_header(log, first=self._shown_last is None))
                self._shown_last = log
            _write(added)


def _header(log: Path, *, first: bool) -> bytes:
    return (b"" if first else b"\n") + f"==> {log.name} <==\n".encode()


def _write(text: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()
