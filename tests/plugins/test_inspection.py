from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from types import ModuleType
from typing import Any

import pluggy
import pytest

from plano.hook_markers import PROJECT, hookimpl
from plano.plugins import hookspecs
from plano.plugins.inspection import HOOKS, did_you_mean, faults, hooks_of


@pytest.fixture
def manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def plugin_with(name: str, function: Callable[..., Any], **options: Any) -> ModuleType:
    module = ModuleType("made_up")
    setattr(module, name, hookimpl(**options)(function))
    return module


def test_the_hooks_are_those_of_the_hookspecs_with_their_arguments() -> None:
    assert HOOKS == {
        "config_section": (),
        "dialects": (),
        "providers": (),
        "router_models": (),
        "stores": (),
        "exporters": (),
        "commands": (),
        "started": ("config_section", "tools"),
        "pre_route": ("exchange",),
        "filter": ("exchange",),
        "filter_answer": ("exchange",),
        "post_response": ("record",),
    }


def test_a_good_plugin_has_no_faults_and_tells_its_hooks(manager: pluggy.PluginManager) -> None:
    class Plugin:
        @hookimpl
        def post_response(self) -> None: ...

        @hookimpl
        async def pre_route(self, exchange: object) -> None: ...

        @hookimpl(specname="filter")
        def any_name(self, exchange: object, mine: int = 3) -> None: ...

        def unrelated(self) -> None: ...

    assert faults(manager, Plugin()) == []
    assert hooks_of(manager, Plugin()) == ("pre_route", "filter", "post_response")


def test_an_unknown_hook_is_refused_with_the_closest_name(manager: pluggy.PluginManager) -> None:
    assert faults(manager, plugin_with("pre_rout", lambda exchange: None)) == [
        "there is no hook 'pre_rout' (did you mean 'pre_route'?)"
    ]
    assert faults(manager, plugin_with("my_own", lambda: None, specname="filtre")) == [
        "there is no hook 'filtre' (did you mean 'filter'?)"
    ]


def test_an_optional_hook_of_another_version_is_accepted(manager: pluggy.PluginManager) -> None:
    plugin = plugin_with("on_moon_landing", lambda: None, optionalhook=True)
    assert faults(manager, plugin) == []
    assert hooks_of(manager, plugin) == ()


@pytest.mark.parametrize("kind", ["wrapper", "hookwrapper"])
def test_a_wrapper_is_refused(manager: pluggy.PluginManager, kind: str) -> None:
    def pre_route(exchange: object) -> Iterator[None]:
        yield

    (fault,) = faults(manager, plugin_with("pre_route", pre_route, **{kind: True}))
    assert fault.startswith("pre_route is a wrapper")


def test_a_generator_is_refused(manager: pluggy.PluginManager) -> None:
    def plain(exchange: object) -> Iterator[None]:
        yield

    async def asynchronous(exchange: object) -> AsyncIterator[None]:
        yield

    for function in (plain, asynchronous):
        assert faults(manager, plugin_with("filter", function)) == [
            "filter is a generator; it must be a plain function or async def"
        ]


def test_config_section_must_be_plain(manager: pluggy.PluginManager) -> None:
    async def config_section() -> None: ...

    assert faults(manager, plugin_with("config_section", config_section)) == [
        "config_section must be a plain function, not async def"
    ]


def test_arguments_that_cannot_be_given_are_refused(manager: pluggy.PluginManager) -> None:
    def misspelt(exchang: object) -> None: ...

    def by_keyword(*, exchange: object) -> None: ...

    def anything(*exchange: object) -> None: ...

    assert faults(manager, plugin_with("pre_route", misspelt)) == [
        "pre_route has no argument 'exchang' (did you mean 'exchange'?); it offers: exchange"
    ]
    assert faults(manager, plugin_with("pre_route", by_keyword)) == [
        "pre_route takes 'exchange' by keyword only; arguments are passed by position"
    ]
    assert faults(manager, plugin_with("pre_route", anything)) == [
        "pre_route takes *exchange; it must name what it uses of: exchange"
    ]


def test_a_hook_without_its_mark_is_not_overlooked(manager: pluggy.PluginManager) -> None:
    class Guard:
        def pre_route(self, exchange: object) -> None: ...

        @hookimpl
        def post_response(self) -> None: ...

    assert faults(manager, Guard()) == ["pre_route is not marked with @hookimpl"]


def test_an_imported_function_of_a_hooks_name_is_not_a_forgotten_hook(manager: pluggy.PluginManager) -> None:
    plugin = plugin_with("post_response", lambda record: None)
    plugin.filter = test_a_generator_is_refused  # type: ignore[attr-defined]
    assert faults(manager, plugin) == []


def test_a_plugin_without_hooks_is_refused(manager: pluggy.PluginManager) -> None:
    (fault,) = faults(manager, ModuleType("empty"))
    assert fault.startswith(
        "it has no hooks; mark at least one of "
        "config_section, dialects, providers, router_models, stores, exporters, commands, started, pre_route"
    )


def test_every_fault_is_told_at_once(manager: pluggy.PluginManager) -> None:
    class Plugin:
        @hookimpl
        def pre_route(self, exchange: object, answer: object) -> None: ...

        @hookimpl
        def post_respons(self, record: object) -> None: ...

    assert len(faults(manager, Plugin())) == 2


def test_did_you_mean_is_silent_without_a_close_name() -> None:
    assert did_you_mean("xyz", ("hello",)) == ""
    assert did_you_mean("helo", ("hello",)) == " (did you mean 'hello'?)"
