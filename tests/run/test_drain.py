"""How a worker stops: load balancers are told first, then new clients are turned away, busy ones finish, the rest are
told.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import Gate, event_answer
from tests.end_to_end.gateway_process import Gateway, running_gateway, wait_for
from tests.end_to_end.wire import Wire, chat, request

WORD = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'
HEALTH = request(path="/healthz", method="GET")
READY = request(path="/readyz", method="GET")


def config(url: str = "http://127.0.0.1:9", *, delay: str = "300ms", grace: str = "30s") -> Callable[[int], str]:
    return lambda port: f"""version: v0.4.0
listeners: [{{type: model, name: models, address: 127.0.0.1, port: {port}}}]
model_providers: [{{model: mock/*, base_url: "{url}", provider_interface: openai}}]
shutdown_delay: {delay}
shutdown_grace: {grace}
"""


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider.in_thread() as provider:
        yield provider


def asked_to_stop(gateway: Gateway, number: int = signal.SIGTERM) -> None:
    gateway.process.send_signal(number)
    gateway.log_line("stopping")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_without_clients_it_ends_at_once(log_dir: Path, number: int) -> None:
    with running_gateway(log_dir, config(delay="5s"), {}) as gateway:
        started = time.monotonic()
        gateway.process.send_signal(number)
        assert gateway.process.wait(timeout=5) == 0
        assert time.monotonic() - started < 2


def test_readiness_fails_first_while_requests_are_still_taken(log_dir: Path, provider: ScriptedProvider) -> None:
    with running_gateway(log_dir, config(provider.base_url, delay="20s"), {}) as gateway, Wire(gateway) as idle:
        assert idle.ask(READY).status == 200
        asked_to_stop(gateway)
        for ask, status in ((READY, 503), (HEALTH, 200), (chat("mock/hello"), 200)):
            with Wire(gateway) as wire:  # A new connection each: the last answer of a draining plano ends it.
                reply = wire.ask(ask)
                assert (reply.status, reply.header("connection")) == (status, "close")
                assert wire.is_closed()
        # One that was idle is not cut either: a request may be on its way.
        assert idle.ask(READY).json() == {"status": "draining"}
        assert idle.is_closed()
        # With the last connection the wait is over, long before its time.
        assert gateway.process.wait(timeout=5) == 0


def test_after_the_delay_connections_are_refused_and_streams_go_on(log_dir: Path, provider: ScriptedProvider) -> None:
    gate = Gate()
    provider.script.then(event_answer([WORD, gate, b"data: [DONE]\n\n"]))
    with running_gateway(log_dir, config(provider.base_url), {}) as gateway:
        with Wire(gateway) as wire, Wire(gateway) as idle:
            wire.send(chat("mock/hello", stream=True))
            wire.until(WORD)
            asked_to_stop(gateway)
            wait_for(lambda: not accepts(gateway))
            assert idle.is_closed()
            gate.open()
            assert b"[DONE]" in wire.rest()
        assert gateway.process.wait(timeout=5) == 0
        assert '"POST /v1/chat/completions HTTP/1.1" 200 -' in (log_dir / "access_llm.log").read_text()


def test_a_stream_over_the_grace_ends_with_an_error_of_its_dialect(log_dir: Path, provider: ScriptedProvider) -> None:
    gate = Gate()
    provider.script.then(event_answer([WORD, gate]))
    with running_gateway(log_dir, config(provider.base_url, delay="1ms", grace="300ms"), {}) as gateway:
        with Wire(gateway) as wire:
            wire.send(chat("mock/hello", stream=True))
            wire.until(WORD)
            gateway.process.send_signal(signal.SIGTERM)
            rest = wire.rest()
        gate.open()
        assert gateway.process.wait(timeout=5) == 0
    event = next(line for line in rest.splitlines() if line.startswith(b"data: "))
    assert json.loads(event.removeprefix(b"data: "))["error"]["code"] == "shutting_down"
    assert b"[DONE]" not in rest


def test_an_exchange_without_an_answer_yet_is_told_503(log_dir: Path, provider: ScriptedProvider) -> None:
    gate = Gate()
    provider.script.then(event_answer([gate]))
    with running_gateway(log_dir, config(provider.base_url, delay="1ms", grace="300ms"), {}) as gateway:
        with Wire(gateway) as wire:
            wire.send(chat("mock/hello"))
            wait_for(lambda: len(provider.requests) == 1)
            gateway.process.send_signal(signal.SIGTERM)
            reply = wire.reply()
        gate.open()
    assert (reply.status, reply.json()["error"]["code"]) == (503, "shutting_down")


def test_a_second_signal_ends_delay_and_grace(log_dir: Path, provider: ScriptedProvider) -> None:
    gate = Gate()
    provider.script.then(event_answer([WORD, gate]))
    with running_gateway(log_dir, config(provider.base_url, delay="20s", grace="20s"), {}) as gateway:
        with Wire(gateway) as wire:
            wire.send(chat("mock/hello", stream=True))
            wire.until(WORD)
            asked_to_stop(gateway)
            gateway.process.send_signal(signal.SIGTERM)
            assert b"shutting_down" in wire.rest()
        gate.open()
        assert gateway.process.wait(timeout=5) == 0


def accepts(gateway: Gateway) -> bool:
    try:
        Wire(gateway).socket.close()
    except ConnectionRefusedError:
        return False
    return True
