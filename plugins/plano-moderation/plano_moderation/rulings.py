"""What becomes of what was found, wherever it was: refused, masked, or only told to the log."""

from __future__ import annotations

import logging
from typing import Final, NamedTuple

from plano.plugin_api import Refuse

from .settings import Action

log: Final = logging.getLogger("plano_moderation")
CODE: Final = "content_refused"


class Ruling(NamedTuple):
    """What to do about one thing that was found; `mask` takes its place."""

    name: str
    action: Action
    mask: str
    message: str
    status: int


class Bench:
    """Rules for one exchange. What is found is told once per name, and never itself."""

    __slots__ = ("_request_id", "_side", "_told")

    def __init__(self, request_id: str, side: str) -> None:
        self._request_id = request_id
        self._side = side
        self._told: set[str] = set()

    def rule(self, ruling: Ruling, found: str) -> str:
        """What stands in the place of `found`. Raises `Refuse`."""
        if ruling.name not in self._told:
            self._told.add(ruling.name)
            log.info("request %s: %s in the %s: %s", self._request_id, ruling.name, self._side, ruling.action)
        if ruling.action == "refuse":
            raise Refuse(ruling.message, status=ruling.status, code=CODE)
        return ruling.mask if ruling.action == "mask" else found
