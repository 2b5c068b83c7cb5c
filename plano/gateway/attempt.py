"""One try at one candidate: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.gateway._attempt import Attempts
else:
    Attempts = pick("attempt").Attempts

__all__ = ["Attempts"]
