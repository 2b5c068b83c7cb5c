"""A reader's machine: a copy of the sources, an empty home, and a shell that runs what the page says."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", "build", "dist", "*.egg-info", "*.so", "*.c", "__pycache__", ".*_cache", ".hypothesis"
)
#: Ports the pages name, because a reader uses them.
_PORTS = (12000, 9300)


class Reader:
    """Runs scripts in `tree` with `home` as HOME and without any provider key in the environment."""

    def __init__(self, tree: Path, home: Path) -> None:
        self.tree = tree
        self.home = home

    def run(self, script: str, *, timeout_s: float = 240) -> str:
        """The script's output; it must succeed."""
        environ = {name: value for name, value in os.environ.items() if _is_inherited(name)}
        environ["HOME"] = str(self.home)
        environ["PATH"] = f"{self.tree / '.venv' / 'bin'}{os.pathsep}{environ['PATH']}"
        told = subprocess.run(
            ["bash"],
            input=script,
            cwd=self.tree,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=timeout_s,
            check=False,
        )
        assert told.returncode == 0, told.stdout[-8000:]
        return told.stdout

    def run_page(self, script: str) -> str:
        """The same; what the page started is stopped at its end, also when it failed half-way."""
        try:
            return self.run(script)
        finally:
            self.run("planoai down; planoai mock-provider --stop; true")


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    directory = tmp_path_factory.mktemp("reader")
    tree = directory / "plano"
    shutil.copytree(ROOT, tree, ignore=_NOT_COPIED)
    home = directory / "home"
    home.mkdir()
    with _turn_on_this_machine():
        for port in _PORTS:
            assert _is_free(port), f"port {port} is taken on this machine; the pages' commands need it"
        yield Reader(tree, home)


@contextmanager
def _turn_on_this_machine() -> Iterator[None]:
    """Two runs of this suite take turns: both need the ports of the pages."""
    # The directory itself is locked: a lock file made by one user cannot be opened by another.
    directory = os.open(tempfile.gettempdir(), os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _is_inherited(name: str) -> bool:
    if name.endswith("_API_KEY") or name.startswith("PLANO_"):
        return False
    return name not in ("VIRTUAL_ENV", "PYTHONPATH", "LOG_LEVEL")


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
