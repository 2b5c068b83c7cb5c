"""Lookups: one per name at a time, none in another's way, answers kept while they are fresh and lent while stale."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator

import pytest

from plano.http.client import resolver as resolver_module
from plano.http.client.resolver import FAILURE_S, FRESH_S, STALE_S, Address, Resolver, system_lookup
from plano.testing import FakeClock
from tests.http.loopback import run, until

NOT_FOUND = socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def at(address: str, port: int = 443) -> list[Address]:
    return [(socket.AF_INET, (address, port))]


class Names:
    """A resolver of ours: answers from a table; names in `silent` are waited for until `speak` is set."""

    def __init__(self) -> None:
        self.table: dict[str, list[Address] | Exception] = {}
        self.silent: set[str] = set()
        self.speak = threading.Event()
        self.asked: list[str] = []
        self.busy: set[str] = set()

    def lookup(self, host: str, port: int) -> list[Address]:
        self.asked.append(host)
        self.busy.add(host)
        if host in self.silent:
            assert self.speak.wait(10)
        self.busy.discard(host)
        found = self.table.get(host, NOT_FOUND)
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def names() -> Iterator[Names]:
    names = Names()
    yield names
    names.speak.set()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def resolver(names: Names, clock: FakeClock) -> Resolver:
    return Resolver(clock, names.lookup)


def test_the_systems_resolver_knows_localhost() -> None:
    assert (socket.AF_INET, ("127.0.0.1", 80)) in system_lookup("localhost", 80)

    async def story() -> None:
        assert (socket.AF_INET, ("127.0.0.1", 80)) in await Resolver().resolve("localhost", 80)

    run(story())


def test_who_asks_together_shares_one_lookup(resolver: Resolver, names: Names) -> None:
    names.table["one.example"] = at("192.0.2.1")

    async def story() -> None:
        answers = await asyncio.gather(*(resolver.resolve("one.example", 443) for _ in range(50)))
        assert answers == [at("192.0.2.1")] * 50
        assert names.asked == ["one.example"]

    run(story())


def test_names_that_hang_stand_in_nobodys_way(resolver: Resolver, names: Names) -> None:
    names.silent = {f"silent{number}.example" for number in range(20)}
    names.table["one.example"] = at("192.0.2.1")

    async def story() -> None:
        waiting = [asyncio.ensure_future(resolver.resolve(name, 443)) for name in names.silent]
        await until(lambda: names.busy == names.silent)
        assert await resolver.resolve("one.example", 443) == at("192.0.2.1")
        assert not any(task.done() for task in waiting)
        names.speak.set()
        failures = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(failure) for failure in failures} == {socket.gaierror}

    run(story())


def test_threads_are_bounded_and_the_rest_is_looked_up_in_turn(
    resolver: Resolver, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolver_module, "MAX_THREADS", 2)
    names.silent = {"a.example", "b.example"}
    names.table = {f"{letter}.example": at("192.0.2.1") for letter in "abcd"}

    async def story() -> None:
        tasks = [asyncio.ensure_future(resolver.resolve(f"{letter}.example", 443)) for letter in "abcd"]
        await until(lambda: names.busy == names.silent)
        assert names.asked == ["a.example", "b.example"]
        names.speak.set()
        assert await asyncio.gather(*tasks) == [at("192.0.2.1")] * 4

    run(story())


def test_an_answer_is_kept_while_it_is_fresh(resolver: Resolver, names: Names, clock: FakeClock) -> None:
    names.table["one.example"] = at("192.0.2.1")

    async def story() -> None:
        await resolver.resolve("one.example", 443)
        names.table["one.example"] = at("192.0.2.2")
        clock.advance(FRESH_S - 0.1)
        assert await resolver.resolve("one.example", 443) == at("192.0.2.1")
        clock.advance(0.2)
        assert await resolver.resolve("one.example", 443) == at("192.0.2.2")
        assert len(names.asked) == 2

    run(story())


def test_ports_are_told_apart(resolver: Resolver, names: Names) -> None:
    async def story() -> None:
        names.table["one.example"] = at("192.0.2.1", 443)
        await resolver.resolve("one.example", 443)
        names.table["one.example"] = at("192.0.2.1", 8443)
        assert await resolver.resolve("one.example", 8443) == at("192.0.2.1", 8443)

    run(story())


def test_a_failure_is_believed_for_a_moment_only(resolver: Resolver, names: Names, clock: FakeClock) -> None:
    async def story() -> None:
        for _ in range(3):
            with pytest.raises(socket.gaierror, match="Name or service not known"):
                await resolver.resolve("new.example", 443)
        assert len(names.asked) == 1
        names.table["new.example"] = at("192.0.2.1")
        clock.advance(FAILURE_S)
        assert await resolver.resolve("new.example", 443) == at("192.0.2.1")

    run(story())


def test_a_stale_answer_stands_in_for_a_failed_lookup_and_the_log_says_so(
    resolver: Resolver, names: Names, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    names.table["one.example"] = at("192.0.2.1")

    async def story() -> None:
        await resolver.resolve("one.example", 443)
        names.table["one.example"] = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        clock.advance(STALE_S - 1)
        with caplog.at_level(logging.WARNING, "plano.http.client"):
            assert await resolver.resolve("one.example", 443) == at("192.0.2.1")
            assert await resolver.resolve("one.example", 443) == at("192.0.2.1")
        assert [record.getMessage() for record in caplog.records] == [
            "one.example cannot be looked up (Temporary failure in name resolution): an answer 299 s old is used"
        ]
        clock.advance(2)
        with pytest.raises(socket.gaierror, match="Temporary failure"):
            await resolver.resolve("one.example", 443)

    run(story())


def test_a_stale_answer_stands_in_for_a_lookup_that_hangs(
    resolver: Resolver,
    names: Names,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resolver_module, "PATIENCE_S", 0.01)
    names.table["one.example"] = at("192.0.2.1")

    async def story() -> None:
        await resolver.resolve("one.example", 443)
        names.silent.add("one.example")
        names.table["one.example"] = at("192.0.2.2")
        clock.advance(FRESH_S)
        with caplog.at_level(logging.WARNING, "plano.http.client"):
            assert await resolver.resolve("one.example", 443) == at("192.0.2.1")
            monkeypatch.setattr(resolver_module, "PATIENCE_S", 60.0)
            assert await resolver.resolve("one.example", 443) == at("192.0.2.1"), "the next need not wait again"
        assert caplog.text.count("takes long") == 1
        names.speak.set()
        await until(lambda: not names.busy)
        assert await resolver.resolve("one.example", 443) == at("192.0.2.2"), "the late answer counts"
        assert len(names.asked) == 2

    run(story())


def test_who_gives_up_does_not_end_the_lookup_for_others(resolver: Resolver, names: Names) -> None:
    names.silent.add("one.example")
    names.table["one.example"] = at("192.0.2.1")

    async def story() -> None:
        hasty = asyncio.ensure_future(resolver.resolve("one.example", 443))
        patient = asyncio.ensure_future(resolver.resolve("one.example", 443))
        await until(lambda: bool(names.busy))
        hasty.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hasty
        names.speak.set()
        assert await patient == at("192.0.2.1")

    run(story())


def test_a_failure_nobody_waits_for_any_more_is_no_noise(resolver: Resolver, names: Names) -> None:
    names.silent.add("lost.example")

    async def story() -> None:
        task = asyncio.ensure_future(resolver.resolve("lost.example", 443))
        await until(lambda: bool(names.busy))
        task.cancel()
        names.speak.set()
        await until(lambda: not names.busy)
        with pytest.raises(socket.gaierror):
            await resolver.resolve("lost.example", 443)

    run(story())


def test_a_loop_that_is_gone_is_not_told(names: Names) -> None:
    names.silent.add("late.example")
    threads = threading.active_count()

    async def story() -> None:
        resolver = Resolver(FakeClock(), names.lookup)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(resolver.resolve("late.example", 443), 0.01)

    run(story())
    names.speak.set()
    for thread in threading.enumerate():
        if thread.name == "plano-lookup":
            thread.join(5)
    assert threading.active_count() <= threads


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", ".example"])
def test_what_is_no_host_name_is_not_found(host: str) -> None:
    async def story() -> None:
        with pytest.raises(socket.gaierror):
            await Resolver().resolve(host, 443)

    run(story())


def test_an_empty_answer_is_a_failure(resolver: Resolver, names: Names) -> None:
    names.table["empty.example"] = []

    async def story() -> None:
        with pytest.raises(OSError, match="no address"):
            await resolver.resolve("empty.example", 443)

    run(story())


def test_what_is_kept_is_bounded(resolver: Resolver, names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver_module, "MAX_NAMES", 2)
    names.table = {f"{letter}.example": at("192.0.2.1") for letter in "abc"}

    async def story() -> None:
        for letter in "abca":
            await resolver.resolve(f"{letter}.example", 443)
        assert names.asked == ["a.example", "b.example", "c.example", "a.example"]
        assert len(resolver._answers) == 2

    run(story())
