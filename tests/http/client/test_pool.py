"""Connections waiting for their next call: warmest first, per origin, not for ever. Both builds."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from plano.errors import ProviderUnreachable
from plano.http.client._pool import IDLE_LIMIT_S
from plano.http.wire.origin import Origin
from plano.http.wire.outbox import Outbox
from plano.http.wire.ticker import Ticker
from plano.testing import FakeClock
from tests.http.fakes import FakeDialer, Rounds, Target, Waiter, finish_now
from tests.twins import both_builds

every_build = both_builds("pool")
ORIGIN = Origin("http", "provider", 80)
OTHER = Origin("https", "provider", 443)


class Basin:
    """A pool, a clock, and the transports of what it dialled."""

    def __init__(self, build: ModuleType) -> None:
        self.rounds = Rounds()
        self.clock = FakeClock()
        self.ticker = Ticker()
        self.dialer = FakeDialer()
        self.pool: Any = build.Pool(
            self.dialer, self.ticker, Outbox(self.rounds.call_soon), self.clock.monotonic_s
        )

    def dial(self, origin: Origin = ORIGIN) -> Any:
        return finish_now(self.pool.dial(origin))

    def use(self, connection: Any) -> None:
        """One call from its beginning to its end."""
        connection.call(b"request", Waiter(), 1e9, 1e9, 1e9)
        self.rounds.run()
        connection.transport.receive(b"HTTP/1.1 204 No Content\r\n\r\n")
        connection.attach(Target())

    def pass_time(self, seconds: float) -> None:
        self.ticker.tick(self.clock.monotonic_s())
        self.clock.advance(seconds)
        self.ticker.tick(self.clock.monotonic_s())


@every_build
def test_a_dialled_connection_is_open_ticked_and_not_idle(build: ModuleType) -> None:
    basin = Basin(build)
    connection = basin.dial()
    assert basin.pool.open == {connection}
    assert basin.ticker.members == {connection}
    assert basin.pool.idle_count() == 0
    assert basin.pool.take_idle(ORIGIN) is None


@every_build
def test_the_warmest_connection_is_taken_first(build: ModuleType) -> None:
    basin = Basin(build)
    first, second = basin.dial(), basin.dial()
    basin.use(first)
    basin.use(second)
    assert basin.pool.idle_count() == 2
    assert basin.pool.take_idle(ORIGIN) is second
    assert basin.pool.take_idle(ORIGIN) is first
    assert basin.pool.take_idle(ORIGIN) is None


@every_build
def test_origins_do_not_share_connections(build: ModuleType) -> None:
    basin = Basin(build)
    basin.use(basin.dial(ORIGIN))
    assert basin.pool.take_idle(OTHER) is None
    other = basin.dial(OTHER)
    basin.use(other)
    assert basin.pool.take_idle(OTHER) is other


@every_build
def test_an_idle_connection_is_let_go_before_the_provider_does(build: ModuleType) -> None:
    basin = Basin(build)
    cold, warm = basin.dial(), basin.dial()
    basin.use(cold)
    basin.pass_time(IDLE_LIMIT_S)
    basin.use(warm)
    basin.pass_time(1.0)
    assert (cold.transport.state, warm.transport.state) == ("closing", "open")
    assert basin.pool.take_idle(ORIGIN) is warm
    assert basin.pool.take_idle(ORIGIN) is None, "what is being closed is not handed out"
    cold.transport.lose()
    assert basin.pool.open == {warm}


@every_build
def test_idle_time_begins_anew_with_each_call(build: ModuleType) -> None:
    basin = Basin(build)
    connection = basin.dial()
    for _ in range(4):
        basin.use(connection)
        basin.pass_time(IDLE_LIMIT_S - 1.0)
        assert basin.pool.take_idle(ORIGIN) is connection
    assert connection.transport.state == "open"


@every_build
def test_a_connection_that_is_lost_while_idle_is_forgotten(build: ModuleType) -> None:
    basin = Basin(build)
    first, second, third = basin.dial(), basin.dial(), basin.dial()
    for connection in (first, second, third):
        basin.use(connection)
    second.transport.lose()
    assert basin.pool.idle_count() == 2
    assert basin.pool.open == {first, third} == basin.ticker.members
    assert basin.pool.take_idle(ORIGIN) is third
    assert basin.pool.take_idle(ORIGIN) is first


@every_build
def test_a_dial_that_fails_leaves_nothing_behind(build: ModuleType) -> None:
    basin = Basin(build)
    basin.dialer.failure = ProviderUnreachable("no")
    with pytest.raises(ProviderUnreachable):
        basin.dial()
    assert basin.pool.open == basin.ticker.members == set()


@every_build
def test_a_connection_that_is_lost_while_it_is_dialled_is_unreachable(build: ModuleType) -> None:
    """A provider may accept and close at once: nobody would ever hear of such a connection again."""
    basin = Basin(build)

    class Closes(FakeDialer):
        async def dial(self, origin: Origin, protocol: Any, *limits: Any) -> None:
            await super().dial(origin, protocol)
            self.transports[-1].lose()

    basin.pool.dialer = Closes()
    with pytest.raises(ProviderUnreachable):
        basin.dial()
    assert basin.pool.open == basin.ticker.members == set()


@every_build
def test_a_closed_pool_keeps_nothing(build: ModuleType) -> None:
    basin = Basin(build)
    idle, busy = basin.dial(), basin.dial()
    basin.use(idle)
    basin.pool.close()
    assert (idle.transport.state, busy.transport.state) == ("closing", "open")
    basin.use(busy)
    assert busy.transport.state == "closing"
    assert basin.pool.idle_count() == 0
    for connection in (idle, busy):
        connection.transport.lose()
    assert basin.pool.open == set()
