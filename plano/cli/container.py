"""The container that `up --docker` started: whether it runs, its end, and commands inside it.

There is one, called `plano`. A home notes that its instance is that container, so that `down`, `logs`, `status` and
`reload` find it without being told.
"""

from __future__ import annotations

import sys
from typing import Final, NamedTuple

import msgspec

from plano.cli.docker import docker, docker_in_sight, failed
from plano.cli.home import Home
from plano.cli.terminal import CommandFailed, warn

NAME: Final = "plano"
#: What Docker may take beyond the time a container gets to stop, in seconds.
_STOP_MARGIN_S: Final = 30.0


class Noted(msgspec.Struct, frozen=True):
    """What a home knows of its container. `stop_s`: how long the config lets a stop take."""

    config: str
    stop_s: float


def note_container(home: Home, noted: Noted) -> None:
    """Write down that this home's instance is the container."""
    home.container_file.write_bytes(msgspec.json.encode(noted))


def noted_container(home: Home) -> Noted | None:
    """What was written down; `None` when there is nothing, or nothing readable."""
    try:
        return msgspec.json.decode(home.container_file.read_bytes(), type=Noted)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def forget_container(home: Home) -> None:
    """The container is gone."""
    home.container_file.unlink(missing_ok=True)


class State(NamedTuple):
    """Docker's word for it (`running`, `exited` ...), and the exit code, 0 while it runs."""

    status: str
    code: int


def container_state() -> State | None:
    """How the container is; `None` without one."""
    asked = docker("container", "inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", NAME)
    status, _, code = asked.stdout.strip().partition(" ")
    return State(status, int(code)) if asked.returncode == 0 and code.isdigit() else None


def container_runs() -> bool:
    """Whether the container is there and running."""
    state = container_state()
    return state is not None and state.status == "running"


def stop_container(home: Home) -> bool:
    """Have the container drain, then remove it. False when there was none."""
    state = container_state()
    if state is None:
        forget_container(home)
        return False
    noted = noted_container(home)
    # The container knows itself how long it may take to stop: see `--stop-timeout` where it is started.
    docker("stop", NAME, within_s=_STOP_MARGIN_S + (noted.stop_s if noted else 0.0))
    removed = docker("rm", "--force", NAME)
    if removed.returncode:
        state = container_state()
        if state is not None and state.status != "removing":
            raise failed("The container cannot be removed", removed)
    forget_container(home)
    return True


def stop_noted_container(home: Home) -> bool:
    """The same for the container of this home. Without a Docker there is none, whatever was noted."""
    if noted_container(home) is None:
        return False
    try:
        return stop_container(home)
    except CommandFailed as problem:
        warn(f"The container is left alone: {problem.message}")
        forget_container(home)
        return False


def last_words() -> list[str]:
    """The end of what the container printed."""
    told = docker("logs", "--tail", "20", NAME)
    return (told.stdout + told.stderr).splitlines()


def show_container_logs(count: int, *, follow: bool, debug: bool) -> int:
    """What it printed last, requests alone without `debug`; the exit code of `docker logs`.

    Inside, requests go to stdout and everything else to stderr, and Docker keeps the two apart.
    """
    arguments = ["logs", "--tail", str(count), *["--follow"] * follow, NAME]
    try:
        return docker_in_sight(*arguments, hears_errors=debug)
    except KeyboardInterrupt:
        return 0


def answer_from_container(home: Home, *arguments: str) -> None:
    """End this command with the answer of `planoai arguments` inside the container, if this home's plano is one."""
    if noted_container(home) is not None and container_runs():
        raise SystemExit(run_inside(*arguments))


def run_inside(*arguments: str) -> int:
    """Run `planoai arguments` inside the container, on this terminal; its exit code."""
    # With a terminal of its own Ctrl+C ends it in there as well.
    terminal = ["--interactive", "--tty"] if sys.stdin.isatty() and sys.stdout.isatty() else []
    return docker_in_sight("exec", *terminal, NAME, "planoai", *arguments)
