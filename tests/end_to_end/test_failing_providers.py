"""Providers that fail, stop, stall or cannot be reached: never a clean end, never a client left waiting."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import (
    Answer,
    End,
    Gate,
    compressed,
    event_answer,
    hello,
    json_answer,
    nothing,
    paced,
    raw_answer,
    stopped_midway,
)
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway, free_port
from tests.end_to_end.wire import Reply, Wire, ask, chat, events, request

WORD = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'
STREAMS: dict[str, tuple[str, dict[str, Any]]] = {
    "openai_chat": ("/v1/chat/completions", {"model": "mock/NAME", "messages": [], "stream": True}),
    "openai_responses": ("/v1/responses", {"model": "mock/NAME", "input": "hi", "stream": True}),
    "anthropic_messages": (
        "/v1/messages",
        {"model": "claude/NAME", "messages": [], "max_tokens": 9, "stream": True},
    ),
}


def stream(dialect: str, behaviour: str) -> bytes:
    path, body = STREAMS[dialect]
    return request({**body, "model": body["model"].replace("NAME", behaviour)}, path)


def last_event_is_error(dialect: str, answer: Reply, code: str) -> bool:
    """The stream ends with the dialect's own error event, and nothing says that all is well."""
    name, data = events(answer.body)[-1]
    told = json.loads(data)
    if dialect == "openai_chat":
        return bool(told["error"]["code"] == code) and b"[DONE]" not in answer.body
    assert name == "error"
    assert told["type"] == "error"
    if dialect == "openai_responses":
        return bool(told["code"] == code) and b"response.completed" not in answer.body
    return told["error"]["type"] in ("api_error", "timeout_error") and b"message_stop" not in answer.body


def providers(url: str) -> str:
    """Config rows for `mock/*` and `claude/*` at one address."""
    return f"""
model_providers:
  - {{model: mock/*, base_url: "{url}", provider_interface: openai}}
  - {{model: claude/*, base_url: "{url}", provider_interface: anthropic, access_key: none}}
"""


# Before an answer.


@pytest.mark.parametrize("behaviour", ["close", "reset"])
def test_a_provider_that_hangs_up_is_502(gateway: Gateway, behaviour: str) -> None:
    for dialect in STREAMS:
        answer = ask(gateway, stream(dialect, behaviour))
        assert answer.status == 502
        error = answer.json()["error"]
        assert error.get("code", "provider_unreachable") == "provider_unreachable"
        assert answer.header("x-request-id")


@pytest.mark.parametrize(
    "raw",
    [
        b"hello, I am no HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 600_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: a\x00b\r\ncontent-length: 2\r\n\r\n{}",
    ],
)
def test_a_provider_that_does_not_speak_http_is_502(
    gateway: Gateway, provider: ScriptedProvider, raw: bytes
) -> None:
    provider.script.then(raw_answer(raw))
    answer = ask(gateway, chat("mock/hello"))
    assert answer.status == 502
    assert answer.json()["error"]["code"] == "provider_protocol_error"


def test_a_provider_nobody_is_at_is_502(start_gateway: StartGateway) -> None:
    port = free_port()
    rows = providers(f"http://127.0.0.1:{port}").replace("claude/*", "lost/*").replace(
        f'127.0.0.1:{port}", provider_interface: anthropic', 'no-such-host.invalid", provider_interface: anthropic'
    )
    with start_gateway(lambda own: listener(own) + rows) as gateway:
        answer = ask(gateway, chat("mock/hello"))
        assert answer.status == 502
        assert f"cannot connect to http://127.0.0.1:{port}" in answer.json()["error"]["message"]
        lost = ask(gateway, request({"model": "lost/x", "max_tokens": 1, "messages": []}, "/v1/messages"))
        assert lost.status == 502
        assert "no-such-host.invalid" in lost.json()["error"]["message"]


def test_a_connection_closed_just_as_it_is_used_again_is_replaced(
    gateway: Gateway, provider: ScriptedProvider
) -> None:
    """The provider closes an idle connection when the next request is already on its way."""
    assert ask(gateway, chat("mock/hello")).status == 200
    for end in (End.CLOSE, End.RESET):
        count = provider.request_count
        provider.script.then(nothing(end))
        answer = ask(gateway, chat("mock/hello"))
        assert answer.status == 200
        assert provider.request_count == count + 2


def test_it_is_asked_again_only_once(gateway: Gateway, provider: ScriptedProvider) -> None:
    assert ask(gateway, chat("mock/hello")).status == 200
    count = provider.request_count
    provider.script.then(nothing(End.CLOSE), nothing(End.CLOSE))
    assert ask(gateway, chat("mock/hello")).status == 502
    assert provider.request_count == count + 2


# In the middle of an answer.


@pytest.mark.parametrize("dialect", STREAMS)
def test_a_cut_stream_ends_with_an_error_event(gateway: Gateway, dialect: str) -> None:
    with Wire(gateway) as wire:
        answer = wire.ask(stream(dialect, "cut"))
        assert answer.status == 200
        assert last_event_is_error(dialect, answer, "stream_interrupted")
        assert wire.is_closed()


