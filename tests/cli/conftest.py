"""The command line as its users run it: a process of its own, with a home of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from plano.cli.home import Home

_NOT_INHERITED = ("PLANO_HOME", "LOG_LEVEL", "PYTHONPATH")
ROOT = Path(__file__).parents[2]


class CommandLine:
    """Runs `planoai` in `directory` with a private home; `environ` is added to a shell without any key."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.home = Home(directory / "home")
        self.environ = {
            name: value
            for name, value in os.environ.items()
            if name not in _NOT_INHERITED and not name.endswith("_API_KEY")
        }
        self.environ |= {"PLANO_HOME": str(self.home.root), "PYTHONPATH": str(ROOT)}

    def __call__(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments, **environ) as process:
            try:
                out, err = process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        """Start the command without waiting for its end."""
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "plano", *arguments],
            cwd=self.directory,
            env=self.environ | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def write(self, name: str, text: str) -> Path:
        """A file in the directory where the commands run."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path


@pytest.fixture
def planoai(tmp_path: Path) -> Iterator[CommandLine]:
    command_line = CommandLine(tmp_path)
    yield command_line
    if command_line.home.pid_file.exists():
        command_line("down")


@pytest.fixture
def free_port() -> int:
    return take_free_port()


def take_free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def config_text(port: int, *, key: str = "", extra: str = "") -> str:
    """A valid config with one provider, whose port refuses every connection."""
    provider = f"model: openai/gpt-4o\n    access_key: {key}" if key else "model: mock/hello"
    return f"""\
version: v0.4.0
listeners:
  - name: llm
    type: model
    address: 127.0.0.1
    port: {port}
model_providers:
  - {provider}
    base_url: http://127.0.0.1:9
    default: true
{extra}"""
