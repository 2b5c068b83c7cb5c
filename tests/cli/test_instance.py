from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plano.cli.health import Door
from plano.cli.home import Home
from plano.cli.instance import (
    Instance,
    forget_instance,
    is_supervisor,
    running_instance,
    stop_supervisor,
    write_instance,
)

POLITE = (
    "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM]); print(flush=True); "
    "signal.sigwait([signal.SIGTERM])"
)
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"


@contextmanager
def process_like_a_supervisor(home: Home, code: str = POLITE) -> Iterator[subprocess.Popen[bytes]]:
    """A process with the arguments of a supervisor of `home`, which runs `code`."""
    command = [sys.executable, "-c", code, "plano.run.supervisor", "--run-dir", str(home.run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.prepare()
    return home


def test_what_was_written_is_read_back(home: Home) -> None:
    with process_like_a_supervisor(home) as process:
        written = Instance(process.pid, "/etc/plano.yaml", 1700000000.5, (Door("llm", "model", "::", 12000),))
        write_instance(home, written)
        assert running_instance(home) == written


def test_nothing_runs_without_a_pid_file(home: Home) -> None:
    assert running_instance(home) is None


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"[]",
        b'{"pid": "x"}',
        b"\xff\xfe",
        b'{"pid": 1}',
        b"123",
        b'{"pid":-5,"config":"","started_unix_s":0}',
    ],
)
def test_a_damaged_pid_file_is_no_instance(home: Home, damaged: bytes) -> None:
    home.pid_file.write_bytes(damaged)
    assert running_instance(home) is None


def test_a_foreign_process_of_the_same_number_is_not_ours(home: Home) -> None:
    write_instance(home, Instance(os.getpid(), "config.yaml", 0.0))
    assert running_instance(home) is None


def test_the_worker_of_another_home_is_not_ours(home: Home, tmp_path: Path) -> None:
    with process_like_a_supervisor(Home(tmp_path / "other")) as process:
        assert not is_supervisor(process.pid, home)


def test_a_worker_that_ended_unnoticed_is_dead(home: Home) -> None:
    with process_like_a_supervisor(home) as process:
        assert is_supervisor(process.pid, home)
        process.terminate()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not is_supervisor(process.pid, home)


def test_a_polite_worker_is_asked(home: Home) -> None:
    with process_like_a_supervisor(home) as process:
        assert stop_supervisor(process.pid, home, within_s=30)
        assert process.wait() == 0


def test_a_deaf_worker_is_ended_after_the_time_it_got(home: Home) -> None:
    with process_like_a_supervisor(home, DEAF) as process:
        assert not stop_supervisor(process.pid, home, within_s=0.05)
        assert process.wait() == -9


def test_stopping_what_is_gone_is_fine(home: Home) -> None:
    with process_like_a_supervisor(home) as process:
        process.kill()
        process.wait()
        assert stop_supervisor(process.pid, home, within_s=30)


def test_forgetting_twice_is_fine(home: Home) -> None:
    write_instance(home, Instance(1, "", 0.0))
    forget_instance(home)
    forget_instance(home)
    assert not home.pid_file.exists()
