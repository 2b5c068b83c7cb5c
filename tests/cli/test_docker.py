"""`--docker`, with a stand-in for the `docker` command that runs what it is given as processes."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from plano import __version__
from tests.cli.conftest import ROOT, CommandLine, config_text

IMAGE = f"plano:{__version__}"


class Docker:
    """What the stand-in was asked, and what it will say."""

    def __init__(self, state: Path) -> None:
        self.state = state
        (state / "images").write_text(f"{IMAGE}\n")

    @property
    def calls(self) -> list[list[str]]:
        noted = self.state / "calls"
        return [json.loads(line) for line in noted.read_text().splitlines()] if noted.exists() else []

    @property
    def run(self) -> list[str]:
        [found] = [call for call in self.calls if call[0] == "run"]
        return found

    @property
    def is_running(self) -> bool:
        return (self.state / "container.json").exists()

    def says(self, what: str, text: str = "") -> None:
        (self.state / what).write_text(text)


def for_container(port: int, *, key: str = "") -> str:
    """A config that means the same in a container and outside."""
    return config_text(port, key=key).replace("http://127.0.0.1:9", "http://host.docker.internal:9")


def values(call: list[str], option: str) -> list[str]:
    return [call[at + 1] for at, word in enumerate(call) if word == option]


@pytest.fixture
def docker(planoai: CommandLine, tmp_path: Path) -> Iterator[Docker]:
    programs = tmp_path / "programs"
    programs.mkdir()
    script = programs / "docker"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/cli/docker_stand_in.py "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    state = tmp_path / "docker"
    state.mkdir()
    planoai.environ |= {"PATH": f"{programs}:{os.environ['PATH']}", "DOCKER_STAND_IN": str(state)}
    docker = Docker(state)
    yield docker
    (state / "refusal").unlink(missing_ok=True)
    if docker.is_running:
        assert planoai("down", "--docker").returncode == 0


def test_up_serves_from_a_container_until_down(planoai: CommandLine, docker: Docker, free_port: int) -> None:
    planoai.write("config.yaml", for_container(free_port))
    up = planoai("up", "--docker")
    assert up.returncode == 0, up.stderr
    assert "✓ Plano is running in a container!" in up.stdout
    assert f"  llm (model): http://127.0.0.1:{free_port}" in up.stdout
    assert _status(free_port) == 200
    assert not planoai.home.pid_file.exists()

    down = planoai("down")
    assert (down.returncode, down.stderr) == (0, "")
    assert down.stdout.endswith("✓ Plano stopped!\n")
    assert not docker.is_running
    assert planoai("down").stdout.endswith("No Plano instance was running\n")
    assert planoai("down", "--docker").stdout.endswith("No Plano container was running\n")


def test_the_container_gets_ports_files_and_the_names_of_keys(
    planoai: CommandLine, docker: Docker, free_port: int
) -> None:
    text = for_container(free_port, key="$FIRST_KEY")
    text += "  - model: anthropic/claude-sonnet-4-5\n    access_key: ${SECOND_KEY}\n"
    planoai.write("deep/config.yaml", text)
    planoai.write("deep/.env", "SECOND_KEY=only-in-the-file\n")
    up = planoai("up", "deep/config.yaml", "--docker", "--workers", "2", FIRST_KEY="sk-secret", UNASKED_KEY="x")
    assert up.returncode == 0, up.stderr
    run = docker.run
    assert values(run, "--publish") == [f"127.0.0.1:{free_port}:{free_port}"]
    assert values(run, "--add-host") == ["host.docker.internal:host-gateway"]
    assert values(run, "--mount") == [f"type=bind,source={planoai.directory}/deep,target=/config,readonly"]
    assert values(run, "--env") == ["PLANO_HOME=/tmp/plano", "PLANO_LISTEN_ADDRESS=0.0.0.0", "FIRST_KEY"]
    assert values(run, "--user") == [f"{os.getuid()}:{os.getgid()}"]
    assert values(run, "--security-opt") == ["no-new-privileges"]
    assert values(run, "--pull") == ["never"]
    assert int(values(run, "--stop-timeout")[0]) >= 31
    command = run[run.index(IMAGE) + 1 :]
    assert command[:3] == ["up", "/config/config.yaml", "--foreground"]
    assert values(command, "--workers") == ["2"]
    assert not [call for call in docker.calls if "sk-secret" in " ".join(call)]
    assert json.loads((docker.state / "environ").read_text())["FIRST_KEY"] == "sk-secret"


def test_an_address_of_every_interface_is_published_on_every_interface(
    planoai: CommandLine, docker: Docker, free_port: int
) -> None:
    planoai.write("config.yaml", for_container(free_port).replace("127.0.0.1\n", "0.0.0.0\n", 1))
    assert planoai("up", "--docker").returncode == 0
    assert values(docker.run, "--publish") == [f"{free_port}:{free_port}"]


def test_files_that_the_config_names_lie_where_it_looks_for_them(
    planoai: CommandLine, docker: Docker, free_port: int
) -> None:
    beside = planoai.write("deep/er/team.key", "pk-plano-one-of-them\n")
    elsewhere = planoai.write("else,where/team.key", "pk-plano-another-one\n")
    here = planoai.write("in/here.key", "pk-plano-the-third\n")
    there = planoai.write("in/there.key", "pk-plano-the-fourth\n")
    files = ("deep/er/team.key", elsewhere, "in/here.key", there)
    rows = "".join(f"      - {{name: k{number}, file: '{file}'}}\n" for number, file in enumerate(files))
    config = for_container(free_port).replace("    port:", f"    api_keys:\n{rows}    port:")
    planoai.write("in/config.yaml", config)
    up = planoai("up", "in/config.yaml", "--docker", "--timeout", "5")
    assert up.returncode == 0, up.stderr
    assert values(docker.run, "--mount") == [
        f"type=bind,source={planoai.directory}/in,target=/config,readonly",
        f"type=bind,source={beside},target=/app/deep/er/team.key,readonly",
        f'type=bind,"source={elsewhere}","target={elsewhere}",readonly',
        f"type=bind,source={here},target=/app/in/here.key,readonly",
        f"type=bind,source={there},target={there},readonly",
    ]


def test_localhost_in_the_config_is_named_where_it_stands(
    planoai: CommandLine, docker: Docker, free_port: int
) -> None:
    text = for_container(free_port).replace("http://host.docker.internal:9", "http://localhost:11434/v1")
    text += "  - model: mock/other\n    base_url: http://host.docker.internal:9\n"
    planoai.write("config.yaml", text)
    up = planoai("up", "--docker", HTTPS_PROXY="http://user:word@127.0.0.1:3128", NO_PROXY="localhost")
    assert up.returncode == 0, up.stderr
    warned = [line for line in up.stderr.splitlines() if line.startswith("⚠   ")]
    assert warned == ["⚠   model_providers[0].base_url", "⚠   HTTPS_PROXY"]
    assert "host.docker.internal is this machine" in up.stderr
    assert "word" not in up.stdout + up.stderr


def test_logs_status_and_reload_ask_the_container(planoai: CommandLine, docker: Docker, free_port: int) -> None:
    config = planoai.write("config.yaml", for_container(free_port))
    assert planoai("logs", "--docker").stderr.startswith("✗ There is no Plano container\n")
    assert planoai("up", "--docker").returncode == 0
    with urlopen(f"http://127.0.0.1:{free_port}/v1/models", timeout=5) as answer:
        assert answer.status == 200
    with planoai.start("logs", "--follow") as followed:  # A line is written a moment after its request.
        assert followed.stdout is not None
        assert _read_until(followed.stdout, "GET /v1/models")
        followed.send_signal(signal.SIGINT)
    plain, everything = planoai("logs"), planoai("logs", "--docker", "--debug", "--lines", "50")
    assert "GET /v1/models" in plain.stdout
    assert plain.stderr == ""
    assert f"plano {__version__} serves" in everything.stderr
    assert len(planoai("logs", "--lines", "1").stdout.splitlines()) == 1
    status = planoai("status", "--json")
    assert status.returncode == 0, status.stderr
    assert json.loads(status.stdout)["workers"][0]["listeners"][0]["port"] == free_port
    config.write_text(config.read_text().replace("mock/hello", "mock/bye"))
    reload = planoai("reload")
    assert reload.returncode == 0, reload.stderr
    assert "+ model_providers[mock/bye]" in reload.stdout
    config.write_text("version: v9\n")
    assert planoai("reload").returncode == 1


def test_a_second_start_of_either_kind_replaces_the_first(
    planoai: CommandLine, docker: Docker, free_port: int
) -> None:
    planoai.write("config.yaml", for_container(free_port))
    assert planoai("up").returncode == 0
    assert planoai("up", "--docker").returncode == 0
    assert docker.is_running
    assert not planoai.home.pid_file.exists()
    again = planoai("up", "--docker")
    assert again.returncode == 0, again.stderr
    assert "Removing the container that is there..." in again.stdout
    native = planoai("up")
    assert native.returncode == 0, native.stderr
    assert "Stopping the running container..." in native.stdout
    assert not docker.is_running
    assert _status(free_port) == 200


def test_in_the_foreground_the_containers_logs_are_shown_until_it_is_told_to_stop(
    planoai: CommandLine, docker: Docker, free_port: int
) -> None:
    planoai.write("config.yaml", for_container(free_port))
    with planoai.start("up", "--docker", "--foreground") as up:
        assert up.stdout is not None
        assert _read_until(up.stdout, "Press Ctrl+C to stop.")
        with urlopen(f"http://127.0.0.1:{free_port}/v1/models", timeout=5) as answer:
            assert answer.status == 200
        assert _read_until(up.stdout, "GET /v1/models")
        up.send_signal(signal.SIGTERM)
        out, err = up.communicate(timeout=30)
    assert (up.returncode, "✗" in err) == (0, False)
    assert f"plano {__version__} serves" in err
    assert out.endswith("✓ Plano stopped!\n")
    assert not docker.is_running


def test_a_container_that_others_stop_ends_the_foreground_as_well(
    planoai: CommandLine, docker: Docker, free_port: int
) -> None:
    planoai.write("config.yaml", for_container(free_port))
    with planoai.start("up", "--docker", "--foreground") as up:
        assert up.stdout is not None
        assert _read_until(up.stdout, "Press Ctrl+C to stop.")
        assert planoai("down").returncode == 0
        _, err = up.communicate(timeout=30)
    assert (up.returncode, "✗" in err) == (0, False)


def test_without_docker_it_says_so(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", for_container(free_port))
    for command in (["up", "--docker"], ["down", "--docker"], ["logs", "--docker"], ["build", "--docker"]):
        told = planoai(*command, PATH="/nowhere")
        assert told.returncode == 1
        assert told.stderr.startswith("✗ Docker is not installed\n"), command


@pytest.mark.parametrize(
    ("said", "headline"),
    [
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", "Docker daemon not running"),
        ("permission denied while trying to connect to the Docker daemon socket", "Docker refuses this user"),
    ],
)
def test_a_daemon_that_does_not_answer_is_an_error_and_no_traceback(
    planoai: CommandLine, docker: Docker, free_port: int, said: str, headline: str
) -> None:
    docker.says("refusal", said)
    planoai.write("config.yaml", for_container(free_port))
    for command in (["up", "--docker"], ["down", "--docker"], ["logs", "--docker"], ["build", "--docker"]):
        told = planoai(*command)
        assert told.returncode == 1
        assert told.stderr.startswith(f"✗ {headline}\n  {said}\n"), command


def test_config_and_keys_are_judged_before_docker_is_asked(
    planoai: CommandLine, docker: Docker, free_port: int
) -> None:
    planoai.write("config.yaml", "version: v9\n")
    assert "Validation failed" in planoai("up", "--docker").stderr
    planoai.write("config.yaml", for_container(free_port, key="$ABSENT_KEY"))
    assert "Missing API keys!" in planoai("up", "--docker").stderr
    assert docker.calls == []


def test_an_image_that_is_not_there_is_named_with_the_way_to_build_it(
    planoai: CommandLine, docker: Docker, free_port: int
) -> None:
    docker.says("images")
    planoai.write("config.yaml", for_container(free_port))
    up = planoai("up", "--docker")
    assert up.returncode == 1
    assert up.stderr.startswith(f"✗ There is no image {IMAGE}\n")
    assert "'planoai build --docker'" in up.stderr
    named = planoai("up", "--docker", PLANO_DOCKER_IMAGE="registry.example/plano:1")
    assert named.returncode == 0, named.stderr
    assert values(docker.run, "--pull") == ["missing"]
    assert "registry.example/plano:1" in docker.run


def test_a_container_that_docker_does_not_start_is_not_left_behind(
    planoai: CommandLine, docker: Docker, free_port: int
) -> None:
    docker.says("run_refusal", "driver failed programming external connectivity")
    planoai.write("config.yaml", for_container(free_port))
    up = planoai("up", "--docker")
    assert up.returncode == 1
    assert up.stderr.startswith("✗ The container cannot be started\n  docker: Error response from daemon: driver")
    assert not docker.is_running
    assert not planoai.home.container_file.exists()


def test_a_container_that_ends_at_once_is_shown_with_its_last_words(
    planoai: CommandLine, docker: Docker, free_port: int
) -> None:
    # What is right here and wrong in there: a variable that is never handed in.
    planoai.write("config.yaml", for_container(free_port, key="$HOME"))
    up = planoai("up", "--docker")
    assert up.returncode == 1
    assert up.stderr.startswith("✗ The container exited unexpectedly\n")
    assert "HOME not found" in up.stderr
    assert not docker.is_running


def test_a_note_of_a_container_hinders_nobody_once_docker_is_gone(
    planoai: CommandLine, docker: Docker, free_port: int
) -> None:
    planoai.write("config.yaml", for_container(free_port))
    planoai.home.prepare()
    for noted in (b'{"config": "/x", "stop_s": 1.0}', b"{", b""):
        planoai.home.container_file.write_bytes(noted)
        docker.says("refusal", "Cannot connect to the Docker daemon")
        assert planoai("status").returncode == 3
        down = planoai("down")
        assert (down.returncode, down.stdout.splitlines()[-1]) == (0, "No Plano instance was running")
    planoai.home.container_file.write_bytes(b'{"config": "/x", "stop_s": 1.0}')
    down = planoai("down", PATH="/nowhere")
    assert down.returncode == 0
    assert "The container is left alone: Docker is not installed" in down.stderr


def test_build_makes_an_image_of_the_checkout(planoai: CommandLine, docker: Docker) -> None:
    told = planoai("build", "--docker")
    assert told.returncode == 0, told.stderr
    assert f"✓ Built {IMAGE}\n✓ Built plano:latest\n" in told.stdout
    assert ["build", "--tag", IMAGE, "--tag", "plano:latest", str(ROOT)] in docker.calls
    assert planoai("build", "--docker", PLANO_DOCKER_IMAGE="mine:1").stdout.count("✓ Built") == 1
    assert ["build", "--tag", "mine:1", str(ROOT)] in docker.calls
    docker.says("build_fails")
    failed = planoai("build", "--docker")
    assert failed.returncode == 1
    assert failed.stderr.endswith("✗ 'docker build' failed (exit code 1)\n")


def _status(port: int) -> int:
    with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
        return int(answer.status)


def _read_until(stream: Iterator[str], wanted: str) -> bool:
    return any(wanted in line for line in stream)
