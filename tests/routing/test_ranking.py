"""In which order the models of a route are tried."""

from __future__ import annotations

import pytest

from plano.routing.ranking import Ranking, ranked


class Board:
    """Figures that a test writes down; counts how often it is asked."""

    def __init__(self, **figures: float) -> None:
        self.figures = dict(figures)
        self.version = 0
        self.asked = 0

    def figure(self, model: str) -> float | None:
        self.asked += 1
        return self.figures.get(model)


@pytest.mark.parametrize(
    ("figures", "wanted"),
    [
        ({}, "abcd"),
        ({"a": 3, "b": 2, "c": 1, "d": 0}, "dcba"),
        ({"b": 1, "d": 1}, "bdac"),
        ({"a": 1, "b": 1, "c": 1, "d": 1}, "abcd"),
        ({"d": 0}, "dabc"),
        ({"c": 5, "a": 7.5}, "cabd"),
    ],
)
def test_models_ascend_and_unknown_ones_come_last_as_declared(figures: dict[str, float], wanted: str) -> None:
    assert ranked(tuple("abcd"), figures.get) == tuple(wanted)


def test_each_preference_has_figures_of_its_own() -> None:
    ranking = Ranking({"cheapest": Board(a=2, b=1), "fastest": Board(a=1, b=2)})
    models = ("b", "a")
    assert [ranking.ordered(models, prefer) for prefer in ("cheapest", "fastest")] == [("b", "a"), ("a", "b")]
    told = [ranking.figure(*asked) for asked in (("a", "cheapest"), ("x", "fastest"), ("a", "none"))]
    assert told == [2, None, None]


@pytest.mark.parametrize("prefer", ["none", "", "anything"])
def test_without_a_preference_models_stay_as_declared(prefer: str) -> None:
    models = ("b", "a")
    assert Ranking({"cheapest": Board(a=1, b=2)}).ordered(models, prefer) is models


def test_an_order_holds_until_a_figure_changes() -> None:
    board = Board(a=1, b=2)
    ranking = Ranking({"cheapest": board})
    for _ in range(3):
        assert ranking.ordered(("b", "a"), "cheapest") == ("a", "b")
    assert board.asked == 2
    board.figures["a"] = 3
    board.version += 1
    assert ranking.ordered(("b", "a"), "cheapest") == ("b", "a")


def test_one_model_needs_no_figures() -> None:
    board = Board()
    assert Ranking({"cheapest": board}).ordered(("a",), "cheapest") == ("a",)
    assert board.asked == 0


def test_routes_that_requests_bring_do_not_pile_up() -> None:
    board = Board(a=1)
    ranking = Ranking({"cheapest": board})
    for number in range(5000):
        assert ranking.ordered((f"m{number}", "a"), "cheapest") == ("a", f"m{number}")
    assert len(ranking._orders) <= 1024
