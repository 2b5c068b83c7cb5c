from __future__ import annotations

import asyncio
from types import ModuleType
from typing import Any

import pytest
from msgspec import Struct

from plano.hook_markers import hookimpl
from plano.plugins.load_error import PluginLoadError
from plano.plugins.loader import PluginFacts, load_plugins
from tests.plugins.support import found, load, problems_of


class Observing:
    """A plugin with one hook, made anew wherever a name is needed."""

    @hookimpl
    def post_response(self, record: object) -> None: ...


class Settings(Struct, forbid_unknown_fields=True):
    colour: str
    size: int = 1


class WithSettings:
    @hookimpl
    def config_section(self) -> type[Settings]:
        return Settings

    @hookimpl
    def started(self, config_section: Settings) -> None:
        self.settings = config_section


def order(*names: str, config: dict[str, Any] | None = None) -> list[str]:
    plugins = [found(name, type(name, (Observing,), {})) for name in names]
    return [step.plugin for step in load(*plugins, config=config).plan.post_response]


def test_facts_tell_distribution_version_and_hooks() -> None:
    loaded = load(
        found("watch", Observing), found("paint", WithSettings), config={"paint": {"colour": "red"}}
    )
    assert set(loaded.facts) == {
        PluginFacts("watch", "dist-watch", "1.0", True, ("post_response",)),
        PluginFacts("paint", "dist-paint", "1.0", True, ("config_section", "started")),
    }


def test_no_plugins_make_an_empty_plan() -> None:
    plan = load().plan
    assert (plan.pre_route, plan.filter_request, plan.post_response) == ((), (), ())


def test_a_plugin_that_is_switched_off_is_not_even_imported() -> None:
    loaded = load(found("broken", ImportError("no such thing")), config={"broken": {"enabled": False}})
    assert loaded.facts == (PluginFacts("broken", "dist-broken", "1.0", False, ()),)
    assert loaded.plan.post_response == ()


@pytest.mark.parametrize("error", [ModuleNotFoundError("No module named 'torch'"), SystemExit(3)])
def test_a_plugin_that_does_not_import_is_told_with_its_distribution(error: BaseException) -> None:
    (problem,) = problems_of(found("broken", error))
    assert (
        problem == f"plugin 'broken' of dist-broken 1.0: could not be loaded: {type(error).__name__}: {error}"
    )


def test_a_class_that_cannot_be_made_is_told_with_its_distribution() -> None:
    class Needy(Observing):
        def __init__(self, what: object) -> None: ...

    (problem,) = problems_of(found("needy", Needy))
    assert problem.startswith("plugin 'needy' of dist-needy 1.0: could not be loaded: TypeError")


def test_a_name_taken_twice_is_refused_with_both_distributions() -> None:
    twice = (found("watch", Observing, distribution="one"), found("watch", WithSettings, distribution="two"))
    (problem,) = problems_of(*twice)
    assert problem == "plugin 'watch' of two 1.0: the name is already taken by one 1.0; uninstall one of them"


def test_one_module_under_two_names_is_refused() -> None:
    module = ModuleType("shared")
    module.post_response = hookimpl(lambda record: None)  # type: ignore[attr-defined]
    (problem,) = problems_of(found("a", module), found("b", module))
    assert problem.endswith("could not be loaded: it is already loaded as plugin 'a' of dist-a 1.0")


def test_a_fault_in_a_hook_names_the_distribution() -> None:
    class Plugin:
        @hookimpl
        def pre_rout(self) -> None: ...

    assert problems_of(found("typo", Plugin)) == (
        "plugin 'typo' of dist-typo 1.0: there is no hook 'pre_rout' (did you mean 'pre_route'?)",
    )


def test_settings_are_checked_against_the_plugins_struct() -> None:
    assert problems_of(found("paint", WithSettings), config={"paint": {"colour": "red", "size": "big"}}) == (
        "plugin 'paint' of dist-paint 1.0: plugins.paint: Expected `int`, got `str` - at `$.size`",
    )


