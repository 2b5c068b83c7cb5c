"""A threshold is chosen by labelled prompts, and judged by others."""

from __future__ import annotations

import random

import pytest

from plano.intent import Judgement, Route
from plano.routing.assessment import Assessment
from plano.routing.tuning import FEWEST, FEWEST_NONE, Untunable, tuned
from tests.routing.test_assessment import asked

ROUTES = (Route("code", "writing code"),)


def assessment(scored: list[tuple[str, float]], threshold: float = 0.5) -> Assessment:
    judgements = [Judgement("code" if score >= threshold else None, score, (score,)) for _, score in scored]
    return Assessment(ROUTES, [asked(label) for label, _ in scored], judgements)


def test_a_threshold_that_parts_the_two_is_found_and_holds_elsewhere() -> None:
    scored = [("code", 0.3 + place / 100) for place in range(20)] + [("none", place / 100) for place in range(20)]
    found = tuned(assessment(scored))
    assert 0.19 < found.threshold <= 0.3
    assert found.before == 0.5
    assert found.after == 1.0
    assert found.from_to[0] <= found.threshold <= found.from_to[1]


def test_chance_is_not_told_to_be_better() -> None:
    chance = random.Random(3)
    scored = [(label, chance.random()) for label in ("code", "none") for _ in range(30)]
    found = tuned(assessment(scored))
    best_here = max(accuracy for _, accuracy in assessment(scored).sweep())
    assert found.after < best_here - 0.02


def test_the_same_prompts_give_the_same_answer() -> None:
    chance = random.Random(4)
    scored = [("code", chance.random()) for _ in range(30)] + [("none", chance.random() / 2) for _ in range(30)]
    assert tuned(assessment(scored)) == tuned(assessment(scored))


@pytest.mark.parametrize(
    ("codes", "nones"), [(FEWEST, 0), (0, FEWEST), (FEWEST, FEWEST_NONE - 1), (FEWEST - FEWEST_NONE - 1, FEWEST_NONE)]
)
def test_few_prompts_are_not_enough(codes: int, nones: int) -> None:
    with pytest.raises(Untunable, match=f"there are {codes + nones}, {nones} of them `none`"):
        tuned(assessment([("code", 0.9)] * codes + [("none", 0.1)] * nones))


def test_a_router_without_scores_has_no_threshold() -> None:
    labels = ["code", "none"] * FEWEST
    found = Assessment(ROUTES, [asked(label) for label in labels], [Judgement(None)] * len(labels))
    with pytest.raises(Untunable, match="no scores"):
        tuned(found)
