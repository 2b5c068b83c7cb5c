"""The supervisor as a process: workers that die, ports that stay, another config, and the end."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import Gate, event_answer
from tests.end_to_end.gateway_process import free_port, wait_for
from tests.end_to_end.wire import Wire, chat, request
from tests.run.instance import Instance, running_instance, spawned

WORD = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'
READY = request(path="/readyz", method="GET")


def config(url: str = "http://127.0.0.1:9", *, workers: int | str = 1, more: str = "") -> Callable[[int], str]:
    return lambda port: f"""version: v0.4.0
listeners: [{{type: model, name: models, address: 127.0.0.1, port: {port}}}]
model_providers: [{{model: mock/*, base_url: "{url}", provider_interface: openai}}]
workers: {workers}
shutdown_delay: 1ms
{more}"""


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider.in_thread() as provider:
        yield provider


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "instance"


def serves(instance: Instance, port: int | None = None) -> bool:
    """Whether a new connection is answered."""
    instance.port = instance.port if port is None else port
    try:
        with Wire(instance) as wire:
            return wire.ask(READY).status == 200
    except ConnectionRefusedError:
        return False


def is_bound(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def test_requests_that_come_while_a_worker_is_dead_wait_for_the_next_one(directory: Path) -> None:
    with running_instance(directory, config()) as instance:
        before = instance.pids()
        os.kill(before[0], signal.SIGKILL)
        assert serves(instance)
        wait_for(instance.is_serving)
        worker = instance.status().workers[0]
        assert worker.pid not in (0, *before)
        assert worker.restarts == 1
        assert "killed by SIGKILL" in instance.log_line("ended unasked")


def test_a_worker_that_dies_again_and_again_is_started_after_growing_pauses(directory: Path) -> None:
    with running_instance(directory, config()) as instance:
        for restarts in range(1, 4):
            os.kill(instance.pids()[0], signal.SIGKILL)
            wait_for(lambda: instance.is_serving() and instance.status().workers[0].restarts == restarts)  # noqa: B023
        assert "started again in 0.2 s" in instance.log_line("started again in 0.2")


def test_all_workers_serve_the_same_port(directory: Path) -> None:
    with running_instance(directory, config(workers=2)) as instance:
        wires = [Wire(instance) for _ in range(40)]
        for wire in wires:
            assert wire.ask(READY).status == 200
        connections = [worker.listeners[0].connections for worker in instance.status().workers]
        for wire in wires:
            wire.socket.close()
        assert sum(connections) == 40
        assert min(connections) > 0


def test_the_number_of_workers_can_be_overridden(directory: Path) -> None:
    with running_instance(directory, config(workers=1), "--workers", "2") as instance:
        assert len(instance.pids()) == 2


def test_status_tells_what_is_going_on(directory: Path, provider: ScriptedProvider) -> None:
    gate = Gate()
    provider.script.then(event_answer([WORD, gate, b"data: [DONE]\n\n"]))
    with running_instance(directory, config(provider.base_url)) as instance:
        with Wire(instance) as wire:
            assert wire.ask(READY).status == 200
            wire.send(chat("mock/hello", stream=True))
            wire.until(WORD)
            status = instance.status()
            gate.open()
            wire.until(b"[DONE]")
        wait_for(lambda: instance.status().workers[0].served == 1)
    assert status.pid == instance.process.pid
    assert status.config == str(instance.config)
    worker = status.workers[0]
    assert (worker.state, worker.running, worker.served, worker.restarts) == ("ready", 1, 0, 0)
    assert worker.tasks > 0
    assert worker.resident_bytes > 1_000_000
    listener = worker.listeners[0]
    assert (listener.name, listener.kind, listener.port, listener.connections) == ("models", "model", instance.port, 1)
    assert (worker.providers[0].name, worker.providers[0].origin) == ("mock/*", provider.base_url)
    assert (worker.providers[0].busy, worker.providers[0].idle) == (1, 0)


def test_the_control_socket_is_its_owners_only(directory: Path) -> None:
    with running_instance(directory, config()):
        assert (directory / "control.sock").stat().st_mode & 0o777 == 0o600
    assert not (directory / "control.sock").exists()


def test_a_reload_changes_what_is_served_and_says_what_changed(directory: Path, provider: ScriptedProvider) -> None:
    alias = "model_aliases: {fast: {target: mock/hello}}"
    with running_instance(directory, config(provider.base_url, workers=2)) as instance, Wire(instance) as wire:
        assert wire.ask(chat("fast")).status == 404
        result = instance.reload(config(provider.base_url, workers=2, more=alias)(instance.port))
        assert result.accepted
        assert any("model_aliases" in change for change in result.changes)
        # The same connection: nobody is cut off.
        assert wire.ask(chat("fast")).status == 200
        assert instance.status().reloads == 1


def test_a_bad_config_is_refused_whole_and_the_old_one_stays(directory: Path, provider: ScriptedProvider) -> None:
    with running_instance(directory, config(provider.base_url, workers=2)) as instance:
        pids = instance.pids()
        good = instance.config.read_text()
        result = instance.reload(good + "listenrs: []\nworkrs: 3\n")
        assert not result.accepted
        assert len(result.problems) == 2
        assert "did you mean `listeners`?" in result.problems[0]
        assert instance.status().refused == result.problems
        assert serves(instance)
        # A worker that starts now is given the config that is served, not the one in the file.
        os.kill(pids[0], signal.SIGKILL)
        wait_for(lambda: instance.is_serving() and instance.status().workers[0].restarts == 1)
        assert serves(instance)
        assert instance.reload(good).accepted
        assert instance.status().refused == ()


def test_what_only_a_worker_finds_out_refuses_the_reload_everywhere(directory: Path) -> None:
    with running_instance(directory, config(workers=2)) as instance:
        text = config(workers=2, more="plugins: {nobody-installed-this: {}}")(instance.port)
        result = instance.reload(text)
        assert not result.accepted
        assert "nobody-installed-this" in result.problems[0]
        assert len(result.problems) == 1


def test_a_worker_that_dies_over_a_config_refuses_the_reload(directory: Path) -> None:
    with running_instance(directory, config(workers=2)) as instance, ThreadPoolExecutor(1) as aside:
        (pid, _), first, second = instance.pids(), instance.port, free_port()
        os.kill(pid, signal.SIGSTOP)
        one = f"port: {first}}}"
        text = instance.config.read_text().replace(one, f"{one}, {{type: model, name: more, port: {second}}}")
        result = aside.submit(instance.reload, text)
        wait_for(lambda: is_bound(second))  # From here on it is being rolled out.
        os.kill(pid, signal.SIGKILL)
        assert not result.result(timeout=10).accepted
        wait_for(instance.is_serving)
        assert serves(instance, first)
        assert not is_bound(second)
        assert instance.status().reloads == 0


def test_a_port_that_is_taken_refuses_the_reload(directory: Path) -> None:
    with running_instance(directory, config()) as instance, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        first = f"port: {instance.port}}}"
        more = f"{first}, {{type: model, name: more, address: 127.0.0.1, port: {taken}}}"
        result = instance.reload(instance.config.read_text().replace(first, more))
        assert not result.accepted
        assert f"127.0.0.1:{taken}" in result.problems[0]
        assert serves(instance)


def test_listeners_come_and_go_with_the_config(directory: Path) -> None:
    second = free_port()
    with running_instance(directory, config(workers=2)) as instance:
        first = instance.port
        text = instance.config.read_text()
        one = f"{{type: model, name: models, address: 127.0.0.1, port: {first}}}"
        other = f"{{type: model, name: more, address: 127.0.0.1, port: {second}}}"
        assert instance.reload(text.replace(one, f"{one}, {other}")).accepted
        assert serves(instance, second)
        assert serves(instance, first)
        assert instance.reload(text.replace(one, other)).accepted
        assert serves(instance, second)
        wait_for(lambda: not serves(instance, first))


def test_streams_of_a_removed_listener_go_on_to_their_end(directory: Path, provider: ScriptedProvider) -> None:
    gate = Gate()
    provider.script.then(event_answer([WORD, gate, b"data: [DONE]\n\n"]))
    with running_instance(directory, config(provider.base_url)) as instance, Wire(instance) as wire:
        wire.send(chat("mock/hello", stream=True))
        wire.until(WORD)
        port, text = instance.port, instance.config.read_text()
        assert instance.reload(text.replace(f"port: {port}", f"port: {free_port()}")).accepted
        wait_for(lambda: not serves(instance, port))
        gate.open()
        assert b"[DONE]" in wire.rest()


def test_the_number_of_workers_follows_the_config(directory: Path) -> None:
    with running_instance(directory, config(workers=1)) as instance:
        text = instance.config.read_text()
        for workers in (3, 1, 2):
            assert instance.reload(text.replace("workers: 1", f"workers: {workers}")).accepted
            wait_for(instance.is_serving)
            assert len(instance.pids()) == workers
            assert serves(instance)


def test_sighup_is_a_reload(directory: Path) -> None:
    with running_instance(directory, config()) as instance:
        with open(instance.config, "a", encoding="utf-8") as file:
            file.write("model_aliases: {fast: {target: mock/hello}}\n")
        instance.process.send_signal(signal.SIGHUP)
        assert "model_aliases" in instance.log_line("the new config is served")


def test_a_watched_config_is_served_without_being_asked(directory: Path) -> None:
    with running_instance(directory, config(), "--watch") as instance:
        with open(instance.config, "a", encoding="utf-8") as file:
            file.write("model_aliases: {fast: {target: mock/hello}}\n")
        wait_for(lambda: instance.status().reloads == 1, timeout_s=10)


def test_a_stop_drains_the_workers(directory: Path, provider: ScriptedProvider) -> None:
    gate = Gate()
    provider.script.then(event_answer([WORD, gate, b"data: [DONE]\n\n"]))
    with running_instance(directory, config(provider.base_url, workers=2)) as instance:
        with Wire(instance) as wire:
            wire.send(chat("mock/hello", stream=True))
            wire.until(WORD)
            port = instance.port
            instance.process.send_signal(signal.SIGTERM)
            wait_for(lambda: not serves(instance, port))
            assert instance.process.poll() is None
            gate.open()
            assert b"[DONE]" in wire.rest()
        assert instance.process.wait(timeout=5) == 0
        assert not (directory / "control.sock").exists()


def test_workers_stop_when_their_supervisor_is_gone(directory: Path) -> None:
    (directory / "logs").mkdir(parents=True)
    port = free_port()
    instance = spawned(directory, config(workers=2)(port), (), {})
    instance.port = port
    wait_for(instance.is_serving, timeout_s=20)
    pids = instance.pids()
    instance.process.kill()
    instance.process.wait()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        (("version:", "versoin:"), 2, "versoin"),
        (("workers: 1", "plugins: {nobody: {}}"), 2, "nobody"),
        (("shutdown_delay", 'overrides: {upstream_tls_ca_path: "/no/such/file"}\nshutdown_delay'), 2, "/no/such/file"),
    ],
)
def test_what_cannot_be_served_ends_the_start(directory: Path, change: tuple[str, str], code: int, told: str) -> None:
    (directory / "logs").mkdir(parents=True)
    instance = spawned(directory, config()(free_port()).replace(*change), (), {})
    assert instance.process.wait(timeout=20) == code
    text = (directory / "logs" / "stderr.log").read_text("utf-8")
    assert told in text
    assert "Traceback" not in text


@pytest.mark.parametrize("shares", [False, True])
def test_a_port_that_is_taken_ends_the_start_even_if_it_could_be_shared(directory: Path, shares: bool) -> None:
    (directory / "logs").mkdir(parents=True)
    with socket.socket() as other:
        if shares:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        instance = spawned(directory, config(workers=2)(other.getsockname()[1]), (), {})
        assert instance.process.wait(timeout=20) == 3
    assert "cannot listen on 127.0.0.1" in (directory / "logs" / "stderr.log").read_text("utf-8")


def test_systemd_is_told_of_start_reload_and_stop(directory: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(5)
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"}
        with running_instance(directory, config(), environ=environ) as instance:
            told(systemd, "READY=1")
            told(systemd, "WATCHDOG=1")
            instance.process.send_signal(signal.SIGHUP)
            assert any(line.startswith("MONOTONIC_USEC=") for line in told(systemd, "RELOADING=1"))
            told(systemd, "READY=1")
            instance.process.send_signal(signal.SIGTERM)
            told(systemd, "STOPPING=1")


def told(systemd: socket.socket, wanted: str) -> list[str]:
    """The lines of the next message that holds the wanted one."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        lines = systemd.recv(4096).decode().splitlines()
        if wanted in lines:
            return lines
    raise AssertionError(f"{wanted} was not told")
