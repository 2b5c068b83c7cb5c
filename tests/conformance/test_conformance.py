"""The page about conformance says what the code does, and nothing is lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.cells import LOST
from tests.conformance.places import ANYTHING, NOTHING, At
from tests.conformance.table import page, rows
from tests.golden.cases import CLIENTS, PROVIDERS

PAGE = Path(__file__).parents[2] / "docs/reference/conformance.md"
#: What is known to be lost, and why it may be.
KNOWN = {
    # `StreamWriter` has no word for it; whole answers tell it.
    "service tier, streamed",
}


def test_the_page_is_what_the_code_does() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m tests.conformance docs/reference/conformance.md"


def test_nothing_is_lost_without_a_word() -> None:
    lost = {name for _, features in rows() for name, cells in features if LOST in cells}
    assert lost == KNOWN


def test_there_are_rows_enough_to_tell() -> None:
    assert sum(len(features) for _, features in rows()) >= 80
    assert len(CLIENTS) == 3
    assert len(PROVIDERS) >= 4


@pytest.mark.parametrize(
    ("place", "is_there"),
    [
        (At("a.*.b", "x"), True),
        (At("a.1.b", "x"), False),
        (At("a.0.b", "wxy"), False),
        (At("a.*.c", 1), True),
        (At("a.*.c", True), False),
        (At("a.*.d"), False),
        (At("a.*.c"), True),
        (At("z", NOTHING), True),
        (At("a", NOTHING), False),
    ],
)
def test_places(place: At, is_there: bool) -> None:
    assert ANYTHING is not NOTHING
    assert place.is_in({"a": [{"b": "xyz"}, {"b": "", "c": 1, "d": []}]}) == is_there
