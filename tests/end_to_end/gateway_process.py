"""A real worker process: starting it, stopping it, reading what it wrote."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Names of variables that would change what a worker does.
_NOT_INHERITED = ("PLANO_HOME", "LOG_LEVEL", "PYTHONPATH")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_PORT_TAKEN = 3


class Gateway:
    """One running worker. `host` and `port` are its first listener's."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log_dir: Path) -> None:
        self.process = process
        self.host = "127.0.0.1"
        self.port = port
        self.log_dir = log_dir

    @property
    def base_url(self) -> str:
        """Scheme, host and port, no path."""
        return f"http://{self.host}:{self.port}"

    def resident_bytes(self) -> int:
        """Memory of the process that is in RAM."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("the kernel says nothing about the worker's memory")

    def open_files(self) -> int:
        """How many descriptors it holds."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def cpu_seconds(self) -> float:
        """CPU time of all its threads so far."""
        told = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")

    def access_line(self, mark: str) -> str:
        """The access log's line that holds `mark`; lines are written in batches, so it may take a moment."""
        return self._line("access_llm.log", mark)

    def log_line(self, mark: str) -> str:
        """The line of `plano.log` that holds `mark`."""
        return self._line("plano.log", mark)

    def all_logs(self) -> str:
        """Everything the worker has written, stderr included."""
        return "".join(path.read_text("utf-8") for path in sorted(self.log_dir.iterdir()))

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=5)
            raise

    def _line(self, name: str, mark: str) -> str:
        found: list[str] = []

        def is_there() -> bool:
            lines = (self.log_dir / name).read_text("utf-8").splitlines()
            found[:] = [line for line in lines if mark in line]
            return bool(found)

        wait_for(is_there)
        return found[-1]


@contextmanager
def running_gateway(
    log_dir: Path,
    config_text: Callable[[int], str],
    environ: Mapping[str, str],
    *,
    most_open_files: int | None = None,
) -> Iterator[Gateway]:
    """A worker serving the config that `config_text` gives for a free port, until the block ends.

    It inherits no key from the shell: `environ` holds all it knows. `most_open_files` is its RLIMIT_NOFILE.
    """
    log_dir.mkdir(parents=True)
    gateway = _started(log_dir, config_text, environ, most_open_files)
    try:
        yield gateway
    finally:
        code = gateway.stop()
    assert code == 0, (code, (log_dir / "stderr.log").read_text("utf-8"))


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def wait_for(holds: Callable[[], bool], timeout_s: float = 5.0) -> None:
    """Wait for something another process does; `AssertionError` when it does not."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def _started(
    log_dir: Path,
    config_text: Callable[[int], str],
    environ: Mapping[str, str],
    most_open_files: int | None,
) -> Gateway:
    for _ in range(3):  # Somebody else may take the free port first.
        port = free_port()
        config = log_dir.with_suffix(".yaml")
        config.write_text(config_text(port), "utf-8")
        process = _spawned(config, log_dir, environ, most_open_files)
        if _is_serving(process, port):
            return Gateway(process, port, log_dir)
        if process.wait(timeout=5) != _PORT_TAKEN:
            break
    raise AssertionError((log_dir / "stderr.log").read_text("utf-8"))


def _spawned(
    config: Path, log_dir: Path, environ: Mapping[str, str], most_open_files: int | None
) -> subprocess.Popen[bytes]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_INHERITED and name.lower() not in _PROXIES and not name.endswith("_API_KEY")
    }
    command = [sys.executable, "-P", "-m", "plano.run.worker", "--config", str(config)]
    command += ["--log-dir", str(log_dir)]
    if most_open_files is not None:
        # The shell sets it: `preexec_fn` is unsafe where threads run.
        command = ["sh", "-c", f'ulimit -n {most_open_files}; exec "$@"', "sh", *command]
    with open(log_dir / "stderr.log", "wb") as stderr:
        return subprocess.Popen(
            command,
            cwd=log_dir,
            env={**inherited, "PYTHONPATH": str(ROOT), **environ},
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            start_new_session=True,
        )


def _is_serving(process: subprocess.Popen[bytes], port: int) -> bool:
    """True once somebody listens, False when the worker ended instead."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return True
        if process.poll() is not None:
            return False
        time.sleep(0.01)
    process.kill()
    return False
