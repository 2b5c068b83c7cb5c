"""Values of `provider_interface` that plugins add."""

from __future__ import annotations

from pathlib import Path

import pytest

from plano.config.document import Config
from plano.config.load import load_config
from plano.config.problems import ConfigProblems
from plano.config.vendor_names import AddedNames

from .conftest import HEAD


class Plugins:
    """Two dialects, and how often they were asked for."""

    def __init__(self) -> None:
        self.asked: list[Config] = []

    def __call__(self, config: Config) -> AddedNames:
        self.asked.append(config)
        return AddedNames(("parrot", "budgie", "aviary"), ("aviary",))


def load(directory: Path, plugins: Plugins, *interfaces: str) -> Config:
    rows = [
        f"  - {{model: birds{place}/a, base_url: 'http://h', provider_interface: {name}}}\n"
        for place, name in enumerate(interfaces)
    ]
    path = directory / "config.yaml"
    path.write_text(f"{HEAD}model_providers:\n{''.join(rows)}", "utf-8")
    return load_config(path, {}, interfaces=plugins).config


def test_a_dialect_of_a_plugin_is_an_interface(tmp_path: Path) -> None:
    plugins = Plugins()
    config = load(tmp_path, plugins, "parrot", "openai", "budgie")
    assert plugins.asked == [config]


def test_plugins_are_not_loaded_for_planos_own_names(tmp_path: Path) -> None:
    plugins = Plugins()
    load(tmp_path, plugins, "openai", "google", "openai_responses")
    assert plugins.asked == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("parot", "did you mean `parrot`?"),
        ("opnai", "did you mean `openai`?"),
        ("zzzzz", "minimax, meta, parrot, budgie, aviary)"),
    ],
)
def test_other_names_are_refused_with_the_nearest(tmp_path: Path, name: str, hint: str) -> None:
    with pytest.raises(ConfigProblems) as caught:
        load(tmp_path, Plugins(), "parrot", name)
    (problem,) = caught.value.problems
    assert problem.path == "model_providers[1].provider_interface"
    assert f"`{name}` is not known" in str(problem)
    assert hint in str(problem)


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        ("aviary/owl", ""),
        ("parrot/owl", "`parrot` is not a known provider: it needs both `base_url` and `provider_interface`"),
        ("aviari/owl", "did you mean `aviary`?"),
        ("zzzzz/owl", "minimax, meta, aviary)"),
    ],
)
def test_a_vendor_of_a_plugin_has_an_address_and_its_dialects_have_none(
    tmp_path: Path, model: str, problem: str
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"{HEAD}model_providers:\n  - model: {model}\n  - model: openai/gpt-4o\n", "utf-8")
    plugins = Plugins()
    if not problem:
        assert load_config(path, {}, interfaces=plugins).config.model_providers[0].prefix == "aviary"
    else:
        with pytest.raises(ConfigProblems) as caught:
            load_config(path, {}, interfaces=plugins)
        assert problem in str(caught.value.problems[0])
    assert len(plugins.asked) == 1


def test_plugins_are_asked_once_for_all_that_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    rows = "  - model: aviary/a\n  - {model: birds/b, base_url: 'http://h', provider_interface: parrot}\n"
    path.write_text(f"{HEAD}model_providers:\n{rows}", "utf-8")
    plugins = Plugins()
    load_config(path, {}, interfaces=plugins)
    assert len(plugins.asked) == 1
