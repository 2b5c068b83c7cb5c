"""The weights plano comes with: whole, small, and of some sense."""

from __future__ import annotations

import pytest

from plano.intent import Route, RouteSet
from plano.routing.router_models.encoder.calibration import UNCALIBRATED, coefficients
from plano.routing.router_models.encoder.folder import SHIPPED, read_facts
from plano.routing.router_models.encoder.judge import Judge
from plano.routing.router_models.encoder.question import Question

ROUTES = RouteSet(
    (
        Route("code generation", "generating new code, writing functions, implementing features, fixing bugs"),
        Route("documentation", "writing documentation, README files, API docs, user guides, changelogs"),
        Route("translation", "translating texts from one language into another"),
    )
)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(SHIPPED, 1)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("write a Python function that reverses a linked list", "code generation"),
        ("write the README section on how to install this", "documentation"),
        ("how do you say good morning in Italian?", "translation"),
        ("what should I cook tonight, I have rice and two eggs", None),
    ],
)
def test_plain_prompts_find_their_route_and_others_find_none(judge: Judge, text: str, wanted: str | None) -> None:
    (found,) = judge.judge([(Question(text), ROUTES)])
    best = max(range(len(ROUTES)), key=found.__getitem__)
    assert (ROUTES.names[best] if found[best] >= 0.5 else None) == wanted


def test_nothing_is_damaged_and_all_of_it_is_small() -> None:
    facts = read_facts(SHIPPED)
    assert coefficients(facts) != UNCALIBRATED
    assert facts["licence"] == "Apache-2.0"
    assert (SHIPPED / "NOTICE").is_file()
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 26_000_000