def test_a_plugin_that_needs_settings_and_has_none_stops_the_start() -> None:
    assert problems_of(found("paint", WithSettings)) == (
        "plugin 'paint' of dist-paint 1.0: plugins.paint: Object missing required field `colour`",
    )


def test_config_section_that_raises_stops_the_start() -> None:
    class Plugin:
        @hookimpl(specname="config_section")
        def settings(self) -> None:
            raise RuntimeError("not today")

    assert problems_of(found("moody", Plugin)) == (
        "plugin 'moody' of dist-moody 1.0: RuntimeError: not today",
    )


def test_all_problems_are_told_at_once_with_exit_code_2() -> None:
    with pytest.raises(PluginLoadError) as caught:
        load(found("broken", ImportError("x")), found("paint", WithSettings), config={"pant": {}})
    assert len(caught.value.problems) == 3
    assert str(caught.value) == "\n".join(caught.value.problems)
    assert caught.value.exit_code == 2


def test_started_receives_the_checked_settings() -> None:
    loaded = load(found("paint", WithSettings), config={"paint": {"colour": "red", "size": "3"}})
    asyncio.run(loaded.start())
    assert loaded.manager.get_plugin("paint").settings == Settings("red", 3)


def test_started_may_be_async_and_gets_none_without_settings() -> None:
    class Plugin:
        @hookimpl
        async def started(self, config_section: object) -> None:
            self.seen = ("seen", config_section)

    loaded = load(found("slow", Plugin))
    asyncio.run(loaded.start())
    assert loaded.manager.get_plugin("slow").seen == ("seen", None)


@pytest.mark.parametrize("outcome", [OSError("port taken"), SystemExit(1), False])
def test_started_that_fails_stops_the_start_with_the_plugins_name(outcome: object) -> None:
    class Plugin:
        @hookimpl
        def started(self) -> object:
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

    with pytest.raises(PluginLoadError) as caught:
        asyncio.run(load(found("sad", Plugin)).start())
    (problem,) = caught.value.problems
    assert problem.startswith("plugin 'sad' of dist-sad 1.0: started failed: ")


def test_two_apps_in_one_process_share_nothing() -> None:
    plugin = found("paint", WithSettings)
    one = load(plugin, config={"paint": {"colour": "red"}})
    two = load(plugin, config={"paint": {"colour": "blue"}})
    assert one.manager.get_plugin("paint") is not two.manager.get_plugin("paint")
    assert one.sections == {"paint": Settings("red")}
    assert two.sections == {"paint": Settings("blue")}


def test_hooks_run_as_listed_in_the_config_and_the_others_after_them() -> None:
    assert order("a", "b", "c") == ["a", "b", "c"]
    assert order("a", "b", "c", config={"c": {}, "b": {}}) == ["c", "b", "a"]


def test_tryfirst_and_trylast_win_over_the_order_of_the_config() -> None:
    class Early:
        @hookimpl(tryfirst=True)
        def post_response(self) -> None: ...

    class Late:
        @hookimpl(trylast=True)
        def post_response(self) -> None: ...

    loaded = load(
        found("late", Late),
        found("plain", Observing),
        found("early", Early),
        config={"late": {}, "plain": {}},
    )
    assert [step.plugin for step in loaded.plan.post_response] == ["early", "plain", "late"]


def test_builtins_use_the_same_door_and_run_after_the_others() -> None:
    own = found("own", Observing, distribution="planoai")
    other = found("z", type("Other", (Observing,), {}))
    loaded = load_plugins({}, installed=(other,), builtin=(own,))
    assert [step.plugin for step in loaded.plan.post_response] == ["z", "own"]
    switched_off = load_plugins({"own": {"enabled": False}}, installed=(), builtin=(own,))
    assert switched_off.plan.post_response == ()
