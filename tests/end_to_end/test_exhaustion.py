"""Clients that take time, memory and descriptors: bounded, let go, and everybody else is served meanwhile."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import Repeat, event_answer
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.crowd import answers, crowd, drip
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.test_failing_providers import WORD, providers
from tests.end_to_end.wire import Wire, ask, chat, request

MEGABYTE = 1 << 20
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n"
HEALTH = request(path="/healthz", method="GET")
#: Sees a slow client within a second; the scripted provider is never that slow.
LIMITS = "request_timeout: 0.5s, keepalive_timeout: 0.6s, idle_timeout: 1s"


@pytest.fixture(scope="module")
def hurried(_provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    with start_gateway(lambda port: listener(port, LIMITS) + providers(_provider.base_url)) as running:
        assert ask(running, chat("mock/hello")).status == 200
        yield running


def goes_back_to(gateway: Gateway, files: int) -> None:
    """The descriptors that a test made the worker open are closed again."""
    wait_for(lambda: gateway.open_files() <= files, timeout_s=8)


def serves_quickly(gateway: Gateway) -> None:
    started = time.monotonic()
    assert ask(gateway, chat("mock/hello")).status == 200
    assert time.monotonic() - started < 5.0


# Slowness.


def test_heads_that_come_byte_by_byte_are_408(hurried: Gateway) -> None:
    files = hurried.open_files()
    with crowd(hurried, 300) as slow:
        drip(slow, HEAD + b"x-slow: " + b"s" * 4096, 0.3)
        serves_quickly(hurried)
        drip(slow, b"s" * 4096, 0.5)
        told = answers(slow)
    assert {each[:13] for each in told} == {b"HTTP/1.1 408 "}
    goes_back_to(hurried, files)


def test_bodies_that_come_byte_by_byte_are_408(hurried: Gateway) -> None:
    files = hurried.open_files()
    with crowd(hurried, 300) as slow:
        for member in slow[:150]:
            member.sendall(HEAD + b"content-length: 2000\r\n\r\n")
        for member in slow[150:]:
            member.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\n7d0\r\n")
        drip(slow, b"s" * 2000, 0.3)
        serves_quickly(hurried)
        drip(slow, b"s" * 2000, 0.5)
        told = answers(slow)
    assert {each[:13] for each in told} == {b"HTTP/1.1 408 "}
    goes_back_to(hurried, files)


def test_a_chunk_extension_without_end_is_not_waited_for(hurried: Gateway) -> None:
    with crowd(hurried, 20) as slow:
        for member in slow:
            member.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\n1;")
        drip(slow, b"e" * 2000, 0.8)
        assert all(each.startswith(b"HTTP/1.1 408 ") for each in answers(slow))


def test_readers_that_do_not_read_hold_the_provider_back_and_are_cut(
    hurried: Gateway, provider: ScriptedProvider
) -> None:
    files, asked = hurried.open_files(), provider.request_count
    before = hurried.resident_bytes()
    with crowd(hurried, 20, receive_buffer=4096) as slow:
        for member in slow:
            provider.script.then(event_answer([Repeat(WORD * 500, 4000)]))
            member.sendall(chat("mock/hello", stream=True))
        wait_for(lambda: provider.request_count >= asked + 20)
        time.sleep(0.3)
        serves_quickly(hurried)
        grown = hurried.resident_bytes() - before
        goes_back_to(hurried, files)
    assert grown < 30 * MEGABYTE, f"{grown / MEGABYTE:.0f} MB for 20 streams of 94 MB"


# Idleness.


def test_thousands_of_idle_connections_cost_little_and_are_closed(hurried: Gateway) -> None:
    ask(hurried, HEALTH)
    files = hurried.open_files()
    before = hurried.resident_bytes()
    with crowd(hurried, 3000) as idle:
        wait_for(lambda: hurried.open_files() >= files + 2000)
        serves_quickly(hurried)
        grown = hurried.resident_bytes() - before
        assert set(answers(idle, timeout_s=10)) == {b""}
    assert grown < 3000 * 8192, f"{grown / 3000:.0f} bytes for each"
    goes_back_to(hurried, files)


def test_connections_kept_after_an_answer_are_closed_too(hurried: Gateway) -> None:
    files = hurried.open_files()
    with crowd(hurried, 500) as idle:
        for member in idle:
            member.sendall(HEALTH)
        told = answers(idle, timeout_s=10)
    assert all(each.startswith(b"HTTP/1.1 200 ") for each in told)
    goes_back_to(hurried, files)


def test_a_burst_of_connections_waits_in_the_kernel_and_not_for_its_next_try(hurried: Gateway) -> None:
    """The backlog was 100 for a while: the kernel dropped the rest, and clients tried again after a second."""
    count = min(1000, int(Path("/proc/sys/net/core/somaxconn").read_text()) - 10)
    hurried.process.send_signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        with crowd(hurried, count) as members:
            assert time.monotonic() - started < 0.8
            hurried.process.send_signal(signal.SIGCONT)
            for member in members:
                member.sendall(HEALTH)
            assert all(member.recv(4096).startswith(b"HTTP/1.1 200 ") for member in members)
    finally:
        hurried.process.send_signal(signal.SIGCONT)


# Descriptors.


@pytest.fixture
def cramped(provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    """A worker that may open no more than 100 files, and was told to take more connections than that."""
    limits = "keepalive_timeout: 60s, max_connections: 1000"
    rows = providers(provider.base_url)
    with start_gateway(lambda port: listener(port, limits) + rows, most_open_files=100) as running:
        yield running


def test_without_descriptors_it_lives_on_and_does_not_spin(cramped: Gateway) -> None:
    with crowd(cramped, 300):
        wait_for(lambda: cramped.open_files() >= 90)
        before = cramped.cpu_seconds()
        time.sleep(1.0)
        assert cramped.cpu_seconds() - before < 0.3
        assert cramped.process.poll() is None
    wait_for(lambda: cramped.open_files() < 50)
    serves_quickly(cramped)


def test_without_descriptors_a_request_is_refused_cleanly(cramped: Gateway, provider: ScriptedProvider) -> None:
    """Clients that came first are answered, though no provider can be called for them."""
    with Wire(cramped) as first, Wire(cramped) as second, crowd(cramped, 300):
        wait_for(lambda: cramped.open_files() >= 90)
        for wire in (first, second):
            answer = wire.ask(chat("mock/hello"))
            assert answer.status in (200, 503)
            if answer.status == 503:
                assert answer.json()["error"]["code"] == "overloaded"
                assert answer.header("retry-after") == "1"
    wait_for(lambda: cramped.open_files() < 50)
    serves_quickly(cramped)


def test_who_is_turned_away_for_want_of_descriptors_is_not_left_waiting(cramped: Gateway) -> None:
    with crowd(cramped, 150):
        wait_for(lambda: cramped.open_files() >= 90)
        with socket.socket() as late:
            late.settimeout(3)
            late.connect((cramped.host, cramped.port))
            try:
                late.sendall(HEALTH)
                told = late.recv(4096)
            except ConnectionError:
                told = b""
    assert not told or told.startswith(b"HTTP/1.1 503 ")


def test_left_to_itself_it_keeps_descriptors_for_providers(
    provider: ScriptedProvider, start_gateway: StartGateway
) -> None:
    """Clients beyond what the limit allows are told so; those that fit in are all served at once."""
    rows = providers(provider.base_url)
    with (
        start_gateway(lambda port: listener(port) + rows, most_open_files=100) as gateway,
        crowd(gateway, 10) as first,
        crowd(gateway, 300) as late,
    ):
        told = [member.recv(4096) for member in late[50:]]
        assert {each[:13] for each in told} <= {b"HTTP/1.1 503 ", b""}
        assert told.count(b"") < 25, "a few may be closed without a word"
        for member in first:
            member.sendall(chat("mock/slow-first-token", stream=True))
        for member in first:
            assert member.recv(4096).startswith(b"HTTP/1.1 200 ")
