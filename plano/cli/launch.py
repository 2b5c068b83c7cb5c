"""From a checked config to a running instance: one worker, its pid file, and the wait for its listeners.

Whatever goes wrong on the way, or whoever interrupts it, no worker and no pid file is left behind.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from plano.cli.health import Door, refusal_to_bind, unhealthy_doors
from plano.cli.home import Home
from plano.cli.instance import Instance, forget_instance, running_instance, stop_worker, write_instance
from plano.cli.log_lines import LogView
from plano.cli.terminal import CommandFailed, say, say_dim, say_good
from plano.cli.worker_process import last_words, open_worker_log, start_worker

if TYPE_CHECKING:
    from plano.config.listeners import Listener

_FAILED_START_GRACE_S: Final = 5.0


class Launch:
    """One start of the gateway for one home; `level` is plano.log's, `timeout_s` what the listeners get."""

    def __init__(
        self, home: Home, config: Path, listeners: Iterable[Listener], *, level: str, timeout_s: float
    ) -> None:
        self._home = home
        self._config = config
        self._doors = tuple(_door(listener) for listener in listeners)
        self._level = level
        self._timeout_s = timeout_s

    def detached(self) -> None:
        """Start the worker and leave it running."""
        self._home.prepare()
        with _only_one_start(self._home):
            self._make_room()
            with open_worker_log(self._home) as output:
                worker = self._started(output)
            with self._nothing_left_behind(worker):
                self._see_it_healthy(worker)
        self._tell()

    def in_foreground(self) -> None:
        """Start the worker and show its logs; returns once Ctrl+C, SIGTERM or `planoai down` has ended it."""
        _take_for_ctrl_c(signal.SIGTERM, signal.SIGHUP)
        self._home.prepare()
        logs = LogView(self._home, debug=True, headers=False)
        with _only_one_start(self._home):
            self._make_room()
            worker = self._started(None)
        with self._nothing_left_behind(worker):
            try:
                self._see_it_healthy(worker)
                self._tell()
                say("Press Ctrl+C to stop.")
                logs.show_new_while(lambda: worker.poll() is None)
            except KeyboardInterrupt:
                _stop_in_sight(worker, logs)
        # -SIGTERM: it was asked to end before it was far enough to do so in order.
        if worker.returncode not in (0, -signal.SIGTERM):
            raise CommandFailed(f"Plano exited unexpectedly (exit code {worker.returncode})")
        say_good("Plano stopped!")

    def _make_room(self) -> None:
        """End the instance that runs already, and see that nobody else holds a port we need."""
        previous = running_instance(self._home)
        if previous is not None:
            say_dim(f"Stopping the running instance (PID: {previous.pid})...")
            stop_worker(previous.pid, self._home)
        forget_instance(self._home)
        refused = [
            f"  Listener {door.name} cannot listen on {door.place}: {why}"
            for door in self._doors
            if (why := refusal_to_bind(door))
        ]
        if refused:
            raise CommandFailed("Plano cannot start", refused)

    def _started(self, output: IO[bytes] | None) -> subprocess.Popen[bytes]:
        worker = start_worker(self._home, self._config, level=self._level, output=output)
        with self._nothing_left_behind(worker):
            write_instance(self._home, Instance(worker.pid, str(self._config), time.time(), self._doors))
        say_dim(f"Started Plano (PID: {worker.pid})...")
        return worker

    def _see_it_healthy(self, worker: subprocess.Popen[bytes]) -> None:
        say_dim("Waiting for listeners to become healthy...")
        unhealthy = unhealthy_doors(self._doors, within_s=self._timeout_s, going_on=lambda: worker.poll() is None)
        if worker.poll() is not None:
            headline = f"Plano exited unexpectedly (exit code {worker.returncode})"
            raise CommandFailed(headline, [f"  {line}" for line in last_words(self._home)])
        if unhealthy:
            first, *others = (
                f"Listener {door.name} (port {door.port}) not healthy after {self._timeout_s:g}s" for door in unhealthy
            )
            raise CommandFailed(first, [*others, f"Logs: {self._home.logs}"])

    @contextmanager
    def _nothing_left_behind(self, worker: subprocess.Popen[bytes]) -> Iterator[None]:
        """End the worker if the body fails; forget the instance if the worker has ended."""
        try:
            yield
        except BaseException:
            stop_worker(worker.pid, self._home, within_s=_FAILED_START_GRACE_S)
            worker.wait()
            raise
        finally:
            if worker.poll() is not None:
                forget_instance(self._home)

    def _tell(self) -> None:
        say()
        say_good("Plano is running!")
        for door in self._doors:
            say(f"  {door.name} ({door.kind}): {door.url}")
        say(f"Logs: {self._home.logs}")


def _take_for_ctrl_c(*signals: signal.Signals) -> None:
    """A container is stopped with SIGTERM, a closed terminal sends SIGHUP; under nohup that stays ignored."""
    for number in signals:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


def _stop_in_sight(worker: subprocess.Popen[bytes], logs: LogView) -> None:
    """Ask the worker to end and show its last lines; a second Ctrl+C cuts off what it still serves."""
    try:
        worker.terminate()
        say_dim("Stopping...")
        logs.show_new_while(lambda: worker.poll() is None)
    except KeyboardInterrupt:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        raise CommandFailed("Plano was ended while it was still serving") from None


def _door(listener: Listener) -> Door:
    kind = str(listener.__struct_config__.tag)
    return Door(listener.name, kind, listener.address, listener.port)


@contextmanager
def _only_one_start(home: Home) -> Iterator[None]:
    """Two starts at once would stop each other's workers; the second is refused."""
    with open(home.start_lock, "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandFailed("Plano is being started by another command") from None
        yield
