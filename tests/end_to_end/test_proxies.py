"""The whole gateway behind a proxy: providers by TLS through CONNECT, and what a client learns when that fails."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plano.testing import ScriptedProvider
from tests.end_to_end.conftest import KEYS, StartGateway, listener
from tests.end_to_end.gateway_process import Gateway, free_port, running_gateway
from tests.end_to_end.wire import Wire, ask, chat
from tests.http.client.conftest import Authority, make_authority
from tests.http.client.connect_proxy import ConnectProxy

USER = "somebody:hunter2"
SECRETS = ("hunter2", "c29tZWJvZHk6aHVudGVyMg")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def tls_provider(authority: Authority) -> Iterator[ScriptedProvider]:
    with ScriptedProvider.in_thread(tls=authority.server_context()) as running:
        yield running


@pytest.fixture(params=["http", "https"])
def proxy(
    request: pytest.FixtureRequest, authority: Authority, tls_provider: ScriptedProvider
) -> Iterator[tuple[str, ConnectProxy]]:
    """A proxy that knows who `provider.test` is, and its URL with credentials."""
    tls = authority.server_context() if request.param == "https" else None
    with ConnectProxy.in_thread(tls_provider.port, user=USER, tls=tls) as running:
        yield f"{request.param}://{USER}@127.0.0.1:{running.port}", running


def config(authority: Authority, url: str = "https://provider.test") -> str:
    return f"""
model_providers:
  - {{model: mock/*, base_url: "{url}", provider_interface: openai, access_key: $CUSTOM_KEY}}
overrides: {{upstream_tls_ca_path: "{authority.ca}"}}
"""


def test_a_provider_is_asked_through_the_proxy_and_sees_nothing_of_it(
    start_gateway: StartGateway, authority: Authority, tls_provider: ScriptedProvider, proxy: tuple[str, ConnectProxy]
) -> None:
    url, between = proxy
    with start_gateway(lambda port: listener(port) + config(authority), HTTPS_PROXY=url) as gateway:
        with Wire(gateway) as wire:
            for _ in range(3):
                assert wire.ask(chat("mock/hello")).json()["choices"]
            assert wire.ask(chat("mock/hello", stream=True)).body.endswith(b"data: [DONE]\n\n")
        logs = gateway.all_logs()
    assert [head.partition(b"\r\n")[0] for head in between.heads] == [b"CONNECT provider.test:443 HTTP/1.1"]
    asked = tls_provider.last_request
    assert asked.header("host") == "provider.test"
    assert asked.header("authorization") == f"Bearer {KEYS['CUSTOM_KEY']}"
    assert asked.header("proxy-authorization") is None
    assert KEYS["CUSTOM_KEY"].encode() not in between.passed + b"".join(between.heads)
    assert not any(secret in logs for secret in SECRETS)


def test_fifty_exchanges_at_once_through_tunnels(
    start_gateway: StartGateway, authority: Authority, proxy: tuple[str, ConnectProxy]
) -> None:
    url, _ = proxy

    def one(gateway: Gateway, number: int) -> bool:
        answer = ask(gateway, chat("mock/hello", stream=number % 2 == 0))
        return answer.status == 200 and answer.is_whole

    with (
        start_gateway(lambda port: listener(port) + config(authority), https_proxy=url) as gateway,
        ThreadPoolExecutor(50) as threads,
    ):
        assert all(threads.map(lambda number: one(gateway, number), range(50)))


def test_fifty_exchanges_at_once_by_tls_without_a_proxy(
    start_gateway: StartGateway, authority: Authority, tls_provider: ScriptedProvider
) -> None:
    def one(gateway: Gateway, number: int) -> bool:
        answer = ask(gateway, chat("mock/hello", stream=number % 2 == 0))
        return answer.status == 200 and answer.is_whole

    rows = config(authority, tls_provider.base_url)
    with start_gateway(lambda port: listener(port) + rows) as gateway, ThreadPoolExecutor(50) as threads:
        assert all(threads.map(lambda number: one(gateway, number), range(50)))


def test_providers_on_this_machine_are_asked_directly(start_gateway: StartGateway, provider: ScriptedProvider) -> None:
    rows = f'model_providers: [{{model: mock/*, base_url: "{provider.base_url}", provider_interface: openai}}]\n'
    nobody = f"http://{USER}@127.0.0.1:{free_port()}"
    with start_gateway(lambda port: listener(port) + rows, ALL_PROXY=nobody, http_proxy=nobody) as gateway:
        assert ask(gateway, chat("mock/hello")).status == 200


def test_a_proxy_that_fails_is_named_without_its_credentials(
    start_gateway: StartGateway, authority: Authority, tmp_path: Path
) -> None:
    port = free_port()
    nobody = f"http://{USER}@127.0.0.1:{port}"
    with start_gateway(lambda own: listener(own) + config(authority), ALL_PROXY=nobody) as gateway:
        answer = ask(gateway, chat("mock/hello"))
        logs = gateway.all_logs()
    assert answer.status == 502
    message = answer.json()["error"]["message"]
    assert f"cannot connect to https://provider.test through the proxy http://127.0.0.1:{port}" in message
    assert not any(secret in logs + answer.body.decode() for secret in SECRETS)


def test_a_proxy_that_does_not_take_the_credentials(start_gateway: StartGateway, authority: Authority) -> None:
    with ConnectProxy.in_thread(user="other:word") as between:
        url = f"http://{USER}@127.0.0.1:{between.port}"
        with start_gateway(lambda own: listener(own) + config(authority), ALL_PROXY=url) as gateway:
            answer = ask(gateway, chat("mock/hello"))
            logs = gateway.all_logs()
    assert answer.status == 502
    assert "does not accept its credentials (407)" in answer.json()["error"]["message"]
    assert not any(secret in logs + answer.body.decode() for secret in SECRETS)


def test_a_proxy_of_another_kind_ends_the_start(tmp_path: Path) -> None:
    environ = {**KEYS, "ALL_PROXY": f"socks5://{USER}@127.0.0.1:1080"}
    with pytest.raises(AssertionError) as caught, running_gateway(tmp_path / "logs", listener, environ):
        pass
    text = str(caught.value)
    assert "ALL_PROXY must begin with http:// or https://" in text
    assert not any(secret in text for secret in SECRETS)


def test_entries_of_no_proxy_that_cannot_be_read_are_logged(start_gateway: StartGateway) -> None:
    with start_gateway(listener, no_proxy="good.test,http://x:hunter2@y") as gateway:
        gateway.log_line("Entry 2 of no_proxy is neither")
        assert "hunter2" not in gateway.all_logs()
