"""Clients that send more than anybody should: refused early, memory bounded, the next request served."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import End, Gate, event_answer, nothing
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.crowd import answers, crowd, reset
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.test_failing_providers import WORD, providers
from tests.end_to_end.wire import Wire, ask, chat, request

MEGABYTE = 1 << 20
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n"
HEALTH = request(path="/healthz", method="GET")


@pytest.fixture(scope="module")
def _provider() -> Iterator[ScriptedProvider]:
    """Of its own: connections of other gateways come and go, and would be counted."""
    with ScriptedProvider.in_thread() as made:
        yield made


@pytest.fixture(scope="module")
def flooded(_provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    limits = "request_timeout: 3s, keepalive_timeout: 3s, max_body_bytes: 1000000"
    with start_gateway(lambda port: listener(port, limits) + providers(_provider.base_url)) as running:
        for _ in range(5):
            assert ask(running, chat("mock/hello")).status == 200
        yield running


@pytest.fixture(scope="module")
def files(flooded: Gateway, _provider: ScriptedProvider) -> int:
    """Descriptors before the first flood, and one more: the provider notices later than the gateway that one closed."""
    return flooded.open_files() - _provider.open_connections + 1


@pytest.fixture(autouse=True)
def _survives(flooded: Gateway, provider: ScriptedProvider, files: int) -> Iterator[None]:
    """After every flood: the descriptors it took are closed, nothing was logged as a crash, requests are served.

    Connections to the provider do not count: those whose exchange came to its end stay for the next one.
    """
    yield
    wait_for(lambda: flooded.open_files() - provider.open_connections <= files, timeout_s=8)
    assert ask(flooded, chat("mock/hello")).status == 200
    told = flooded.all_logs()
    assert not re.search("Traceback|[Ee]xception in callback|never retrieved", told), told[-3000:]


def pushed(member: socket.socket, piece: bytes, most: int) -> int:
    """Send `piece` again and again until the other side stops it; the bytes that left."""
    sent = 0
    member.settimeout(1)
    try:
        while sent < most:
            sent += member.send(piece)
    except OSError:
        pass
    return sent


def refusal_of(member: socket.socket, piece: bytes) -> bytes:
    """Send `piece` until an answer comes; it, or nothing where only the end of the connection came."""
    for _ in range(500):
        member.settimeout(5)
        try:
            member.sendall(piece)
            member.settimeout(0.01)
            return member.recv(65536)
        except TimeoutError:
            continue
        except OSError:
            return b""
    raise AssertionError("nobody stops it")


# Size.


def test_ten_gigabytes_announced_are_refused_at_the_head(flooded: Gateway) -> None:
    before = flooded.resident_bytes()
    with crowd(flooded, 200) as members:
        for member in members:
            member.sendall(HEAD + b"content-length: 10737418240\r\n\r\n" + b"b" * 1000)
        told = answers(members)
    assert all(each.startswith(b"HTTP/1.1 413 ") for each in told)
    assert flooded.resident_bytes() - before < 8 * MEGABYTE


@pytest.mark.parametrize(
    ("first", "piece", "status"),
    [
        (HEAD + b"transfer-encoding: chunked\r\n\r\n", b"10000\r\n" + b"b" * 65536 + b"\r\n", b"413"),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\nb\r\n" * 10_000, b"413"),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n1;", b"e" * 65536, b"431"),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\n", b"x-trailer: t\r\n" * 5000, b"431"),
        (HEAD + b"x-long: ", b"h" * 65536, b"431"),
        (HEAD, b"x-many: h\r\n" * 6000, b"431"),
        (b"POST /", b"p" * 65536, b"431"),
        (b"", b"M" * 65536, b"400"),
        (b"", b"\r\n" * 32768, b"431"),
        (b"", b"\x16\x03\x01\x02\x00" * 10_000, b"400"),
    ],
    ids=[
        "chunks",
        "chunks-of-one-byte",
        "chunk-extension",
        "trailers",
        "field",
        "fields",
        "target",
        "method",
        "empty-lines",
        "tls",
    ],
)
def test_what_never_ends_is_refused(flooded: Gateway, first: bytes, piece: bytes, status: bytes) -> None:
    before = flooded.resident_bytes()
    with crowd(flooded, 1) as (member,):
        member.sendall(first)
        told = refusal_of(member, piece)
        assert told[9:12] == status
    assert flooded.resident_bytes() - before < 16 * MEGABYTE


def test_a_refused_client_that_goes_on_sending_is_cut(flooded: Gateway) -> None:
    piece = b"10000\r\n" + b"b" * 65536 + b"\r\n"
    with crowd(flooded, 1) as (member,):
        member.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\n")
        assert refusal_of(member, piece)[9:12] == b"413"
        started = time.monotonic()
        pushed(member, piece, 1 << 40)
        assert 1.5 < time.monotonic() - started < 4, "two seconds are granted to read the answer"


def test_bodies_up_to_the_limit_do_not_stay(flooded: Gateway) -> None:
    body = chat("mock/hello", user="x" * 900_000)
    for _ in range(3):
        ask(flooded, body)
    before = flooded.resident_bytes()
    for _ in range(50):
        assert ask(flooded, body).status == 200
    assert flooded.resident_bytes() - before < 16 * MEGABYTE


# Number.


def test_a_flood_of_pipelined_requests_is_answered_whole_and_in_order(flooded: Gateway) -> None:
    before = flooded.resident_bytes()
    count = 20_000
    flood = b"".join(request(path=f"/v1/models/{number}", method="GET") for number in range(count))
    with Wire(flooded) as wire:
        sending = threading.Thread(target=wire.send, args=(flood,))
        sending.start()
        time.sleep(0.5)  # Nothing is read for a while: answers must not pile up.
        grown = flooded.resident_bytes() - before
        for number in range(count):
            reply = wire.reply()
            assert reply.status == 404
            assert f"`{number}`".encode() in reply.body or f"{number}" in reply.json()["error"]["message"]
        sending.join()
    assert grown < 16 * MEGABYTE


def test_pipelined_chats_behind_a_long_one_wait_unread(flooded: Gateway, provider: ScriptedProvider) -> None:
    gate = Gate()
    provider.script.then(event_answer([WORD, gate, b"data: [DONE]\n\n"]))
    before = flooded.resident_bytes()
    count = provider.request_count
    with crowd(flooded, 1) as (member,):
        member.sendall(chat("mock/hello", stream=True))
        sent = pushed(member, chat("mock/hello") * 1000, 64 * MEGABYTE)
        assert sent < 32 * MEGABYTE, "the kernel's buffers hold some; plano reads no more"
        assert flooded.resident_bytes() - before < 8 * MEGABYTE
        assert provider.request_count == count + 1
    gate.open()


def test_ten_thousand_connections_that_come_and_go_leave_nothing(flooded: Gateway) -> None:
    ends: tuple[Callable[[socket.socket], None], ...] = (
        socket.socket.close,
        reset,
        lambda member: (member.sendall(HEALTH), reset(member))[1],
        lambda member: (member.sendall(b"GET /healt"), member.close())[1],
    )
    before = flooded.resident_bytes()
    for number in range(10_000):
        member = socket.create_connection((flooded.host, flooded.port))
        ends[number % len(ends)](member)
    assert ask(flooded, HEALTH).status == 200
    assert flooded.resident_bytes() - before < 16 * MEGABYTE


# Leaving.


STAGES = {
    "connected": b"",
    "in-the-start-line": b"POST /v1/ch",
    "in-the-head": HEAD,
    "before-the-body": HEAD + b"content-length: 100\r\n\r\n",
    "in-the-body": HEAD + b"content-length: 100\r\n\r\n{",
    "in-a-chunk": HEAD + b"transfer-encoding: chunked\r\n\r\n20\r\n{",
    "in-the-trailers": HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx-a: b",
    "with-a-bad-head": HEAD + b"bad head\r\n\r\n",
    "with-too-large-a-body": HEAD + b"content-length: 9999999999\r\n\r\n{",
    "with-an-unknown-model": chat("nobody/x"),
    "waiting-for-continue": HEAD + b"expect: 100-continue\r\ncontent-length: 100\r\n\r\n",
    "asked": chat("mock/hello"),
    "asked-for-a-stream": chat("mock/hello", stream=True),
    "asked-many": chat("mock/hello") * 30,
    "asked-and-then-garbage": chat("mock/hello") + b"\x00\x01\x02\r\n\r\n",
}


@pytest.mark.parametrize("leave", [socket.socket.close, reset, lambda member: member.shutdown(socket.SHUT_WR)])
@pytest.mark.parametrize("stage", STAGES)
def test_a_client_may_leave_at_any_stage(flooded: Gateway, stage: str, leave: Callable[[socket.socket], None]) -> None:
    with crowd(flooded, 25) as members:
        for number, member in enumerate(members):
            member.sendall(STAGES[stage])
            if number % 2:
                time.sleep(0.002)  # Some leave while the worker is at it, some before it began.
            leave(member)


def test_clients_that_leave_in_every_phase_of_an_exchange_take_the_call_with_them(
    flooded: Gateway, provider: ScriptedProvider
) -> None:
    open_before = provider.open_connections
    plays = (nothing(End.HANG), event_answer([End.HANG]), event_answer([WORD, End.HANG]))
    for play in plays:
        with crowd(flooded, 10) as members:
            count = provider.request_count
            for member in members:
                provider.script.then(play)
                member.sendall(chat("mock/hello", stream=True))
            provider.wait_until(lambda count=count: provider.request_count == count + 10)  # type: ignore[misc]
            for member in members:
                reset(member)
        provider.wait_until(lambda: provider.open_connections <= open_before + 1)
