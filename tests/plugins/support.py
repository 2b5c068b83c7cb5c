"""Plugins made on the spot, as the loader would find them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from plano.dialects.provider_dialect import ProviderDialect
from plano.dialects.sides import PROVIDER_SIDES
from plano.intent import Judgement, RouterModelKind, RouterTools, RouteSet, Said
from plano.plugins.found import FoundPlugin
from plano.plugins.load_error import PluginLoadError
from plano.plugins.loader import LoadedPlugins, load_plugins

ROOT = Path(__file__).parents[2]
PLUGINS = ROOT / "plugins"


def install(source: Path, directory: Path) -> Path:
    """A distribution as pip lays it out; built from a copy, because building leaves files beside the source."""
    copy = shutil.copytree(source, directory / "source")
    target = directory / "installed"
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--no-index"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(copy)]
    subprocess.run(command, check=True, timeout=120)
    return target


def fresh_interpreter(installed: Path, *arguments: str) -> str:
    """What a Python that has a distribution beside plano prints."""
    environ = os.environ | {"PYTHONPATH": os.pathsep.join((str(installed), str(ROOT)))}
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments], env=environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def found(name: str, target: object, *, distribution: str | None = None) -> FoundPlugin:
    """A distribution `dist-NAME 1.0` whose entry point `name` leads to `target`, or raises it."""

    def load() -> object:
        if isinstance(target, BaseException):
            raise target
        return target

    return FoundPlugin(name, distribution or f"dist-{name}", "1.0", load)


def load(*plugins: FoundPlugin, config: Mapping[str, Any] | None = None) -> LoadedPlugins:
    """These installed plugins and no built-ins."""
    return load_plugins(config or {}, installed=plugins, builtin=())


def problems_of(*plugins: FoundPlugin, config: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """What stops the start with these plugins."""
    with pytest.raises(PluginLoadError) as caught:
        load(*plugins, config=config)
    return caught.value.problems


class ByWord:
    """A router model: the first route whose name was said."""

    def __init__(self, settings: None, tools: RouterTools) -> None:
        self.is_stopped = False

    async def start(self) -> None: ...

    async def prepare(self, routes: RouteSet) -> None: ...

    def recall(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement | None: ...

    async def judge(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement:
        route = next((name for name in routes.names if name in said[-1].text), None)
        return Judgement(route, reason="matched" if route else "no_match")

    async def stop(self) -> None:
        self.is_stopped = True


def router_model(name: str) -> RouterModelKind:
    return RouterModelKind(name, ByWord)


def dialect(name: str, **settings: Any) -> ProviderDialect:
    """Chat Completions under another name, and at another path."""
    return ProviderDialect(side=replace(PROVIDER_SIDES["chat"], name=name), **{"path": "/ask", **settings})


def lay_out(module: Path, directory: Path, name: str) -> Path:
    """One module as a distribution that pip has installed into `directory`, with the entry point `name`."""
    shutil.copy(module, directory / module.name)
    info = directory / f"dist_{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: dist-{name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[plano]\n{name} = {module.stem}\n")
    return directory
