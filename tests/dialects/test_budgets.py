"""Effort in words and in tokens."""

from __future__ import annotations

import pytest

from plano.dialects.budgets import BUDGETS, budget_of, effort_of, fitted
from plano.dialects.conversation import Effort, Thinking


@pytest.mark.parametrize(("effort", "budget"), BUDGETS.items())
def test_there_and_back(effort: Effort, budget: int) -> None:
    assert budget_of(Thinking(effort=effort)) == budget
    assert effort_of(Thinking(budget_tokens=budget)) == effort


@pytest.mark.parametrize(
    ("thinking", "effort", "budget"),
    [
        (None, None, None),
        (Thinking(), None, None),
        (Thinking(is_on=False, effort="high"), "none", 0),
        (Thinking(is_on=True), None, 5000),
        (Thinking(effort="high", budget_tokens=1024), "high", 1024),
        (Thinking(budget_tokens=31_999), "high", 31_999),
        (Thinking(budget_tokens=1), "minimal", 1),
        (Thinking(budget_tokens=10**6), "max", 10**6),
    ],
)
def test_what_is_meant(thinking: Thinking | None, effort: str | None, budget: int | None) -> None:
    assert effort_of(thinking) == effort
    assert budget_of(thinking, 5000) == budget


@pytest.mark.parametrize(
    ("budget", "most", "is_exact", "wanted"),
    [
        (10_000, 32_000, True, (10_000, 32_000)),
        (10_000, 4_000, True, (10_000, 14_000)),
        (10_000, 4_000, False, (2_976, 4_000)),
        (10_000, 100, False, (1_024, 1_124)),
        (1, 32_000, True, (1_024, 32_000)),
        (60_000, 40_000, False, (30_000, 40_000)),
    ],
)
def test_a_budget_leaves_room(budget: int, most: int, is_exact: bool, wanted: tuple[int, int]) -> None:
    assert fitted(budget, most, is_exact=is_exact) == wanted
