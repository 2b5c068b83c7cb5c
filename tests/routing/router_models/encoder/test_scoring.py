"""Scores and probabilities, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from plano.routing.router_models.encoder.calibration import (
    UNCALIBRATED,
    Coefficients,
    Scale,
    coefficients,
    probabilities,
)
from plano.routing.router_models.encoder.route_texts import RouteTexts
from plano.routing.router_models.encoder.scoring import RouteVectors, blended, texts_in_order

X, Y, Z = np.eye(3, dtype=np.float32)


def unit(*values: float) -> Any:
    made = np.array(values, np.float32)
    return made / np.linalg.norm(made)


def routes(*told: RouteTexts, **vectors: Any) -> RouteVectors:
    return RouteVectors(told, np.stack([vectors[text] for text in texts_in_order(told)]))


def test_half_the_whole_and_half_the_nearest_phrase() -> None:
    made = routes(RouteTexts("x", ("y", "z")), RouteTexts("z", ("x",)), x=X, y=Y, z=Z)
    prompts = np.stack([X, Y, Z, unit(1, 1, 0)])
    half = 0.5**0.5
    wanted = [[0.5, 0.5], [0.5, 0], [0.5, 0.5], [0.5 * half + 0.5 * half, 0.5 * half]]
    assert made.scores(prompts) == pytest.approx(np.array(wanted), abs=1e-6)


def test_many_examples_speak_for_themselves() -> None:
    told = (RouteTexts("x", ("x",)), RouteTexts("x", ("y",), ("x", "y", "x", "y", "z")), RouteTexts("z", ("z",)))
    made = routes(*told, x=X, y=Y, z=Z)
    middle = unit(2, 2, 1)
    wanted = [[1, 0.25 * 0 + 0.25 * 1 + 0.5 * middle[0], 0], [0, 0.25 + 0.25 + 0.5 * middle[1], 0]]
    assert made.scores(np.stack([X, Y])) == pytest.approx(np.array(wanted), abs=1e-6)


def test_a_set_knows_how_many_phrases_it_has_and_how_like_its_routes_are() -> None:
    made = routes(RouteTexts("x", ("x", "y", "z")), RouteTexts("x", ("y",)), RouteTexts("z", ("z",)), x=X, y=Y, z=Z)
    assert (made.phrases, made.likeness) == pytest.approx((np.log(3) / 3, 2 / 3))
    assert routes(RouteTexts("x", ("x",)), x=X).likeness == 0


def test_halves_are_blended_to_length_one() -> None:
    assert blended(X, Y) == pytest.approx(unit(1, 1, 0))


def plain(*wholes: Any) -> RouteVectors:
    told = [RouteTexts(str(number), (str(number),)) for number in range(len(wholes))]
    return RouteVectors(told, np.repeat(np.stack(wholes), 2, axis=0))


def test_probabilities_rise_with_the_score_and_fall_with_the_distance_to_the_best() -> None:
    scale = Scale(plain(X, Y), np.stack([Z, unit(1, 1, 1)]))
    low, high = probabilities([0.3, 0.2], scale), probabilities([0.6, 0.5], scale)
    assert 0 < low[1] < low[0] < high[0] < 1
    assert low[0] < 0.5 < high[0]
    assert probabilities([0.6, 0.6], scale)[0] == probabilities([0.6, 0.6], scale)[1]


@pytest.mark.parametrize(
    "wild",
    [
        Coefficients(50.0, -3.0, 0, 0, 0, 0, 0),
        Coefficients(-900.0, 20.0, 0, 0, 0, 0, 0),
        Coefficients(0, 0, 0, 9, 9, 0, 0),
    ],
)
def test_coefficients_far_from_any_sense_still_tell_alike_from_unlike(wild: Coefficients) -> None:
    scale = Scale(plain(X, Y), np.stack([Z]), wild)
    assert scale.in_scope(0.0) < 0.5 < scale.in_scope(1.0)


def test_numbers_of_any_size_have_a_probability() -> None:
    scale = Scale(plain(X, Y), np.stack([Z]), Coefficients(-1e6, 2e6, 0, 0, 0, 0, 0))
    assert (scale.in_scope(-1e9), scale.in_scope(1e9)) == pytest.approx((0, 1))


def test_coefficients_come_out_of_the_facts() -> None:
    told = {name: number for number, name in enumerate(Coefficients._fields)}
    assert coefficients({"calibration": told}) == Coefficients(*range(7))
    assert coefficients({}) == UNCALIBRATED
    with pytest.raises(KeyError):
        coefficients({"calibration": {"intercept": 1}})
