"""What a router model is asked, and what it answers: the contract of everybody who judges what a prompt wants.

A router model sees words only, never headers, keys or models; it answers with a route's name or with no match, and
whatever it does wrong becomes no match. plano's own three (`encoder`, `generator`, `remote`) and those of plugins are
registered in the same way, as a `RouterModelKind`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct

from plano.dialects.said import Said

__all__ = [
    "FAILED",
    "FAULTS",
    "MATCHED",
    "NONSENSE",
    "NOTHING_SAID",
    "NO_MATCH",
    "SHED",
    "TOO_LATE",
    "UNREADABLE",
    "Judgement",
    "Route",
    "RouteSet",
    "RouterModel",
    "RouterModelKind",
    "RouterTools",
    "Said",
]


class Route(Struct, frozen=True):
    """A route as router models see it. `threshold` is a probability; None is the router model's own."""

    name: str
    description: str
    examples: tuple[str, ...] = ()
    threshold: float | None = None


class RouteSet:
    """The routes of one decision, in order. Sets of the same routes are equal, and hash quickly.

    `digest` stands for a set where many are remembered: routes that requests bring along may be long.
    """

    __slots__ = ("_hash", "digest", "names", "routes")

    def __init__(self, routes: tuple[Route, ...]) -> None:
        self.routes = routes
        self.names = tuple(route.name for route in routes)
        self.digest = blake2b(msgspec.json.encode(routes), digest_size=16).digest()
        self._hash = hash(routes)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, RouteSet) and self.routes == other.routes)

    def __len__(self) -> int:
        return len(self.routes)


#: Why there is no match: nothing in scope, nobody said anything, words the model cannot read, an answer that says
#: nothing; the queue was full, the time was over, the model failed.
MATCHED: Final = "matched"
NO_MATCH: Final = "no_match"
NOTHING_SAID: Final = "nothing_said"
UNREADABLE: Final = "unreadable"
NONSENSE: Final = "nonsense"
SHED: Final = "shed"
TOO_LATE: Final = "too_late"
FAILED: Final = "failed"

#: The reasons that are faults of the router, not properties of the prompt.
FAULTS: Final = frozenset((NONSENSE, SHED, TOO_LATE, FAILED))


class Judgement(Struct, frozen=True):
    """What a router model thinks. `route` is a name of the set or None.

    `score`: probability of the best route, 0 to 1; None where the model does not tell. `scores`: the same for every
    route of the set in its order, empty where the model does not tell. `reason`: one of the words above; `detail` says
    more, for logs and `/v1/explain`. `is_remembered`: the answer is that of an equal question before.
    """

    route: str | None
    score: float | None = None
    scores: tuple[float, ...] = ()
    reason: str = NO_MATCH
    detail: str = ""
    is_remembered: bool = False


class RouterModel(Protocol):
    """Judges prompts. Everything is called on the event loop, and none of it may block the loop."""

    async def start(self) -> None:
        """Get ready (load, connect); `/readyz` waits for it. After an error nothing matches, ever."""

    async def prepare(self, routes: RouteSet) -> None:
        """These routes will be asked about: those of the config, once, after `start`."""

    def recall(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement | None:
        """The judgement of an equal question before (`is_remembered`), None where it has to be asked for."""

    async def judge(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement:
        """`said`: what user and assistant said, oldest first, never empty; runs as a task.

        May raise: that is a `FAILED` no match. Cancelled when the client has left, or when it takes too long.
        """

    async def stop(self) -> None:
        """Let go of everything."""


class RouterTools(Struct, frozen=True):
    """What a router model may use of plano.

    `ask(model, body, timeout_s)` sends a Chat Completions request (JSON, unstreamed) to a configured model, with its
    keys, and gives the answer's body. Raises `PlanoError`.
    """

    ask: Callable[[str, bytes, float], Awaitable[bytes]]
    monotonic_s: Callable[[], float]


class RouterModelKind(Struct, frozen=True):
    """A kind of router model, `routing: {router: {type: <name>}}`.

    `settings` is a msgspec Struct type for the other keys of `router`, or None; `build` gets an instance of it.
    """

    name: str
    build: Callable[[Any, RouterTools], RouterModel]
    settings: type[Struct] | None = None
