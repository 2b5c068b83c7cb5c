"""Dialects registered by plugins: which names they may have, and what is said of wrong ones."""

from __future__ import annotations

from typing import Any

import pytest

from plano.plugin_api import ProviderDialect, hookimpl
from tests.plugins.support import dialect, found, load, problems_of


class Speaks:
    """Registers what it is given."""

    def __init__(self, given: Any) -> None:
        self.given = given

    @hookimpl
    def dialects(self) -> Any:
        if isinstance(self.given, Exception):
            raise self.given
        return self.given


def test_the_dialects_of_all_plugins_are_there() -> None:
    one, two, three = dialect("one"), dialect("two"), dialect("three")
    loaded = load(found("a", Speaks([one])), found("b", Speaks((two, three))), found("c", Speaks(None)))
    assert loaded.dialects == (one, two, three)


def test_a_plugin_that_is_switched_off_speaks_nothing() -> None:
    loaded = load(found("a", Speaks([dialect("one")])), config={"a": {"enabled": False}})
    assert loaded.dialects == ()


def test_a_name_that_two_plugins_want_is_refused_with_both_their_names() -> None:
    plugins = (found("a", Speaks([dialect("toy")])), found("b", Speaks([dialect("toy")])))
    assert problems_of(*plugins) == (
        "plugin 'b' of dist-b 1.0: the dialect 'toy' is already registered by plugin 'a' of dist-a 1.0",
    )


def test_one_plugin_cannot_have_a_name_twice_either() -> None:
    (problem,) = problems_of(found("a", Speaks([dialect("toy"), dialect("toy", path="/other")])))
    assert problem.endswith("is already registered by plugin 'a' of dist-a 1.0")


@pytest.mark.parametrize("name", ["openai", "google", "openai_responses", "chat", "openai_chat", "converse"])
def test_names_of_plano_are_taken(name: str) -> None:
    (problem,) = problems_of(found("a", Speaks([dialect(name)])))
    assert problem == f"plugin 'a' of dist-a 1.0: the dialect '{name}' needs another name: plano has that one"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (dialect("toy"), "must return a list of ProviderDialect, not ProviderDialect"),
        (7, "must return a list of ProviderDialect, not int"),
        ([dialect("toy").side], "not one of ProviderSide"),
        (KeyError("gone"), "dialects failed: KeyError: 'gone'"),
    ],
)
def test_what_is_no_list_of_dialects_stops_the_start(given: Any, said: str) -> None:
    (problem,) = problems_of(found("a", Speaks(given)))
    assert problem.startswith("plugin 'a' of dist-a 1.0: ")
    assert said in problem


def test_a_hook_that_has_to_be_awaited_is_refused() -> None:
    class Waits:
        @hookimpl
        async def dialects(self) -> list[ProviderDialect]:
            return []

    assert "dialects must be a plain function" in problems_of(found("a", Waits))[0]
