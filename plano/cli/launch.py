"""From a checked config to a running instance: a supervisor, its pid file, and the wait for its listeners.

Whatever goes wrong on the way, or whoever interrupts it, no process and no pid file is left behind.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from plano.cli.health import Door, unhealthy_doors
from plano.cli.home import Home
from plano.cli.instance import Instance, forget_instance, running_instance, stop_supervisor, write_instance
from plano.cli.log_lines import LogView
from plano.cli.supervisor_process import last_words, open_worker_log, start_supervisor
from plano.cli.terminal import CommandFailed, say, say_dim, say_good
from plano.http.server.binding import refusal_to_bind

if TYPE_CHECKING:
    from plano.config.document import Config
    from plano.config.listeners import Listener

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
        config: Config,
        *,
        level: str,
        timeout_s: float,
        workers: str | None = None,
        watches: bool = False,
        logs_to_files: bool = True,
    ) -> None:
        self._home = home
        self._path = path
        self._doors = tuple(_door(listener) for listener in config.listeners)
        self._drain_s = float(config.shutdown_delay) + float(config.shutdown_grace)
        self._level = level
        self._timeout_s = timeout_s
        self._workers = workers
        self._watches = watches
        self._logs_to_files = logs_to_files

    def detached(self) -> None:
        """Start the supervisor and leave it running."""
        self._home.prepare()
        with _only_one_start(self._home):
            self._make_room()
            with open_worker_log(self._home) as output:
                supervisor = self._started(output)
            with self._nothing_left_behind(supervisor):
                self._see_it_healthy(supervisor)
        self._tell()

    def in_foreground(self) -> None:
        """Start the supervisor and show its logs; returns once Ctrl+C, SIGTERM or `planoai down` has ended it."""
        _take_for_ctrl_c(signal.SIGTERM, *((signal.SIGHUP,) if sys.stdin.isatty() else ()))
        self._home.prepare()
        logs = LogView(self._home, debug=True, headers=False) if self._logs_to_files else None
        with _only_one_start(self._home):
            self._make_room()
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

    def _make_room(self) -> None:
        """End the instance that runs already, and see that nobody else holds a port we need."""
        previous = running_instance(self._home)
        if previous is not None:
            say_dim(f"Stopping the running instance (PID: {previous.pid})...")
            stop_supervisor(previous.pid, self._home, within_s=previous.stop_s)
        forget_instance(self._home)
        refused = [
            f"  Listener {door.name} cannot listen on {door.place}: {why.strerror or why}"
            for door in self._doors
            if (why := refusal_to_bind(door.address, door.port)) is not None
        ]
        if refused:
            raise CommandFailed("Plano cannot start", refused)

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


def _take_for_ctrl_c(*signals: signal.Signals) -> None:
    """A container is stopped with SIGTERM, a closed terminal sends SIGHUP; under nohup that stays ignored."""
    for number in signals:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


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


def _door(listener: Listener) -> Door:
    kind = str(listener.__struct_config__.tag)
    return Door(listener.name, kind, listener.address, listener.port, tls=listener.tls is not None)


@contextmanager
def _only_one_start(home: Home) -> Iterator[None]:
    """Two starts at once would stop each other's instances; the second is refused."""
    with open(home.start_lock, "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandFailed("Plano is being started by another command") from None
        yield
