"""A client connection on a fake transport: order, keep-alive, refusals, time, drain. Both builds."""

from __future__ import annotations

from types import ModuleType

import pytest

from plano.http.server._client_connection import BODY_SECONDS_PER_BYTE, LINGER_S, MAX_PIPELINED, MAX_UNSENT_BYTES
from tests.http.fakes import Port, Source
from tests.twins import both_builds

HOST = b"host: gateway\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

every_build = both_builds("client_connection")


def get(path: bytes = b"/", extra: bytes = b"", version: bytes = b"1.1") -> bytes:
    return b"GET " + path + b" HTTP/" + version + b"\r\n" + HOST + extra + b"\r\n"


def post(body: bytes, extra: bytes = b"") -> bytes:
    return b"POST / HTTP/1.1\r\n" + HOST + extra + b"content-length: %d\r\n\r\n" % len(body) + body


# Requests and their order.


@every_build
def test_a_whole_request_is_handed_on_and_answered_in_one_write(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect(peername=("198.51.100.4", 1234))
    transport.receive(post(b"hello")[:-1])
    assert port.exchanges == []
    transport.receive(b"o")
    exchange = port.exchanges[0]
    assert (exchange.head.method, exchange.body, exchange.sink.address) == (b"POST", b"hello", "198.51.100.4")
    exchange.answer()
    assert transport.writes == []
    port.run()
    assert transport.writes == [OK]
    assert transport.state == "open"


@every_build
def test_requests_follow_each_other_on_one_connection(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    for number in range(3):
        transport.receive(get(b"/%d" % number))
        port.exchanges[-1].answer()
        port.run()
        assert transport.take() == OK
    assert port.paths() == [b"/0", b"/1", b"/2"]


@every_build
def test_pipelined_requests_run_one_at_a_time_in_order(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(get(b"/1") + post(b"two") + get(b"/3"))
    assert port.paths() == [b"/1"]
    port.exchanges[0].answer(b"first")
    assert port.paths() == [b"/1"], "the next begins in the next round of the loop"
    port.run()
    assert port.paths() == [b"/1", b"/"]
    assert port.exchanges[1].body == b"two"
    port.exchanges[1].answer(b"second")
    port.run()
    port.exchanges[2].answer(b"third")
    port.run()
    assert [write.rpartition(b"\r\n")[2] for write in transport.writes] == [b"first", b"second", b"third"]


@every_build
def test_a_request_that_comes_while_another_waits_for_its_turn_stays_behind_it(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(get(b"/1") + get(b"/2"))
    port.exchanges[0].answer()
    transport.receive(get(b"/3"))
    for number in (1, 2):
        port.run()
        port.exchanges[number].answer()
    port.run()
    assert port.paths() == [b"/1", b"/2", b"/3"]
    assert transport.written == OK * 3


@every_build
def test_immediate_answers_to_a_long_pipeline_are_no_recursion(build: ModuleType) -> None:
    port = Port(build)
    port.listener.handle = lambda head, body, sink: (
        Port.handle(port, head, body, sink) or port.exchanges[-1].answer()
    )  # type: ignore[func-returns-value]
    transport = port.connect()
    transport.receive(get() * 3000)
    port.run()
    assert transport.written == OK * 3000
    assert transport.is_reading


@every_build
def test_reading_stops_while_many_requests_wait(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(get() * MAX_PIPELINED)
    assert transport.is_reading
    transport.receive(get(b"/last"))
    assert not transport.is_reading
    transport.receive(get(b"/later"))
    assert transport.unread
    port.exchanges[0].answer()
    assert transport.is_reading
    transport.receive()
    port.run()
    assert not transport.is_reading
    for number in range(1, MAX_PIPELINED + 2):
        port.exchanges[number].answer()
        port.run()
    assert transport.is_reading
    assert port.paths()[-2:] == [b"/last", b"/later"]
    assert transport.written == OK * (MAX_PIPELINED + 2)


# Keeping the connection.


@every_build
@pytest.mark.parametrize(
    ("request_bytes", "connection", "state"),
    [
        (get(), b"", "open"),
        (get(extra=b"connection: keep-alive\r\n"), b"", "open"),
        (get(extra=b"connection: Close\r\n"), b"connection: close\r\n", "closing"),
        (get(extra=b"connection: x, close\r\n"), b"connection: close\r\n", "closing"),
        (get(version=b"1.0"), b"connection: close\r\n", "closing"),
        (get(version=b"1.0", extra=b"connection: keep-alive\r\n"), b"connection: keep-alive\r\n", "open"),
    ],
)
def test_the_connection_is_kept_as_the_client_wants_it(
    build: ModuleType, request_bytes: bytes, connection: bytes, state: str
) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(request_bytes)
    port.exchanges[0].answer()
    assert transport.state == "open", "the answer is not written yet"
    port.run()
    assert transport.written == b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n" + connection + b"\r\nok"
    assert transport.state == state


@every_build
def test_what_follows_a_close_is_not_served(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(get(b"/1", b"connection: close\r\n") + get(b"/2"))
    port.exchanges[0].answer()
    port.run()
    assert port.paths() == [b"/1"]
    assert transport.writes == [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"]
    assert transport.state == "half-closed", (
        "the client may still be sending: a reset would destroy the answer"
    )


# 100 Continue.


@every_build
def test_a_client_that_waits_is_told_to_go_on(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    request = post(b"hi", b"expect: 100-continue\r\n")
    transport.receive(request[:-2])
    port.run()
    assert transport.take() == CONTINUE
    transport.receive(b"hi")
    port.exchanges[0].answer()
    port.run()
    assert transport.take() == OK


@every_build
def test_nobody_is_told_to_go_on_in_front_of_another_answer(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(get() + post(b"hi", b"expect: 100-continue\r\n")[:-2])
    port.run()
    assert transport.writes == []
    port.exchanges[0].answer()
    transport.receive(b"hi")
    port.run()
    port.exchanges[1].answer()
    port.run()
    assert transport.written == OK * 2


@every_build
def test_a_body_that_is_refused_is_not_asked_for(build: ModuleType) -> None:
    port = Port(build, max_body_bytes=1)
    transport = port.connect()
    transport.receive(post(b"hi", b"expect: 100-continue\r\n")[:-2])
    port.run()
    assert transport.written.startswith(b"HTTP/1.1 413 ")


# Refusals.


@every_build
def test_a_refusal_is_answered_then_the_client_may_finish_its_sentence(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(b"GET / HTTP/1.1\r\n\r\n")
    port.run()
    assert transport.written == b"HTTP/1.1 400 x\r\nconnection: close\r\n\r\n"
    assert transport.state == "half-closed"
    transport.receive(get())
    assert port.exchanges == []
    port.pass_time(LINGER_S)
    assert transport.state == "half-closed"
    port.pass_time(0.1)
    assert transport.state == "aborted"


@every_build
def test_a_transport_without_half_close_is_closed(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect(can_write_eof=False)
    transport.receive(b"nonsense\r\n\r\n")
    port.run()
    assert transport.written.startswith(b"HTTP/1.1 400 ")
    assert transport.state == "closing"


@every_build
def test_a_refusal_waits_for_its_turn(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(get(b"/1") + get(b"/2") + b"GET /bad HTTP/1.1\r\n\r\n" + get(b"/4"))
    port.run()
    assert transport.writes == []
    transport.receive(get(b"/5"))
    for number in (0, 1):
        port.exchanges[number].answer()
        port.run()
    assert port.paths() == [b"/1", b"/2"]
    assert transport.written == OK * 2 + b"HTTP/1.1 400 x\r\nconnection: close\r\n\r\n"
    assert transport.state == "half-closed"


@every_build
@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /" + b"a" * 300 + b" HTTP/1.1\r\n", b"431"),
        (post(b"b" * 101), b"413"),
        (get(version=b"3.0"), b"400"),
        (get(version=b"2.0"), b"505"),
    ],
)
def test_a_refusal_has_the_status_of_its_error(build: ModuleType, data: bytes, status: bytes) -> None:
    port = Port(build, max_header_bytes=200, max_body_bytes=100)
    transport = port.connect()
    transport.receive(data)
    port.run()
    assert transport.written.startswith(b"HTTP/1.1 " + status)
    assert port.exchanges == []


@every_build
@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b"GET /v1/messages?a=b HTTP/1.1\r\n\r\n", b"/v1/messages"),
        (b"GET /v1/messages HTTP/1.1\r\nhost: x\r\nbroken\r\n", b"/v1/messages"),
        (b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz", b"/v1/messages"),
        (get(b"/first") + b"GET /second HTTP/1.1\r\n\r\n", b"/second"),
        (b"\x16\x03\x01", b""),
    ],
)
def test_a_refusal_is_written_with_what_is_known_of_the_request(build: ModuleType, data: bytes, path: bytes) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(data)
    if port.exchanges:
        port.exchanges[0].answer()
    port.run()
    assert port.refused_paths == [path]


# Time.


@every_build
def test_a_head_that_does_not_arrive_is_408(build: ModuleType) -> None:
    port = Port(build, request_timeout_s=3.0, keepalive_timeout_s=60.0)
    transport = port.connect()
    transport.receive(b"GET / HT")
    port.pass_time(2.9)
    assert transport.writes == []
    port.pass_time(0.2)
    assert transport.written.startswith(b"HTTP/1.1 408 ")
    assert transport.state == "half-closed"


@every_build
def test_a_trickling_client_is_timed_from_its_first_byte(build: ModuleType) -> None:
    port = Port(build, request_timeout_s=3.0)
    transport = port.connect()
    for byte in b"GET /":
        transport.receive(bytes([byte]))
        port.pass_time(0.9)
    assert transport.written.startswith(b"HTTP/1.1 408 ")


@every_build
def test_a_large_body_gets_more_time(build: ModuleType) -> None:
    port = Port(build, request_timeout_s=3.0)
    transport = port.connect()
    size = 102_400
    transport.receive(b"POST / HTTP/1.1\r\n" + HOST + b"content-length: 999999\r\n\r\n" + b"b" * size)
    port.pass_time(3.0 + size * BODY_SECONDS_PER_BYTE - 0.1)
    assert transport.writes == []
    port.pass_time(0.2)
    assert transport.written.startswith(b"HTTP/1.1 408 ")


@every_build
def test_an_idle_connection_is_closed_without_a_word(build: ModuleType) -> None:
    port = Port(build, keepalive_timeout_s=5.0)
    transport = port.connect()
    port.pass_time(4.0)
    transport.receive(get())
    port.pass_time(1000.0)
    assert transport.state == "open", "an exchange has its own limits"
    port.exchanges[0].answer()
    port.run()
    port.pass_time(5.0)
    assert transport.state == "open"
    port.pass_time(0.1)
    assert transport.state == "closing"
    assert transport.written == OK


@every_build
def test_a_client_that_stops_reading_is_cut_off(build: ModuleType) -> None:
    port = Port(build, write_timeout_s=10.0)
    transport = port.connect()
    transport.receive(get())
    transport.stall()
    sink = port.exchanges[0].sink
    sink.start(b"HTTP/1.1 200 OK\r\n", 200, None)
    sink.write(b"b" * 100_000)
    port.run()
    port.pass_time(9.0)
    transport.drain()
    transport.stall()
    sink.write(b"b" * 100_000)
    port.run()
    port.pass_time(9.0)
    assert transport.state == "open", "it did read in between"
    port.pass_time(2.0)
    assert transport.state == "aborted"


@every_build
def test_a_client_that_reads_the_last_answer_slowly_gets_all_of_it(build: ModuleType) -> None:
    """Lingering is for clients that go on sending; one that has not read its answer yet is a slow reader like any."""
    port = Port(build, write_timeout_s=60.0)
    transport = port.connect()
    transport.receive(get(extra=b"connection: close\r\n"))
    transport.stall()
    port.exchanges[0].answer(b"b" * 1_000_000)
    port.run()
    assert transport.state == "closing"
    port.pass_time(LINGER_S + 50.0)
    assert transport.state == "closing"
    port.pass_time(20.0)
    assert transport.state == "aborted"


# Slow clients, clients that leave.


@every_build
def test_the_source_of_a_response_hears_of_a_slow_client(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(get() + get())
    source = Source()
    sink = port.exchanges[0].sink
    sink.feed_from(source)
    sink.start(b"HTTP/1.1 200 OK\r\n", 200, None)
    transport.stall()
    sink.write(b"b" * 70_000)
    assert source.told == []
    port.run()
    assert source.told == ["pause"]
    sink.finish()
    port.run()
    assert len(port.exchanges) == 1, "nothing is begun for a client that is still slow"
    transport.drain()
    port.run()
    assert len(port.exchanges) == 2
    assert source.told == ["pause"]


@every_build
def test_a_source_that_comes_while_the_client_is_slow_is_held_at_once(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(get())
    sink = port.exchanges[0].sink
    sink.start(b"HTTP/1.1 200 OK\r\n", 200, None)
    transport.stall()
    sink.write(b"b" * 70_000)
    port.run()
    late = Source()
    sink.feed_from(late)
    assert late.told == ["pause"]
    transport.drain()
    assert late.told == ["pause", "resume"]


@every_build
def test_a_source_that_gives_much_in_one_round_is_held_until_it_has_left(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(get())
    source = Source()
    sink = port.exchanges[0].sink
    sink.feed_from(source)
    sink.start(b"HTTP/1.1 200 OK\r\n", 200, None)
    for _ in range(8):
        sink.write(b"b" * (MAX_UNSENT_BYTES // 4))
    assert source.told == ["pause"]
    port.run()
    assert source.told == ["pause", "resume"]
    transport.stall()
    sink.write(b"b" * (MAX_UNSENT_BYTES + 1))
    port.run()
    assert source.told[-1] == "pause", "it has left plano, not reached the client"
    transport.drain()
    assert source.told[-1] == "resume"


@every_build
def test_a_client_that_leaves_is_told_to_the_exchange_once(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(get() + get())
    left: list[str] = []
    sink = port.exchanges[0].sink
    sink.on_client_left = lambda: left.append("left")
    sink.start(b"HTTP/1.1 200 OK\r\n", 200, None)
    sink.write(b"some")
    transport.lose(ConnectionResetError())
    transport.protocol.connection_lost(None)
    assert left == ["left"]
    sink.write(b"more")
    sink.flush()
    sink.finish(b"end")
    port.run()
    assert transport.writes == []
    assert transport.late_writes == []
    assert port.paths() == [b"/"], "the second is not begun"
    assert not port.listener.connections
    assert port.ticker.members == set()


@every_build
def test_a_client_that_leaves_after_its_answer_is_nobodys_business(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(get())
    left: list[str] = []
    port.exchanges[0].sink.on_client_left = lambda: left.append("left")
    port.exchanges[0].answer()
    transport.lose()
    port.run()
    assert left == []


@every_build
def test_a_client_that_leaves_between_two_pipelined_requests_gets_no_second(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(get(b"/1") + get(b"/2"))
    port.exchanges[0].answer()
    transport.lose()
    port.run()
    assert port.paths() == [b"/1"]


@every_build
def test_a_client_that_half_closes_is_taken_as_gone(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(get())
    transport.receive_eof()
    assert transport.state == "closing"


# Draining.


@every_build
def test_draining_closes_idle_connections_at_once_and_busy_ones_after_their_answer(build: ModuleType) -> None:
    port = Port(build)
    idle, busy, begun = port.connect(), port.connect(), port.connect()
    busy.receive(get())
    begun.receive(get())
    begun_sink = port.exchanges[1].sink
    begun_sink.start(b"HTTP/1.1 200 OK\r\n", 200, None)
    begun_sink.write(b"some")
    port.pass_time(1)
    port.listener.drain()
    assert (idle.state, busy.state, begun.state) == ("closing", "open", "open")
    port.exchanges[0].answer()
    begun_sink.finish()
    port.run()
    assert busy.written == b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
    assert begun.written.endswith(b"\r\n\r\n4\r\nsome\r\n0\r\n\r\n")
    assert (busy.state, begun.state) == ("closing", "closing")


@every_build
def test_a_connection_opened_a_moment_before_a_drain_may_ask_once(build: ModuleType) -> None:
    port = Port(build)
    asking, silent = port.connect(), port.connect()
    port.listener.drain()
    port.run()
    assert (asking.state, silent.state) == ("open", "open")
    asking.receive(get())
    port.exchanges[0].answer()
    port.run()
    assert b"connection: close" in asking.written
    assert asking.state == "closing"
    port.pass_time(1)
    assert silent.state == "closing"


@every_build
def test_cutting_every_connection_writes_nothing_more(build: ModuleType) -> None:
    port = Port(build)
    transports = [port.connect(), port.connect()]
    transports[0].receive(get())
    port.exchanges[0].answer()
    port.listener.abort()
    port.run()
    assert [transport.state for transport in transports] == ["aborted", "aborted"]
    assert [transport.writes for transport in transports] == [[], []]


@every_build
def test_listener_and_ticker_know_the_open_connections(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect(peername=None)
    assert {transport.protocol} == set(port.listener.connections) == port.ticker.members
    transport.receive(get())
    assert port.exchanges[0].sink.address == ""
    transport.lose()
    assert not port.listener.connections
