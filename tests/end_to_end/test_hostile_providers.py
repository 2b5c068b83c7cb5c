"""Providers that answer what no provider should: a clean error or a cut connection, and the next request is served."""

from __future__ import annotations

import gzip
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import Answer, End, Gate, Pause, Repeat, event_answer, raw_answer
from plano.testing.scripted_provider.answer import Step
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.test_failing_providers import STREAMS, WORD, last_event_is_error, providers, stream
from tests.end_to_end.wire import Reply, Wire, ask, chat, request

MEGABYTE = 1 << 20
OK = b"HTTP/1.1 200 OK\r\n"
JSON = OK + b"content-type: application/json\r\n"
EVENTS = OK + b"content-type: text/event-stream\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def exposed(_provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    limits = "response_head_timeout: 0.6s, idle_timeout: 0.6s"
    with start_gateway(lambda port: listener(port, limits) + providers(_provider.base_url)) as running:
        for _ in range(3):
            assert ask(running, chat("mock/hello")).status == 200
        yield running


@pytest.fixture(autouse=True)
def _survives(exposed: Gateway, provider: ScriptedProvider) -> Iterator[None]:
    """After every hostility: no descriptor is left open, nothing was logged as a crash, requests are served."""
    assert ask(exposed, chat("mock/hello")).status == 200
    files = exposed.open_files()
    yield
    wait_for(lambda: exposed.open_files() <= files, timeout_s=5)
    for _ in range(2):
        assert ask(exposed, chat("mock/hello")).json()["choices"]
    told = exposed.all_logs()
    assert not re.search("Traceback|[Ee]xception in callback|never retrieved", told), told[-3000:]


def play(provider: ScriptedProvider, *pieces: Step, closes: bool = True) -> None:
    provider.script.then(raw_answer(*pieces, closes=closes))


def is_refused(dialect: str, answer: Reply, status: int, code: str) -> bool:
    """A whole error of plano's own in the client's dialect."""
    error = answer.json()["error"]
    kind = "timeout_error" if status == 504 else "api_error"
    return (
        answer.status == status
        and answer.is_whole
        and (error["type"] == kind if dialect == "anthropic_messages" else error["code"] == code)
        and bool(error["message"])
        and bool(answer.header("x-request-id"))
    )


# Heads.

HEADS: dict[str, bytes] = {
    "nothing-but-garbage": b"\x00\xff\xfe garbage \r\n\r\n",
    "tls-garbage": b"\x15\x03\x01\x00\x02\x02\x46" * 20,
    "http-0.9": b"<html>hello</html>",
    "http-2-preface": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\x00" * 18,
    "another-protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a-version-nobody-has": b"HTTP/9.9 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    "a-status-of-two-digits": b"HTTP/1.1 20 OK\r\ncontent-length: 2\r\n\r\n{}",
    "a-status-of-letters": b"HTTP/1.1 abc OK\r\ncontent-length: 2\r\n\r\n{}",
    "folded-fields": OK + b"x-a: b\r\n c\r\ncontent-length: 2\r\n\r\n{}",
    "a-field-without-a-name": OK + b": b\r\ncontent-length: 2\r\n\r\n{}",
    "a-space-before-the-colon": OK + b"content-length : 2\r\n\r\n{}",
    "a-negative-length": OK + b"content-length: -1\r\n\r\n{}",
    "a-length-in-hexadecimal": OK + b"content-length: 0x2\r\n\r\n{}",
    "an-overflowing-length": OK + b"content-length: 99999999999999999999999\r\n\r\n{}",
    "two-lengths": OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    "a-length-and-a-coding": OK + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "two-codings": OK + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a-head-of-one-line-without-end": b"HTTP/1.1 200 " + b"x" * 200_000,
    "a-field-without-end": OK + b"x: " + b"y" * 200_000,
    "fields-without-end": OK + b"x: y\r\n" * 50_000,
    "switching-protocols": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    "a-storm-of-interim-answers": b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 20_000,
    "the-head-alone": OK + b"content-length: 5\r\n\r\n",
    "a-cut-head": OK + b"content-le",
    "a-cut-status-line": b"HTTP/1.1 2",
}


