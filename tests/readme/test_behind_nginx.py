"""The nginx configuration of the pages, with a real nginx in front of a real plano."""

from __future__ import annotations

import http.client
import json
import re
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import Message
from pathlib import Path

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import Gate, event_answer
from tests.end_to_end.gateway_process import Gateway, free_port, running_gateway, wait_for
from tests.readme.conftest import ROOT
from tests.readme.test_deployment_files import found

PAGE = ROOT / "docs" / "deployment"
TLS = Path(__file__).parent / "tls"
MAIN = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    gzip on;
    gzip_types *;
    include {folder}/plano.conf;
}}
"""
EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n'


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider.in_thread() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    def config(port: int) -> str:
        return (
            "version: v0.4.0\n"
            f"listeners: [{{type: model, name: llm, address: 127.0.0.1, port: {port}}}]\n"
            f'model_providers: [{{model: mock/*, base_url: "{provider.base_url}", provider_interface: openai, '
            "access_key: $KEY}]\n"
        )

    with running_gateway(tmp_path_factory.mktemp("gateway") / "logs", config, {"KEY": "sk-behind-nginx"}) as running:
        yield running


@pytest.fixture(scope="module")
def nginx_port(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """nginx with the page's file, its addresses and certificate changed."""
    folder = tmp_path_factory.mktemp("nginx")
    port = free_port()
    text = (PAGE / "nginx.conf").read_text("utf-8")
    for written, here in (
        ("127.0.0.1:12000", f"127.0.0.1:{gateway.port}"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/nginx/tls", str(TLS)),
    ):
        assert written in text
        text = text.replace(written, here)
    (folder / "plano.conf").write_text(text, "utf-8")
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder), "utf-8")
    command = [found("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    process = subprocess.Popen(command)
    try:
        wait_for(lambda: answers(port))
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


@contextmanager
def connected(port: int) -> Iterator[http.client.HTTPSConnection]:
    trust = ssl.create_default_context(cafile=str(TLS / "fullchain.pem"))
    with closing(http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=trust)) as client:
        yield client


def answers(port: int) -> bool:
    try:
        with connected(port) as client:
            client.request("GET", "/healthz")
            with client.getresponse() as answer:
                return answer.status == 200
    except OSError:
        return False


def ask_once(port: int, **headers: str) -> tuple[int, Message, bytes]:
    """Status, headers and body of one answer, on a connection of its own."""
    with connected(port) as client, ask(client, **headers) as answer:
        return answer.status, answer.headers, answer.read()


def ask(client: http.client.HTTPSConnection, *, stream: bool = False, **headers: str) -> http.client.HTTPResponse:
    body = {"model": "mock/hello", "stream": stream, "messages": [{"role": "user", "content": "hi"}]}
    client.request("POST", "/v1/chat/completions", json.dumps(body), {"content-type": "application/json", **headers})
    return client.getresponse()


def test_a_request_is_answered_and_the_client_sees_planos_headers(nginx_port: int) -> None:
    status, headers, body = ask_once(nginx_port)
    assert status == 200
    assert headers["x-plano-provider"]
    assert json.loads(body)["choices"]


def test_an_event_arrives_while_the_stream_goes_on(nginx_port: int, provider: ScriptedProvider) -> None:
    gate = Gate()
    provider.script.then(event_answer([EVENT % b"first", gate, EVENT % b"second", b"data: [DONE]\n\n"]))
    with connected(nginx_port) as client, ask(client, stream=True, **{"accept-encoding": "gzip"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
        # The provider says nothing more until the client has this.
        assert b"first" in answer.readline()
        gate.open()
        rest = answer.read()
    assert b"second" in rest
    assert rest.endswith(b"data: [DONE]\n\n")


def test_a_client_that_leaves_ends_the_call_to_the_provider(nginx_port: int, provider: ScriptedProvider) -> None:
    provider.script.then(event_answer([EVENT % b"first", Gate()]))
    with connected(nginx_port) as client, ask(client, stream=True) as answer:
        assert b"first" in answer.readline()
        before = provider.open_connections
    provider.wait_until(lambda: provider.open_connections < before)


def test_the_clients_address_is_logged_and_not_passed_on(
    nginx_port: int, gateway: Gateway, provider: ScriptedProvider
) -> None:
    ask_once(nginx_port, **{"user-agent": "behind-nginx"})
    assert provider.last_request.header("x-forwarded-for") is None
    assert '"127.0.0.1" "behind-nginx"' in gateway.access_line("behind-nginx")


def test_connections_to_plano_are_used_again(nginx_port: int, gateway: Gateway) -> None:
    for _ in range(20):
        ask_once(nginx_port)
    # Local address, remote address, and 01 for "established", as the kernel writes them.
    established = re.findall(rf":{gateway.port:04X} \S+ 01 ", Path("/proc/net/tcp").read_text())
    assert 1 <= len(established) <= 4
