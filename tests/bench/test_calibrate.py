"""The fit of the probabilities, and what is reported of it."""

from __future__ import annotations

import random
from math import nan
from typing import Any

import numpy as np
import pytest

from bench.routing.calibrate import NONE, Prompts, Scored, Turn, accuracy, auroc, fewer_routes, fit, report, shorter


def drawn(seed: int, shift: float) -> Scored:
    """Scores around 0.7 in scope and 0.3 out of it, moved by what the second feature tells."""
    chance = np.random.default_rng(seed)
    labels = np.array([0, NONE] * 100)
    best = np.where(labels == 0, 0.7, 0.3) + shift + chance.normal(0, 0.08, 200)
    features = np.zeros((200, 6))
    features[:, 0], features[:, 2] = best, shift
    return Scored("drawn", best, np.zeros(200), np.zeros(200, int), labels, ["short"] * 200, features)


def told(one: Scored, seeds: int) -> Any:
    fitted = fit([drawn(seed, shift) for seed in range(seeds) for shift in (0.0, 0.2)])
    return 1 / (1 + np.exp(-(fitted.intercept + one.features @ np.array(fitted[1:]))))


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.2])
def test_one_half_is_between_in_scope_and_not_wherever_the_set_has_its_scores(shift: float) -> None:
    unseen = drawn(99, shift)
    assert accuracy(unseen, told(unseen, 4), 0.5) > 0.95


@pytest.mark.parametrize(
    ("inside", "outside", "wanted"),
    [([3, 4], [1, 2], 1.0), ([1, 2], [3, 4], 0.0), ([1], [1], 0.5), ([1, 3], [2], 0.5), ([], [1], nan)],
)
def test_auroc_is_the_chance_to_order_a_pair(inside: list[int], outside: list[int], wanted: float) -> None:
    assert auroc(np.array(inside), np.array(outside)) == pytest.approx(wanted, nan_ok=True)


def test_a_report_has_a_line_for_each_set_and_each_kind() -> None:
    one = drawn(1, 0.0)
    lines = report([one._replace(told=told(one, 2))]).splitlines()
    assert [line.split()[0] for line in lines] == ["set", "drawn", "mean", "short"]
    assert float(lines[1].split()[4]) > 0.95


ROUTES = [{"name": name, "description": f"{name} one, {name} two, {name} three"} for name in "abcdefg"]


def written() -> Prompts:
    labels = np.array([*range(7), *range(7), NONE, NONE, NONE, NONE])
    return Prompts("set", ROUTES, [[Turn("user", str(label))] for label in labels], labels, [""] * len(labels))


def test_fewer_routes_keep_their_own_prompts_and_some_of_nobodys() -> None:
    made = fewer_routes(written(), random.Random(3))
    assert 2 <= len(made.routes) <= 4
    for said, label in zip(made.said, made.labels, strict=True):
        assert label == NONE or ROUTES[int(said[0].text)] == made.routes[label]
    assert (made.labels == NONE).sum() >= 3


def test_shorter_descriptions_lose_half_of_their_parts() -> None:
    assert shorter(written()).routes[0]["description"] == "a one"
    assert ROUTES[0]["description"] == "a one, a two, a three"