@pytest.mark.parametrize("name", HEADS)
def test_a_head_that_is_none_is_502_in_the_callers_dialect(
    exposed: Gateway, provider: ScriptedProvider, name: str
) -> None:
    for dialect in STREAMS:
        play(provider, HEADS[name])
        with Wire(exposed) as wire:
            answer = wire.ask(stream(dialect, "hello"))
            code = answer.json()["error"].get("code", "provider_protocol_error")
            assert code in ("provider_protocol_error", "provider_unreachable")
            assert is_refused(dialect, answer, 502, code)
            # plano's own errors end nothing: the client may ask again on the same connection.
            assert wire.ask(chat("mock/hello")).status == 200


@pytest.mark.parametrize("dialect", STREAMS)
def test_a_head_that_comes_byte_by_byte_for_ever_is_504(
    exposed: Gateway, provider: ScriptedProvider, dialect: str
) -> None:
    drops: list[Step] = []
    for letter in OK + b"x-slow: " + b"s" * 100:
        drops += [bytes((letter,)), Pause(0.02)]
    play(provider, *drops, End.HANG)
    started = time.monotonic()
    assert is_refused(dialect, ask(exposed, stream(dialect, "hello")), 504, "provider_timeout")
    assert 0.5 < time.monotonic() - started < 1.5


def test_interim_answers_that_drip_for_ever_are_504(exposed: Gateway, provider: ScriptedProvider) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
    play(provider, *(hints, Pause(0.02)) * 100, End.HANG)
    assert ask(exposed, chat("mock/hello")).status == 504


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_told_and_not_followed(exposed: Gateway, provider: ScriptedProvider, status: int) -> None:
    with ScriptedProvider.in_thread() as elsewhere:
        play(
            provider,
            b"HTTP/1.1 %d Elsewhere\r\nlocation: %b/v1/chat/completions\r\ncontent-length: 0\r\n\r\n"
            % (status, elsewhere.base_url.encode()),
            closes=False,
        )
        answer = ask(exposed, chat("mock/hello"))
        assert answer.status == status
        assert elsewhere.connection_count == 0


# Too early, too much, twice.


