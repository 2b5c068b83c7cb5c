"""What routing did with one request, for the record, the log, the response's head and `/v1/explain`."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from plano.intent import Judgement
from plano.routing.candidates import Decision
from plano.routing.preferences import Preferences

_UNSAFE: Final = re.compile(r"[^\x20-\x7e]|%")


class Choice(Struct, frozen=True, kw_only=True):
    """`judgement` is None for a pinned session: nobody was asked. `session` is the client's own name of it.

    `is_switched`: the session was pinned to a model that is gone. `took_s` counts from the request's arrival here.
    """

    decision: Decision
    preferences: Preferences | None
    judgement: Judgement | None
    router: str
    session: str | None = None
    is_pinned: bool = False
    is_switched: bool = False
    took_s: float = 0.0

    @property
    def route(self) -> str | None:
        return self.decision.route

    @property
    def score(self) -> float | None:
        return None if self.judgement is None else self.judgement.score

    def lines(self) -> bytes:
        """The response header lines that tell of it."""
        route = "none" if self.route is None else _UNSAFE.sub(_escaped, self.route)
        if self.score is None:
            return f"x-plano-route: {route}\r\n".encode("ascii")
        return f"x-plano-route: {route}\r\nx-plano-route-score: {self.score:.3f}\r\n".encode("ascii")


def _escaped(found: re.Match[str]) -> str:
    """Percent-encoded: a header's value is ASCII, and inline routes are the client's own text."""
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass"))
