"""The README's plugin with settings, run as it is printed there."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from click.testing import CliRunner

from plano.errors import RequestRefused
from plano.plugin_api import Place, PluginTools, Store, trial_exchange
from plano.plugins.commands import commands_of
from plano.plugins.deciding import run_pre_route
from plano.state.stores import open_store
from tests.plugins.support import found, load

README = Path(__file__).parents[2] / "plugins" / "README.md"


def block_with(text: str) -> str:
    """The one Python block of the README that holds `text`."""
    (block,) = (
        block
        for block in re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
        if text in block
    )
    return block


def module_of(code: str, name: str) -> ModuleType:
    module = ModuleType(name)
    exec(compile(code, str(README), "exec"), vars(module))
    return module


@pytest.fixture
def team(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("plano_team")
    monkeypatch.setitem(sys.modules, "plano_team", module)  # msgspec looks annotations up there.
    exec(compile(block_with("class Team:"), str(README), "exec"), vars(module))
    return module


def outcome(plugin: object, settings: dict[str, Any], headers: dict[str, str]) -> None:
    async def scene() -> None:
        loaded = load(found("team", plugin), config={"team": settings})
        await loaded.start()
        await run_pre_route(loaded.plan.pre_route, trial_exchange(headers=headers))

    asyncio.run(scene())


def test_the_plugin_with_settings_does_what_the_readme_says(team: ModuleType) -> None:
    outcome(team.Team, {"header": "x-crew"}, {"x-crew": "blue"})
    with pytest.raises(RequestRefused, match="send the header x-team") as caught:
        outcome(team.Team, {}, {"x-crew": "blue"})
    assert (caught.value.status, caught.value.code) == (400, "team_missing")


def test_the_plugin_that_refuses_does_what_the_readme_says() -> None:
    plugin = module_of(
        block_with("@hookimpl\ndef pre_route(exchange: Exchange) -> None:\n    if "), "plano_refusing"
    )
    outcome(plugin, {}, {"x-team": "blue"})
    with pytest.raises(RequestRefused):
        outcome(plugin, {}, {})


def test_the_test_in_the_readme_passes(team: ModuleType) -> None:
    module_of(
        block_with("def test_a_request_without"), "test_team"
    ).test_a_request_without_a_team_is_refused()


def test_the_plugin_that_keeps_a_code_name_does_what_the_readme_says() -> None:
    plugin = module_of(block_with("class Restoring:"), "plano_codename")
    exchange = trial_exchange({"messages": [{"role": "user", "content": "What is Falcon?"}]})
    text = plugin.filter(exchange).open(Place("text", "assistant"))
    assert exchange.texts()[0].text == "What is Project-1?"
    pieces = [text.feed(piece) for piece in ("Proj", "ect-1 is a", " Project-", "2")]
    assert [*pieces, text.finish()] == ["", "Falcon is a", " ", "Project-2", ""]
    assert plugin.filter(trial_exchange()) is None


def test_the_test_of_an_answer_in_the_readme_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = module_of(block_with("class Restoring:"), "plano_codename")
    monkeypatch.setitem(sys.modules, "plano_codename", plugin)
    tests = module_of(block_with("trial_answer("), "test_codename")
    tests.test_the_code_name_comes_back_wherever_the_stream_is_cut()
    monkeypatch.setattr(plugin.Restoring, "finish", lambda self: "")  # It can fail: what was held is lost,
    monkeypatch.setattr(plugin.Restoring, "feed", lambda self, piece: piece)  # and placeholders go through.
    with pytest.raises(AssertionError):
        tests.test_the_code_name_comes_back_wherever_the_stream_is_cut()


def test_the_vendor_of_the_readme_can_be_asked() -> None:
    (vendor,) = load(found("aviary", module_of(block_with("def providers"), "plano_aviary"))).vendors
    assert (vendor.names, vendor.speaks) == (("aviary",), ("chat", "embeddings"))


def test_the_store_of_the_readme_is_opened_by_its_scheme() -> None:
    async def scene() -> None:
        loaded = load(found("counting", module_of(block_with("class Drawer"), "plano_counting").Counting))
        opened = []

        def lent(url: str) -> Store:
            opened.append(open_store(url, loaded.stores))
            return opened[-1]

        await loaded.start(PluginTools(open_store=lent))
        assert await opened[0].get("counting:starts") == b"1"

    asyncio.run(scene())


def test_the_exporter_of_the_readme_writes_a_line_for_each_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ((plugin, exporter),) = load(found("outcomes", module_of(block_with("def exporters"), "plano_outcomes"))).exporters
    exporter.export([trial_exchange(request_id=f"req-{number}").record for number in range(2)])
    assert plugin == "outcomes"
    assert (tmp_path / "outcomes.txt").read_text() == "req-0  0\nreq-1  0\n"


def test_the_command_of_the_readme_says_how_the_birds_are() -> None:
    (command,) = commands_of(found("aviary", module_of(block_with("def commands"), "plano_birds")))
    assert isinstance(command, click.Command)
    assert (command.name, CliRunner().invoke(command).output) == ("aviary", "fine\n")
