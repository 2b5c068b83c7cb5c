"""How many calls one filter server gets at a time; more may wait."""

from __future__ import annotations

import asyncio


class NoRoom(Exception):
    """As many wait as may."""


class Slots:
    """`async with slots:` a call. Raises `NoRoom`."""

    def __init__(self, most: int, most_waiting: int) -> None:
        self._free = asyncio.Semaphore(most)
        self._most_waiting = most_waiting
        self._waiting = 0

    async def __aenter__(self) -> None:
        if not self._free.locked():
            await self._free.acquire()  # At once.
            return
        if self._waiting >= self._most_waiting:
            raise NoRoom
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1

    async def __aexit__(self, *raised: object) -> None:
        self._free.release()
