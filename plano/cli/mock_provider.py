"""`planoai mock-provider`: the scripted provider on a port, in the foreground or detached."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click

from plano.cli.home import find_home
from plano.cli.terminal import CommandFailed, say, say_dim, say_good

_MODULE = "plano.testing.scripted_provider"
_READY = "listening on"
_START_S = 10.0
_STOP_S = 5.0
_LOOK_AGAIN_S = 0.02


@click.command("mock-provider")
@click.option("--port", default=9300, show_default=True, type=click.IntRange(1, 65535), help="Port to serve on.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind.")
@click.option("--require-key", metavar="KEY", help="Answer every other API key with 401.")
@click.option("--refuse-key", metavar="KEY", multiple=True, help="Answer this API key with 401 (repeatable).")
@click.option("--detach", is_flag=True, help="Return once it answers; stop it with --stop.")
@click.option("--stop", is_flag=True, help="Stop the detached mock provider of this port.")
def mock_provider(
    port: int, host: str, require_key: str | None, refuse_key: tuple[str, ...], detach: bool, stop: bool
) -> None:
    """Serve a scripted LLM provider for trying plano out without any API key.

    It speaks OpenAI chat completions, OpenAI responses and Anthropic messages at any path prefix. A model
    named mock/BEHAVIOUR misbehaves on purpose: mock/error-429, mock/slow, mock/cut and more
    (docs/mock-provider.md).
    """
    pid_file = find_home().run / f"mock-provider-{port}.pid"
    if stop:
        _stop(pid_file, port)
        return
    command = [sys.executable, "-P", "-m", _MODULE, "--host", host, "--port", str(port)]
    if require_key is not None:
        command += ["--require-key", require_key]
    for key in refuse_key:
        command += ["--refuse-key", key]
    if detach:
        _start(command, port, pid_file)
    else:
        os.execv(command[0], command)  # The same interpreter, no shell.


def _start(command: list[str], port: int, pid_file: Path) -> None:
    log = pid_file.with_suffix(".log")
    find_home().prepare()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    give_up = time.monotonic() + _START_S
    while _READY not in (told := log.read_text()):  # It says so once its port answers.
        if process.poll() is not None or time.monotonic() > give_up:
            process.kill()
            process.wait()
            raise CommandFailed("The mock provider did not start", told.strip().splitlines())
        time.sleep(_LOOK_AGAIN_S)
    pid_file.write_text(f"{process.pid}\n")
    say_good(f"{told.strip()} (PID {process.pid})")
    say_dim(f"Stop it with: planoai mock-provider --stop --port {port}")


def _stop(pid_file: Path, port: int) -> None:
    pid = _running_pid(pid_file)
    if pid is None:
        pid_file.unlink(missing_ok=True)
        raise CommandFailed(f"No detached mock provider is running on port {port}")
    os.kill(pid, signal.SIGTERM)
    give_up = time.monotonic() + _STOP_S
    while _running_pid(pid_file) is not None and time.monotonic() < give_up:
        time.sleep(_LOOK_AGAIN_S)
    if _running_pid(pid_file) is not None:
        os.kill(pid, signal.SIGKILL)
    pid_file.unlink(missing_ok=True)
    say(f"Mock provider on port {port} stopped (PID {pid})")


def _running_pid(pid_file: Path) -> int | None:
    """The pid in the file, if that process still is a mock provider: pids are used again."""
    try:
        pid = int(pid_file.read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if _MODULE.encode() in words else None
