"""Judgements of late, by what was asked: a tool loop asks the same question again and again."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from msgspec.structs import replace

from plano.intent import FAULTS, Judgement

_MOST: Final = 4096


class Remembered:
    """The judgements used last. Those that are faults are forgotten at once: another try may go better."""

    __slots__ = ("_judgements", "_most")

    def __init__(self, most: int = _MOST) -> None:
        self._judgements: dict[Hashable, Judgement] = {}
        self._most = most

    def __len__(self) -> int:
        return len(self._judgements)

    def get(self, question: Hashable) -> Judgement | None:
        """What was judged before, and says that it was."""
        found = self._judgements.pop(question, None)
        if found is not None:
            self._judgements[question] = found
        return found

    def keep(self, question: Hashable, judgement: Judgement) -> None:
        """Remember; of too many the one that was asked longest ago is forgotten."""
        if judgement.reason in FAULTS or self._most <= 0:
            return
        self._judgements.pop(question, None)
        if len(self._judgements) >= self._most:
            del self._judgements[next(iter(self._judgements))]
        self._judgements[question] = replace(judgement, is_remembered=True)
