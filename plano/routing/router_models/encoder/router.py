"""The encoder as a router model: asked on the loop, judged on the panel's threads, remembered on the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta, Struct

from plano.config.router_choice import USUAL_THRESHOLD
from plano.intent import (
    MATCHED,
    NO_MATCH,
    NOTHING_SAID,
    TOO_LATE,
    UNREADABLE,
    Judgement,
    RouterModelKind,
    RouterTools,
    RouteSet,
    Said,
)
from plano.routing.router_models.memory import Memory
from plano.routing.router_models.panel import Panel, PanelCounts, PanelLimits, Unjudged

from .folder import SHIPPED
from .question import Question, is_readable, question

if TYPE_CHECKING:
    from .judge import Judge

_MOST_JUDGEMENTS: Final = 4096
#: A new route set has dozens of texts to be read first; only the first request with it waits for that.
_NEW_SET_DEADLINE_S: Final = 1.0
#: A thread judges 128 tokens at a time: batches win little on one thread, and the last of a batch waits for the first.
_MOST_CHARACTERS_AT_ONCE: Final = 600.0


class EncoderSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """`routing: {router: {type: encoder, ...}}`."""

    threads: Annotated[int, Meta(ge=1, le=64, description="Threads that judge; each takes one CPU core.")] = 1
    timeout: Annotated[float, Meta(gt=0, le=60, description="Seconds after which a request goes on unrouted.")] = 0.05
    queue: Annotated[int, Meta(ge=1, le=65536, description="Questions that may wait; more are not routed.")] = 256
    threshold: Annotated[
        float, Meta(ge=0, le=1, description="The probability a route needs; routes may have their own.")
    ] = USUAL_THRESHOLD
    folder: Annotated[str | None, Meta(description="Other weights than those plano comes with.")] = None


class EncoderRouter:
    """Implements `plano.intent.RouterModel`."""

    def __init__(self, settings: EncoderSettings, tools: RouterTools) -> None:
        self._settings = settings
        self._monotonic_s = tools.monotonic_s
        limits = PanelLimits(
            threads=settings.threads,
            most_waiting=settings.queue,
            deadline_s=settings.timeout,
            most_weight=_MOST_CHARACTERS_AT_ONCE,
        )
        self._panel: Panel[tuple[Question, RouteSet], tuple[float, ...]] = Panel(
            self._judged, tools.monotonic_s, limits, _weight, "encoder"
        )
        self._remembered: Memory[tuple[Question, bytes], Judgement] = Memory(_MOST_JUDGEMENTS)
        self._judge: Judge | None = None
        self._starting = asyncio.Lock()
        self._has_threads = False

    @property
    def is_shipped(self) -> bool:
        """Whether its weights are those that plano comes with."""
        return self._settings.folder is None

    @property
    def counts(self) -> PanelCounts:
        return self._panel.counts

    async def start(self) -> None:
        """Load the weights on a thread, unless they are. Raises `DamagedWeights`."""
        async with self._starting:
            if not self._has_threads:
                self._has_threads = True
                self._panel.start()
            if self._judge is None:
                self._judge = await self._panel.run(self._load)

    async def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector of length 1 for each text, in turns with the questions. Raises `Unjudged`."""
        loaded, wanted = self._loaded, list(texts)
        found: list[list[float]] = await self._panel.run(lambda: loaded.model.vectors(wanted).tolist())
        return found

    def _load(self) -> Judge:
        from .judge import Judge  # Imports what is heavy, and this is a thread.

        folder = Path(self._settings.folder) if self._settings.folder else SHIPPED
        return Judge(folder, self._settings.threads)

    async def prepare(self, routes: RouteSet) -> None:
        await self._read(routes, float("inf"))

    def recall(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement | None:
        """What needs no thread: the judgement of an equal question before, and what there is nothing to judge about."""
        asked = question(said)
        if asked is None or not len(routes):
            return Judgement(None, reason=NOTHING_SAID)
        if not is_readable(asked.newest):
            return Judgement(None, reason=UNREADABLE, detail="a script the encoder cannot read")
        return self._remembered.get((asked, routes.digest))

    async def judge(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement:
        """The judgement of an equal question before, or a new one by the deadline."""
        known = self.recall(said, routes)
        if known is not None:
            return known
        asked = question(said)
        assert asked is not None, "recall answers where nothing is asked"
        try:
            if not self._loaded.knows(routes):
                await self._read(routes, _NEW_SET_DEADLINE_S)
            probabilities = await self._panel.ask((asked, routes))
        except Unjudged as error:
            return Judgement(None, reason=error.reason, detail=error.detail)
        found = self._told(probabilities, routes)
        self._remembered.put((asked, routes.digest), _as_remembered(found))
        return found

    async def stop(self) -> None:
        await self._panel.stop()

    async def _read(self, routes: RouteSet, limit_s: float) -> None:
        """Read a route set in pieces, so that the questions of others come between. Raises `Unjudged`."""
        loaded, end = self._loaded, self._monotonic_s() + limit_s
        while not await self._panel.run(lambda: loaded.read_some(routes)):
            if self._monotonic_s() > end:
                raise Unjudged(TOO_LATE, "these routes are new, and many")

    @property
    def _loaded(self) -> Judge:
        assert self._judge is not None, "the router is not started"
        return self._judge

    def _judged(self, questions: list[tuple[Question, RouteSet]]) -> list[tuple[float, ...]]:
        return self._loaded.judge(questions)

    def _told(self, probabilities: tuple[float, ...], routes: RouteSet) -> Judgement:
        best = max(range(len(probabilities)), key=probabilities.__getitem__)
        score, route = probabilities[best], routes.routes[best]
        wanted = self._settings.threshold if route.threshold is None else route.threshold
        if score >= wanted:
            return Judgement(route.name, score, probabilities, MATCHED)
        detail = f"{route.name} is the nearest with {score:.2f}, and needs {wanted:.2f}"
        return Judgement(None, score, probabilities, NO_MATCH, detail)


def _weight(one: tuple[Question, RouteSet]) -> float:
    """How long a question takes, in characters."""
    return 20.0 + len(one[0].newest) + len(one[0].earlier)


def _as_remembered(found: Judgement) -> Judgement:
    return Judgement(found.route, found.score, found.scores, found.reason, found.detail, True)


KIND: Final = RouterModelKind("encoder", EncoderRouter, EncoderSettings)