@contextmanager
def early(reply: bytes, *, closes: bool, reads: int) -> Iterator[str]:
    """A provider that reads `reads` bytes of the request and answers, the rest still on its way."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    accepted, _ = server.accept()
                except OSError:
                    return
                with accepted:
                    accepted.recv(max(1, reads))
                    accepted.sendall(reply)
                    if not closes:
                        over.wait(2)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        over.set()
        server.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


@pytest.mark.parametrize("closes", [True, False], ids=["closes", "stays"])
def test_an_answer_that_comes_before_the_request_is_whole_arrives(
    start_gateway: StartGateway, exposed: Gateway, closes: bool
) -> None:
    body = b'{"error":{"message":"too large"}}'
    reply = b"HTTP/1.1 413 Too Large\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )
    with (
        early(reply, closes=closes, reads=100) as url,
        start_gateway(lambda port: listener(port) + providers(url)) as gateway,
    ):
        files = gateway.open_files()
        answer = ask(gateway, chat("mock/hello", user="x" * (8 * MEGABYTE)))
        if closes and answer.status == 502:
            # The reset that follows a close with unread bytes may destroy the answer: RFC 9112 section 9.6.
            assert answer.json()["error"]["code"].startswith("provider_")
        else:
            assert (answer.status, answer.body) == (413, body)
        wait_for(lambda: gateway.open_files() <= files)


TWICE: dict[str, tuple[bytes, bytes]] = {
    "two-answers": (JSON + b"content-length: 2\r\n\r\n{}", JSON + b"content-length: 6\r\n\r\nforged"),
    "a-body-longer-than-announced": (JSON + b"content-length: 2\r\n\r\n{}", b"and more of it"),
    "bytes-behind-the-last-chunk": (JSON + CHUNKED + b"2\r\n{}\r\n0\r\n\r\n", b"5\r\nworld\r\n0\r\n\r\n"),
    "a-body-where-none-may-be": (b"HTTP/1.1 204 No Content\r\n\r\n", b"a body all the same"),
}


@pytest.mark.parametrize("name", TWICE)
def test_what_follows_an_answer_is_never_taken_for_another(
    exposed: Gateway, provider: ScriptedProvider, name: str
) -> None:
    answer, more = TWICE[name]
    play(provider, answer + more, closes=False)
    with Wire(exposed) as wire:
        told = wire.ask(chat("mock/hello"))
        assert told.status in (200, 204)
        assert told.body in (b"{}", b"")
        for _ in range(3):
            assert wire.ask(chat("mock/hello")).json()["choices"]


# Bodies.

CUT = (End.CLOSE, End.RESET)
BODIES: dict[str, tuple[bytes, ...]] = {
    "less-than-announced": (JSON + b"content-length: 100\r\n\r\n{",),
    "in-a-chunk-size": (JSON + CHUNKED + b"2\r\n{}\r\n10",),
    "in-a-chunk": (JSON + CHUNKED + b"10\r\n{",),
    "between-chunks": (JSON + CHUNKED + b"1\r\n{\r\n",),
    "before-the-last-line": (JSON + CHUNKED + b"2\r\n{}\r\n0\r\n",),
    "in-the-trailers": (JSON + CHUNKED + b"2\r\n{}\r\n0\r\nx-tra",),
    "a-chunk-size-of-letters": (JSON + CHUNKED + b"2\r\n{}\r\nzz\r\n{}\r\n",),
    "a-chunk-size-that-overflows": (JSON + CHUNKED + b"2\r\n{}\r\nfffffffffffffffff\r\n{}\r\n",),
    "a-chunk-without-its-line-end": (JSON + CHUNKED + b"2\r\n{}xx\r\n0\r\n\r\n",),
    "a-negative-chunk": (JSON + CHUNKED + b"2\r\n{}\r\n-1\r\n\r\n",),
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("end", CUT)
def test_a_broken_body_is_cut_or_refused_but_never_whole(
    exposed: Gateway, provider: ScriptedProvider, name: str, end: End
) -> None:
    (raw,) = BODIES[name]
    head, _, body = raw.partition(b"\r\n\r\n")
    for pieces in ((raw,), (head + b"\r\n\r\n", Pause(0.02), body)):
        play(provider, *pieces, end)
        with Wire(exposed) as wire:
            answer = wire.ask(chat("mock/hello"))
            assert (answer.status == 502 and answer.is_whole) or not answer.is_whole


@pytest.mark.parametrize("dialect", STREAMS)
@pytest.mark.parametrize("end", CUT)
@pytest.mark.parametrize("where", [0, 1, 10, len(WORD) - 1, len(WORD), len(WORD) + 3])
def test_a_stream_cut_anywhere_ends_with_an_error_event(
    exposed: Gateway, provider: ScriptedProvider, dialect: str, end: End, where: int
) -> None:
    sent = (WORD * 2)[:where]
    play(provider, EVENTS + CHUNKED + (b"%x\r\n%b\r\n" % (len(sent), sent) if sent else b""), end)
    with Wire(exposed) as wire:
        answer = wire.ask(stream(dialect, "hello"))
        if answer.status == 502:
            assert not sent or end is End.RESET
            return
        assert last_event_is_error(dialect, answer, "stream_interrupted")
        assert answer.body.startswith(sent)
        assert wire.is_closed()


def test_a_stream_reset_at_each_byte_of_its_framing_is_never_whole(
    exposed: Gateway, provider: ScriptedProvider
) -> None:
    """Every position of a short answer, its last excepted."""
    whole = JSON + CHUNKED + b"5\r\n{\"a\":\r\n2\r\n1}\r\n0\r\n\r\n"
    for end in CUT:
        for position in range(len(whole)):
            play(provider, whole[:position], end)
            answer = ask(exposed, chat("mock/hello"))
            if answer.status == 200 and answer.is_whole:
                # Cut before a single byte: asked again on another connection, since the first was an old one.
                assert position == 0
                assert answer.json()["choices"]


def test_a_body_that_stalls_is_cut(exposed: Gateway, provider: ScriptedProvider) -> None:
    for head in (b"content-length: 100\r\n\r\n{", CHUNKED + b"10\r\n{", b"\r\n{"):
        play(provider, JSON + head, End.HANG)
        assert not ask(exposed, chat("mock/hello")).is_whole or head == b"\r\n{"


@pytest.mark.parametrize("endless", [b"x-trailer: t\r\n", b"x" * 100], ids=["trailers", "one-trailer"])
def test_trailers_without_end_are_cut(exposed: Gateway, provider: ScriptedProvider, endless: bytes) -> None:
    before = exposed.resident_bytes()
    provider.script.then(raw_answer(JSON + CHUNKED + b"2\r\n{}\r\n0\r\n", Repeat(endless * 100, 100_000)))
    started = time.monotonic()
    answer = ask(exposed, chat("mock/hello"))
    assert answer.status == 502 or not answer.is_whole
    assert time.monotonic() - started < 2
    assert exposed.resident_bytes() - before < 16 * MEGABYTE


@pytest.mark.parametrize("dialect", STREAMS)
def test_a_last_word_without_an_end_is_not_waited_for_for_ever(
    exposed: Gateway, provider: ScriptedProvider, dialect: str
) -> None:
    play(provider, EVENTS + CHUNKED + b"%x\r\n%b\r\n" % (len(WORD), WORD), End.HANG)
    answer = ask(exposed, stream(dialect, "hello"))
    assert last_event_is_error(dialect, answer, "stream_interrupted")


# Size.


def drained(wire: Wire, gateway: Gateway, count: int = 1 << 40) -> list[int]:
    """Read `count` bytes, or until the connection ends, and keep none; the gateway's memory on the way."""
    got, sizes, step = len(wire.buffer), [], 20 * MEGABYTE
    wire.buffer.clear()
    while got < count and (part := wire.socket.recv(min(MEGABYTE, count - got))):
        got += len(part)
        if got // step > len(sizes):
            sizes.append(gateway.resident_bytes())
    return sizes


