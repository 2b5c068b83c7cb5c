"""The process above the workers: `python -m plano.run.supervisor --config FILE --log-dir DIR --run-dir DIR`.

It binds the ports and keeps them, keeps the workers running, has them change to another config, and answers
`planoai status`. It serves nothing itself. SIGTERM and SIGINT drain, a second one hurries; SIGHUP reads the config
again.
Exit codes are the worker's: 0 stopped as asked, 1 cannot run, 2 config problem, 3 a listener could not be bound.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from plano import __version__
from plano.config.document import Config
from plano.config.load import ConfigSource, LoadedConfig, read_source
from plano.config.problems import ConfigProblems
from plano.errors import PlanoError
from plano.http.server.binding import Place
from plano.run.channel import Start, described
from plano.run.control import Reloaded, Status
from plano.run.control_server import ControlServer
from plano.run.cpu_count import usable_cpus
from plano.run.file_watch import FileWatch, files_of
from plano.run.loading import servable
from plano.run.ports import CannotListen, Ports
from plano.run.rollout import Rollout
from plano.run.stop_signals import call_on_stop_signal, ignore_stop_signals
from plano.run.systemd import SystemdNotice
from plano.run.worker_slot import EndedAtStart, WorkerSlot, worker_command
from plano.telemetry.process_log import start_process_log, stop_process_log

log: Final = logging.getLogger("plano.run")

EXIT_CANNOT_RUN: Final = 1
EXIT_CONFIG: Final = 2
EXIT_CANNOT_LISTEN: Final = 3
WATCH_INTERVAL_S: Final = 1.0
#: What a worker may need beyond its delay and grace, in seconds.
_STOP_MARGIN_S: Final = 5.0


class Supervisor:
    """One running instance. `workers` overrides the config."""

    def __init__(
        self,
        path: Path,
        *,
        log_dir: Path | None = None,
        run_dir: Path | None = None,
        level: str = "info",
        workers: str | None = None,
        watches: bool = False,
    ) -> None:
        """Raises `ConfigProblems`, `NotServable` or `CannotListen`."""
        self.path = path
        self.source = read_source(path)
        self.loaded: LoadedConfig = servable(self.source)
        self.slots: list[WorkerSlot] = []
        self.leaving: set[WorkerSlot] = set()
        self.ports = Ports()
        self.reloads = 0
        self.refused: tuple[str, ...] = ()
        self.started_unix_s = self.loaded_unix_s = time.time()
        self._workers = workers
        self._command = worker_command(path, log_dir, level)
        self._watches = watches
        self._run_dir = run_dir
        self._systemd = SystemdNotice()
        self._stopping = asyncio.Event()
        self._reloading = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self.ports.bind(self.config.listeners, self.worker_count(self.config))

    @property
    def config(self) -> Config:
        """What is served now."""
        return self.loaded.config

    def worker_count(self, config: Config) -> int:
        """How many workers a config asks for."""
        wanted = config.workers if self._workers is None else self._workers
        return usable_cpus() if wanted == "auto" else int(wanted)

    async def run(self) -> None:
        """Until it was asked to stop. Raises `EndedAtStart` or `OSError` when the workers cannot start."""
        loop = asyncio.get_running_loop()
        call_on_stop_signal(loop, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload_soon)
        self.set_workers(self.worker_count(self.config))
        server: ControlServer | None = None
        try:
            if await self._all_ready():
                if self._run_dir is not None:
                    server = ControlServer(self._run_dir, {"status": self.status, "reload": self.reload})
                    await server.start()
                self._serving()
                await self._stopping.wait()
        finally:
            await self._end()
            if server is not None:
                server.stop()
            ignore_stop_signals()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Drain all workers and end; the second time, hurry."""
        if not self._stopping.is_set():
            log.info("stopping %d workers", len(self.slots))
            self._systemd.stopping()
        self._stopping.set()
        # From here on the workers alone hold the ports.
        self.ports.close()
        for slot in self.slots:
            slot.stop()

    def set_workers(self, count: int) -> None:
        """Start workers, or have the last ones drain, until there are `count`."""
        while len(self.slots) < count:
            slot = WorkerSlot(len(self.slots) + 1, self._command, self._start_message(len(self.slots) + 1))
            self.slots.append(slot)
            self._in_background(self._keep(slot))
        for slot in self.slots[count:]:
            self.leaving.add(slot)
            slot.stop()
        del self.slots[count:]

    async def reload(self) -> Reloaded:
        """Read the config again and have every worker serve it; or nothing changes."""
        async with self._reloading:
            if self._stopping.is_set():
                return Reloaded(accepted=False, problems=("plano is stopping",))
            self._systemd.reloading()
            result = await Rollout(self).run()
            self.refused = result.problems
            if result.accepted:
                self.reloads += 1
                self.loaded_unix_s = time.time()
            _log_outcome(result)
            self._systemd.ready(self._summary())
            return result

    def adopt(self, source: ConfigSource, loaded: LoadedConfig) -> None:
        """Have every worker that starts from now on serve another config."""
        self.source = source
        self.loaded = loaded

    async def status(self) -> Status:
        """The instance's facts, from every worker that answers."""
        return Status(
            version=__version__,
            pid=os.getpid(),
            started_unix_s=self.started_unix_s,
            config=str(self.path),
            loaded_unix_s=self.loaded_unix_s,
            reloads=self.reloads,
            refused=self.refused,
            workers=tuple(await asyncio.gather(*(slot.facts() for slot in self.slots))),
        )

    # From start to end.

    async def _all_ready(self) -> bool:
        """False when a stop came first."""
        ready = asyncio.gather(*(slot.was_ready.wait() for slot in self.slots))
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait((ready, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        is_ready = ready.done()
        ready.cancel()
        with suppress(asyncio.CancelledError):
            await ready
        return is_ready and not self._stopping.is_set()

    def _serving(self) -> None:
        for notice in self.loaded.notices:
            log.warning("%s", notice)
        log.info("plano %s serves with %d workers, supervisor pid %d", __version__, len(self.slots), os.getpid())
        self._systemd.ready(self._summary())
        if self._watches:
            self._in_background(self._watch())
        if self._systemd.watchdog_interval_s is not None:
            self._in_background(self._stay_alive(self._systemd.watchdog_interval_s))

    async def _end(self) -> None:
        if not self._stopping.is_set():  # Told twice, workers would hurry.
            self.stop()
        limit_s = float(self.config.shutdown_delay) + float(self.config.shutdown_grace) + _STOP_MARGIN_S
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=limit_s)
            for slot in (*self.slots, *self.leaving) if late else ():
                log.error("worker %d did not end in time and is killed", slot.number)
                slot.kill()
            if late:
                await asyncio.wait(late)
        log.info("all workers have stopped")

    async def _keep(self, slot: WorkerSlot) -> None:
        try:
            await slot.keep_running()
        except (EndedAtStart, OSError) as error:
            self._failure = self._failure or error
            self.stop()
        finally:
            self.leaving.discard(slot)

    def _start_message(self, number: int) -> Callable[[], tuple[Start, Mapping[Place, list[socket.socket]]]]:
        def message() -> tuple[Start, Mapping[Place, list[socket.socket]]]:
            workers = self.worker_count(self.config)
            sockets = self.ports.of(number, workers)
            return Start(self.source, workers, described(sockets)), sockets

        return message

    # What goes on meanwhile.

    def _reload_soon(self) -> None:
        async def reload() -> None:
            await self.reload()

        self._in_background(reload())

    async def _watch(self) -> None:
        watch = FileWatch(files_of(self.path, self.config))
        while await self._goes_on_for(WATCH_INTERVAL_S):
            if watch.has_settled_change():
                log.info("a file of the config was changed")
                await self.reload()
                watch = FileWatch(files_of(self.path, self.config))

    async def _stay_alive(self, interval_s: float) -> None:
        while await self._goes_on_for(interval_s):
            if any(slot.state == "ready" for slot in self.slots):
                self._systemd.alive()

    async def _goes_on_for(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        return not self._stopping.is_set()

    def _summary(self) -> str:
        places = ", ".join(f"{listener.address}:{listener.port}" for listener in self.config.listeners)
        return f"serving {places} with {len(self.slots)} workers"

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _log_outcome(result: Reloaded) -> None:
    if not result.accepted:
        log.error("the new config is refused, the old one stays: %s", "; ".join(result.problems))
        return
    for notice in result.notices:
        log.warning("%s", notice)
    log.info("the new config is served: %s", "; ".join(result.changes) or "no changes")


def main(arguments: list[str] | None = None) -> int:
    """Run one instance to its end; the process's exit code."""
    options = _parser().parse_args(arguments)
    try:
        start_process_log(None if options.log_dir is None else options.log_dir / "plano.log", options.level)
        supervisor = Supervisor(
            options.config,
            log_dir=options.log_dir,
            run_dir=options.run_dir,
            level=options.level,
            workers=options.workers,
            watches=options.watch,
        )
        asyncio.run(supervisor.run())
    except EndedAtStart as error:
        return error.code if error.code > 0 else EXIT_CANNOT_RUN  # The worker has said why.
    except ConfigProblems as problems:
        return _failed(str(problems), EXIT_CONFIG)
    except CannotListen as error:
        return _failed(str(error), EXIT_CANNOT_LISTEN)
    except PlanoError as error:
        return _failed(error.message, EXIT_CONFIG)
    except OSError as error:
        return _failed(f"plano cannot run: {error}", EXIT_CANNOT_RUN)
    finally:
        stop_process_log()
    return 0


def _failed(message: str, code: int) -> int:
    log.error("%s", message)
    print(message, file=sys.stderr)
    return code


def _workers(text: str) -> str:
    if text != "auto" and not (text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"a number of at least 1 or `auto`, not {text!r}")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="plano.run.supervisor", description="One running instance of plano.")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--log-dir", type=Path, help="without it, requests are logged to stdout, the rest to stderr")
    parser.add_argument("--run-dir", type=Path, default=None, help="where the control socket is; none without it")
    parser.add_argument("--level", default=os.environ.get("LOG_LEVEL", "info"))
    parser.add_argument("--workers", type=_workers, default=None, help="instead of what the config says")
    parser.add_argument("--watch", action="store_true", help="reload when files of the config change")
    return parser


if __name__ == "__main__":
    sys.exit(main())
