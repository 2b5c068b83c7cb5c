"""Every hook, run the way plano runs it, from a plugin to its visible effect."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import click
import pytest
from msgspec import Struct

from plano.config.document import Config
from plano.config.models import ModelProvider
from plano.dialects.operation import CHAT, MESSAGES
from plano.errors import RequestRefused
from plano.plugin_api import (
    Exchange,
    Exporter,
    PieceFilter,
    ProviderDialect,
    ProviderVendor,
    Record,
    Refuse,
    RouterModelKind,
    Secret,
    StoreKind,
    hookimpl,
    trial_exchange,
)
from plano.plugins.commands import commands_of
from plano.plugins.deciding import run_pre_route
from plano.plugins.observers import Observers
from plano.providers.provider import build_providers
from plano.state.memory_store import MemoryStore
from plano.state.stores import open_store
from plano.testing.clock import FakeClock
from tests.plugins.support import dialect, found, load, problems_of, router_model


class Settings(Struct, forbid_unknown_fields=True):
    word: str = "secret"


BY_WORD = router_model("by_word")


class Everything:
    """A content guard with all hooks there are."""

    seen: list[tuple[str, Any]]

    @hookimpl
    def config_section(self) -> type[Settings]:
        return Settings

    @hookimpl
    def dialects(self) -> list[ProviderDialect]:
        return [dialect("guarded")]

    @hookimpl
    def router_models(self) -> list[RouterModelKind]:
        return [BY_WORD]

    @hookimpl
    def providers(self) -> list[ProviderVendor]:
        return [ProviderVendor(name="aviary", base_url="https://birds.example.com/v1", speaks=("chat", "embeddings"))]

    @hookimpl
    def stores(self) -> list[StoreKind]:
        return [StoreKind("drawer", lambda url: MemoryStore())]

    @hookimpl
    def exporters(self) -> list[Exporter]:
        return [Exporter(name="pile", export=self.pile)]

    def pile(self, records: Sequence[Record]) -> None:
        self.seen.append(("batch", [record.request_id for record in records]))

    @hookimpl
    def commands(self) -> list[click.Command]:
        return [click.Command("guard-report")]

    @hookimpl
    def started(self, config_section: Settings) -> None:
        self.word = config_section.word
        self.seen = []

    @hookimpl
    def pre_route(self, exchange: Exchange) -> None:
        exchange.set_header("X-Guard", "on")

    @hookimpl
    async def filter(self, exchange: Exchange) -> None:
        messages = exchange.envelope.get("messages")
        if any(self.word in message["content"] for message in messages):
            raise Refuse("that word is not for models", status=422, code="word_refused")
        exchange.envelope.set("messages", [{"role": "system", "content": "be kind"}, *messages])

    @hookimpl
    def filter_answer(self, exchange: Exchange) -> PieceFilter:
        return PieceFilter()

    @hookimpl
    def post_response(self, record: Record) -> None:
        self.seen.append(("record", record.request_id))


def test_hook_config_section() -> None:
    loaded = load(found("guard", Everything), config={"guard": {"word": "password"}})
    assert loaded.sections == {"guard": Settings("password")}
    (problem,) = problems_of(found("guard", Everything), config={"guard": {"wort": "password"}})
    assert "plugins.guard: Object contains unknown field `wort`" in problem


def test_hook_dialects() -> None:
    assert load(found("guard", Everything)).dialects == (dialect("guarded"),)


def test_hook_router_models() -> None:
    assert load(found("guard", Everything)).router_models == (BY_WORD,)


def test_hook_providers() -> None:
    loaded = load(found("guard", Everything))
    row = ModelProvider(model="aviary/owl", access_key=Secret("k"))
    config = Config(version="v0.4.0", listeners=(), model_providers=(row,))
    (provider,) = build_providers(config, vendors=loaded.vendors)
    target = provider.target(CHAT, "owl")
    assert target is not None
    assert (str(target.origin), target.path) == ("https://birds.example.com", b"/v1/chat/completions")
    assert provider.target(MESSAGES, "owl") is None


def test_hook_stores() -> None:
    loaded = load(found("guard", Everything))
    assert isinstance(open_store("drawer:left", loaded.stores), MemoryStore)


def test_hook_exporters() -> None:
    async def scene() -> None:
        loaded = load(found("guard", Everything))
        await loaded.start()
        observers = Observers((), clock=FakeClock(), exporters=loaded.exporters)
        observers.start()
        for number in range(3):
            observers.offer(trial_exchange(request_id=f"req-{number}").record)
        await observers.stop(10)
        assert loaded.manager.get_plugin("guard").seen == [("batch", ["req-0", "req-1", "req-2"])]

    asyncio.run(scene())


def test_hook_commands() -> None:
    assert [command.name for command in commands_of(found("guard", Everything))] == ["guard-report"]


def test_hook_started() -> None:
    loaded = load(found("guard", Everything), config={"guard": {"word": "password"}})
    asyncio.run(loaded.start())
    assert loaded.manager.get_plugin("guard").word == "password"


def test_hook_pre_route() -> None:
    loaded = load(found("guard", Everything))
    exchange = trial_exchange()
    asyncio.run(run_pre_route(loaded.plan.pre_route, exchange))
    assert exchange.header("x-guard") == "on"


def test_hook_filter() -> None:
    async def scene() -> None:
        loaded = load(found("guard", Everything))
        await loaded.start()
        exchange = trial_exchange()
        await run_pre_route(loaded.plan.filter_request, exchange)
        assert [message["role"] for message in exchange.envelope.get("messages")] == ["system", "user"]
        secret = trial_exchange({"messages": [{"role": "user", "content": "the secret is 7"}]})
        with pytest.raises(RequestRefused, match="that word is not for models") as caught:
            await run_pre_route(loaded.plan.filter_request, secret)
        assert (caught.value.status, caught.value.code) == (422, "word_refused")

    asyncio.run(scene())


def test_hook_filter_answer() -> None:
    (step,) = load(found("guard", Everything)).plan.filter_answer
    assert isinstance(step.call(trial_exchange()), PieceFilter)


def test_hook_post_response() -> None:
    async def scene() -> None:
        loaded = load(found("guard", Everything))
        await loaded.start()
        observers = Observers(loaded.plan.post_response, clock=FakeClock())
        observers.start()
        observers.offer(trial_exchange(request_id="req-7").record)
        await observers.stop(10)
        assert loaded.manager.get_plugin("guard").seen == [("record", "req-7")]

    asyncio.run(scene())
