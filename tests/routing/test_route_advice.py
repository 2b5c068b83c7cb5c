"""What is said of routes that are written so that a router goes astray."""

from __future__ import annotations

import pytest

from plano.intent import Route, RouteSet
from plano.routing.route_advice import Closeness, Overlap, Stray, advice

QUIET = Closeness((), (), (0.0,))


def kinds_of(name: str, description: str) -> list[str]:
    return [one.kind for one in advice(RouteSet((Route(name, description),)), QUIET)]


@pytest.mark.parametrize(
    ("name", "description", "kinds"),
    [
        ("code generation", "writing functions, adding tests", []),
        ("code understanding", "answering questions about code, reviewing without changing anything", []),
        ("estimation", "working something out from rough figures", []),
        ("other", "everything else", ["catch-all"]),
        ("chat", "small talk, all other requests", ["catch-all"]),
        ("default", "anything the user may ask", ["catch-all"]),
        ("misc", "miscellaneous questions", ["catch-all"]),
        ("complex", "complex tasks", ["vague"]),
        ("fast", "quick answers for simple questions", []),
        ("best model", "hard questions that need the best model", ["vague"]),
        ("images", "images", ["vague"]),
        ("image_editing", "Image editing.", ["vague"]),
        ("mail", "answering customers, not code", ["negation"]),
        ("chat", "anything except programming", ["negation"]),
        ("notes", "taking notes of nothing in particular", []),
    ],
)
def test_words_that_lead_astray_are_told(name: str, description: str, kinds: list[str]) -> None:
    assert kinds_of(name, description) == kinds


def test_figures_are_told_from_where_they_matter() -> None:
    routes = RouteSet(tuple(Route(name, f"{name} of all sorts, {name}s") for name in ("apples", "pears", "plums")))
    closeness = Closeness(
        overlaps=(Overlap("apples", "pears", 0.7), Overlap("apples", "plums", 0.4)),
        strays=(
            Stray("apples", "pears, too", False, "pears", 0.3),  # The two are alike: that says it.
            Stray("pears", "jam", False, "plums", 0.2),
            Stray("plums", "cake", True, "apples", 0.1),
            Stray("plums", "soup", False, "apples", 0.01),
        ),
        draws=(0.01, 0.2, 0.0),
        long=("plums",),
    )
    found = advice(routes, closeness)
    assert [(one.kind, one.routes, one.figure) for one in found] == [
        ("overlap", ("apples", "pears"), 0.7),
        ("stray", ("pears", "plums"), 0.2),
        ("stray", ("plums", "apples"), 0.1),
        ("broad", ("pears",), 0.2),
        ("long", ("plums",), None),
    ]
    assert found[1].message == 'the phrase "jam" is nearer to `plums`'
    assert found[2].message == 'the example "cake" is nearer to `apples`'


def test_language_models_are_spared_what_they_can_read() -> None:
    routes = RouteSet((Route("погода", "прогноз погоды"), Route("other", "everything else"), Route("a", "a")))
    closeness = Closeness((), (), (0.2, 0.0, 0.0), unreadable=("погода",))
    found = advice(routes, closeness, for_encoder=False)
    assert [(one.kind, one.routes) for one in found] == [("vague", ("a",))]


def test_what_the_encoder_cannot_read_is_told_once() -> None:
    routes = RouteSet((Route("погода", "прогноз погоды, температура"),))
    found = advice(routes, Closeness((), (), (0.0,), long=("погода",), unreadable=("погода",)))
    assert [one.kind for one in found] == ["unreadable"]
