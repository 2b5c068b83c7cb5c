"""Hooks of plugins as links of a chain."""

from __future__ import annotations

from typing import Final

from plano.exchange import Exchange
from plano.filtering import AnswerCopy, PieceFilter, WholeFilter
from plano.filters.plugin_answers import PluginAnswer
from plano.plugins.deciding import decision_of
from plano.plugins.hook_plan import Step

_ACCEPTED: Final = (PieceFilter, WholeFilter, AnswerCopy)


class PluginLink:
    """A `filter` or a `filter_answer` hook."""

    __slots__ = ("awaits", "name", "step")

    def __init__(self, step: Step) -> None:
        self.step = step
        self.name = step.plugin
        self.awaits = step.awaits

    async def request(self, exchange: Exchange) -> PluginAnswer | None:
        """See `chain.RequestLink`."""
        found = await decision_of(self.step, exchange, _ACCEPTED)
        return None if found is None else PluginAnswer(self.step, found)

    answer = request
