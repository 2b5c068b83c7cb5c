from __future__ import annotations

import sys
from pathlib import Path

import pytest

import plano
from plano.plugins.builtin import BUILTINS
from plano.plugins.found import builtin_plugins, installed_plugins
from plano.plugins.loader import load_plugins


def install(folder: Path, distribution: str, entries: str) -> None:
    """What pip leaves behind of a distribution, as far as entry points are concerned."""
    info = folder / f"{distribution.replace('-', '_')}-2.5.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.5\n")
    (info / "entry_points.txt").write_text(entries)


def test_installed_plugins_are_found_by_entry_point_group_with_their_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(
        tmp_path,
        "plano-zoo",
        "[plano]\nzebra = zoo_zebra\nape = zoo_ape\n[console_scripts]\nzoo = zoo:main\n",
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    ours = [plugin for plugin in installed_plugins() if plugin.distribution == "plano-zoo"]
    assert [(plugin.name, plugin.version) for plugin in ours] == [("ape", "2.5"), ("zebra", "2.5")]


def test_finding_imports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "plano-broken", "[plano]\nbroken = module_that_is_missing\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    plugin = next(plugin for plugin in installed_plugins() if plugin.name == "broken")
    with pytest.raises(ModuleNotFoundError):
        plugin.load()


def test_a_builtin_is_named_after_its_module_and_belongs_to_plano() -> None:
    (plugin,) = builtin_plugins(("plano.plugins.hookspecs",))
    assert (plugin.name, plugin.distribution, plugin.version) == ("hookspecs", "planoai", plano.__version__)
    assert plugin.load() is sys.modules["plano.plugins.hookspecs"]


def test_the_builtins_load() -> None:
    loaded = load_plugins({}, installed=())
    assert [facts.name for facts in loaded.facts] == [module.rpartition(".")[2] for module in BUILTINS]
