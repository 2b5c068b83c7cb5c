"""Usage out of an answer that is one JSON document: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.gateway._answer_tap import AnswerTap
else:
    AnswerTap = pick("answer_tap").AnswerTap

__all__ = ["AnswerTap"]