@pytest.mark.parametrize(
    "answer",
    [
        Answer(
            headers=(("content-type", "application/json"), ("content-length", str(300 * MEGABYTE))),
            body=(Repeat(b"x" * MEGABYTE, 300),),
        ),
        event_answer([Repeat((b"%x\r\n" % (len(WORD) * 5000)) + WORD * 5000 + b"\r\n", 1300)]),
        event_answer([Repeat(b"80000\r\n" + b"data: " + b"x" * (524288 - 6) + b"\r\n", 600)]),
        Answer(
            headers=(("content-type", "application/octet-stream"), ("content-length", str(300 * MEGABYTE))),
            body=(Repeat(b"\x00" * MEGABYTE, 300),),
        ),
    ],
    ids=["json", "events", "one-event-without-end", "bytes"],
)
def test_hundreds_of_megabytes_pass_through_a_bounded_memory(
    exposed: Gateway, provider: ScriptedProvider, answer: Answer
) -> None:
    before = exposed.resident_bytes()
    provider.script.then(answer)
    with Wire(exposed, timeout_s=20) as wire:
        wire.send(chat("mock/hello", "connection: close", stream=True))
        sizes = drained(wire, exposed)
    assert len(sizes) >= 14
    assert max(sizes) - before < 24 * MEGABYTE, [(size - before) // MEGABYTE for size in sizes]


def test_a_gzip_bomb_is_passed_on_unopened(exposed: Gateway, provider: ScriptedProvider) -> None:
    bomb = gzip.compress(b"\x00" * (100 * MEGABYTE))
    before = exposed.resident_bytes()
    packed = (("content-type", "application/json"), ("content-encoding", "gzip"))
    for _ in range(3):
        provider.script.then(Answer(headers=packed, body=(bomb,)))
        assert ask(exposed, chat("mock/hello", "accept-encoding: gzip")).body == bomb
    assert exposed.resident_bytes() - before < 24 * MEGABYTE


def test_events_of_many_short_lines_do_not_cost_the_square_of_their_length(
    exposed: Gateway, provider: ScriptedProvider
) -> None:
    """An event that never ends, in lines of a few bytes, each in a read of its own."""
    line = b"data: x\n"
    gate = Gate()
    lines = (step for _ in range(1500) for step in (line, Pause(0)))
    provider.script.then(event_answer([line * 60_000, gate, *lines]))
    with Wire(exposed, timeout_s=20) as wire:
        wire.send(chat("mock/hello", "connection: close", stream=True))
        wire.until(line * 100)
        before = exposed.cpu_seconds()
        gate.open()
        drained(wire, exposed)
    assert exposed.cpu_seconds() - before < 0.7


# At the connection.


@contextmanager
def server_that(serves: Callable[[socket.socket], Any]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:

        def serve() -> None:
            while True:
                try:
                    accepted, _ = server.accept()
                except OSError:
                    return
                accepted.settimeout(2)
                with accepted, suppress(OSError):
                    serves(accepted)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


UNWELCOMING: dict[str, Callable[[socket.socket], Any]] = {
    "closes-at-once": lambda accepted: None,
    "speaks-first": lambda accepted: accepted.sendall(OK + b"content-length: 2\r\n\r\n{}"),
    "greets-like-a-mail-server": lambda accepted: (accepted.sendall(b"220 mail\r\n"), accepted.recv(9999)),
    "closes-after-a-byte": lambda accepted: accepted.recv(1),
}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("name", UNWELCOMING)
def test_a_server_that_is_no_provider_is_502(
    start_gateway: StartGateway, exposed: Gateway, name: str, scheme: str
) -> None:
    with (
        server_that(UNWELCOMING[name]) as address,
        start_gateway(lambda port: listener(port) + providers(f"{scheme}://{address}")) as gateway,
    ):
        assert ask(gateway, request(path="/healthz", method="GET")).status == 200  # It has started whole.
        files = gateway.open_files()
        for dialect in STREAMS:
            for _ in range(5):
                answer = ask(gateway, stream(dialect, "hello"))
                if name == "speaks-first" and scheme == "http" and answer.status == 200:
                    # It came when the request had left: nothing in HTTP/1.1 tells it from an answer.
                    assert answer.body == b"{}"
                    continue
                code = answer.json()["error"].get("code", "")
                assert is_refused(dialect, answer, 502, code)
        wait_for(lambda: gateway.open_files() <= files)
        assert "Traceback" not in gateway.all_logs()


def test_a_provider_that_never_greets_back_over_tls_is_504(start_gateway: StartGateway, exposed: Gateway) -> None:
    limits = "overrides: {upstream_connect_timeout: 0.3s}\n"
    with (
        server_that(lambda accepted: accepted.recv(1 << 16) and accepted.recv(1 << 16)) as address,
        start_gateway(lambda port: listener(port) + limits + providers(f"https://{address}")) as gateway,
    ):
        files = gateway.open_files()
        answer = ask(gateway, request({"model": "mock/x", "messages": []}))
        assert answer.status == 504
        wait_for(lambda: gateway.open_files() <= files)
