"""The running instance as a file: who it is, whether it still lives, and how to end it.

A process id alone proves nothing (numbers are used again), so an instance counts as alive only while the
process of that number is a supervisor of this very home.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from plano.cli.health import Door
from plano.cli.home import Home

SUPERVISOR_MODULE: Final = "plano.run.supervisor"
#: What a stop may take beyond the delay and the grace of the config, in seconds.
_STOP_MARGIN_S: Final = 10.0
_POLL_S: Final = 0.02


class Instance(msgspec.Struct, frozen=True):
    """What `up` notes about the supervisor it started. `drain_s`: how long the config lets a stop take."""

    pid: int
    config: str
    started_unix_s: float
    listeners: tuple[Door, ...] = ()
    drain_s: float = 31.0

    @property
    def stop_s(self) -> float:
        """How long a stop is waited for."""
        return self.drain_s + _STOP_MARGIN_S


def write_instance(home: Home, instance: Instance) -> None:
    """Replace the pid file in one step: a reader sees the old one or the new one."""
    fresh = home.pid_file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(instance))
    fresh.replace(home.pid_file)


def running_instance(home: Home) -> Instance | None:
    """The instance of this home if it is alive; `None` for a missing, damaged or stale pid file."""
    try:
        instance = msgspec.json.decode(home.pid_file.read_bytes(), type=Instance)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return instance if is_supervisor(instance.pid, home) else None


def forget_instance(home: Home) -> None:
    """Remove the pid file."""
    home.pid_file.unlink(missing_ok=True)


def is_supervisor(pid: int, home: Home) -> bool:
    """Whether process `pid` lives and is a supervisor started for `home`; a zombie does not live."""
    arguments = _arguments(pid) if pid > 0 else []
    return SUPERVISOR_MODULE in arguments and str(home.run) in arguments


def stop_supervisor(pid: int, home: Home, *, within_s: float) -> bool:
    """Have it finish what it serves; after `within_s` end it and its workers.

    True if it went by itself.
    """
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline_s = time.monotonic() + within_s
    while is_supervisor(pid, home):
        if time.monotonic() > deadline_s:
            # It leads its own session, so its group holds it and its workers.
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            return False
        time.sleep(_POLL_S)
    return True


def _arguments(pid: int) -> list[str]:
    if Path("/proc/self/cmdline").exists():
        try:
            raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return []
        return [os.fsdecode(argument) for argument in raw.split(b"\0")]
    import subprocess

    ps = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(ps, capture_output=True, text=True, check=False).stdout.split()
