"""`prompt_guards` asks for plugins by name; those with `opt_in` wait until somebody does."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from msgspec import Struct

from plano.config.load import load_text
from plano.config.problems import ConfigProblems
from plano.hook_markers import hookimpl
from plano.plugins.guards import check_guards, guards_of
from plano.plugins.load_error import PluginLoadError
from plano.plugins.loader import load_plugins
from tests.plugins.support import found

CONFIG = """
version: v0.4.0
listeners: [{type: model, name: x, port: 12000}]
model_providers: [{model: openai/gpt-4o, access_key: $KEY}]
"""
MESSAGE = {"jailbreak": {"message": "No."}}


class Settings(Struct, forbid_unknown_fields=True):
    message: str = "usual"
    threshold: float = 0.5


class Guard:
    opt_in: ClassVar[bool] = True

    @hookimpl
    def config_section(self) -> type[Settings]:
        return Settings

    @hookimpl
    def pre_route(self) -> None: ...


def loaded(configured: dict[str, Any], guards: dict[str, Any], asked: tuple[str, ...] = ()) -> Any:
    return load_plugins(configured, guards=guards, asked=asked, installed=[found("jailbreak", Guard)], builtin=())


@pytest.mark.parametrize(
    ("text", "guards"),
    [
        ("", {}),
        ("prompt_guards: {}", {}),
        ("prompt_guards: {input_guards: {jailbreak: {}}}", {"jailbreak": {}}),
        ("prompt_guards: {input_guards: {jailbreak: {on_exception: {message: No.}}}}", MESSAGE),
    ],
)
def test_what_a_config_asks_for(text: str, guards: dict[str, Any]) -> None:
    assert guards_of(load_text(CONFIG + text, name="c.yaml", environ={}).config) == guards


@pytest.mark.parametrize(
    ("configured", "guards", "wanted"),
    [
        ({}, MESSAGE, Settings("No.")),
        ({"jailbreak": {"threshold": 0.9}}, MESSAGE, Settings("No.", 0.9)),
        ({"jailbreak": {"message": "mine"}}, MESSAGE, Settings("mine")),
        ({"jailbreak": None}, {}, Settings()),
    ],
)
def test_the_message_is_a_setting_of_the_plugin(
    configured: dict[str, Any], guards: dict[str, Any], wanted: Settings
) -> None:
    plugins = loaded(configured, guards)
    assert plugins.sections["jailbreak"] == wanted
    assert len(plugins.plan.pre_route) == 1


def test_a_plugin_that_waits_to_be_asked_for_does_nothing_until_then() -> None:
    plugins = loaded({}, {})
    assert plugins.plan.pre_route == ()
    assert [(facts.name, facts.enabled) for facts in plugins.facts] == [("jailbreak", False)]
    assert len(loaded({}, {}, asked=("jailbreak",)).plan.pre_route) == 1


def test_a_guard_that_is_switched_off_is_a_contradiction() -> None:
    with pytest.raises(PluginLoadError, match=r"plugins\.jailbreak\.enabled switches it off: remove one of them"):
        loaded({"jailbreak": {"enabled": False}}, MESSAGE)


def test_a_guard_whose_plugin_is_not_installed_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(PluginLoadError, match="pip install plano-jailbreak"):
        load_plugins({}, guards=MESSAGE, installed=(), builtin=())
    config = load_text(CONFIG + "prompt_guards: {input_guards: {jailbreak: {}}}", name="c.yaml", environ={}).config
    with pytest.raises(ConfigProblems, match=r"prompt_guards\.input_guards\.jailbreak.*pip install plano-jailbreak"):
        check_guards(config, installed=["other"])
    check_guards(config, installed=["jailbreak"])
