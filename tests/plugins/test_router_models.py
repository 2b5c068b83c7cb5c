"""Router models registered by plugins: which names they may have, and what is said of wrong ones."""

from __future__ import annotations

from typing import Any

import pytest

from plano.plugin_api import RouterModelKind, hookimpl
from tests.plugins.support import ByWord, found, load, problems_of, router_model


class Judges:
    """Registers what it is given."""

    def __init__(self, given: Any) -> None:
        self.given = given

    @hookimpl
    def router_models(self) -> Any:
        return self.given


class Other(ByWord):
    """Another one."""


def test_the_router_models_of_all_plugins_are_there() -> None:
    one, two = router_model("one"), router_model("two")
    assert load(found("a", Judges([one])), found("b", Judges((two,)))).router_models == (one, two)


@pytest.mark.parametrize("name", ["encoder", "generator", "remote"])
def test_names_of_plano_are_taken(name: str) -> None:
    (problem,) = problems_of(found("a", Judges([router_model(name)])))
    assert problem == f"plugin 'a' of dist-a 1.0: the router model '{name}' needs another name: plano has that one"


def test_a_name_that_two_plugins_want_is_refused_with_both_their_names() -> None:
    plugins = (found("a", Judges([router_model("toy")])), found("b", Judges([RouterModelKind("toy", Other)])))
    (problem,) = problems_of(*plugins)
    assert problem.endswith("the router model 'toy' is already registered by plugin 'a' of dist-a 1.0")


def test_what_is_no_list_of_router_models_stops_the_start() -> None:
    (problem,) = problems_of(found("a", Judges([ByWord])))
    assert "router_models failed: TypeError: it must return a list of RouterModelKind, not one of type" in problem
