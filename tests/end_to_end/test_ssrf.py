"""No client chooses where plano connects, and no provider sends plano, or its key, elsewhere."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import raw_answer
from tests.end_to_end.conftest import KEYS
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import Wire, ask, chat, request

PATHS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": "mock/hello", "messages": [{"role": "user", "content": "hi"}]},
    "/v1/responses": {"model": "mock/hello", "input": "hi"},
    "/v1/messages": {"model": "claude/hello", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]},
}


class Trap:
    """A port where nobody should ever come."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self.host = "127.0.0.1"
        self.port: int = listening.getsockname()[1]
        self.place = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.place}"

    def is_untouched(self) -> bool:
        """Nobody has connected: the kernel would hold the connection, were it accepted or not."""
        try:
            self._listening.accept()[0].close()
        except BlockingIOError:
            return True
        return False


@pytest.fixture
def trap() -> Iterator[Trap]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.setblocking(False)
        yield Trap(listening)


def test_the_trap_sees_a_connection(trap: Trap) -> None:
    assert trap.is_untouched()
    Wire(trap).socket.close()
    assert not trap.is_untouched()
    assert trap.is_untouched()


# What a provider says.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_redirect_is_relayed_and_not_followed(
    gateway: Gateway, provider: ScriptedProvider, trap: Trap, status: int, path: str, stream: bool
) -> None:
    body = b'{"error":{"message":"moved"}}'
    head = f"HTTP/1.1 {status} Moved\r\nlocation: {trap.url}{path}\r\ncontent-type: application/json\r\n"
    provider.script.then(raw_answer(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body))
    count = provider.request_count
    answer = ask(gateway, request({**PATHS[path], "stream": stream}, path))
    assert (answer.status, answer.body) == (status, body)
    assert answer.header("location") == f"{trap.url}{path}"
    assert provider.request_count == count + 1, "asked once: neither there nor here again"
    assert trap.is_untouched()


def test_a_redirect_to_the_provider_itself_is_not_followed_either(gateway: Gateway, provider: ScriptedProvider) -> None:
    head = f"HTTP/1.1 307 Here\r\nlocation: {provider.base_url}/v1/other\r\ncontent-length: 0\r\n\r\n"
    provider.script.then(raw_answer(head.encode()))
    count = provider.request_count
    assert ask(gateway, chat("mock/hello")).status == 307
    assert provider.request_count == count + 1


@pytest.mark.parametrize(
    "header", ['alt-svc: h2="{}"', "refresh: 0; url=http://{}", "link: <http://{}>; rel=canonical"]
)
def test_other_headers_of_a_provider_lead_nowhere(
    gateway: Gateway, provider: ScriptedProvider, trap: Trap, header: str
) -> None:
    head = f"HTTP/1.1 503 Busy\r\n{header.format(trap.place)}\r\ncontent-length: 2\r\n\r\n{{}}"
    provider.script.then(raw_answer(head.encode()))
    ask(gateway, chat("mock/hello"))
    assert ask(gateway, chat("mock/hello")).status == 200
    assert trap.is_untouched()


# What a client says.


def served_by_the_provider(gateway: Gateway, provider: ScriptedProvider, trap: Trap, data: bytes) -> None:
    """Answered by the configured provider, with its name in `Host` and its key, or refused; the trap sees nothing."""
    count = provider.request_count
    answer = ask(gateway, data)
    assert trap.is_untouched()
    if answer.status == 200:
        assert provider.request_count == count + 1
        asked = provider.last_request
        assert asked.header("host") == f"127.0.0.1:{provider.port}"
        assert trap.place not in asked.path
        assert KEYS["CUSTOM_KEY"] in (asked.header("authorization") or "") or asked.header("x-api-key")
    else:
        assert 400 <= answer.status < 500
        assert provider.request_count == count


