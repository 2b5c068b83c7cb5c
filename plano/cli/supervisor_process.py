"""Starting the supervisor as a process of its own, and telling why one ended too early."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Final

import plano
from plano.cli.home import Home
from plano.cli.instance import SUPERVISOR_MODULE
from plano.cli.tail import last_lines

_SHOWN_LINES: Final = 20


def start_supervisor(
    home: Home,
    config: Path,
    *,
    level: str,
    workers: str | None,
    watches: bool,
    logs_to_files: bool,
    output: IO[bytes] | None,
) -> subprocess.Popen[bytes]:
    """Run the supervisor in a session of its own; it gets this command's environment and reads the keys itself.

    `output` takes what it prints, its logs as well without `logs_to_files`; `None` leaves it on this terminal. The
    session of its own keeps the terminal's Ctrl+C from reaching it past whoever started it.
    """
    # -P: a `plano` or `yaml` folder in the directory where somebody happens to stand must not be imported.
    command = [sys.executable, "-P", "-m", SUPERVISOR_MODULE, "--config", str(config)]
    command += ["--run-dir", str(home.run), "--level", level]
    if logs_to_files:
        command += ["--log-dir", str(home.logs)]
    if workers is not None:
        command += ["--workers", workers]
    if watches:
        command.append("--watch")
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=_environment(),
        start_new_session=True,
    )


def open_worker_log(home: Home) -> IO[bytes]:
    """An empty log for a new instance; the previous one's last words stay in `worker.log.1`."""
    if home.worker_log.exists():
        home.worker_log.replace(home.worker_log.with_name("worker.log.1"))
    return open(home.worker_log, "wb")


def last_words(home: Home) -> list[str]:
    """The end of what supervisor and workers printed."""
    if not home.worker_log.is_file():
        return []
    return [line.decode(errors="replace") for line in last_lines(home.worker_log, _SHOWN_LINES)]


def _environment() -> dict[str, str]:
    """The shell's environment; where plano runs from a checkout, also the way to this very plano."""
    environment = dict(os.environ)
    root = Path(plano.__file__).parent.parent
    if root.name not in ("site-packages", "dist-packages"):
        paths = [str(root), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return environment
