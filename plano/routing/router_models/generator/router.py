"""The decoder as a router model: asked on the loop, one question at a time on a thread, remembered on the loop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta, Struct
from msgspec.structs import replace

from plano.config.values import Duration, Fraction, Text
from plano.intent import MATCHED, NO_MATCH, NOTHING_SAID, Judgement, RouterModelKind, RouterTools, RouteSet, Said
from plano.routing.router_models.generator.chat_template import TemplateName
from plano.routing.router_models.memory import Memory
from plano.routing.router_models.panel import Panel, PanelCounts, PanelLimits, Unjudged
from plano.routing.router_models.recent_turns import BYTES_PER_TOKEN, recent_turns

if TYPE_CHECKING:
    from plano.routing.router_models.generator.reading import Reading

_MOST_REMEMBERED: Final = 4096
_Question = tuple[tuple[Said, ...], RouteSet]


class GeneratorSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """`routing: {router: {type: generator, ...}}`."""

    folder: Annotated[Text, Meta(description="The decoder, as `planoai router convert` leaves it.")]
    threads: Annotated[int, Meta(ge=1, le=64, description="CPU cores that one question may use.")] = 1
    timeout: Annotated[Duration, Meta(description="After this long a request goes on unrouted.")] = Duration(5.0)
    queue: Annotated[int, Meta(ge=1, le=65536, description="Questions that may wait; more are not routed.")] = 32
    context_length: Annotated[int, Meta(ge=256, description="Tokens the decoder can read, with the routes.")] = 8192
    conversation_length: Annotated[
        int, Meta(ge=64, description="Tokens of a conversation that are read: they take time, those of routes none.")
    ] = 256
    template: Annotated[
        TemplateName | None, Meta(description="How a conversation is written for it. Left out: by its tokenizer.")
    ] = None
    threshold: Annotated[
        Fraction | None, Meta(description="The probability a route needs. Left out: more than that of no route.")
    ] = None


class GeneratorRouter:
    """Implements `plano.intent.RouterModel`."""

    def __init__(self, settings: GeneratorSettings, tools: RouterTools) -> None:
        self._settings = settings
        limits = PanelLimits(most_waiting=settings.queue, deadline_s=settings.timeout, most_at_once=1)
        self._panel: Panel[_Question, tuple[float, ...]] = Panel(
            self._judged, tools.monotonic_s, limits, _weight, "generator"
        )
        self._remembered: Memory[tuple[tuple[Said, ...], bytes], Judgement] = Memory(_MOST_REMEMBERED)
        self._reading: Reading | None = None

    @property
    def counts(self) -> PanelCounts:
        return self._panel.counts

    async def start(self) -> None:
        """Load the decoder on the thread. Raises `CannotLoad`."""
        self._panel.start()
        self._reading = await self._panel.run(self._load)

    async def prepare(self, routes: RouteSet) -> None:
        """Have the decoder read these routes. Raises `CannotLoad`."""
        reading = self._loaded
        if len(routes):
            await self._panel.run(lambda: reading.learn(routes))

    def recall(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement | None:
        """The judgement of the same turns and routes before."""
        return self._remembered.get((self._turns(said), routes.digest))

    async def judge(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement:
        """A judgement by the deadline, or no match."""
        turns = self._turns(said)
        if not turns:
            return Judgement(None, reason=NOTHING_SAID)
        try:
            shares = await self._panel.ask((turns, routes))
        except Unjudged as error:
            return Judgement(None, reason=error.reason, detail=error.detail)
        judgement = judged(shares, routes, self._settings.threshold)
        self._remembered.put((turns, routes.digest), replace(judgement, is_remembered=True))
        return judgement

    def _turns(self, said: tuple[Said, ...]) -> tuple[Said, ...]:
        return recent_turns(said, self._settings.conversation_length * BYTES_PER_TOKEN)

    async def stop(self) -> None:
        """End the thread and let go of the decoder."""
        await self._panel.stop()
        self._reading = None

    def _load(self) -> Reading:
        # These import what is heavy, and this is a thread.
        from plano.routing.router_models.generator.decoder import Decoder
        from plano.routing.router_models.generator.reading import Reading

        settings = self._settings
        decoder = Decoder(Path(settings.folder).expanduser(), threads=settings.threads, template=settings.template)
        return Reading(decoder, settings.context_length, settings.conversation_length)

    @property
    def _loaded(self) -> Reading:
        assert self._reading is not None, "the router is not started"
        return self._reading

    def _judged(self, questions: list[_Question]) -> list[tuple[float, ...]]:
        return [self._loaded.shares(turns, routes) for turns, routes in questions]


def _weight(question: _Question) -> float:
    """How long a question takes, in characters; it begins with what every question takes."""
    return 100.0 + sum(len(turn.text) for turn in question[0])


def judged(shares: tuple[float, ...], routes: RouteSet, threshold: float | None) -> Judgement:
    """What the shares of the routes, and last that of none, come to.

    A threshold, the route's own first, is what a route needs; without one it needs more than `none` has.
    """
    scores, none = shares[:-1], shares[-1]
    best = max(range(len(scores)), key=scores.__getitem__)
    score, route = scores[best], routes.routes[best]
    own = route.threshold if route.threshold is not None else threshold
    if score >= own if own is not None else score > none:
        return Judgement(route.name, score, scores, MATCHED)
    needed = f"{own:.2f}" if own is not None else f"more than the {none:.2f} of no route"
    return Judgement(None, score, scores, NO_MATCH, f"{route.name} is the nearest with {score:.2f}, and needs {needed}")


GENERATOR: Final = RouterModelKind("generator", GeneratorRouter, GeneratorSettings)
