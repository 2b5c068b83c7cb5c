"""As many at a time as may, as many waiting; the others are told at once."""

from __future__ import annotations

import asyncio

import pytest

from plano.filters.slots import NoRoom, Slots


def test_who_runs_who_waits_and_who_is_sent_away() -> None:
    async def scene() -> None:
        slots = Slots(1, 1)
        done = asyncio.Event()
        order: list[str] = []

        async def call(name: str) -> None:
            async with slots:
                order.append(name)
                await done.wait()

        first, second = (asyncio.create_task(call(name)) for name in ("first", "second"))
        await asyncio.sleep(0)
        with pytest.raises(NoRoom):
            await call("third")
        second.cancel()  # Its place in the queue is free again.
        await asyncio.gather(second, return_exceptions=True)
        fourth = asyncio.create_task(call("fourth"))
        await asyncio.sleep(0)
        assert order == ["first"]
        done.set()
        await asyncio.gather(first, fourth)
        assert order == ["first", "fourth"]
        async with slots:
            pass

    asyncio.run(scene())


def test_a_call_that_fails_gives_its_place_back() -> None:
    async def scene() -> None:
        slots = Slots(1, 1)
        for _ in range(3):
            with pytest.raises(ValueError, match="no"):
                async with slots:
                    raise ValueError("no")

    asyncio.run(scene())
