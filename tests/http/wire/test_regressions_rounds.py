"""What goes wrong with one connection stays with it."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

from plano.http.wire.ticker import Ticker
from tests.twins import both_builds


class Connection:
    def __init__(self, breaks: bool) -> None:
        self.breaks = breaks
        self.asked = 0

    def send_now(self) -> None:
        self.asked += 1
        if self.breaks:
            raise RuntimeError("broken")

    def tick(self, now: float) -> None:
        self.send_now()


def one_in_three() -> list[Connection]:
    return [Connection(breaks=number == 1) for number in range(3)]


@both_builds("outbox")
def test_one_that_cannot_send_does_not_keep_the_others(build: ModuleType) -> None:
    asked: list[Callable[[], None]] = []
    outbox = build.Outbox(asked.append)
    connections = one_in_three()
    for connection in connections:
        outbox.add(connection)
    with pytest.raises(RuntimeError, match="broken"):
        asked.pop()()
    assert [connection.asked for connection in connections] == [1, 1, 1]
    outbox.add(connections[0])
    assert len(asked) == 1


def test_one_whose_deadline_cannot_be_kept_does_not_keep_the_others() -> None:
    ticker = Ticker()
    connections = one_in_three()
    ticker.members.update(connections)
    with pytest.raises(RuntimeError, match="broken"):
        ticker.tick(0.0)
    assert [connection.asked for connection in connections] == [1, 1, 1]
