"""Scripts and habits around the command line: polling for health, chains of commands, calls by a full path."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from plano import __version__
from tests.cli.conftest import CommandLine, config_text, take_free_port

#: How pipelines wait for a gateway; they have 120 seconds.
WAIT_FOR_PLANO = """\
#!/bin/bash
LISTENER_PORT=${1:-12000}
MAX_WAIT=1
INTERVAL=1
elapsed=0
echo "Waiting for Plano listener on port $LISTENER_PORT..."
until curl -sf "http://localhost:$LISTENER_PORT/healthz" > /dev/null; do
if [ $elapsed -ge $MAX_WAIT ]; then
echo "ERROR: Plano listener not healthy after ${MAX_WAIT}s"
planoai logs --debug
exit 1
fi
sleep $INTERVAL
elapsed=$((elapsed + INTERVAL))
done
echo "Plano listener healthy after ${elapsed}s"
"""


@pytest.fixture
def shell(planoai: CommandLine, tmp_path: Path) -> CommandLine:
    """The command line with `planoai` on the PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    program = programs / "planoai"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m plano "$@"\n')
    program.chmod(0o755)
    planoai.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
    return planoai


def run(shell: CommandLine, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=shell.directory, env=shell.environ, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_script_that_polls_ends_once_the_listener_is_healthy(shell: CommandLine, free_port: int) -> None:
    shell.write("config.yaml", config_text(free_port))
    shell.write("wait-for-plano.sh", WAIT_FOR_PLANO)
    assert shell("up").returncode == 0
    waited = run(shell, "bash", "wait-for-plano.sh", str(free_port))
    assert waited.returncode == 0
    assert waited.stdout.endswith("Plano listener healthy after 0s\n")


def test_a_script_that_polls_in_vain_shows_the_logs_of_the_gateway(shell: CommandLine, free_port: int) -> None:
    shell.write("config.yaml", config_text(free_port))
    shell.write("wait-for-plano.sh", WAIT_FOR_PLANO)
    assert shell("up").returncode == 0
    assert shell("down").returncode == 0
    waited = run(shell, "bash", "wait-for-plano.sh", str(free_port))
    assert waited.returncode == 1
    assert "ERROR: Plano listener not healthy after 1s\n" in waited.stdout
    assert "plano.log" in waited.stdout
    assert "all workers have stopped" in waited.stdout


@pytest.mark.parametrize("before", [False, True])
def test_down_and_up_in_the_foreground_is_one_line(shell: CommandLine, free_port: int, before: bool) -> None:
    shell.write("config.yaml", config_text(free_port))
    if before:
        assert shell("up").returncode == 0
    line = "planoai down && exec planoai up config.yaml --foreground"
    with subprocess.Popen(
        ["bash", "-c", line], cwd=shell.directory, env=shell.environ, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert any("Press Ctrl+C to stop." in told for told in process.stdout)
        assert run(shell, "curl", "-sf", f"http://localhost:{free_port}/healthz").returncode == 0
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert run(shell, "curl", "-s", f"http://localhost:{free_port}/healthz").returncode == 7


def test_the_command_works_by_its_full_path_without_the_environment_being_activated(planoai: CommandLine) -> None:
    program = Path(sys.executable).with_name("planoai")
    told = subprocess.run(
        [program, "--version"], cwd="/", env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith(f"plano version {__version__}\n")
    planoai.write("config.yaml", config_text(12000))
    environ = {"PATH": "/usr/bin:/bin", "PLANO_HOME": str(planoai.home.root)}
    check = subprocess.run(
        [program, "check", planoai.directory / "config.yaml"], cwd="/", env=environ, capture_output=True, check=False
    )
    assert check.returncode == 0


def test_dockers_name_for_this_machine_leads_here_without_docker(planoai: CommandLine, free_port: int) -> None:
    provider = str(take_free_port())
    text = config_text(free_port).replace("127.0.0.1:9", f"host.docker.internal:{provider}")
    planoai.write("config.yaml", text)
    assert planoai("mock-provider", "--port", provider, "--detach").returncode == 0
    try:
        assert planoai("up").returncode == 0
        body = b'{"model": "hello", "messages": [{"role": "user", "content": "hi"}]}'
        url = f"http://127.0.0.1:{free_port}/v1/chat/completions"
        with urlopen(Request(url, body, {"content-type": "application/json"}), timeout=10) as answer:
            assert answer.status == 200
    finally:
        planoai("mock-provider", "--port", provider, "--stop")
