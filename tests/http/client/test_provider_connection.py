"""A provider connection on a fake transport: calls, bodies, backpressure, time, and when it may be used again."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from plano.errors import ProviderProtocolError, ProviderTimeout, ProviderUnreachable
from plano.http.client._provider_connection import MAX_UNATTACHED_BYTES
from plano.http.client.pool import Pool
from plano.http.wire.origin import Origin
from plano.http.wire.outbox import Outbox
from plano.http.wire.ticker import Ticker
from plano.testing import FakeClock, FakeTransport
from tests.http.fakes import Rounds, Target, Waiter
from tests.twins import both_builds

every_build = both_builds("provider_connection")
ORIGIN = Origin("http", "provider", 80)
REQUEST = b"POST / HTTP/1.1\r\nhost: provider\r\ncontent-length: 0\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\n"


class Line:
    """One provider connection in a real pool, on a fake transport."""

    def __init__(self, build: ModuleType) -> None:
        self.rounds = Rounds()
        self.clock = FakeClock()
        self.ticker = Ticker()
        self.pool: Any = Pool(None, self.ticker, Outbox(self.rounds.call_soon), self.clock.monotonic_s)  # type: ignore[arg-type]
        self.connection = build.ProviderConnection(ORIGIN, self.pool)
        self.transport = FakeTransport.connect(self.connection)
        self.ticker.members.add(self.connection)

    def call(
        self,
        request: bytes = REQUEST,
        head_s: float = 1000.0,
        total_s: float = 1000.0,
        idle_s: float = 1000.0,
    ) -> Waiter:
        waiter = Waiter()
        now = self.clock.monotonic_s()
        self.connection.call(request, waiter, now + head_s, now + total_s, idle_s)
        self.rounds.run()
        return waiter

    def attach(self) -> Target:
        target = Target()
        self.connection.attach(target)
        return target

    def pass_time(self, seconds: float) -> None:
        self.ticker.tick(self.clock.monotonic_s())
        self.clock.advance(seconds)
        self.ticker.tick(self.clock.monotonic_s())

    def is_idle(self) -> bool:
        return bool(self.pool.idle_count())


# Calls.


@every_build
def test_a_call_is_one_write_one_head_and_a_body_pushed_as_it_comes(build: ModuleType) -> None:
    line = Line(build)
    waiter = Waiter()
    line.connection.call(REQUEST, waiter, 1e9, 1e9, 1e9)
    assert line.transport.writes == []
    line.rounds.run()
    assert line.transport.writes == [REQUEST]
    line.clock.advance(2.0)
    line.transport.receive(HEAD)
    assert waiter.result.status == 200
    assert line.connection.head_at == line.clock.monotonic_s()
    target = line.attach()
    assert target.blocks == []
    line.transport.receive(b"he")
    assert (target.blocks, target.ended) == ([b"he"], 0)
    line.transport.receive(b"llo")
    assert (target.blocks, target.ended) == ([b"he", b"llo"], 1)
    assert line.is_idle()
    assert line.pool.take_idle(ORIGIN) is line.connection


@every_build
def test_what_came_before_somebody_attached_is_one_block(build: ModuleType) -> None:
    line = Line(build)
    waiter = line.call()
    line.transport.receive(HEAD + b"he")
    line.transport.receive(b"ll")
    assert waiter.done()
    target = line.attach()
    assert target.blocks == [b"hell"]
    line.transport.receive(b"o")
    assert (target.blocks, target.ended) == ([b"hell", b"o"], 1)


@every_build
def test_a_whole_answer_in_one_read_waits_for_its_target(build: ModuleType) -> None:
    line = Line(build)
    waiter = line.call()
    line.transport.receive(HEAD + b"hello")
    assert waiter.result.content_length == 5
    assert not line.is_idle(), "its body is not taken yet"
    target = line.attach()
    assert (target.blocks, target.ended) == ([b"hello"], 1)
    assert line.is_idle()


@every_build
def test_each_block_read_is_pushed_once_whatever_its_chunks(build: ModuleType) -> None:
    line = Line(build)
    line.call()
    line.transport.receive(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    target = line.attach()
    line.transport.receive(b"2\r\nab\r\n1\r\nc\r\n3\r\nd")
    line.transport.receive(b"ef\r\n")
    line.transport.receive(b"0\r\n\r\n")
    assert (target.blocks, target.ended) == ([b"abcd", b"ef", b""], 1)


@every_build
def test_a_connection_serves_many_calls(build: ModuleType) -> None:
    line = Line(build)
    for number in range(3):
        waiter = line.call()
        line.transport.receive(b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"%05d" % number)
        assert waiter.result.status == 200
        assert line.attach().blocks == [b"%05d" % number]
        assert line.pool.take_idle(ORIGIN) is line.connection
    assert line.connection.calls == 3
    assert line.transport.written == REQUEST * 3


@every_build
def test_a_waiter_that_was_cancelled_is_left_alone(build: ModuleType) -> None:
    line = Line(build)
    waiter = line.call()
    waiter.cancelled = True
    line.transport.receive(HEAD)
    waiter = line.call()
    waiter.cancelled = True
    line.transport.lose()
    assert waiter.error is None


@every_build
def test_a_call_given_up_takes_the_connection_with_it(build: ModuleType) -> None:
    line = Line(build)
    waiter = line.call()
    line.connection.abort()
    assert line.transport.state == "aborted"
    line.transport.lose()
    assert not waiter.done()
    assert not line.is_idle()

    line = Line(build)
    line.call()
    line.transport.receive(HEAD + b"he")
    target = line.attach()
    line.connection.abort()
    line.transport.lose()
    assert (target.blocks, target.ended, target.error) == ([b"he"], 0, None)
    assert not line.is_idle()


@every_build
def test_a_call_given_up_before_it_left_writes_nothing(build: ModuleType) -> None:
    line = Line(build)
    line.connection.call(REQUEST, Waiter(), 1e9, 1e9, 1e9)
    line.connection.abort()
    line.rounds.run()
    assert line.transport.writes == []
    assert line.transport.late_writes == []


# What ends a connection.


@every_build
@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\n",
        b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\n",
    ],
)
def test_a_connection_the_provider_will_close_is_not_pooled(build: ModuleType, head: bytes) -> None:
    line = Line(build)
    line.call()
    line.transport.receive(head + b"hello")
    assert line.attach().ended == 1
    assert line.transport.state == "closing"
    assert not line.is_idle()


@every_build
def test_an_answer_that_overtakes_its_request_ends_the_connection(build: ModuleType) -> None:
    """The rest of the request would be read as the next one."""
    line = Line(build)
    line.transport.stall()
    line.call(REQUEST + b"b" * 100)
    line.transport.receive(HEAD + b"hello")
    assert line.attach().ended == 1
    assert not line.is_idle()
    assert line.transport.state == "aborted", "a close would wait for ever for a provider that reads no more"


@every_build
def test_what_comes_before_the_request_has_left_is_no_answer_to_it(build: ModuleType) -> None:
    line = Line(build)
    waiter = Waiter()
    line.connection.call(REQUEST, waiter, 1e9, 1e9, 1e9)
    line.transport.receive(HEAD + b"hello")
    assert isinstance(waiter.error, ProviderProtocolError)
    line.rounds.run()
    assert line.transport.writes == []
    assert not line.is_idle()
    assert line.transport.state == "aborted"


@every_build
@pytest.mark.parametrize("extra", [b"x", HEAD + b"again", b"\0"])
def test_a_whole_answer_counts_even_when_more_follows_but_the_connection_does_not(
    build: ModuleType, extra: bytes
) -> None:
    """RFC 9112 section 6.3: additional data is discarded, never taken for a response."""
    for pieces in ([HEAD + b"hello" + extra], [HEAD + b"hello", extra]):
        line = Line(build)
        waiter = line.call()
        for piece in pieces:
            line.transport.receive(piece)
        assert waiter.result.status == 200
        target = line.attach()
        assert (target.blocks, target.ended, target.error) == ([b"hello"], 1, None)
        assert not line.is_idle()
        assert line.transport.is_closing()

    line = Line(build)
    line.call()
    line.transport.receive(HEAD)
    target = line.attach()
    line.transport.receive(b"hello" + extra)
    assert (target.blocks, target.ended, target.error) == ([b"hello"], 1, None)
    assert not line.is_idle()


@every_build
def test_bytes_on_an_idle_connection_end_it(build: ModuleType) -> None:
    line = Line(build)
    line.call()
    line.transport.receive(HEAD + b"hello")
    line.attach()
    line.transport.receive(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
    assert line.transport.state == "aborted"
    line.transport.lose()
    assert not line.is_idle()


@every_build
def test_a_body_until_the_close_is_whole_at_the_close(build: ModuleType) -> None:
    line = Line(build)
    waiter = line.call()
    line.transport.receive(UNTIL_CLOSE + b"he")
    assert waiter.result.content_length is None
    target = line.attach()
    line.transport.receive(b"llo")
    line.transport.receive_eof()
    line.transport.lose()
    assert (target.blocks, target.ended) == ([b"he", b"llo", b""], 1)
    assert not line.is_idle()

    line = Line(build)
    line.call()
    line.transport.receive(UNTIL_CLOSE + b"hello")
    line.transport.lose()
    target = line.attach()
    assert (target.blocks, target.ended) == ([b"hello"], 1)
    assert not line.is_idle()


@every_build
def test_a_body_until_the_close_is_not_whole_when_the_connection_breaks(build: ModuleType) -> None:
    """A reset is no end: what was still on its way is lost (RFC 9112 section 8)."""
    line = Line(build)
    line.call()
    line.transport.receive(UNTIL_CLOSE + b"he")
    target = line.attach()
    line.transport.lose(ConnectionResetError())
    assert target.ended == 0
    assert isinstance(target.error, ProviderProtocolError)


@every_build
def test_a_whole_answer_survives_the_loss_of_its_connection(build: ModuleType) -> None:
    for error in (None, ConnectionResetError()):
        line = Line(build)
        waiter = line.call()
        line.transport.receive(HEAD + b"hello")
        line.transport.lose(error)
        assert waiter.result.status == 200
        target = line.attach()
        assert (target.blocks, target.ended, target.error) == ([b"hello"], 1, None)


# Failures.


@every_build
def test_a_new_connection_that_closes_without_an_answer_is_unreachable(build: ModuleType) -> None:
    from plano.http.client.provider_connection import StaleConnection

    line = Line(build)
    waiter = line.call()
    line.transport.lose()
    assert type(waiter.error) is ProviderUnreachable
    assert not isinstance(waiter.error, StaleConnection)


@every_build
def test_a_reused_connection_that_answers_nothing_was_stale(build: ModuleType) -> None:
    line = Line(build)
    line.call()
    line.transport.receive(HEAD + b"hello")
    line.attach()
    line.pool.take_idle(ORIGIN)
    waiter = line.call()
    line.transport.lose(ConnectionResetError())
    assert type(waiter.error).__name__ == "StaleConnection"
    assert isinstance(waiter.error, ProviderUnreachable)


@every_build
@pytest.mark.parametrize("start", [b"H", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_reused_connection_that_began_to_answer_was_not_stale(build: ModuleType, start: bytes) -> None:
    line = Line(build)
    line.call()
    line.transport.receive(HEAD + b"hello")
    line.attach()
    line.pool.take_idle(ORIGIN)
    waiter = line.call()
    line.transport.receive(start)
    line.transport.lose()
    assert type(waiter.error) is ProviderUnreachable


@every_build
@pytest.mark.parametrize(
    ("head", "body"),
    [
        (HEAD, b"hel"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"3\r\nhel\r\n"),
    ],
)
def test_a_body_that_breaks_off_is_a_failure_after_its_last_bytes(
    build: ModuleType, head: bytes, body: bytes
) -> None:
    line = Line(build)
    line.call()
    line.transport.receive(head)
    target = line.attach()
    line.transport.receive(body)
    line.transport.lose()
    assert (target.blocks, target.ended) == ([b"hel"], 0)
    assert isinstance(target.error, ProviderProtocolError)

    line = Line(build)
    waiter = line.call()
    line.transport.receive(head + body)
    line.transport.lose()
    assert waiter.result.status == 200
    target = line.attach()
    assert (target.blocks, target.ended) == ([b"hel"], 0)
    assert isinstance(target.error, ProviderProtocolError)


@every_build
def test_an_answer_that_is_no_http_fails_the_call_and_cuts_the_connection(build: ModuleType) -> None:
    line = Line(build)
    waiter = line.call()
    line.transport.receive(b"<html>not today</html>")
    assert isinstance(waiter.error, ProviderProtocolError)
    assert line.transport.state == "aborted"

    line = Line(build)
    line.call()
    line.transport.receive(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    target = line.attach()
    line.transport.receive(b"2\r\nhi\r\nzz\r\n")
    assert target.blocks == [b"hi"]
    assert isinstance(target.error, ProviderProtocolError)
    assert line.transport.state == "aborted"
    assert not line.is_idle()


# Backpressure.


@every_build
def test_reading_stops_when_much_waits_for_a_target(build: ModuleType) -> None:
    line = Line(build)
    line.call()
    size = 3 * MAX_UNATTACHED_BYTES
    line.transport.receive(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
    line.transport.receive(b"b" * MAX_UNATTACHED_BYTES)
    assert line.transport.is_reading
    line.transport.receive(b"b")
    assert not line.transport.is_reading
    target = line.attach()
    assert line.transport.is_reading
    assert len(target.blocks[0]) == MAX_UNATTACHED_BYTES + 1
    line.transport.receive(b"b" * (2 * MAX_UNATTACHED_BYTES - 1))
    assert target.ended == 1
    assert line.transport.is_reading


@every_build
def test_a_slow_client_stops_the_reading_until_it_catches_up(build: ModuleType) -> None:
    line = Line(build)
    line.call()
    line.transport.receive(HEAD)
    target = line.attach()
    line.connection.pause()
    line.connection.pause()
    assert not line.transport.is_reading
    line.transport.receive(b"hello")
    assert target.blocks == []
    line.connection.resume()
    line.transport.receive()
    assert target.ended == 1
    line.connection.pause()
    assert line.transport.is_reading, "the call is over: what the client does is no longer its business"


@every_build
def test_a_target_that_pauses_as_it_takes_the_last_block_holds_nobody(build: ModuleType) -> None:
    line = Line(build)

    class Pauses(Target):
        def on_block(self, data: bytes, ended: bool) -> None:
            super().on_block(data, ended)
            line.connection.pause()

    for _ in range(2):
        line.call()
        line.transport.receive(HEAD)
        target = Pauses()
        line.connection.attach(target)
        line.transport.receive(b"hel")
        assert not line.transport.is_reading
        line.connection.resume()
        line.transport.receive(b"lo")
        assert target.ended == 1
        assert line.transport.is_reading
        assert line.pool.take_idle(ORIGIN) is line.connection


@every_build
def test_an_answer_that_ends_while_held_leaves_no_hold_behind(build: ModuleType) -> None:
    line = Line(build)
    line.call()
    size = 2 * MAX_UNATTACHED_BYTES
    line.transport.receive(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + b"b" * size)
    assert not line.transport.is_reading
    assert line.attach().ended == 1
    assert line.transport.is_reading
    assert line.is_idle()


# Time.


@every_build
def test_a_provider_that_does_not_begin_in_time_is_let_go(build: ModuleType) -> None:
    line = Line(build)
    waiter = line.call(head_s=30.0)
    line.pass_time(30.0)
    assert not waiter.done()
    line.pass_time(0.1)
    assert isinstance(waiter.error, ProviderTimeout)
    assert waiter.error.phase == "head"
    assert line.transport.state == "aborted"


@every_build
def test_a_head_that_trickles_does_not_extend_its_time(build: ModuleType) -> None:
    line = Line(build)
    waiter = line.call(head_s=5.0)
    for _ in range(6):
        line.transport.receive(b"HTTP/1.1 100 Continue\r\n\r\n")
        line.pass_time(1.0)
    assert waiter.error.phase == "head"


@every_build
def test_a_provider_that_falls_silent_is_let_go(build: ModuleType) -> None:
    line = Line(build)
    line.call(head_s=5.0, idle_s=10.0)
    line.transport.receive(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    target = line.attach()
    for _ in range(5):
        line.pass_time(9.9)
        line.transport.receive(b"1\r\nx\r\n")
    line.pass_time(10.0)
    assert target.error is None
    line.pass_time(0.2)
    assert target.error.phase == "idle"
    assert target.blocks == [b"x"] * 5
    assert line.transport.state == "aborted"


@every_build
def test_silence_is_not_the_providers_while_nobody_reads(build: ModuleType) -> None:
    line = Line(build)
    line.call(idle_s=10.0)
    line.transport.receive(HEAD)
    target = line.attach()
    line.connection.pause()
    line.pass_time(100.0)
    line.connection.resume()
    line.pass_time(9.0)
    assert target.error is None
    line.transport.receive(b"hello")
    assert target.ended == 1


@every_build
def test_an_answer_that_never_ends_is_cut_at_its_total_time(build: ModuleType) -> None:
    line = Line(build)
    line.call(total_s=60.0, idle_s=10.0)
    line.transport.receive(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    target = line.attach()
    for _ in range(12):
        line.transport.receive(b"1\r\nx\r\n")
        line.pass_time(5.0)
    assert target.error is None
    line.pass_time(0.1)
    assert target.error.phase == "total"


@every_build
def test_a_failure_that_came_before_its_target_is_told_to_it(build: ModuleType) -> None:
    line = Line(build)
    waiter = line.call(idle_s=1.0)
    line.transport.receive(HEAD + b"he")
    assert waiter.done()
    line.pass_time(2.0)
    line.transport.lose()
    target = line.attach()
    assert target.blocks == [b"he"]
    assert target.error.phase == "idle"


@every_build
def test_a_second_call_has_limits_of_its_own(build: ModuleType) -> None:
    line = Line(build)
    line.call(head_s=1.0, total_s=1.0, idle_s=1.0)
    line.transport.receive(HEAD + b"hello")
    line.attach()
    line.pool.take_idle(ORIGIN)
    waiter = line.call(head_s=50.0, total_s=50.0, idle_s=50.0)
    line.pass_time(45.0)
    assert not waiter.done()
