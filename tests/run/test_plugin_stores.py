"""Stores that plugins have opened, through reloads to the end; and what hooks have cost, as a worker tells it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import ModuleType

import pytest
from msgspec.structs import replace

from plano.config.document import Config
from plano.config.load import load_text
from plano.plugins.load_error import PluginLoadError
from plano.run.app import App
from plano.run.facts import facts_of
from plano.run.loading import reasons

PLUGIN = """
from msgspec import Struct
from plano.plugin_api import Exchange, PluginTools, StoreKind, hookimpl

opened = []

class Settings(Struct):
    url: str = "drawer:left"

class Drawer:
    def __init__(self, url):
        self.url, self.is_closed = url, False
        opened.append(self)
    async def close(self):
        self.is_closed = True

class Keeping:
    @hookimpl
    def config_section(self):
        return Settings
    @hookimpl
    def stores(self):
        return [StoreKind("drawer", Drawer)]
    @hookimpl
    def started(self, config_section, tools):
        tools.open_store(config_section.url)
    @hookimpl
    def pre_route(self, exchange: Exchange) -> None: ...
"""


@pytest.fixture
def keeping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The plugin's module, installed as pip would."""
    info = tmp_path / "plano_keeping-1.dist-info"
    info.mkdir()
    (tmp_path / "plano_keeping.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plano-keeping\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[plano]\nkeeping = plano_keeping:Keeping\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "plano_keeping", raising=False)
    import plano_keeping

    module: ModuleType = plano_keeping
    return module


def config(settings: str = "{}", more: str = "") -> Config:
    text = (
        "version: v0.4.0\nlisteners: [{type: model, name: models, address: 127.0.0.1, port: 1}]\n"
        f"model_providers: [{{model: mock/hello}}]\nplugins: {{keeping: {settings}}}\n{more}"
    )
    loaded = load_text(text, name="config.yaml", environ={}).config
    return replace(loaded, listeners=(replace(loaded.listeners[0], port=0),))  # Any that is free.


def states(module: ModuleType) -> list[tuple[str, bool]]:
    return [(drawer.url, drawer.is_closed) for drawer in module.opened]


def test_a_store_lives_as_long_as_the_settings_of_its_plugin(keeping: ModuleType) -> None:
    async def scene() -> None:
        app = App(config())
        await app.start()
        assert states(keeping) == [("drawer:left", False)]
        await app.commit(await app.prepare(config(more="system_prompt: be kind\n")))
        await asyncio.gather(*app._farewells)
        assert states(keeping) == [("drawer:left", False)]
        await app.discard(await app.prepare(config("{url: 'drawer:middle'}")))
        assert states(keeping) == [("drawer:left", False), ("drawer:middle", True)]
        await app.commit(await app.prepare(config("{url: 'drawer:right'}")))
        await asyncio.gather(*app._farewells)
        assert states(keeping)[-1] == ("drawer:right", False)
        assert states(keeping)[0] == ("drawer:left", True)
        await app.stop(delay_s=0, grace_s=0)
        assert all(is_closed for _, is_closed in states(keeping))

    asyncio.run(scene())


def test_a_store_nobody_has_stops_the_start_without_its_password(keeping: ModuleType) -> None:
    async def scene() -> None:
        with pytest.raises(PluginLoadError) as caught:
            await App(config("{url: 'drower://me:hunter2@host'}")).start()
        (reason,) = reasons(caught.value)
        assert "keeping" in reason
        assert "there is no store 'drower:' (did you mean 'drawer:'?)" in reason
        assert "hunter2" not in reason

    asyncio.run(scene())


def test_a_worker_tells_what_its_hooks_have_cost(keeping: ModuleType) -> None:
    async def scene() -> None:
        app = App(config())
        await app.start()
        (step,) = app.setup.plugins.plan.pre_route
        step.cost.note(0.25)
        step.cost.note(0.5)
        (told,) = facts_of(app).plugins
        assert (told.plugin, told.hook) == ("keeping", "pre_route")
        assert (told.calls, told.total_s, told.worst_s) == (2, 0.75, 0.5)
        await app.stop(delay_s=0, grace_s=0)

    asyncio.run(scene())
