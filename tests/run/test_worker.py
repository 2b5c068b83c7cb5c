"""The worker as a process: what it says when it cannot run, and several listeners in one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.gateway_process import ROOT, free_port, running_gateway
from tests.end_to_end.wire import Wire, request


def config(port: int, url: str = "http://127.0.0.1:9", more: str = "") -> str:
    return f"""version: v0.4.0
listeners: [{{type: model, name: models, address: 127.0.0.1, port: {port}}}]
model_providers: [{{model: mock/*, base_url: "{url}", provider_interface: openai}}]
{more}"""


def run(directory: Path, text: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    file = directory / "config.yaml"
    file.write_text(text, "utf-8")
    command = [sys.executable, "-P", "-m", "plano.run.worker", "--config", str(file), *arguments]
    inherited = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    return subprocess.run(
        command,
        env={**inherited, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        encoding="utf-8",
        timeout=20,
        check=False,
    )


def test_a_broken_config_is_2_and_says_where(tmp_path: Path) -> None:
    ended = run(tmp_path, config(free_port(), more="listenrs: []"))
    assert ended.returncode == 2
    assert "listenrs" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_missing_file_is_2(tmp_path: Path) -> None:
    ended = run(tmp_path, "", "--config", str(tmp_path / "nowhere.yaml"))
    assert ended.returncode == 2
    assert "nowhere.yaml" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_missing_variables_are_all_named(tmp_path: Path) -> None:
    text = config(free_port()) + "\n"
    text = text.replace("interface: openai}", "interface: openai, access_key: $FIRST_MISSING, headers: {a: $SECOND}}")
    ended = run(tmp_path, text)
    assert ended.returncode == 2
    assert "FIRST_MISSING" in ended.stderr
    assert "SECOND" in ended.stderr


def test_a_guard_whose_plugin_is_not_installed_is_refused_by_name(tmp_path: Path) -> None:
    ended = run(tmp_path, config(free_port(), more="prompt_guards: {input_guards: {jailbreak: {}}}"))
    assert ended.returncode == 2
    assert "prompt_guards.input_guards.jailbreak" in ended.stderr
    assert "pip install plano-jailbreak" in ended.stderr


def test_a_port_that_is_taken_is_3_and_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = run(tmp_path, config(port))
    assert ended.returncode == 3
    assert f"127.0.0.1:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_log_directory_that_cannot_be_used_is_1(tmp_path: Path) -> None:
    ended = run(tmp_path, config(free_port()), "--log-dir", str(tmp_path / "not" / "there"))
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(("text", "code"), [(None, 2), ("no certificate", 1)])
def test_certificates_that_are_missing_are_2_or_unusable_1_and_named(
    tmp_path: Path, text: str | None, code: int
) -> None:
    certificates = tmp_path / "authorities.pem"
    if text is not None:
        certificates.write_text(text)
    ended = run(tmp_path, config(free_port(), more=f'overrides: {{upstream_tls_ca_path: "{certificates}"}}'))
    assert ended.returncode == code
    assert str(certificates) in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    return tmp_path / "logs"


def test_several_listeners_are_one_worker(log_dir: Path) -> None:
    second = free_port()

    def two(port: int) -> str:
        more = f"{{type: model, name: more, address: 127.0.0.1, port: {second}}}]"
        return config(port).replace(f"port: {port}}}]", f"port: {port}}}, {more}")

    with running_gateway(log_dir, two, {}) as gateway:
        for port in (gateway.port, second):
            gateway.port = port
            with Wire(gateway) as wire:
                assert wire.ask(request(path="/healthz", method="GET")).status == 200
