"""A router model in service: loaded in the background, asked with a time limit, its faults counted; it never raises.

`judge` runs as a task of its own, so that a router model may use all of asyncio, and one that hangs can be left.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from functools import partial
from typing import Final, Literal

from plano.clock import Clock, LogInterval
from plano.errors import RouterUnusable
from plano.intent import FAILED, FAULTS, NOTHING_SAID, TOO_LATE, Judgement, RouterModel, RouteSet, Said

log: Final = logging.getLogger("plano.routing")

#: How long requests wait for a router model that is still being loaded, in seconds.
LOADING_S: Final = 10.0
#: What a router model may take past its time limit, which it keeps itself, until it is left; in seconds. Routes that it
#: has never seen take it longer.
PATIENCE_S: Final = 1.0
_LONGEST_DETAIL: Final = 200


class NobodyAsked:
    """A router model that never matches, for plans without one."""

    async def start(self) -> None: ...
    async def prepare(self, routes: RouteSet) -> None: ...
    async def stop(self) -> None: ...

    def recall(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement | None:
        return Judgement(None)

    async def judge(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement:
        return Judgement(None)


class Router:
    """`kind` is its name in the config, `timeout_s` the limit of a judgement.

    `counts` has every judgement by its reason, `trouble` what went wrong while it was loaded.
    """

    def __init__(self, kind: str, model: RouterModel, timeout_s: float, clock: Clock) -> None:
        self.kind = kind
        self.model = model
        self.timeout_s = timeout_s
        self.counts: Counter[str] = Counter()
        self.trouble = ""
        self.is_ready = False
        self._interval = LogInterval(clock)
        self._waiting: list[asyncio.Future[None]] = []
        self._loading: asyncio.Task[None] | None = None

    def begin(self, routes: RouteSet) -> None:
        """Load in the background, on the running loop."""
        if self._loading is None:
            self._loading = asyncio.get_running_loop().create_task(self._load(routes), name="router model")

    @property
    def state(self) -> Literal["idle", "loading", "ready", "unusable"]:
        """For people. Idle: nobody has needed it so far."""
        if self._loading is None:
            return "idle"
        if not self.is_ready:
            return "loading"
        return "unusable" if self.trouble else "ready"

    @property
    def is_loading(self) -> bool:
        """It has begun to load and is not there yet."""
        return self._loading is not None and not self.is_ready

    async def prepare(self, routes: RouteSet) -> None:
        """Load if need be, and have the routes ready before they are asked about. Raises `RouterUnusable`."""
        if self._loading is None:
            self.begin(routes)
            await asyncio.shield(self._loading)  # type: ignore[arg-type]  # It has just begun.
        else:
            await asyncio.shield(self._loading)
            if not self.trouble:
                await self.model.prepare(routes)
        if self.trouble:
            raise RouterUnusable(f"the {self.kind} router cannot be used: {self.trouble}")

    async def _load(self, routes: RouteSet) -> None:
        try:
            await self.model.start()
            await self.model.prepare(routes)
        except Exception as error:
            self.trouble = _told(error)
            log.error("the %s router cannot be used, no route will match: %s", self.kind, self.trouble)
        self.is_ready = True
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()

    async def stop(self) -> None:
        """Let go of the model."""
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.wait((self._loading,))
        await self.model.stop()

    async def judge(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement:
        """What the model thinks, or why there is no match."""
        if not said:
            judgement = Judgement(None, reason=NOTHING_SAID)
        elif (known := self._recalled(said, routes)) is not None:
            judgement = known
        else:
            judgement = await self._asked(said, routes)
        self.counts[judgement.reason] += 1
        if judgement.reason in FAULTS and self._interval.due():
            faults = ", ".join(f"{self.counts[reason]} {reason}" for reason in sorted(FAULTS & self.counts.keys()))
            log.warning("the %s router gives no answer (so far: %s): %s", self.kind, faults, judgement.detail or "-")
        return judgement

    def _recalled(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement | None:
        if not self.is_ready or self.trouble:
            return None
        try:
            known = self.model.recall(said, routes)
            return None if known is None else _sound(known, routes)
        except Exception as error:
            return Judgement(None, reason=FAILED, detail=_told(error))

    async def _asked(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement:
        if self._loading is None:  # No route is configured, and a request has brought its own.
            self.begin(routes)
        if not self.is_ready:
            await self._until_ready()
        if self.trouble or not self.is_ready:
            return Judgement(None, reason=FAILED, detail=self.trouble or "it is still being loaded")
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        timer = loop.call_later(self.timeout_s + PATIENCE_S, _give_up, done)
        task: asyncio.Task[Judgement] | None = None
        try:
            task = loop.create_task(self.model.judge(said, routes), name="judgement")
            task.add_done_callback(partial(_ended, done))
            await done  # Not the task: one that does not heed its cancellation is left as well.
        except Exception as error:
            return Judgement(None, reason=FAILED, detail=_told(error))
        finally:
            timer.cancel()
            if task is not None:
                task.cancel()
        if not task.done():
            return Judgement(None, reason=TOO_LATE)
        try:
            return _sound(task.result(), routes)
        except (Exception, asyncio.CancelledError) as error:  # The model's own: nobody here has cancelled it.
            return Judgement(None, reason=FAILED, detail=_told(error))

    async def _until_ready(self) -> None:
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._waiting.append(waiter)
        timer = loop.call_later(LOADING_S, _give_up, waiter)
        try:
            await waiter
        finally:
            timer.cancel()


def _ended(done: asyncio.Future[None], task: asyncio.Task[Judgement]) -> None:
    if not task.cancelled():
        task.exception()  # Seen, whether or not somebody still waits.
    _give_up(done)


def _give_up(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _told(error: BaseException) -> str:
    """What a log says of an error: its kind and its first line, for some libraries print whole prompts."""
    first = str(error).partition("\n")[0][:_LONGEST_DETAIL]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def _sound(judgement: Judgement, routes: RouteSet) -> Judgement:
    """Plugins' router models are not type checked. Raises `ValueError` for what is no judgement of these routes."""
    if not isinstance(judgement, Judgement):
        raise ValueError(f"a judgement is expected, not {type(judgement).__name__}")
    if judgement.route is not None and judgement.route not in routes.names:
        raise ValueError(f"{judgement.route!r:.100} is none of the routes")
    if judgement.scores and len(judgement.scores) != len(routes):
        raise ValueError(f"{len(judgement.scores)} scores for {len(routes)} routes")
    if judgement.score is not None and not 0 <= judgement.score <= 1:
        raise ValueError("a score is a probability")
    return judgement
