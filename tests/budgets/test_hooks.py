"""What plugins cost an exchange: nothing but their own calls, and one task once a hook is async."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from plano.plugin_api import Exchange, hookimpl
from tests.budgets.corridor import (
    LAST_EVENTS,
    REQUEST,
    RESPONSE,
    STREAM_HEAD,
    STREAM_REQUEST,
    Corridor,
    corridor,
    event,
)
from tests.plugins.support import found, load


def plugin(**hooks: Any) -> Any:
    return load(found("counting", SimpleNamespace(**hooks)))


def serve_two(gateway: Corridor) -> None:
    """One answer and one stream on a warm pool."""
    client = gateway.client()
    gateway.warm(client)
    gateway.exchange(client, REQUEST, RESPONSE)
    gateway.exchange(client, STREAM_REQUEST, STREAM_HEAD + event("One"), LAST_EVENTS)
    assert gateway.app.running() == 0


@pytest.mark.parametrize("hook", ["pre_route", "filter"])
def test_a_plain_hook_is_called_once_and_needs_no_task(hook: str) -> None:
    seen = []

    @hookimpl
    def notes(exchange: Exchange) -> None:
        seen.append(exchange.requested_model)

    with corridor(plugins=plugin(**{hook: notes})) as gateway:
        serve_two(gateway)
        assert seen == ["openai/gpt-4o"] * 3
        assert (gateway.loop.tasks, gateway.loop.timers) == ([], [])


@pytest.mark.parametrize("hook", ["pre_route", "filter"])
def test_an_async_hook_makes_every_exchange_exactly_one_task_and_a_timer_where_it_waits(hook: str) -> None:
    tasks = []

    @hookimpl
    async def waits(exchange: Exchange) -> None:
        await asyncio.sleep(0)
        tasks.append(asyncio.current_task())

    with corridor(plugins=plugin(**{hook: waits})) as gateway:
        serve_two(gateway)
        assert len(tasks) == len(set(tasks)) == 3
        assert [name.rpartition(".")[2] for name in gateway.loop.tasks] == ["walk", "walk"]
        assert len(gateway.loop.timers) == 2


def test_an_observing_hook_is_told_without_a_task_per_exchange() -> None:
    @hookimpl
    def post_response(record: Any) -> None: ...

    with corridor(plugins=plugin(post_response=post_response)) as gateway:
        serve_two(gateway)
        assert (gateway.loop.tasks, gateway.loop.timers) == ([], [])