HEADERS = (
    "host: {}",
    "x-forwarded-host: {}",
    "x-forwarded-for: {}",
    "x-forwarded-server: {}",
    "x-original-host: {}",
    "x-original-url: http://{}/",
    "x-rewrite-url: http://{}/",
    "x-host: {}",
    "forwarded: host={};for=127.0.0.1",
    "x-plano-provider: http://{}",
    "x-plano-host: {}",
    "x-plano-base-url: http://{}",
    "x-plano-upstream: http://{}",
    "x-arch-upstream: {}",
    "x-arch-llm-provider: {}",
    "x-arch-llm-provider-hint: http://{}/gpt-4o",
    "x-envoy-original-dst-host: {}",
    "x-envoy-original-path: http://{}/",
    "openai-base-url: http://{}",
    "base-url: http://{}",
    "proxy: http://{}",
    "http-proxy: http://{}",
    "referer: http://{}/",
    "origin: http://{}",
)


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("path", PATHS)
def test_no_header_of_a_client_chooses_the_host(
    gateway: Gateway, provider: ScriptedProvider, trap: Trap, path: str, header: str
) -> None:
    line = header.format(trap.place)
    data = request(PATHS[path], path, line)
    if header.startswith("host"):
        data = data.replace(b"host: plano\r\n", b"")
    served_by_the_provider(gateway, provider, trap, data)


@pytest.mark.parametrize("path", PATHS)
def test_the_target_of_a_request_does_not_choose_the_host(
    gateway: Gateway, provider: ScriptedProvider, trap: Trap, path: str
) -> None:
    body = json.dumps(PATHS[path]).encode()
    targets = (
        f"{trap.url}{path}",
        f"http://user:word@{trap.place}{path}",
        f"//{trap.place}{path}",
        f"{path}?base_url={trap.url}&host={trap.place}&api_base={trap.url}",
        f"{path}@{trap.place}",
        f"{path}#@{trap.place}",
        f"{path}/../../{trap.place}",
        f"@{trap.place}{path}",
        trap.place,
    )
    for target in targets:
        served_by_the_provider(gateway, provider, trap, request(body, target))


def test_connect_is_refused(gateway: Gateway, provider: ScriptedProvider, trap: Trap) -> None:
    count = provider.request_count
    answer = ask(gateway, f"CONNECT {trap.place} HTTP/1.1\r\nhost: {trap.place}\r\n\r\n".encode())
    assert 400 <= answer.status < 500
    assert trap.is_untouched()
    assert provider.request_count == count


MEMBERS = (
    "base_url",
    "api_base",
    "api_url",
    "endpoint",
    "azure_endpoint",
    "host",
    "url",
    "server",
    "provider",
    "proxy",
    "extra_headers",
    "custom_llm_provider",
    "callback_url",
    "webhook",
)


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("path", PATHS)
def test_no_member_of_a_body_chooses_the_host(
    gateway: Gateway, provider: ScriptedProvider, trap: Trap, path: str, member: str
) -> None:
    for value in (trap.url, trap.place, {"url": trap.url, "host": trap.place}):
        served_by_the_provider(gateway, provider, trap, request({**PATHS[path], member: value}, path))


@pytest.mark.parametrize(
    "name",
    [
        "http://{}/gpt-4o",
        "mock@{}/hello",
        "mock/../{}",
        "mock/http://{}/x",
        "mock/hello@{}",
        "mock/hello\r\nhost: {}",
        "mock/hello?x=http://{}",
        "{}",
    ],
)
@pytest.mark.parametrize("path", PATHS)
def test_no_model_name_chooses_the_host(
    gateway: Gateway, provider: ScriptedProvider, trap: Trap, path: str, name: str
) -> None:
    vendor = PATHS[path]["model"].partition("/")[0]
    model = name.replace("mock", vendor).format(trap.place)
    answer = ask(gateway, request({**PATHS[path], "model": model}, path))
    assert answer.status < 500
    assert trap.is_untouched()


def test_pictures_and_files_in_a_conversation_are_not_fetched(
    gateway: Gateway, provider: ScriptedProvider, trap: Trap
) -> None:
    picture = {"type": "image_url", "image_url": {"url": f"{trap.url}/a.png"}}
    file = {"type": "file", "file": {"file_url": f"{trap.url}/a.pdf"}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "hi"}, picture, file]}]
    ask(gateway, chat("mock/hello", messages=messages))
    assert trap.is_untouched()


def test_the_list_of_models_is_asked_of_nobody(gateway: Gateway, trap: Trap) -> None:
    for target in ("/v1/models", f"/v1/models?base_url={trap.url}", f"{trap.url}/v1/models"):
        ask(gateway, request(b"", target, f"x-forwarded-host: {trap.place}", method="GET"), "GET")
    assert trap.is_untouched()
