"""From a checked config to a running container, and the wait for its listeners.

The container runs `planoai up --foreground` as this user. Whatever goes wrong on the way, none is left behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plano import __version__
from plano.cli.container import (
    NAME,
    Noted,
    container_runs,
    container_state,
    last_words,
    note_container,
    stop_container,
)
from plano.cli.container_arguments import (
    CONFIG_DIRECTORY,
    HOME,
    HOST,
    WORKING_DIRECTORY,
    as_this_user,
    handed_in,
    mounts,
    names_of_this_machine,
    published,
)
from plano.cli.docker import IMAGE_VARIABLE, docker, failed, named_image, require_daemon
from plano.cli.health import unhealthy_doors
from plano.cli.home import Home
from plano.cli.starting import door_of, make_room, only_one_start, take_for_ctrl_c
from plano.cli.terminal import CommandFailed, say, say_dim, say_good, warn

if TYPE_CHECKING:
    from plano.config.load import LoadedConfig

#: What the command in the container needs beyond the delay and the grace of the config, in seconds.
_STOP_MARGIN_S: Final = 15.0
_PAUSE_S: Final = 0.2
#: A new image is fetched first, if it is one of a registry.
_START_S: Final = 900.0


class ContainerLaunch:
    """One start of the gateway in a container. The arguments are those of `Launch`."""

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
    ) -> None:
        config = loaded.config
        self._home = home
        self._path = path
        self._loaded = loaded
        self._doors = tuple(door_of(listener) for listener in config.listeners)
        self._stop_s = float(config.shutdown_delay) + float(config.shutdown_grace) + _STOP_MARGIN_S
        self._timeout_s = timeout_s
        self._image = named_image() or f"plano:{__version__}"
        self._command = ["up", f"{CONFIG_DIRECTORY}/{path.name}", "--foreground", "--no-log-files"]
        self._command += ["--log-level", level, "--timeout", f"{timeout_s:g}"]
        if workers is not None:
            self._command += ["--workers", workers]
        if watches:
            self._command.append("--watch")

    def detached(self) -> None:
        """Start the container and leave it running."""
        self._home.prepare()
        with only_one_start(self._home):
            self._start()
            with self._nothing_left_behind():
                self._see_it_healthy()
        self._tell()

    def in_foreground(self) -> None:
        """Start the container and show its logs; Ctrl+C or SIGTERM, or `planoai down` elsewhere, ends it."""
        take_for_ctrl_c(signal.SIGTERM, signal.SIGHUP)
        self._home.prepare()
        with only_one_start(self._home):
            self._start()
        with self._nothing_left_behind():
            self._see_it_healthy()
            self._tell()
            say("Press Ctrl+C to stop.")
            with suppress(KeyboardInterrupt):
                _show_logs()
                state = container_state()
                if state is not None and state.code:
                    raise CommandFailed(f"The container exited unexpectedly (exit code {state.code})")
            say_dim("Stopping...")
            stop_container(self._home)
        say_good("Plano stopped!")

    def _start(self) -> None:
        require_daemon()
        if named_image() is None and docker("image", "inspect", self._image).returncode:
            raise CommandFailed(
                f"There is no image {self._image}",
                [
                    "  Build it in a checkout of the repository with 'planoai build --docker',",
                    f"  or name another one with {IMAGE_VARIABLE}.",
                ],
            )
        self._warn_of_localhost()
        if container_state() is not None:
            say_dim("Removing the container that is there...")
            stop_container(self._home)
        make_room(self._home, self._doors)
        with self._nothing_left_behind():
            note_container(self._home, Noted(str(self._path), self._stop_s))
            started = docker(*self.arguments(), within_s=_START_S)
            if started.returncode:
                raise failed("The container cannot be started", started)
        say_dim(f"Started container {NAME} from {self._image}...")

    def arguments(self) -> tuple[str, ...]:
        """Everything after the word `docker`."""
        from plano.config.environment import PROXY_VARIABLES, variable_names
        from plano.config.yaml_text import decode, parse
        from plano.run.file_watch import files_of

        tree, _ = parse(decode(self._path.read_bytes()))
        always = (self._path, self._path.with_name(".env"))
        files = [file for file in files_of(self._path, self._loaded.config) if file not in always]
        return (
            *("run", "--detach", "--name", NAME, "--stop-timeout", f"{self._stop_s:.0f}"),
            # An image of this very name in a registry would be somebody else's.
            *("--pull", "missing" if named_image() else "never"),
            *as_this_user(),
            *("--add-host", f"{HOST}:host-gateway"),
            *published(self._doors),
            *mounts(self._path, files),
            *("--workdir", WORKING_DIRECTORY, "--env", f"PLANO_HOME={HOME}", "--env", "PLANO_LISTEN_ADDRESS=0.0.0.0"),
            *handed_in((*variable_names(tree), *PROXY_VARIABLES), os.environ),
            self._image,
            *self._command,
        )

    def _see_it_healthy(self) -> None:
        say_dim("Waiting for listeners to become healthy...")
        unhealthy = unhealthy_doors(self._doors, within_s=self._timeout_s, going_on=container_runs, pause_s=_PAUSE_S)
        if not unhealthy:
            return
        lines = [f"  {line}" for line in last_words()]
        if not container_runs():
            raise CommandFailed("The container exited unexpectedly", lines)
        first, *others = (
            f"Listener {door.name} (port {door.port}) not healthy after {self._timeout_s:g}s" for door in unhealthy
        )
        raise CommandFailed(first, [*others, *lines])

    @contextmanager
    def _nothing_left_behind(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            stop_container(self._home)
            raise

    def _warn_of_localhost(self) -> None:
        places = names_of_this_machine(self._loaded)
        if places:
            warn(f"In the container localhost is the container; {HOST} is this machine, with and without Docker:")
            for place in places:
                warn(f"  {place}")

    def _tell(self) -> None:
        say()
        say_good("Plano is running in a container!")
        for door in self._doors:
            say(f"  {door.name} ({door.kind}): {door.url}")
        say("Logs: planoai logs --docker")


def _show_logs() -> None:
    """Until the container ends, or until Ctrl+C."""
    shown = subprocess.Popen(["docker", "logs", "--follow", NAME], stdin=subprocess.DEVNULL)
    try:
        shown.wait()
    finally:
        shown.terminate()
        shown.wait()
