from __future__ import annotations

import pytest
from msgspec import Struct

from plano.config.values import Duration, Secret
from plano.plugins.hook_plan import FaultRule
from plano.plugins.sections import PluginSection, read_sections, to_struct


class Settings(Struct, forbid_unknown_fields=True):
    port: int = 1
    key: Secret | None = None
    pause: Duration = Duration(1)


def test_enabled_is_planos_and_the_rest_the_plugins() -> None:
    sections, wrong = read_sections({"a": {"enabled": False, "x": 1}, "b": None, "c": {}}, ("a", "b", "c"))
    assert sections == {"a": PluginSection(False, settings={"x": 1}), "b": PluginSection(), "c": PluginSection()}
    assert wrong == []


def test_what_happens_when_a_plugin_fails_is_planos_too() -> None:
    sections, wrong = read_sections({"a": {"on_fault": "open", "timeout": "250ms", "word": "x"}}, ("a",))
    assert (sections["a"].rule, sections["a"].settings, wrong) == (FaultRule("open", 0.25), {"word": "x"}, [])


def test_a_name_that_is_not_installed_is_told_even_when_switched_off() -> None:
    assert read_sections({"helo": {"enabled": False}}, ("hello",))[1] == [
        "plugins.helo: no such plugin is installed (did you mean 'hello'?)"
    ]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ([1], "plugins.hello: expected a mapping of settings, got list"),
        (False, "plugins.hello: expected a mapping of settings, got bool"),
        ({"enabled": "no"}, "plugins.hello.enabled: Expected `bool`, got `str`"),
        ({"on_fault": "ajar"}, "plugins.hello.on_fault: Invalid enum value 'ajar'"),
        ({"timeout": "soon"}, "plugins.hello.timeout: a length of time is written like 300s, 500ms, 2m or 1h"),
    ],
)
def test_an_entry_of_another_shape_is_told(entry: object, problem: str) -> None:
    assert read_sections({"hello": entry}, ("hello",)) == ({}, [problem])


def test_settings_become_the_plugins_struct() -> None:
    settings = to_struct("a", {"port": "8080", "key": "k-1", "pause": "2m"}, Settings)
    assert settings == Settings(8080, Secret("k-1"), Duration(120))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"port": "eighty"}, r"plugins\.a: Expected `int`, got `str` - at `\$\.port`"),
        ({"prt": 1}, r"plugins\.a: Object contains unknown field `prt`"),
        ({"pause": "soon"}, r"plugins\.a: a length of time is written like .* - at `\$\.pause`"),
    ],
)
def test_settings_that_do_not_fit_name_their_path(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_struct("a", settings, Settings)


def test_a_secret_of_the_wrong_type_is_not_shown() -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011  # Whatever it is, the value must not be in it.
        to_struct("a", {"key": ["hush"]}, Settings)
    assert "hush" not in str(caught.value)


def test_a_plugin_without_settings_takes_none() -> None:
    assert to_struct("a", {}, None) is None
    with pytest.raises(ValueError, match=r"plugins\.a: it takes no settings, got colour"):
        to_struct("a", {"colour": "blue"}, None)


@pytest.mark.parametrize("kind", [dict, Settings(), "Settings"])
def test_only_a_struct_type_describes_settings(kind: object) -> None:
    with pytest.raises(ValueError, match="config_section must return a msgspec Struct type or None"):
        to_struct("a", {}, kind)
