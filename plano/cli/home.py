"""Where plano keeps its own files: `~/.plano`, or the directory named by `PLANO_HOME`.

Everything in it is readable by its owner only: the logs name prompts' models and clients' addresses.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from plano.cli.terminal import CommandFailed

_PRIVATE: Final = 0o700
_OLD_NAMES: Final = ("brightstaff.log", "envoy.log")


class Home(NamedTuple):
    """The directory and the places in it."""

    root: Path

    @property
    def default_config(self) -> Path:
        """The config written when there is none."""
        return self.root / "default_config.yaml"

    @property
    def run(self) -> Path:
        """What belongs to the running instance."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        """The logs of the running instance."""
        return self.run / "logs"

    @property
    def pid_file(self) -> Path:
        """The running instance, as JSON."""
        return self.run / "plano.pid"

    @property
    def container_file(self) -> Path:
        """What is known of the container, if the running instance is one; as JSON."""
        return self.run / "container.json"

    @property
    def start_lock(self) -> Path:
        """Locked while `up` starts an instance."""
        return self.run / "start.lock"

    @property
    def gateway_log(self) -> Path:
        """Routing, retries, life cycle; written by the worker."""
        return self.logs / "plano.log"

    @property
    def worker_log(self) -> Path:
        """What the worker prints: nothing, unless it cannot start or crashes."""
        return self.logs / "worker.log"

    def prepare(self) -> None:
        """Create the directories, and the links under which older instructions look for the gateway's log."""
        for directory in (self.root, self.run, self.logs):
            directory.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        for name in _OLD_NAMES:
            link = self.logs / name
            if not link.is_symlink():
                link.unlink(missing_ok=True)
                link.symlink_to(self.gateway_log.name)


def find_home(environ: Mapping[str, str] = os.environ) -> Home:
    """The home of this user: `PLANO_HOME` when set and not empty, else `~/.plano`."""
    chosen = environ.get("PLANO_HOME")
    try:
        return Home(Path(chosen).expanduser().absolute() if chosen else Path.home() / ".plano")
    except RuntimeError:
        raise CommandFailed("This user has no home directory; name one with PLANO_HOME") from None
