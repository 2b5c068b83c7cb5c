"""What one plain passthrough exchange costs when the pool is warm, in things that can be counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plano.filters.stages import stages_of
from plano.gateway.walk import Signal, Walk
from plano.http.wire.json_envelope import Envelope
from plano.plugins.deciding import run_pre_route
from plano.testing.transport import FakeTransport
from tests.budgets.corridor import (
    ANSWER,
    LAST_EVENTS,
    REQUEST,
    RESPONSE,
    RESPONSE_HEAD,
    STREAM_HEAD,
    STREAM_REQUEST,
    Corridor,
    corridor,
    counted_calls,
    event,
    replace_where_used,
)


@pytest.fixture
def gateway() -> Iterator[Corridor]:
    with corridor() as running:
        yield running


def begin_stream(gateway: Corridor) -> tuple[FakeTransport, FakeTransport]:
    """A stream whose first event has passed: client and provider."""
    client = gateway.client()
    gateway.warm(client)
    provider = gateway.exchange(client, STREAM_REQUEST, STREAM_HEAD + event("One"))
    return client, provider


def test_no_task_no_future_and_no_timer_is_made(gateway: Corridor) -> None:
    client = gateway.client()
    gateway.warm(client)
    for _ in range(10):
        gateway.exchange(client, REQUEST, RESPONSE)
    assert gateway.loop.tasks == []
    assert gateway.loop.futures == 0
    assert gateway.loop.timers == []
    assert client.written.count(ANSWER) == 10


def test_a_stream_makes_no_task_no_future_and_no_timer_either(gateway: Corridor) -> None:
    _client, provider = begin_stream(gateway)
    for _ in range(50):
        provider.receive(event(" two"))
        gateway.loop.settle(1)
    provider.receive(LAST_EVENTS)
    gateway.loop.settle()
    assert gateway.app.running() == 0
    assert (gateway.loop.tasks, gateway.loop.futures, gateway.loop.timers) == ([], 0, [])


def test_a_cold_pool_costs_one_task_the_dialing(gateway: Corridor) -> None:
    client = gateway.client()
    gateway.loop.forget()
    gateway.exchange(client, REQUEST, RESPONSE)
    assert [task.rpartition(".")[2] for task in gateway.loop.tasks] == ["dial"]


@pytest.mark.parametrize(
    ("request_bytes", "blocks", "waits"),
    [
        (REQUEST, [RESPONSE], 1),
        (REQUEST, [RESPONSE_HEAD, ANSWER], 2),
        (STREAM_REQUEST, [STREAM_HEAD + event("One"), event(" two"), LAST_EVENTS], 2),
    ],
    ids=["answer in one read", "head and body apart", "streamed"],
)
def test_waits_are_for_the_head_and_for_the_end(
    monkeypatch: pytest.MonkeyPatch, request_bytes: bytes, blocks: list[bytes], waits: int
) -> None:
    with counted_calls(monkeypatch, "Signal", Signal) as signals, corridor() as gateway:
        client = gateway.client()
        gateway.warm(client)
        signals.clear()
        gateway.exchange(client, request_bytes, *blocks)
        assert gateway.app.running() == 0
        assert signals["Signal"] == waits


def test_one_walk_drives_one_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    with counted_calls(monkeypatch, "Walk", Walk) as walks, corridor() as gateway:
        client = gateway.client()
        gateway.exchange(client, REQUEST, RESPONSE)
        gateway.exchange(client, STREAM_REQUEST, STREAM_HEAD + event("One"), LAST_EVENTS)
        assert walks["Walk"] == 2


def test_the_request_body_is_opened_once(monkeypatch: pytest.MonkeyPatch, gateway: Corridor) -> None:
    opened = []

    class Opening:
        @staticmethod
        def open(body: bytes) -> Envelope:
            opened.append(body)
            return Envelope.open(body)

    client = gateway.client()
    gateway.warm(client)
    replace_where_used(monkeypatch, "Envelope", Envelope, Opening)
    gateway.exchange(client, REQUEST, RESPONSE)
    gateway.exchange(client, STREAM_REQUEST, STREAM_HEAD, LAST_EVENTS)
    assert opened == [wire.partition(b"\r\n\r\n")[2] for wire in (REQUEST, STREAM_REQUEST)]


def test_no_hook_is_called_when_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        counted_calls(monkeypatch, "run_pre_route", run_pre_route) as pre_route,
        counted_calls(monkeypatch, "stages_of", stages_of) as stages,
        corridor() as gateway,
    ):
        hooks = gateway.app.setup.plans[0].hooks
        assert (hooks.pre_route, hooks.filter_request, hooks.post_response) == ((), (), ())
        gateway.exchange(gateway.client(), REQUEST, RESPONSE)
        assert not pre_route
        assert not stages
        assert not gateway.app.setup.chains[0].of_listener


def test_the_provider_gets_head_and_body_in_one_write(gateway: Corridor) -> None:
    client = gateway.client()
    gateway.warm(client)
    provider = gateway.exchange(client, REQUEST)
    assert len(provider.writes) == 1
    head, _, body = provider.writes[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert b'"model":"gpt-4o"' in body


def test_the_client_gets_head_and_body_in_one_write(gateway: Corridor) -> None:
    client = gateway.client()
    gateway.warm(client)
    gateway.exchange(client, REQUEST, RESPONSE)
    assert len(client.writes) == 1
    assert client.writes[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert client.writes[0].endswith(ANSWER)


def test_a_stream_costs_one_write_per_block_read_and_the_head_goes_with_the_first(gateway: Corridor) -> None:
    client, provider = begin_stream(gateway)
    assert len(client.writes) == 1
    for number in range(2, 30):
        provider.receive(event(" two"))
        gateway.loop.settle(1)
        assert len(client.writes) == number
    provider.receive(event(" three") + event(" four") + LAST_EVENTS)
    gateway.loop.settle()
    assert len(client.writes) == 30
    assert client.writes[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert client.writes[-1].endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
    assert client.late_writes == provider.late_writes == []


def test_exchanges_of_one_loop_turn_are_sent_by_one_callback(gateway: Corridor) -> None:
    clients = [gateway.client() for _ in range(8)]
    for client in clients:
        client.receive(REQUEST)
    gateway.loop.settle()
    for provider in gateway.dialer.transports:
        provider.receive(RESPONSE)
    gateway.loop.settle()
    gateway.loop.forget()
    for client in clients:
        client.receive(REQUEST)
    gateway.loop.settle()
    assert gateway.loop.callbacks == 1
    for provider in gateway.dialer.transports:
        provider.receive(RESPONSE)
    gateway.loop.settle()
    assert gateway.loop.callbacks == 2
    assert [len(client.writes) for client in clients] == [2] * 8


def test_the_log_is_written_in_batches(tmp_path: Path) -> None:
    log = tmp_path / "access_llm.log"
    with corridor(log_dir=tmp_path) as gateway:
        assert gateway.app.access_log is not None
        client = gateway.client()
        sizes = set()
        for _ in range(100):
            gateway.exchange(client, REQUEST, RESPONSE)
            sizes.add(log.stat().st_size)
        # Nothing at all, unless the timer of 200 ms has come in between.
        assert len(sizes) <= 3
        gateway.app.access_log.flush()
        assert log.read_bytes().count(b"\n") == 100
