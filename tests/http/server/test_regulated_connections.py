"""A client connection of a listener with keys and caps, on a fake transport. Both builds."""

from __future__ import annotations

from hashlib import sha256
from types import ModuleType

import msgspec

from plano.http.server.access import ApiKeys
from plano.http.server.caps import MOST_LEAVING, TURNED_AWAY, CapNumbers
from tests.http.fakes import Port
from tests.twins import both_builds

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
REFUSED = b"HTTP/1.1 401 x\r\nconnection: close\r\n\r\n"
KEYS = ApiKeys({sha256(b"right").digest(): "blue"})

every_build = both_builds("client_connection")


def post(key: bytes, more: bytes = b"", length: int = 5) -> bytes:
    return b"POST / HTTP/1.1\r\nhost: gateway\r\nx-api-key: %b\r\n%bcontent-length: %d\r\n\r\n" % (key, more, length)


# Keys.


@every_build
def test_a_request_with_a_key_is_handed_on_with_its_name_and_without_the_key(build: ModuleType) -> None:
    port = Port(build, access=KEYS)
    port.connect().receive(post(b"right") + b"hello")
    [exchange] = port.exchanges
    assert exchange.head.api_key == "blue"
    assert exchange.head.get(b"x-api-key") is None
    assert exchange.body == b"hello"


@every_build
def test_a_request_without_one_is_refused_before_its_body_is_asked_for(build: ModuleType) -> None:
    port = Port(build, access=KEYS)
    transport = port.connect()
    transport.receive(post(b"wrong", b"expect: 100-continue\r\n"))
    port.run()
    assert transport.take() == REFUSED
    assert transport.state == "half-closed"
    assert port.refused_addresses == ["192.0.2.1"]


@every_build
def test_with_a_key_the_body_is_asked_for(build: ModuleType) -> None:
    port = Port(build, access=KEYS)
    transport = port.connect()
    transport.receive(post(b"right", b"expect: 100-continue\r\n"))
    port.run()
    assert transport.take() == CONTINUE


@every_build
def test_nothing_of_a_refused_body_is_kept(build: ModuleType) -> None:
    port = Port(build, access=KEYS)
    transport = port.connect()
    transport.receive(post(b"wrong", length=10_000_000) + b"x" * 1000)
    for _ in range(100):
        transport.receive(b"x" * 65536)
    port.run()
    assert transport.take() == REFUSED
    assert transport.protocol.reader.body_bytes == 0
    assert port.exchanges == []


@every_build
def test_a_bad_request_in_a_pipeline_is_answered_in_its_turn_and_the_rest_is_dropped(build: ModuleType) -> None:
    port = Port(build, access=KEYS)
    transport = port.connect()
    transport.receive(post(b"right") + b"first" + post(b"wrong") + b"other" + post(b"right") + b"third")
    port.run()
    assert transport.take() == b""
    port.exchanges[0].answer()
    port.run()
    assert transport.take() == OK + REFUSED
    assert [exchange.body for exchange in port.exchanges] == [b"first"]
    assert transport.state == "half-closed"


@every_build
def test_other_keys_hold_from_the_next_request_of_an_open_connection(build: ModuleType) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(post(b"wrong") + b"hello")
    port.exchanges[0].answer()
    port.run()
    transport.take()
    settings = msgspec.structs.replace(port.listener.settings, access=KEYS)
    port.listener.take_over(settings, handle=port.handle, refusal=port.refusal)
    transport.receive(post(b"wrong") + b"hello")
    port.run()
    assert transport.take() == REFUSED


# Connections.


@every_build
def test_one_connection_too_many_is_told_and_closed_and_does_not_count(build: ModuleType) -> None:
    port = Port(build, caps=CapNumbers(connections=2))
    first, _second = port.connect(), port.connect()
    third = port.connect()
    assert third.take() == TURNED_AWAY
    assert third.state == "half-closed"
    third.receive(post(b"right") + b"hello")
    third.lose()
    assert port.exchanges == []
    assert len(port.listener.connections) == port.listener.caps.connections == 2
    assert (port.listener.caps.refused, port.listener.caps.room.leaving) == (1, 0)
    first.lose()
    fourth = port.connect()
    assert (fourth.take(), fourth.state) == (b"", "open")


@every_build
def test_who_was_turned_away_and_stays_is_cut(build: ModuleType) -> None:
    port = Port(build, caps=CapNumbers(connections=1))
    port.connect()
    late = port.connect()
    port.clock.advance(1.9)
    port.run()
    assert late.state == "half-closed"
    port.clock.advance(0.1)
    port.run()
    assert late.state == "aborted"


@every_build
def test_those_who_were_turned_away_do_not_pile_up(build: ModuleType) -> None:
    port = Port(build, caps=CapNumbers(connections=1))
    port.connect()
    late = [port.connect() for _ in range(MOST_LEAVING + 1)]
    assert [transport.take() for transport in late] == [TURNED_AWAY] * len(late)
    assert [transport.state for transport in late] == ["half-closed"] * MOST_LEAVING + ["closing"]
    over_tls = port.connect(can_write_eof=False)
    assert (over_tls.take(), over_tls.state) == (b"", "aborted")
    for transport in (*late, over_tls):
        transport.lose()
    assert port.listener.caps.room.leaving == 0
    assert port.connect().take() == TURNED_AWAY


@every_build
def test_over_tls_it_is_told_the_same(build: ModuleType) -> None:
    port = Port(build, caps=CapNumbers(connections=1))
    port.connect(can_write_eof=False)
    late = port.connect(can_write_eof=False)
    assert (late.take(), late.state) == (TURNED_AWAY, "closing")


@every_build
def test_a_smaller_cap_ends_no_connection(build: ModuleType) -> None:
    port = Port(build)
    transports = [port.connect() for _ in range(3)]
    port.listener.caps.change("test", CapNumbers(connections=1))
    assert [transport.state for transport in transports] == ["open"] * 3
    assert port.connect().take() == TURNED_AWAY
    for transport in transports:
        transport.lose()
    assert port.listener.caps.connections == port.listener.caps.room.taken == 0
