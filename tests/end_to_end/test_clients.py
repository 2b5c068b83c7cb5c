"""Clients that leave, and clients that read slowly."""

from __future__ import annotations

import socket
import struct
import time
from typing import Any

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import Answer, End, Gate, Repeat, event_answer, hello, nothing
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.wire import Wire, ask, chat, request

WORD = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'
#: From the client's leaving to the provider's noticing, in seconds.
AT_ONCE_S = 0.1


def reset(wire: Wire) -> None:
    """Leave without a word."""
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.socket.close()


def half_close(wire: Wire) -> None:
    wire.socket.shutdown(socket.SHUT_WR)


def close(wire: Wire) -> None:
    wire.socket.close()


@pytest.mark.parametrize("leave", [close, reset, half_close])
def test_a_client_that_leaves_a_stream_frees_the_provider_at_once(
    gateway: Gateway, provider: ScriptedProvider, leave: Any
) -> None:
    name = f"client-left-{leave.__name__}"
    provider.script.then(event_answer([WORD, WORD, End.HANG]))
    with Wire(gateway) as wire:
        wire.send(chat("mock/hello", f"x-request-id: {name}", stream=True))
        wire.until(WORD)
        asked = provider.last_request
        left_at = time.monotonic()
        leave(wire)
        provider.wait_until(lambda: asked.outcome == "client_left", timeout_s=2)
    assert asked.ended_s - left_at < AT_ONCE_S
    line = gateway.access_line(name)
    assert " 499 client_left " in line


@pytest.mark.parametrize("leave", [close, reset])
def test_a_client_that_leaves_before_the_answer_begins_frees_the_provider_at_once(
    gateway: Gateway, provider: ScriptedProvider, leave: Any
) -> None:
    name = f"left-early-{leave.__name__}"
    provider.script.then(nothing(End.HANG))
    count = provider.request_count
    with Wire(gateway) as wire:
        wire.send(chat("mock/hello", f"x-request-id: {name}"))
        provider.wait_until(lambda: provider.request_count > count)
        asked = provider.last_request
        left_at = time.monotonic()
        leave(wire)
        provider.wait_until(lambda: asked.outcome == "client_left", timeout_s=2)
    assert asked.ended_s - left_at < AT_ONCE_S
    assert " 499 client_left " in gateway.access_line(name)


def test_a_client_that_leaves_a_pipeline_stops_all_of_it(gateway: Gateway, provider: ScriptedProvider) -> None:
    provider.script.then(nothing(End.HANG))
    count = provider.request_count
    with Wire(gateway) as wire:
        wire.send(chat("mock/hello") * 5)
        provider.wait_until(lambda: provider.request_count == count + 1)
        asked = provider.last_request
    provider.wait_until(lambda: asked.outcome == "client_left", timeout_s=2)
    assert ask(gateway, chat("mock/hello")).status == 200
    assert provider.request_count == count + 2


def test_the_connection_of_a_client_that_left_is_not_used_again(
    gateway: Gateway, provider: ScriptedProvider
) -> None:
    gate = Gate()

    def held(ask: Any) -> Answer:
        return event_answer([WORD, gate, b"data: of the one who left\n\n"])

    provider.script.then(held)
    with Wire(gateway) as wire:
        wire.send(chat("mock/hello", stream=True))
        wire.until(WORD)
        asked = provider.last_request
    provider.wait_until(lambda: asked.outcome == "client_left", timeout_s=2)
    gate.open()
    answer = ask(gateway, chat("mock/hello", stream=True))
    assert b"of the one who left" not in answer.body
    assert provider.last_request.connection != asked.connection


def test_a_slow_client_does_not_fill_the_memory(gateway: Gateway, provider: ScriptedProvider) -> None:
    block = b"x" * 65536
    count = 200 * 16
    json_type = ("content-type", "application/json")
    assert ask(gateway, chat("mock/hello")).status == 200  # What one exchange needs is there now.
    before = gateway.resident_bytes()
    provider.script.then(Answer(headers=(json_type,), body=(Repeat(block, count),)))
    with Wire(gateway, timeout_s=20) as wire:
        wire.send(chat("mock/hello"))
        wire.until(b"\r\n\r\n")
        asked = provider.last_request
        sizes: list[int] = []

        def has_settled() -> bool:
            sizes.append(gateway.resident_bytes())
            return len(sizes) > 20 and len(set(sizes[-20:])) == 1

        wait_for(has_settled)
        assert asked.outcome == "playing"
        assert max(sizes) - before < 32 * 1024 * 1024
        received = len(wire.buffer)
        while received < len(block) * count:
            part = wire.socket.recv(1 << 20)
            assert part
            received += len(part)
        assert gateway.resident_bytes() - before < 32 * 1024 * 1024
    assert received == len(block) * count


def test_a_slow_stream_reader_gets_every_event_in_order(gateway: Gateway, provider: ScriptedProvider) -> None:
    events = [b'data: {"choices":[{"delta":{"content":"%06d%b"}}]}\n\n' % (n, b"." * 2000) for n in range(6000)]
    provider.script.then(event_answer([*events, b"data: [DONE]\n\n"]))
    with Wire(gateway) as wire:
        wire.send(chat("mock/hello", stream=True))
        time.sleep(0.3)  # Until no buffer on the way takes more.
        answer = wire.reply()
    assert answer.is_whole
    assert answer.body == b"".join(events) + b"data: [DONE]\n\n"


def test_a_slow_reader_does_not_slow_the_others(gateway: Gateway, provider: ScriptedProvider) -> None:
    provider.script.then(Answer(body=(Repeat(b"x" * 65536, 1600),)))
    with Wire(gateway) as slow:
        slow.send(chat("mock/hello"))
        slow.until(b"\r\n\r\n")
        for _ in range(5):
            assert ask(gateway, chat("mock/hello")).status == 200


def test_a_slow_sender_is_waited_for(gateway: Gateway) -> None:
    data = chat("mock/hello")
    with Wire(gateway) as wire:
        for at in range(0, len(data), 50):
            wire.send(data[at : at + 50])
            time.sleep(0.002)
        assert wire.reply().status == 200


def test_a_client_that_is_gone_before_its_request_is_whole_is_never_served(
    gateway: Gateway, provider: ScriptedProvider
) -> None:
    count = provider.request_count
    with Wire(gateway) as wire:
        wire.send(chat("mock/hello")[:-5])
    assert ask(gateway, request({"model": "mock/hello", "messages": []})).status == 200
    assert provider.request_count == count + 1


def test_many_clients_at_once_all_get_their_own_answer(gateway: Gateway, provider: ScriptedProvider) -> None:
    provider.script.then(hello)
    wires = [Wire(gateway) for _ in range(100)]
    try:
        for number, wire in enumerate(wires):
            wire.send(chat(f"mock/n{number}", stream=number % 2 == 0))
        answers = [wire.reply() for wire in wires]
    finally:
        for wire in wires:
            wire.socket.close()
    assert [answer.header("x-plano-model") for answer in answers] == [f"mock/n{n}" for n in range(100)]
    assert all(answer.is_whole and f'"n{n}"'.encode() in answer.body for n, answer in enumerate(answers))
