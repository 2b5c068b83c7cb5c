"""Bars of scores, and where the thresholds stand in them."""

from __future__ import annotations

import pytest

from plano.cli.route_chart import ASCII, BLOCKS, bar, chart, marks_for
from plano.intent import Route


@pytest.mark.parametrize(
    ("score", "threshold", "drawn"),
    [
        (0.0, 0.5, "    |   "),
        (1.0, 0.5, "####|###"),
        (0.25, 0.5, "##  |   "),
        (0.5, 1.0, "####   |"),
        (0.5, 0.0, "|###    "),
        (0.5, None, "####    "),
    ],
)
def test_a_bar_is_as_long_as_its_score(score: float, threshold: float | None, drawn: str) -> None:
    assert bar(score, threshold, 8, ASCII) == drawn


@pytest.mark.parametrize(("score", "drawn"), [(1 / 64, "▏   │   "), (0.25, "██  │   "), (0.3, "██▍ │   ")])
def test_blocks_are_drawn_to_an_eighth(score: float, drawn: str) -> None:
    assert bar(score, 0.5, 8, BLOCKS) == drawn


def test_the_best_comes_first_and_a_route_has_its_own_mark() -> None:
    routes = (Route("mail", "answering mail"), Route("code", "writing code", threshold=0.75))
    assert chart(routes, (0.2, 0.9), 0.5, columns=26, marks=ASCII) == [
        "  code  #########|#   0.90",
        "  mail  ##    |       0.20",
    ]


def test_long_and_strange_names_are_cut() -> None:
    [line] = chart((Route("a\x1b[31m" + "b" * 60, "c"),), (0.5,), 0.5, columns=60, marks=ASCII)
    assert "\x1b" not in line
    assert line.startswith("  a?[31mbbbbbbbbbbbbbbbbbbbbbbb...  ")


@pytest.mark.parametrize(
    ("encoding", "marks"), [("utf-8", BLOCKS), ("UTF8", BLOCKS), ("ascii", ASCII), ("latin-1", ASCII), (None, ASCII)]
)
def test_letters_stand_in_where_the_terminal_has_no_blocks(encoding: str | None, marks: object) -> None:
    assert marks_for(encoding) is marks
