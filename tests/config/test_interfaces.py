"""Values of `provider_interface` that plugins add."""

from __future__ import annotations

from pathlib import Path

import pytest

from plano.config.document import Config
from plano.config.load import load_config
from plano.config.problems import ConfigProblems

from .conftest import HEAD


class Plugins:
    """Two dialects, and how often they were asked for."""

    def __init__(self) -> None:
        self.asked: list[Config] = []

    def __call__(self, config: Config) -> tuple[str, ...]:
        self.asked.append(config)
        return ("parrot", "budgie")


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
        ("zzzzz", "minimax, meta, parrot, budgie)"),
    ],
)
def test_other_names_are_refused_with_the_nearest(tmp_path: Path, name: str, hint: str) -> None:
    with pytest.raises(ConfigProblems) as caught:
        load(tmp_path, Plugins(), "parrot", name)
    (problem,) = caught.value.problems
    assert problem.path == "model_providers[1].provider_interface"
    assert f"`{name}` is not known" in str(problem)
    assert hint in str(problem)
