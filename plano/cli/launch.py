"""From a checked config to a running instance: a supervisor, its pid file, and the wait for its listeners.

Whatever goes wrong on the way, or whoever interrupts it, no process and no pid file is left behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from plano.cli.health import unhealthy_doors
from plano.cli.home import Home
from plano.cli.instance import Instance, forget_instance, stop_supervisor, write_instance
from plano.cli.log_lines import LogView
from plano.cli.starting import door_of, make_room, only_one_start, take_for_ctrl_c
from plano.cli.supervisor_process import last_words, open_worker_log, start_supervisor
from plano.cli.terminal import CommandFailed, say, say_dim, say_good

if TYPE_CHECKING:
    from plano.config.load import LoadedConfig

_FAILED_START_GRACE_S: Final = 5.0
#: What a supervisor needs to tell its clients that it is over, at most, in seconds.
_HURRY_S: Final = 5.0


class Launch:
    """One start of the gateway for one home.

    `level` is plano.log's, `timeout_s` what the listeners get; `workers` overrides the config.
    """

    def __init__(
        self,
        home: Home,
        path: Path,
        loaded: LoadedConfig,
        *,
        level: str,
        timeout_s: float,
        workers: str | None = None,
        watches: bool = False,
        logs_to_files: bool = True,
    ) -> None:
        config = loaded.config
        self._home = home
        self._path = path
        self._doors = tuple(door_of(listener) for listener in config.listeners)
        self._drain_s = float(config.shutdown_delay) + float(config.shutdown_grace)
        self._level = level
        self._timeout_s = timeout_s
        self._workers = workers
        self._watches = watches
        self._logs_to_files = logs_to_files

    def detached(self) -> None:
        """Start the supervisor and leave it running."""
        self._home.prepare()
        with only_one_start(self._home):
            make_room(self._home, self._doors)
            with open_worker_log(self._home) as output:
                supervisor = self._started(output)
            with self._nothing_left_behind(supervisor):
                self._see_it_healthy(supervisor)
        self._tell()

    def in_foreground(self) -> None:
        """Start the supervisor and show its logs; returns once Ctrl+C, SIGTERM or `planoai down` has ended it."""
        take_for_ctrl_c(signal.SIGTERM, *((signal.SIGHUP,) if sys.stdin.isatty() else ()))
        self._home.prepare()
        logs = LogView(self._home, debug=True, headers=False) if self._logs_to_files else None
        with only_one_start(self._home):
            make_room(self._home, self._doors)
            supervisor = self._started(None)
        if not sys.stdin.isatty():
            # No terminal that could be closed: a container or a service that is asked to reload.
            signal.signal(signal.SIGHUP, lambda _number, _frame: supervisor.send_signal(signal.SIGHUP))
        with self._nothing_left_behind(supervisor):
            try:
                self._see_it_healthy(supervisor)
                self._tell()
                say("Press Ctrl+C to stop.")
                _show_until_the_end(supervisor, logs)
            except KeyboardInterrupt:
                _stop_in_sight(supervisor, logs)
        # -SIGTERM: it was asked to end before it was far enough to do so in order.
        if supervisor.returncode not in (0, -signal.SIGTERM):
            raise CommandFailed(f"Plano exited unexpectedly (exit code {supervisor.returncode})")
        say_good("Plano stopped!")

    def _started(self, output: IO[bytes] | None) -> subprocess.Popen[bytes]:
        supervisor = start_supervisor(
            self._home,
            self._path,
            level=self._level,
            workers=self._workers,
            watches=self._watches,
            logs_to_files=self._logs_to_files,
            output=output,
        )
        with self._nothing_left_behind(supervisor):
            instance = Instance(supervisor.pid, str(self._path), time.time(), self._doors, self._drain_s)
            write_instance(self._home, instance)
        say_dim(f"Started Plano (PID: {supervisor.pid})...")
        return supervisor

    def _see_it_healthy(self, supervisor: subprocess.Popen[bytes]) -> None:
        say_dim("Waiting for listeners to become healthy...")
        unhealthy = unhealthy_doors(self._doors, within_s=self._timeout_s, going_on=lambda: supervisor.poll() is None)
        if supervisor.poll() is not None:
            headline = f"Plano exited unexpectedly (exit code {supervisor.returncode})"
            raise CommandFailed(headline, [f"  {line}" for line in last_words(self._home)])
        if unhealthy:
            first, *others = (
                f"Listener {door.name} (port {door.port}) not healthy after {self._timeout_s:g}s" for door in unhealthy
            )
            raise CommandFailed(first, [*others, f"Logs: {self._home.logs}"])

    @contextmanager
    def _nothing_left_behind(self, supervisor: subprocess.Popen[bytes]) -> Iterator[None]:
        """End the supervisor if the body fails; forget the instance if the supervisor has ended."""
        try:
            yield
        except BaseException:
            stop_supervisor(supervisor.pid, self._home, within_s=_FAILED_START_GRACE_S)
            supervisor.wait()
            raise
        finally:
            if supervisor.poll() is not None:
                forget_instance(self._home)

    def _tell(self) -> None:
        say()
        say_good("Plano is running!")
        for door in self._doors:
            say(f"  {door.name} ({door.kind}): {door.url}")
        if self._logs_to_files:
            say(f"Logs: {self._home.logs}")


def _show_until_the_end(supervisor: subprocess.Popen[bytes], logs: LogView | None) -> None:
    if logs is None:
        supervisor.wait()  # It logs to this terminal by itself.
    else:
        logs.show_new_while(lambda: supervisor.poll() is None)


def _stop_in_sight(supervisor: subprocess.Popen[bytes], logs: LogView | None) -> None:
    """Ask it to end and show its last lines; a second Ctrl+C cuts off what it still serves."""
    try:
        supervisor.terminate()
        say_dim("Stopping...")
        _show_until_the_end(supervisor, logs)
    except KeyboardInterrupt:
        supervisor.terminate()  # The second time it tells its clients and ends.
        try:
            supervisor.wait(_HURRY_S)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            os.killpg(supervisor.pid, signal.SIGKILL)
            supervisor.wait()
            raise CommandFailed("Plano was ended while it was still serving") from None