@pytest.mark.parametrize("end", [End.CLOSE, End.RESET])
def test_a_cut_body_is_never_taken_for_whole(gateway: Gateway, provider: ScriptedProvider, end: End) -> None:
    for answer in (json_answer({"a": "x" * 100_000}), Answer(body=(b"x" * 99, b"y"), framing="chunked")):
        provider.script.then(stopped_midway(answer, end))
        assert not ask(gateway, chat("mock/hello")).is_whole


def test_a_cut_body_without_a_byte_is_502(gateway: Gateway, provider: ScriptedProvider) -> None:
    provider.script.then(raw_answer(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n"))
    answer = ask(gateway, chat("mock/hello"))
    assert answer.status == 502
    assert answer.json()["error"]["code"] == "provider_protocol_error"


def test_a_cut_connection_is_not_used_again(gateway: Gateway, provider: ScriptedProvider) -> None:
    ask(gateway, chat("mock/cut"))
    assert ask(gateway, chat("mock/hello")).status == 200


def test_a_provider_that_talks_on_is_not_heard(gateway: Gateway, provider: ScriptedProvider) -> None:
    raw = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
    gate = Gate()
    forged = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged"
    provider.script.then(raw_answer(raw, gate, forged, closes=False))
    assert ask(gateway, chat("mock/hello")).body == b"{}"
    open_before = provider.open_connections
    gate.open()
    provider.wait_until(lambda: provider.open_connections < open_before)
    assert ask(gateway, chat("mock/hello")).json()["choices"]


# Too late.


@pytest.fixture(scope="module")
def impatient(_provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    limits = "timeout: 0.5s, idle_timeout: 5s"
    with start_gateway(lambda port: listener(port, limits) + providers(_provider.base_url)) as running:
        yield running


@pytest.fixture(scope="module")
def attentive(_provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    limits = "response_head_timeout: 0.3s, idle_timeout: 0.3s"
    with start_gateway(lambda port: listener(port, limits) + providers(_provider.base_url)) as running:
        yield running


def timed(call: Callable[[], Reply]) -> tuple[Reply, float]:
    started = time.monotonic()
    return call(), time.monotonic() - started


@pytest.mark.parametrize("dialect", STREAMS)
def test_the_listeners_timeout_cuts_a_provider_that_does_not_begin(
    impatient: Gateway, provider: ScriptedProvider, dialect: str
) -> None:
    provider.script.then(nothing(End.HANG))
    answer, seconds = timed(lambda: ask(impatient, stream(dialect, "hello")))
    assert answer.status == 504
    assert answer.json()["error"]["type"] == ("timeout_error" if "anthropic" in dialect else "server_error")
    assert 0.4 < seconds < 1.0
    asked = provider.last_request
    provider.wait_until(lambda: asked.outcome == "client_left", timeout_s=1)


@pytest.mark.parametrize("dialect", STREAMS)
def test_the_listeners_timeout_cuts_a_stream_with_an_error_event(
    impatient: Gateway, provider: ScriptedProvider, dialect: str
) -> None:
    answer, seconds = timed(lambda: ask(impatient, stream(dialect, "slow")))
    assert answer.status == 200
    assert last_event_is_error(dialect, answer, "stream_interrupted")
    assert 0.4 < seconds < 1.0


def test_the_listeners_timeout_cuts_a_body_that_crawls(impatient: Gateway, provider: ScriptedProvider) -> None:
    provider.script.then(lambda ask: stopped_midway(hello(ask), End.HANG))
    answer, seconds = timed(lambda: ask(impatient, chat("mock/hello")))
    assert not answer.is_whole
    assert 0.4 < seconds < 1.0


def test_a_head_that_does_not_come_in_time_is_504(attentive: Gateway, provider: ScriptedProvider) -> None:
    provider.script.then(nothing(End.HANG))
    answer, seconds = timed(lambda: ask(attentive, chat("mock/hello")))
    assert answer.status == 504
    assert answer.json()["error"]["code"] == "provider_timeout"
    assert 0.25 < seconds < 0.8


def test_silence_in_a_stream_ends_it_with_an_error_event(attentive: Gateway) -> None:
    answer, seconds = timed(lambda: ask(attentive, stream("openai_chat", "idle")))
    assert last_event_is_error("openai_chat", answer, "stream_interrupted")
    assert 0.25 < seconds < 0.8


def test_a_stream_that_flows_is_not_cut_by_either(attentive: Gateway, provider: ScriptedProvider) -> None:
    provider.script.then(lambda ask: paced(hello(ask), 0.1))
    answer, seconds = timed(lambda: ask(attentive, stream("openai_chat", "hello")))
    assert answer.body.endswith(b"data: [DONE]\n\n")
    assert seconds > 0.6


# Other addresses.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for localhost and 127.0.0.1, and its key."""
    directory = tmp_path_factory.mktemp("tls")
    certificate, key = directory / "cert.pem", directory / "key.pem"
    openssl = shutil.which("openssl")
    assert openssl is not None
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
        timeout=20,
    )
    return certificate, key


@pytest.fixture(scope="module")
def tls_provider(certificate: tuple[Path, Path]) -> Iterator[ScriptedProvider]:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*certificate)
    with ScriptedProvider.in_thread(tls=server) as running:
        yield running


def test_a_provider_with_a_certificate_of_a_private_authority_is_trusted_when_told(
    start_gateway: StartGateway, tls_provider: ScriptedProvider, certificate: tuple[Path, Path]
) -> None:
    overrides = f'overrides: {{upstream_tls_ca_path: "{certificate[0]}"}}\n'
    for host in ("127.0.0.1", "localhost"):
        rows = providers(f"https://{host}:{tls_provider.port}")
        with start_gateway(lambda port, rows=rows: listener(port) + rows + overrides) as gateway:
            with Wire(gateway) as wire:
                assert wire.ask(chat("mock/hello")).json()["choices"]
                assert wire.ask(chat("mock/hello", stream=True)).body.endswith(b"data: [DONE]\n\n")
                cut = wire.ask(stream("openai_chat", "cut"))
            assert last_event_is_error("openai_chat", cut, "stream_interrupted")
    assert tls_provider.last_request.header("host") == f"localhost:{tls_provider.port}"


def test_a_provider_with_a_certificate_nobody_vouches_for_is_not_asked(
    start_gateway: StartGateway, tls_provider: ScriptedProvider
) -> None:
    count = tls_provider.request_count
    rows = providers(tls_provider.base_url)
    with start_gateway(lambda port: listener(port) + rows) as gateway:
        answer = ask(gateway, chat("mock/hello"))
    assert answer.status == 502
    assert "certificate" in answer.json()["error"]["message"]
    assert tls_provider.request_count == count


def test_a_provider_at_an_ipv6_address_is_reached(start_gateway: StartGateway) -> None:
    with ScriptedProvider.in_thread(host="::1") as provider:
        rows = providers(provider.base_url)
        with start_gateway(lambda port: listener(port) + rows) as gateway:
            assert ask(gateway, chat("mock/hello")).status == 200
        assert provider.last_request.header("host") == f"[::1]:{provider.port}"


# Ends that no behaviour of the provider's table has.


def test_a_stream_cut_in_the_middle_of_an_event_still_ends_with_an_error_event(
    gateway: Gateway, provider: ScriptedProvider
) -> None:
    provider.script.then(event_answer([WORD, WORD[:20], End.CLOSE]))
    answer = ask(gateway, stream("openai_chat", "hello"))
    assert last_event_is_error("openai_chat", answer, "stream_interrupted")


def test_json_that_is_cut_does_not_end_like_a_stream_because_one_was_asked_for(
    gateway: Gateway, provider: ScriptedProvider
) -> None:
    for answer in (json_answer({"a": "x" * 1000}), Answer(body=(b'{"a":', b"1}"), framing="chunked")):
        provider.script.then(stopped_midway(answer, End.CLOSE))
        got = ask(gateway, stream("openai_chat", "hello"))
        assert not got.is_whole
        assert b"provider_protocol_error" not in got.body


def test_a_packed_stream_that_is_cut_does_not_end_in_plain_text(
    gateway: Gateway, provider: ScriptedProvider
) -> None:
    provider.script.then(stopped_midway(compressed(event_answer([WORD] * 6)), End.CLOSE))
    got = ask(gateway, stream("openai_chat", "hello"))
    assert not got.is_whole
    assert b"provider_protocol_error" not in got.body


@pytest.mark.parametrize("dialect", STREAMS)
def test_a_stream_that_said_its_last_word_is_whole_however_it_is_cut(
    gateway: Gateway, provider: ScriptedProvider, dialect: str
) -> None:
    sent: list[Any] = []

    def without_last_chunk(ask: Any) -> Answer:
        sent.extend(hello(ask).body)
        return event_answer((*sent, End.CLOSE))

    provider.script.then(without_last_chunk)
    path, body = STREAMS[dialect]
    whole = {**body, "model": body["model"].replace("NAME", "hello")}
    if dialect == "openai_chat":
        whole["stream_options"] = {"include_usage": True}
    answer = ask(gateway, request(whole, path))
    assert answer.is_whole
    assert answer.body == b"".join(sent)


def test_a_stream_that_promised_a_length_and_is_cut_ends_with_an_error_event(
    gateway: Gateway, provider: ScriptedProvider
) -> None:
    promised = ("content-type", "text/event-stream"), ("content-length", str(len(WORD) + 5))
    provider.script.then(Answer(headers=promised, body=(WORD, End.CLOSE)))
    answer = ask(gateway, stream("openai_chat", "hello"))
    assert last_event_is_error("openai_chat", answer, "stream_interrupted")
