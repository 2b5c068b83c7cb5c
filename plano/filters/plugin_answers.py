"""Answer filters of plugins as links of a chain; what they do wrong is contained."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from plano.errors import RequestRefused
from plano.exchange import Exchange
from plano.filtering import AnswerCopy, AnswerFilter, PieceFilter, WholeFilter
from plano.filters.copy_stage import CopyStage
from plano.filters.facts import FilterFacts
from plano.filters.piece_stage import PieceStage
from plano.filters.stages import AnswerKind, Stage
from plano.filters.whole_stage import WholeStage
from plano.plugins.deciding import checked_refusal, failed
from plano.plugins.hook_plan import Step


class PluginAnswer:
    """An answer filter of one exchange, and whose it is."""

    __slots__ = ("facts", "filter", "step")

    def __init__(self, step: Step, filter: AnswerFilter) -> None:
        self.step = step
        self.filter = filter
        self.facts: FilterFacts | None = None

    def stage(self, kind: AnswerKind, exchange: Exchange, others: Sequence[Any]) -> tuple[Stage, int]:
        """See `stages.AnswerLink`. Neighbours that work piece by piece share one reading of the events."""
        if isinstance(self.filter, WholeFilter):
            return WholeStage(self, self.filter, kind, exchange), 0
        if isinstance(self.filter, AnswerCopy):
            return CopyStage(self, self.filter, kind, exchange), 0
        more = list(takewhile(_works_by_piece, others))
        return PieceStage([self, *more], kind, exchange), len(more)

    def failed(self, error: BaseException, exchange: Exchange) -> None:
        """What a method of the filter raised: raises what the client is told, or returns where the rule is `open`."""
        if isinstance(error, RequestRefused):
            raise checked_refusal(self.step, error, exchange) from None
        failed(self.step, exchange, error)

    def note(self, seconds: float) -> None:
        """Time spent in the filter."""
        self.step.cost.add(seconds)
        if self.facts is not None:
            self.facts.seconds += seconds


def _works_by_piece(link: Any) -> bool:
    return isinstance(link, PluginAnswer) and isinstance(link.filter, PieceFilter)
