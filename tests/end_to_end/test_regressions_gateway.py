"""What a running gateway once did wrong."""

from __future__ import annotations

import signal
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import Gate, event_answer, raw_answer
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.test_failing_providers import WORD, providers
from tests.end_to_end.wire import Wire, ask, chat

MEGABYTE = 1 << 20


@contextmanager
def provider_that_resets_at_once() -> Iterator[str]:
    """Accepts every connection and resets it; its URL."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:

        def serve() -> None:
            while True:
                try:
                    accepted, _ = server.accept()
                except OSError:
                    return
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                accepted.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


def test_a_provider_that_accepts_and_resets_leaves_no_client_waiting(start_gateway: StartGateway) -> None:
    """Of a hundred clients a few waited for ever: the connection was lost between dialing and calling."""
    with (
        provider_that_resets_at_once() as url,
        start_gateway(lambda port: listener(port) + providers(url)) as gateway,
    ):
        for _ in range(10):
            wires = [Wire(gateway) for _ in range(20)]
            for wire in wires:
                wire.send(chat("mock/hello"))
            for wire in wires:
                with wire:
                    assert wire.reply().status == 502


def test_an_answer_whose_usage_cannot_be_read_is_whole(gateway: Gateway, provider: ScriptedProvider) -> None:
    body = b'{"usage":{"x":' + b"[" * 1500 + b"]" * 1500 + b"}}"
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    provider.script.then(raw_answer(head + body))
    with Wire(gateway) as wire:
        assert wire.ask(chat("mock/hello")).body == body
        assert wire.ask(chat("mock/hello")).status == 200


def test_a_model_name_too_long_to_keep_is_refused(gateway: Gateway) -> None:
    """Everything about a model is remembered: names of a megabyte took 4 MB each."""
    answer = ask(gateway, chat("mock/" + "m" * 2000))
    assert answer.status == 400
    assert answer.json()["error"]["param"] == "model"
    assert ask(gateway, chat("mock/" + "m" * 200)).status == 200


def test_open_streams_do_not_keep_their_requests(
    start_gateway: StartGateway, provider: ScriptedProvider
) -> None:
    """Each kept its request twice for as long as it was open."""
    gate = Gate()
    with start_gateway(lambda port: listener(port) + providers(provider.base_url)) as gateway:
        before = gateway.resident_bytes()
        wires = []
        for _ in range(30):
            provider.script.then(event_answer([WORD, gate, b"data: [DONE]\n\n"]))
            wires.append(Wire(gateway))
            wires[-1].send(chat("mock/hello", stream=True, pad="p" * MEGABYTE))
            wires[-1].until(WORD)
        grown = gateway.resident_bytes() - before
        gate.open()
        for wire in wires:
            wire.socket.close()
    assert grown < 25 * MEGABYTE, grown / MEGABYTE


def test_a_stop_lets_a_slow_client_take_the_rest_of_its_answer(
    start_gateway: StartGateway, provider: ScriptedProvider
) -> None:
    """The exchange is over when the answer is written; its last 64 KB and more are still to be sent."""
    body = b"b" * (3 * MEGABYTE)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    with start_gateway(lambda port: listener(port) + providers(provider.base_url)) as gateway:
        provider.script.then(raw_answer(head + body))
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.settimeout(5)
            slow.connect((gateway.host, gateway.port))
            slow.sendall(chat("mock/hello"))
            got = len(slow.recv(4096))
            gateway.process.send_signal(signal.SIGTERM)
            wait_for(lambda: "stopping" in gateway.all_logs())
            while part := slow.recv(65536):
                got += len(part)
        assert got > len(body)
        wait_for(lambda: gateway.process.poll() == 0)
