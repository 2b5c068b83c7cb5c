"""What every filter server has in common, whatever it speaks: its breaker, and what its faults are called."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from plano.config.filters import Filter
from plano.errors import (
    FilterFailed,
    FilterRejected,
    Overloaded,
    PlanoError,
    ProviderProtocolError,
    ProviderTimeout,
    ProviderUnreachable,
)
from plano.filters.asked import Asked
from plano.filters.remote_filter import BREAKER, FilterServer
from plano.testing import FakeClock


class Spoken:
    """Does what `does` says: an exception is raised, anything else given back."""

    def __init__(self, does: Any = None) -> None:
        self.does = does
        self.calls = 0
        self.is_closed = False

    async def request(self, asked: Asked) -> bytes | None:
        self.calls += 1
        if isinstance(self.does, Exception):
            raise self.does
        return self.does  # type: ignore[no-any-return]

    async def answer(self, asked: Asked, content_type: str) -> bytes | None:
        return await self.request(asked)

    async def close(self) -> None:
        self.is_closed = True


class Scene:
    def __init__(self, does: Any = None, **settings: Any) -> None:
        self.clock = FakeClock()
        self.spoken = Spoken(does)
        row = Filter(id="f", url="http://h", **settings)
        self.server = FilterServer(row, self.spoken, self.clock.monotonic_s)

    def asked(self) -> Asked:
        return Asked(b"{}", "/v1/messages", [(b"authorization", b"sk-1")], "r", self.clock.monotonic_s() + 60)

    def ask(self) -> bytes | None:
        return asyncio.run(self.server.request(self.asked()))

    def fail(self, times: int = 1) -> None:
        for _ in range(times):
            with pytest.raises(PlanoError):
                self.ask()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ProviderTimeout("slow", phase="connect"), "The filter `f` did not answer in time."),
        (ProviderUnreachable("no route to 10.0.0.7"), "The filter `f` cannot be reached."),
        (ProviderProtocolError("the provider sent nonsense"), "The filter `f` gave no answer that can be read."),
        (FilterFailed("The filter `f` is odd."), "The filter `f` is odd."),
    ],
)
def test_what_a_client_is_told(error: PlanoError, told: str) -> None:
    with pytest.raises(FilterFailed) as raised:
        Scene(error).ask()
    assert raised.value.message == told
    assert "provider" not in raised.value.detail


def test_a_filter_that_keeps_failing_is_left_alone_and_then_tried_once() -> None:
    scene = Scene(ProviderUnreachable("gone"))
    scene.fail(BREAKER.failures)
    scene.fail(3)
    assert scene.spoken.calls == BREAKER.failures
    scene.clock.advance(BREAKER.open_s + 0.1)
    scene.fail(2)
    assert scene.spoken.calls == BREAKER.failures + 1
    scene.clock.advance(2 * BREAKER.open_s + 0.1)
    scene.spoken.does = b"{}"
    assert [scene.ask() for _ in range(3)] == [b"{}"] * 3


@pytest.mark.parametrize("error", [FilterRejected("no"), Overloaded("no descriptors")])
def test_what_is_no_fault_of_the_filters_opens_no_breaker(error: PlanoError) -> None:
    scene = Scene(error)
    scene.fail(20)
    assert scene.spoken.calls == 20


def test_failing_open_passes_by_what_failed_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene(ProviderUnreachable("gone"), fail_open=True)
    asked = scene.asked()
    assert asyncio.run(scene.server.request(asked)) is None
    assert asked.fault == "filter f cannot be reached: gone"
    assert [scene.ask() for _ in range(10)] == [None] * 10
    assert len(caplog.messages) == 1  # Once a minute.
    scene.clock.advance(61)
    scene.spoken.does = FilterRejected("no")
    with pytest.raises(FilterRejected):
        scene.ask()


def test_no_time_left_is_no_fault_of_the_filters() -> None:
    async def late(scene: Scene) -> None:
        asked = scene.asked()
        asked.deadline = scene.clock.monotonic_s() - 1
        with pytest.raises(FilterFailed, match="no time is left"):
            await scene.server.answer(asked, "application/json")

    scene = Scene(b"{}")
    for _ in range(20):
        asyncio.run(late(scene))
    assert scene.ask() == b"{}"


@pytest.mark.parametrize("show", [repr, str, "{}".format])
def test_what_is_asked_does_not_show(show: Callable[[Asked], str]) -> None:
    asked = Asked(b"my secret", "/v1/messages", [(b"authorization", b"sk-1")], "r", 0.0)
    assert "secret" not in show(asked)
    assert "sk-1" not in show(asked)


def test_closing_ends_what_is_spoken() -> None:
    scene = Scene()
    asyncio.run(scene.server.close())
    assert scene.spoken.is_closed
