"""A real supervisor with its workers: starting it, asking it, ending it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from plano.run.control import NotRunning, Reloaded, Status, ask_reload, ask_status
from tests.end_to_end.gateway_process import ROOT, Gateway, free_port, wait_for

_PORT_TAKEN = 3


class Instance(Gateway):
    """One supervisor; `process` is the supervisor's."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, directory: Path) -> None:
        super().__init__(process, port, directory / "logs")
        self.directory = directory
        self.config = directory / "config.yaml"

    def status(self) -> Status:
        return ask_status(self.directory)

    def reload(self, text: str | None = None) -> Reloaded:
        """Have it read its config again, after writing another one."""
        if text is not None:
            self.config.write_text(text, "utf-8")
        return ask_reload(self.directory)

    def pids(self) -> list[int]:
        """The workers', in their order."""
        return [worker.pid for worker in self.status().workers]

    def is_serving(self) -> bool:
        """All workers are ready."""
        try:
            workers = self.status().workers
        except NotRunning:
            return False
        return all(worker.state == "ready" for worker in workers)


@contextmanager
def running_instance(
    directory: Path, config_text: Callable[[int], str], *arguments: str, environ: Mapping[str, str] | None = None
) -> Iterator[Instance]:
    """A supervisor serving what `config_text` gives for a free port, until the block ends."""
    (directory / "logs").mkdir(parents=True)
    instance = _started(directory, config_text, arguments, environ or {})
    try:
        yield instance
    finally:
        code = instance.stop()
    assert code == 0, (code, (directory / "logs" / "stderr.log").read_text("utf-8"))


def spawned(directory: Path, text: str, arguments: tuple[str, ...], environ: Mapping[str, str]) -> Instance:
    """A supervisor that may or may not come to serve."""
    instance_config = directory / "config.yaml"
    instance_config.write_text(text, "utf-8")
    inherited = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    command = [sys.executable, "-P", "-m", "plano.run.supervisor", "--config", str(instance_config)]
    command += ["--log-dir", str(directory / "logs"), "--run-dir", str(directory), *arguments]
    with open(directory / "logs" / "stderr.log", "wb") as stderr:
        process = subprocess.Popen(
            command,
            env={**inherited, "PYTHONPATH": str(ROOT), **environ},
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            start_new_session=True,
        )
    return Instance(process, 0, directory)


def _started(
    directory: Path, config_text: Callable[[int], str], arguments: tuple[str, ...], environ: Mapping[str, str]
) -> Instance:
    for _ in range(3):  # Somebody else may take the free port first.
        port = free_port()
        instance = spawned(directory, config_text(port), arguments, environ)
        instance.port = port
        process = instance.process
        _wait_until_it_serves_or_ends(instance)
        if process.poll() is None:
            return instance
        if process.returncode != _PORT_TAKEN:
            break
    raise AssertionError((directory / "logs" / "stderr.log").read_text("utf-8"))


def _wait_until_it_serves_or_ends(instance: Instance) -> None:
    try:
        wait_for(lambda: instance.process.poll() is not None or instance.is_serving(), timeout_s=20)
    except AssertionError:
        os.killpg(instance.process.pid, signal.SIGKILL)
        raise
