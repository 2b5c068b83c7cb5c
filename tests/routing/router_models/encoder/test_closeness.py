"""How routes lie to each other, measured with a tiny encoder: its words are few, its likeness is real."""

from __future__ import annotations

from pathlib import Path

import pytest

from plano.intent import Route, RouteSet
from plano.routing.router_models.encoder.closeness import closeness
from plano.routing.router_models.encoder.folder import DamagedWeights


def of(*routes: Route) -> RouteSet:
    return RouteSet(routes)


CODE = Route("code", "write code, fix the bug in a function")
TALK = Route("small talk", "greetings, how are you")


def test_routes_that_say_the_same_are_as_like_as_can_be(folder: Path) -> None:
    found = closeness(of(CODE, TALK, Route("Code", CODE.description)), folder)
    nearest = found.overlaps[0]
    assert (nearest.one, nearest.other) == ("code", "Code")
    assert nearest.cosine == pytest.approx(1, abs=0.01)
    assert len(found.overlaps) == 3
    assert [pair.cosine for pair in found.overlaps] == sorted((pair.cosine for pair in found.overlaps), reverse=True)


def test_a_phrase_that_another_route_has_too_strays(folder: Path) -> None:
    talk = Route("small talk", "greetings, write code, how are you")
    found = closeness(of(CODE, talk), folder)
    assert ("small talk", "write code", "code") in {(one.route, one.text, one.other) for one in found.strays}
    assert all(one.by > 0 and not one.is_example for one in found.strays)


@pytest.mark.parametrize("more", [(), ("hello", "hello how are you", "greetings hello", "how are you hello")])
def test_an_example_of_another_route_strays(folder: Path, more: tuple[str, ...]) -> None:
    talk = Route("small talk", "greetings, how are you", (*more, "write code, fix the bug in a function"))
    strays = closeness(of(CODE, talk), folder).strays
    assert (talk.examples[-1], "code") in [(one.text, one.other) for one in strays if one.is_example]


def test_a_route_alone_has_nobody_to_be_like(folder: Path) -> None:
    found = closeness(of(CODE), folder)
    assert (found.overlaps, found.strays) == ((), ())
    assert len(found.draws) == 1


def test_a_route_that_says_its_name_alone_is_measured(folder: Path) -> None:
    found = closeness(of(Route("code", "code"), TALK), folder)
    assert len(found.draws) == 2
    assert all(0 <= share <= 1 for share in found.draws)


def test_what_is_too_long_or_cannot_be_read_is_named(folder: Path) -> None:
    long = Route("long", "write code " * 100)
    strange = Route("погода", "прогноз погоды")
    found = closeness(of(CODE, long, strange), folder)
    assert (found.long, found.unreadable) == (("long",), ("погода",))


def test_damaged_weights_are_told(tmp_path: Path) -> None:
    with pytest.raises(DamagedWeights):
        closeness(of(CODE, TALK), tmp_path)
