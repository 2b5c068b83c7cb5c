"""Which logs there are, and showing them: the latest lines, and new lines as they come."""

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
        found += [log for log in (home.gateway_log, home.worker_log) if log.is_file() and log.stat().st_size]
    return found


class LogView:
    """Shows the logs of a home on stdout; `headers` names the log whenever another one speaks.

    New lines are those written after the view was made; logs that appear later are shown from their start.
    """

    def __init__(self, home: Home, *, debug: bool, headers: bool = True) -> None:
        self._home = home
        self._debug = debug
        self._headers = headers
        self._followed = {log: Followed(log) for log in log_files(home, debug=debug)}
        self._speaking: Path | None = None

    def show_last(self, count: int) -> None:
        """The last `count` lines of each log."""
        for log in self._followed:
            self._write(log, b"".join(line + b"\n" for line in last_lines(log, count)))

    def show_new_while(self, going_on: Callable[[], bool]) -> None:
        """Show new lines until `going_on()` is false, then the rest."""
        while going_on():
            self._show_new()
            time.sleep(_PAUSE_S)
        self._show_new()

    def _show_new(self) -> None:
        for log in log_files(self._home, debug=self._debug):
            if log not in self._followed:
                self._followed[log] = Followed(log, from_start=True)
        for log, followed in self._followed.items():
            added = followed.read_new()
            if added:
                self._write(log, added)

    def _write(self, log: Path, lines: bytes) -> None:
        if self._headers and log != self._speaking:
            blank = b"" if self._speaking is None else b"\n"
            lines = blank + f"==> {log.name} <==\n".encode() + lines
            self._speaking = log
        # Text written so far must not come after these bytes.
        sys.stdout.flush()
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()
