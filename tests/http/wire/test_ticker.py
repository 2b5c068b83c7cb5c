"""One coarse timer for all."""

from __future__ import annotations

import pytest

from plano.http.wire.ticker import Ticker


class Member:
    def __init__(self, ticker: Ticker, *leaves: Member) -> None:
        self.seen: list[float] = []
        self.ticker = ticker
        self.leaves = leaves

    def tick(self, now: float) -> None:
        self.seen.append(now)
        for member in (self, *self.leaves):
            self.ticker.members.discard(member)


def test_every_member_is_asked_with_the_time() -> None:
    ticker = Ticker()
    members = [Member(ticker) for _ in range(3)]
    ticker.members.update(members)
    ticker.tick(12.5)
    ticker.tick(13.0)
    assert [member.seen for member in members] == [[12.5]] * 3, "each left at its first tick"


def test_members_may_come_and_go_during_a_tick() -> None:
    ticker = Ticker()
    other = Member(ticker)
    ticker.members.update((Member(ticker, other), other))
    ticker.tick(1.0)
    assert ticker.members == set()


def test_the_interval_grows_with_the_number_of_members() -> None:
    ticker = Ticker()
    assert ticker.interval_s == pytest.approx(0.05)
    ticker.members.update(Member(ticker) for _ in range(4000))
    assert ticker.interval_s == pytest.approx(0.15)
