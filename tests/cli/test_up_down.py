"""The real thing: workers that serve on loopback, started and stopped from the command line."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from urllib.request import urlopen

import pytest

from plano.cli.instance import Instance, is_supervisor, running_instance
from tests.cli.conftest import CommandLine, config_text, take_free_port


def test_up_serves_until_down(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port))
    up = planoai("up")
    assert up.returncode == 0, up.stderr
    told = up.stdout.splitlines()
    assert told[0].startswith("Plano CLI v")
    assert "✓ Plano is running!" in told
    assert f"  llm (model): http://127.0.0.1:{free_port}" in told
    assert f"Logs: {planoai.home.logs}" in told
    assert told[-1] == "Run 'planoai down' to stop."
    assert _status(free_port, "/healthz") == 200

    down = planoai("down")
    assert (down.returncode, down.stderr) == (0, "")
    assert down.stdout.endswith("✓ Plano stopped!\n")
    assert _refuses(free_port)
    assert not planoai.home.pid_file.exists()


def test_the_pid_file_tells_who_runs_since_when_with_what(planoai: CommandLine, free_port: int) -> None:
    config = planoai.write("mine.yaml", config_text(free_port))
    before = time.time()
    assert planoai("up", "mine.yaml").returncode == 0
    noted = json.loads(planoai.home.pid_file.read_bytes())
    assert is_supervisor(noted["pid"], planoai.home)
    assert noted["config"] == str(config)
    assert before <= noted["started_unix_s"] <= time.time()
    (listener,) = noted["listeners"]
    assert listener == {"name": "llm", "kind": "model", "address": "127.0.0.1", "port": free_port, "tls": False}
    assert planoai.home.run.stat().st_mode & 0o777 == 0o700


def test_the_documented_log_files_are_there(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port))
    assert planoai("up").returncode == 0
    for name in ("plano.log", "brightstaff.log", "envoy.log", "access_llm.log"):
        assert (planoai.home.logs / name).is_file(), name
    assert planoai("logs", "--debug").returncode == 0


def test_down_without_an_instance_is_fine(planoai: CommandLine) -> None:
    result = planoai("down")
    assert result.returncode == 0
    assert result.stdout.endswith("No Plano instance was running\n")
    assert not planoai.home.root.exists()


@pytest.mark.parametrize("damaged", [b"", b"{", b'{"pid": 1, "config": "", "started_unix_s": 0}'])
def test_a_damaged_or_stale_pid_file_hinders_nobody(
    planoai: CommandLine, free_port: int, damaged: bytes
) -> None:
    planoai.write("config.yaml", config_text(free_port))
    planoai.home.prepare()
    planoai.home.pid_file.write_bytes(damaged)
    down = planoai("down")
    assert (down.returncode, down.stderr) == (0, "")
    planoai.home.pid_file.write_bytes(damaged)
    assert planoai("up").returncode == 0
    assert _status(free_port, "/healthz") == 200


def test_up_again_replaces_the_instance_and_applies_the_new_config(planoai: CommandLine) -> None:
    first, second = take_free_port(), take_free_port()
    planoai.write("config.yaml", config_text(first))
    assert planoai("up").returncode == 0
    old = running_instance(planoai.home)
    assert old is not None
    planoai.write("config.yaml", config_text(second))
    again = planoai("up")
    assert again.returncode == 0
    assert f"Stopping the running instance (PID: {old.pid})..." in again.stdout
    assert _refuses(first)
    assert _status(second, "/healthz") == 200


def test_up_again_on_the_same_port_works(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port))
    assert planoai("up").returncode == 0
    assert _status(free_port, "/v1/models") == 200
    assert planoai("up").returncode == 0
    assert _status(free_port, "/healthz") == 200


def test_a_config_found_bad_leaves_the_running_instance_alone(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port))
    assert planoai("up").returncode == 0
    planoai.write("config.yaml", "version: v9\n")
    assert planoai("up").returncode == 1
    assert _status(free_port, "/healthz") == 200


def test_every_listener_is_waited_for_and_told(planoai: CommandLine) -> None:
    first, second = take_free_port(), take_free_port()
    text = config_text(first).replace(
        "model_providers:",
        f"  - name: second\n    type: model\n    address: 0.0.0.0\n    port: {second}\nmodel_providers:",
    )
    planoai.write("config.yaml", text)
    up = planoai("up")
    assert up.returncode == 0, up.stderr
    assert f"  second (model): http://localhost:{second}" in up.stdout
    assert (_status(first, "/healthz"), _status(second, "/healthz")) == (200, 200)


def test_a_key_in_the_env_file_beside_the_config_is_enough(planoai: CommandLine, free_port: int) -> None:
    planoai.write("deep/config.yaml", config_text(free_port, key="$ONLY_IN_THE_FILE"))
    assert planoai("up", "deep/config.yaml").returncode == 1
    planoai.write("deep/.env", "ONLY_IN_THE_FILE=sk-1\n")
    assert planoai("up", "deep/config.yaml").returncode == 0


def test_a_key_exported_in_the_shell_is_enough(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port, key="$ONLY_IN_THE_SHELL"))
    assert planoai("up").returncode == 1
    assert planoai("up", ONLY_IN_THE_SHELL="sk-1").returncode == 0


def test_without_any_config_it_starts_with_the_vendors_it_knows(planoai: CommandLine, free_port: int) -> None:
    up = planoai("up", "--listener-port", str(free_port), OPENAI_API_KEY="sk-1")
    assert up.returncode == 0, up.stderr
    assert "No config found; using defaults (env-keyed: openai | pass-through: " in up.stdout
    assert planoai.home.default_config.stat().st_mode & 0o777 == 0o600
    assert _status(free_port, "/healthz") == 200


def test_listeners_that_stay_silent_are_named_and_nothing_is_left(
    planoai: CommandLine, free_port: int
) -> None:
    planoai.write("config.yaml", config_text(free_port))
    # A worker that never gets beyond its imports; the full 120 seconds are the default of the same option.
    up = planoai("up", "--timeout", "0.1", PYTHONPATH=_path_with(planoai, "import time; time.sleep(60)"))
    assert up.returncode == 1
    assert f"✗ Listener llm (port {free_port}) not healthy after 0.1s" in up.stderr
    assert not planoai.home.pid_file.exists()
    assert _refuses(free_port)


def test_a_worker_that_cannot_start_says_why(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port))
    last_words = "raise SystemExit('last words of the worker')"
    up = planoai("up", PYTHONPATH=_path_with(planoai, last_words))
    assert up.returncode == 1
    assert "✗ Plano exited unexpectedly (exit code 1)\n  last words of the worker" in up.stderr
    assert not planoai.home.pid_file.exists()


def test_modules_lying_about_where_it_is_started_are_not_imported(
    planoai: CommandLine, free_port: int
) -> None:
    planoai.write("config.yaml", config_text(free_port))
    for name in ("uvloop", "yaml", "msgspec", "plano"):
        planoai.write(f"{name}.py", "raise SystemExit('imported from the current directory')\n")
    assert planoai("up").returncode == 0


def test_the_containers_health_check_asks_every_listener(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port))
    command = [sys.executable, "-P", "-m", "plano.cli.container_health"]
    assert subprocess.run(command, env=planoai.environ, check=False).returncode == 1
    assert planoai("up").returncode == 0
    assert subprocess.run(command, env=planoai.environ, check=False).returncode == 0


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_in_the_foreground_a_signal_ends_it_cleanly(
    planoai: CommandLine, free_port: int, stop: signal.Signals
) -> None:
    planoai.write("config.yaml", config_text(free_port))
    with planoai.start("up", "--foreground") as process:
        try:
            _wait_for_line(process, "Press Ctrl+C to stop.\n")
            assert _status(free_port, "/healthz") == 200
            process.send_signal(stop)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, err) == (0, "")
    assert out.endswith("✓ Plano stopped!\n")
    assert _refuses(free_port)
    assert not planoai.home.pid_file.exists()


def test_in_the_foreground_without_a_terminal_sighup_is_a_reload(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port))
    with planoai.start("up", "--foreground") as process:
        try:
            _wait_for_line(process, "Press Ctrl+C to stop.\n")
            planoai.write("config.yaml", config_text(free_port) + "model_aliases: {fast: {target: mock/hello}}\n")
            process.send_signal(signal.SIGHUP)
            _wait_for_line(process, "the new config is served: + model_aliases.fast")
            assert _status(free_port, "/healthz") == 200
        finally:
            process.terminate()
            process.communicate(timeout=30)
    assert process.returncode == 0


def test_in_the_foreground_a_second_signal_does_not_wait(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port))
    with planoai.start("up", "--foreground") as process:
        try:
            _wait_for_line(process, "Press Ctrl+C to stop.\n")
            # A worker that is stopped cannot end in order, however long it is waited for.
            _signal_supervisor(planoai, signal.SIGSTOP)
            process.send_signal(signal.SIGINT)
            _wait_for_line(process, "Stopping...")
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, err) == (1, "✗ Plano was ended while it was still serving\n")
    assert not planoai.home.pid_file.exists()


def test_in_the_foreground_the_logs_are_on_the_terminal(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port))
    with planoai.start("up", "--foreground") as process:
        try:
            _wait_for_line(process, "Press Ctrl+C to stop.\n")
            assert _ask(free_port) == 502
            _wait_for_line(process, '"POST /v1/chat/completions HTTP/1.1" 502')
        finally:
            process.terminate()
            process.communicate(timeout=30)


def test_in_the_foreground_without_log_files_the_logs_are_on_the_terminal_alone(
    planoai: CommandLine, free_port: int
) -> None:
    planoai.write("config.yaml", config_text(free_port))
    with planoai.start("up", "--foreground", "--no-log-files") as process:
        try:
            _wait_for_line(process, "Press Ctrl+C to stop.\n")
            assert _ask(free_port) == 502
            _wait_for_line(process, '"POST /v1/chat/completions HTTP/1.1" 502')
        finally:
            process.terminate()
            _, told = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "listener llm is open" in told
    assert not any(path.is_file() and path.stat().st_size for path in planoai.home.logs.iterdir())


def test_without_log_files_it_stays_in_the_foreground(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port))
    ended = planoai("up", "--no-log-files")
    assert ended.returncode == 2
    assert "--foreground" in ended.stderr


def test_in_the_foreground_down_from_elsewhere_ends_it(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port))
    with planoai.start("up", "--foreground") as process:
        try:
            _wait_for_line(process, "Press Ctrl+C to stop.\n")
            assert "✓ Plano stopped!" in planoai("down").stdout
            process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0


def test_in_the_foreground_a_crash_is_exit_code_1(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port))
    with planoai.start("up", "--foreground") as process:
        try:
            _wait_for_line(process, "Press Ctrl+C to stop.\n")
            _kill_supervisor(planoai)
            _, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 1
    assert "✗ Plano exited unexpectedly (exit code -9)" in err
    assert not planoai.home.pid_file.exists()


def test_after_a_crash_it_can_be_started_again(planoai: CommandLine, free_port: int) -> None:
    planoai.write("config.yaml", config_text(free_port))
    assert planoai("up").returncode == 0
    _kill_supervisor(planoai)
    assert "No Plano instance was running" in planoai("down").stdout
    assert planoai("up").returncode == 0
    assert _status(free_port, "/healthz") == 200


def _path_with(planoai: CommandLine, uvloop: str) -> str:
    """A PYTHONPATH on which the worker, and nobody else, meets this code: it alone imports uvloop."""
    planoai.write("shadow/uvloop.py", uvloop)
    return os.pathsep.join([str(planoai.directory / "shadow"), planoai.environ["PYTHONPATH"]])


def _kill_supervisor(planoai: CommandLine) -> None:
    instance = _signal_supervisor(planoai, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_supervisor(instance.pid, planoai.home):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _signal_supervisor(planoai: CommandLine, number: signal.Signals) -> Instance:
    instance = running_instance(planoai.home)
    assert instance is not None
    os.kill(instance.pid, number)
    return instance


def _status(port: int, path: str) -> int:
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        status: int = answer.status
        return status


def _ask(port: int) -> int:
    """The status of a chat request; the config's provider cannot be reached."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    body = '{"messages": [{"role": "user", "content": "Hello!"}]}'
    connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json"})
    status = connection.getresponse().status
    connection.close()
    return status


def _refuses(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) != 0


def _wait_for_line(process: subprocess.Popen[str], part: str) -> None:
    """Read what the process prints up to the first line that holds `part`."""
    assert process.stdout is not None
    seen = ""
    while part not in (line := process.stdout.readline()):
        assert line, f"ended before {part!r}: {seen}"
        seen += line
