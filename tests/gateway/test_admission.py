"""Caps on running requests in a whole gateway without sockets: what is counted, for whom, and until when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from plano.config.listeners import ApiKey
from plano.config.values import Secret
from plano.http.server.caps import Caps
from plano.plugin_api import hookimpl
from plano.testing.transport import FakeTransport
from tests.budgets.corridor import ANSWER, REQUEST, RESPONSE, STREAM_HEAD, STREAM_REQUEST, Corridor, corridor, event
from tests.budgets.test_hooks import plugin

HEALTH = b"GET /healthz HTTP/1.1\r\nhost: plano\r\n\r\n"
MODELS = b"GET /v1/models HTTP/1.1\r\nhost: plano\r\n\r\n"


def reload(gateway: Corridor, **settings: Any) -> None:
    """Serve the same config with other settings of its listener."""
    app = gateway.app
    config = app.setup.config
    config = msgspec.structs.replace(config, listeners=(msgspec.structs.replace(config.listeners[0], **settings),))

    async def change() -> None:
        await app.commit(await app.prepare(config))
        app.pool.dialer = gateway.dialer  # type: ignore[assignment]

    gateway.loop.run_until_complete(change())


@contextmanager
def capped(plugins: Any = None, **settings: Any) -> Iterator[Corridor]:
    with corridor(plugins=plugins) as gateway:
        reload(gateway, **settings)
        yield gateway


def caps_of(gateway: Corridor) -> Caps:
    return next(iter(gateway.app.listeners.values())).caps


def ask(gateway: Corridor, client: FakeTransport, data: bytes) -> tuple[int, bytes, bytes]:
    """Status, head and body of what is answered at once; 0 when nothing is."""
    client.receive(data)
    gateway.loop.settle()
    head, _, body = client.take().partition(b"\r\n\r\n")
    return (int(head.split()[1]) if head else 0), head.lower(), body


def busy(gateway: Corridor, **options: Any) -> tuple[FakeTransport, FakeTransport]:
    """A client whose request is at a provider: both transports."""
    client = gateway.connect(gateway.new_connection(), **options)
    assert ask(gateway, client, STREAM_REQUEST)[0] == 0
    return client, gateway.dialer.transports[-1]


def test_one_request_too_many_is_503_and_the_connection_stays() -> None:
    with capped(max_concurrent_requests=2) as gateway:
        (_, provider), _second = busy(gateway), busy(gateway)
        client = gateway.client()
        status, head, body = ask(gateway, client, REQUEST)
        assert status == 503
        assert b"\r\nretry-after: 1" in head
        assert b"connection: close" not in head
        assert b"\r\ndate: " in head
        assert json.loads(body)["error"]["code"] == "overloaded"
        provider.receive(RESPONSE)
        gateway.loop.settle()
        assert ask(gateway, client, REQUEST)[0] == 0
        provider.receive(RESPONSE)
        gateway.loop.settle()
        assert client.take().endswith(ANSWER)
        assert (caps_of(gateway).requests, caps_of(gateway).refused) == (1, 1)


def test_what_plano_answers_itself_is_not_counted() -> None:
    with capped(max_concurrent_requests=1) as gateway:
        busy(gateway)
        client = gateway.client()
        assert ask(gateway, client, HEALTH)[0] == 200
        assert ask(gateway, client, MODELS)[0] == 200
        assert ask(gateway, client, REQUEST)[0] == 503


def test_a_client_is_an_address() -> None:
    with capped(max_concurrent_requests_per_client=1) as gateway:
        busy(gateway, peername=("198.51.100.1", 1))
        again = gateway.connect(gateway.new_connection(), peername=("198.51.100.1", 2))
        status, head, body = ask(gateway, again, REQUEST)
        assert status == 429
        assert b"\r\nretry-after: 1" in head
        assert json.loads(body)["error"]["code"] == "too_many_requests"
        busy(gateway, peername=("198.51.100.2", 1))
        assert caps_of(gateway).by_client == {"198.51.100.1": 1, "198.51.100.2": 1}


def test_a_client_that_leaves_in_the_middle_of_a_stream_is_counted_no_longer() -> None:
    with capped(max_concurrent_requests=1) as gateway:
        for _ in range(3):
            client, provider = busy(gateway)
            provider.receive(STREAM_HEAD + event("One"))
            gateway.loop.settle()
            client.lose()
            gateway.loop.settle()
            assert (caps_of(gateway).requests, caps_of(gateway).by_client) == (0, {})


@pytest.mark.parametrize("hook", ["pre_route", "filter"])
def test_a_client_that_leaves_before_a_hook_has_begun_is_counted_no_longer(hook: str) -> None:
    @hookimpl
    async def waits(exchange: Any) -> None: ...

    with capped(plugins=plugin(**{hook: waits}), max_concurrent_requests=1) as gateway:
        client = gateway.client()
        client.receive(REQUEST)
        client.lose()
        gateway.loop.settle()
        assert gateway.app.running() == 0
        assert (caps_of(gateway).requests, caps_of(gateway).by_client) == (0, {})


def test_a_request_that_fails_is_counted_no_longer() -> None:
    with capped(max_concurrent_requests=1) as gateway:
        client = gateway.client()
        nowhere = REQUEST.replace(b'"openai/gpt-4o"', b'"nobody/gpt-4o"')
        assert ask(gateway, client, nowhere)[0] == 404
        assert ask(gateway, client, nowhere)[0] == 404
        assert caps_of(gateway).requests == 0


def test_reloads_change_the_numbers_under_running_requests() -> None:
    with capped(max_concurrent_requests=2) as gateway:
        (client, provider), _second = busy(gateway), busy(gateway)
        reload(gateway, max_concurrent_requests=1)
        assert ask(gateway, gateway.client(), REQUEST)[0] == 503
        reload(gateway, max_concurrent_requests=3)
        third, _ = busy(gateway)
        assert ask(gateway, gateway.client(), REQUEST)[0] == 503
        provider.receive(RESPONSE)
        third.lose()
        gateway.loop.settle()
        assert client.take().endswith(ANSWER)
        assert caps_of(gateway).requests == 1
        reload(gateway, max_concurrent_requests=None)
        busy(gateway)
        assert caps_of(gateway).requests == 1
        reload(gateway, max_concurrent_requests=2)
        busy(gateway)
        assert ask(gateway, gateway.client(), REQUEST)[0] == 503


def test_a_client_is_its_key_wherever_it_is() -> None:
    keys = tuple(ApiKey(name=name, key=Secret(f"sk-{name}")) for name in ("client", "other"))
    with capped(max_concurrent_requests_per_client=1, api_keys=keys) as gateway:
        busy(gateway, peername=("198.51.100.1", 1))
        elsewhere = gateway.connect(gateway.new_connection(), peername=("198.51.100.2", 1))
        assert ask(gateway, elsewhere, REQUEST)[0] == 429
        gateway.exchange(elsewhere, REQUEST.replace(b"sk-client", b"sk-other"), RESPONSE)
        assert elsewhere.take().endswith(ANSWER)
        assert caps_of(gateway).by_client == {"client": 1}


def test_reloads_change_the_keys_of_open_connections() -> None:
    with corridor() as gateway:
        client = gateway.client()
        gateway.warm(client)
        reload(gateway, api_keys=(ApiKey(name="blue", key=Secret("sk-other")),))
        status, head, _ = ask(gateway, client, REQUEST)
        assert status == 401
        assert b"\r\nwww-authenticate: bearer" in head
        reload(gateway, api_keys=())
        gateway.exchange(gateway.client(), REQUEST, RESPONSE)
