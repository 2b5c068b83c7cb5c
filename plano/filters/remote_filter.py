"""One filter server, as the gateway sees it: time, breaker, queue and faults are seen to here, whatever it speaks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final, Literal, Protocol

from plano.config.filters import Filter
from plano.errors import (
    FilterFailed,
    FilterRejected,
    Overloaded,
    PlanoError,
    ProviderTimeout,
    ProviderUnreachable,
)
from plano.filters.asked import Asked
from plano.filters.slots import NoRoom, Slots
from plano.resilience.breaker import Breaker, BreakerSettings

log: Final = logging.getLogger("plano.filters")

#: Five failures among the last eight calls, and it is left alone for 5 s.
BREAKER: Final = BreakerSettings(failures=5, window=8, open_s=5.0, most_open_s=30.0)
#: So many times as many calls may wait as run: a filter that takes 5 ms works off a crowd long before its time-out.
_MOST_WAITING: Final = 10
#: How often a filter that is passed by is told of in the log, in seconds.
_TOLD_EVERY_S: Final = 60.0


class RemoteFilter(Protocol):
    """A server that may change or refuse. Both questions are awaited in a task; cancelled, they close the connection.

    Raises `FilterRejected`, or `FilterFailed` unless it `fail_open`s: then nothing is changed, and `asked.fault` says
    what happened. `Overloaded`: plano itself has no room left for a connection.
    """

    id: str
    streaming: Literal["window", "whole"]
    window_bytes: int
    fail_open: bool

    async def request(self, asked: Asked) -> bytes | None:
        """The request's new body, a JSON object; None: unchanged."""
        ...

    async def answer(self, asked: Asked, content_type: str) -> bytes | None:
        """The new body of an answer, or new events for those given; None: unchanged."""
        ...

    async def close(self) -> None:
        """No call follows; a session that a server keeps is ended."""
        ...


class Spoken(Protocol):
    """The protocol of a kind of filter server. Raises `PlanoError`, `FilterRejected` among them."""

    async def request(self, asked: Asked) -> bytes | None: ...
    async def answer(self, asked: Asked, content_type: str) -> bytes | None: ...
    async def close(self) -> None: ...


class FilterServer:
    """A `RemoteFilter` by the settings of a config's row. `now` reads monotonic seconds."""

    def __init__(self, row: Filter, spoken: Spoken, now: Callable[[], float], breaker: Breaker | None = None) -> None:
        self.id = row.id
        self.streaming = row.streaming
        self.window_bytes = row.window_bytes
        self.fail_open = row.fail_open
        self._spoken = spoken
        self._timeout_s = float(row.timeout)
        self._now = now
        self._breaker = Breaker(BREAKER) if breaker is None else breaker
        self._slots = Slots(row.max_concurrency, row.max_concurrency * _MOST_WAITING)
        self._told_at = -_TOLD_EVERY_S

    async def request(self, asked: Asked) -> bytes | None:
        return await self._passing_faults(asked, lambda: self._spoken.request(asked))

    async def answer(self, asked: Asked, content_type: str) -> bytes | None:
        return await self._passing_faults(asked, lambda: self._spoken.answer(asked, content_type))

    async def close(self) -> None:
        await self._spoken.close()

    async def _passing_faults(
        self, asked: Asked, call: Callable[[], Coroutine[Any, Any, bytes | None]]
    ) -> bytes | None:
        try:
            return await self._in_time(asked, call)
        except (FilterFailed, Overloaded) as error:
            if not self.fail_open:
                raise
            asked.fault = error.detail or error.message
            self._tell(asked.fault)
            return None

    async def _in_time(self, asked: Asked, call: Callable[[], Coroutine[Any, Any, bytes | None]]) -> bytes | None:
        self._check_breaker()
        left_s = asked.deadline - self._now()
        if left_s <= 0.0:
            raise self._failed("was not asked: no time is left")
        try:
            async with asyncio.timeout(min(self._timeout_s, left_s)) as limit, self._slots:
                self._check_breaker()  # It may have opened while there was no room.
                return await self._judged(call, limit if self._timeout_s <= left_s else None)
        except TimeoutError:
            raise self._failed("did not answer in time") from None
        except NoRoom:
            raise self._failed("has too many calls waiting") from None

    async def _judged(
        self, call: Callable[[], Coroutine[Any, Any, bytes | None]], limit: asyncio.Timeout | None
    ) -> bytes | None:
        """The call, and what the breaker learns from it; `limit` is the filter's own, None where others end sooner."""
        breaker = self._breaker
        breaker.begin(self._now())
        try:
            new = await call()
        except FilterRejected:
            breaker.succeeded()
            raise
        except Overloaded:
            breaker.give_up()
            raise
        except PlanoError as error:
            breaker.failed(self._now())
            raise self._told(error) from None
        except asyncio.CancelledError:
            # The client has left, or the exchange's time is up: neither says much about the filter.
            if limit is not None and limit.expired():
                breaker.failed(self._now())
            else:
                breaker.give_up()
            raise
        breaker.succeeded()
        return new

    def _check_breaker(self) -> None:
        if self._breaker.available_at() > self._now():
            raise self._failed("has failed too often and is left alone for a while")

    def _told(self, error: PlanoError) -> FilterFailed:
        """What a client is told names the filter, the log has the rest."""
        if isinstance(error, FilterFailed):
            return error
        if isinstance(error, ProviderTimeout):
            return self._failed("did not answer in time", error)
        if isinstance(error, ProviderUnreachable):
            return self._failed("cannot be reached", error)
        return self._failed("gave no answer that can be read", error)

    def _failed(self, what: str, cause: PlanoError | None = None) -> FilterFailed:
        detail = f"filter {self.id} {what}"
        if cause is not None:
            detail += ": " + cause.message.replace("the provider", "the server")
        return FilterFailed(f"The filter `{self.id}` {what}.", detail=detail)

    def _tell(self, fault: str) -> None:
        now = self._now()
        if now - self._told_at >= _TOLD_EVERY_S:
            self._told_at = now
            log.warning("%s; it fails open, and is passed by", fault)
