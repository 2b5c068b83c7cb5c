"""Sessions that keep their model: what `X-Model-Affinity` pins, for a while, to the first decision.

In the memory of this process: with several workers a session is pinned per worker.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from plano.routing.candidates import Decision

HEADER: Final = b"x-model-affinity"
#: A longer one is no name of a session; it is not kept, and not refused either.
LONGEST_SESSION: Final = 512


class Session(Struct, frozen=True):
    """Who may share a pin: sessions of other tenants or API keys are other sessions. `id` is the client's own text."""

    tenant: str
    api_key: str
    id: str


class Pin(Struct):
    """What a session was first given: the full names of the candidates, the first of them, and the route."""

    models: tuple[str, ...]
    route: str | None
    expires_at: float


class Affinity:
    """The pins of one process. `now` reads monotonic seconds. The one not used for longest goes first."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._pins: dict[Session, Pin] = {}

    def __len__(self) -> int:
        return len(self._pins)

    def find(self, session: Session, ttl_s: float) -> Pin | None:
        """The pin of a session; it lives on from now. None for a new one, or one that was quiet too long."""
        pin = self._pins.pop(session, None)
        now = self._now()
        if pin is None or pin.expires_at <= now:
            return None
        pin.expires_at = now + ttl_s
        self._pins[session] = pin
        return pin

    def keep(self, session: Session, decision: Decision, ttl_s: float, most: int) -> None:
        """Pin a session; at most `most` are remembered."""
        self._pins.pop(session, None)
        while len(self._pins) >= most:
            del self._pins[next(iter(self._pins))]
        names = tuple(candidate.full_name for candidate in decision.candidates)
        self._pins[session] = Pin(names, decision.route, self._now() + ttl_s)
