"""A client that pipelines and does not read, or goes on behind its last request, costs nothing."""

from __future__ import annotations

from types import ModuleType

from plano.http.server._client_connection import LINGER_S, MAX_PIPELINED_BODY
from tests.http.fakes import Port
from tests.http.server.test_client_connection import OK, get, post
from tests.twins import both_builds

every_build = both_builds("client_connection")


class Prompt(Port):
    """Answers every request at once, as plano does what it answers by itself."""

    answer_bytes = 30_000

    def handle(self, head: object, body: bytes, sink: object) -> None:
        super().handle(head, body, sink)
        self.exchanges[-1].answer(b"b" * self.answer_bytes)


@every_build
def test_answers_nobody_reads_do_not_pile_up(build: ModuleType) -> None:
    port = Prompt(build)
    transport = port.connect()
    transport.stall()
    transport.receive(get() * 1000)
    port.run()
    assert len(port.exchanges) <= 4, "more than the write buffer holds was answered"
    assert not transport.is_reading
    for _ in range(400):
        transport.drain()
        port.run()
        transport.stall()
    assert len(port.exchanges) == 1000
    assert transport.is_reading


@every_build
def test_a_stalled_client_with_requests_waiting_is_let_go(build: ModuleType) -> None:
    port = Prompt(build, write_timeout_s=20.0, keepalive_timeout_s=5.0)
    transport = port.connect()
    transport.stall()
    transport.receive(get() * 100)
    port.run()
    port.pass_time(19.0)
    assert transport.state == "open"
    port.pass_time(2.0)
    assert transport.state == "aborted"


@every_build
def test_an_idle_client_that_does_not_take_its_last_answer_is_let_go(build: ModuleType) -> None:
    port = Prompt(build, write_timeout_s=20.0, keepalive_timeout_s=5.0)
    transport = port.connect()
    transport.stall()
    transport.receive(get())
    port.run()
    port.pass_time(6.0)
    assert transport.state == "closing", "closing waits for the answer to be taken"
    port.pass_time(21.0)
    assert transport.state == "aborted"


@every_build
def test_a_large_body_that_waits_its_turn_stops_reading(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(get())
    transport.receive(post(b"b" * MAX_PIPELINED_BODY))
    assert transport.is_reading
    transport.receive(post(b"b" * (MAX_PIPELINED_BODY + 1)))
    assert not transport.is_reading
    for _ in range(3):
        port.exchanges[-1].answer()
        port.run()
    assert len(port.exchanges) == 3
    assert transport.is_reading


@every_build
def test_nothing_is_served_behind_a_last_request(build: ModuleType) -> None:
    """An upgrade hides the `close` beside it from the parser."""
    port = Prompt(build)
    transport = port.connect()
    transport.receive(get(extra=b"connection: close, upgrade\r\nupgrade: x\r\n") + get(b"/second"))
    transport.receive(get(b"/third"))
    port.run()
    assert port.paths() == [b"/"]
    assert transport.take().count(b"HTTP/1.1") == 1


@every_build
def test_behind_a_last_answer_not_even_a_refusal_follows(build: ModuleType) -> None:
    port = Prompt(build)
    transport = port.connect()
    transport.receive(get(extra=b"connection: close\r\n") + get(b"/second"))
    port.run()
    assert transport.take().count(b"HTTP/1.1") == 1
    assert transport.is_closing()


@every_build
def test_a_drain_in_the_round_of_an_answer_does_not_lose_it(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    port.pass_time(1)
    transport.receive(get())
    port.exchanges[0].answer()
    port.listener.drain()
    port.run()
    assert transport.writes == [OK]
    assert transport.late_writes == []
    assert transport.is_closing()


@every_build
def test_a_connection_with_a_full_queue_reads_on_while_it_lingers(build: ModuleType) -> None:
    """Unread bytes would turn the close into a reset, which destroys the answer."""
    port = Port(build)
    transport = port.connect()
    transport.receive(get(extra=b"connection: close, upgrade\r\nupgrade: x\r\n") + get() * 20)
    assert not transport.is_reading
    port.exchanges[0].answer()
    port.run()
    assert transport.is_reading
    assert port.paths() == [b"/"]
    transport.lose(None)
    port.pass_time(LINGER_S + 1)
