"""`planoai mock-provider` as a process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "PLANO_HOME": str(tmp_path)}


def planoai(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "plano", "mock-provider", *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30, check=False)


def ask(port: int, key: str) -> int:
    headers = {"authorization": f"Bearer {key}"}
    body = json.dumps({"model": "mock/hello", "messages": []}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/chat/completions", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as exc:
        exc.close()
        return exc.code


def test_detached_it_answers_at_once_and_stops_when_told(environ: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    started = planoai(environ, "--detach", "--port", str(port), "--require-key", "abc")
    try:
        assert started.returncode == 0, started.stderr
        pid = (tmp_path / "run" / f"mock-provider-{port}.pid").read_text().strip()
        assert f"PID {pid}" in started.stdout
        assert f"planoai mock-provider --stop --port {port}" in started.stdout
        assert (ask(port, "abc"), ask(port, "other")) == (200, 401)
        second = planoai(environ, "--detach", "--port", str(port))
        assert second.returncode == 1
        assert "in use" in second.stderr
    finally:
        stopped = planoai(environ, "--stop", "--port", str(port))
    assert stopped.returncode == 0, stopped.stderr
    with pytest.raises(urllib.error.URLError, match="refused"):
        ask(port, "abc")
    assert planoai(environ, "--stop", "--port", str(port)).returncode == 1


def test_stop_leaves_a_process_alone_that_only_has_an_old_pid(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    pid_file = tmp_path / "run" / "mock-provider-9300.pid"
    pid_file.write_text(f"{os.getpid()}\n")
    stopped = planoai(environ, "--stop", "--port", "9300")
    assert stopped.returncode == 1
    assert "No detached mock provider" in stopped.stderr
    assert not pid_file.exists()
