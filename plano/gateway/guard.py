"""What the attempts of one exchange share: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.gateway._guard import Guard, LostRace
else:
    _module = pick("guard")
    Guard = _module.Guard
    LostRace = _module.LostRace

__all__ = ["Guard", "LostRace"]
