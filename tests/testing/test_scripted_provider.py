"""The server itself: scripts, framing, faults, records, TLS, IPv6, both ways to run it."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from plano.testing import Answer, RecordedRequest, Script, ScriptedProvider
from plano.testing.scripted_provider import (
    End,
    Gate,
    Pause,
    Repeat,
    compressed,
    error,
    hello,
    json_answer,
    nothing,
    raw_answer,
    stopped_midway,
    with_early_hints,
)
from tests.testing.wire import connect, exchange, post, read_all, read_answer, read_until

CHAT = b'{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}'
STREAM = b'{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"hi"}]}'
CLOSE = "connection: close\r\n"


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_requests_are_recorded_as_they_came(provider: ScriptedProvider) -> None:
    exchange(provider, post(CHAT, "/p/v1/chat/completions?a=b", headers=f"X-Odd-Case: Value\r\n{CLOSE}"))
    request = provider.last_request
    assert (request.method, request.path, request.query) == ("POST", "/p/v1/chat/completions", "a=b")
    assert (b"X-Odd-Case", b"Value") in request.headers
    assert request.header("x-odd-case") == "Value"
    assert request.body == CHAT
    assert request.json()["model"] == "gpt-4o"
    assert request.outcome == "answered"


def test_the_requests_read_are_those_of_that_moment(provider: ScriptedProvider) -> None:
    exchange(provider, post(CHAT, headers=CLOSE))
    requests = provider.requests
    exchange(provider, post(CHAT, headers=CLOSE))
    assert (len(requests), len(provider.requests)) == (1, 2)
    provider.forget_requests()
    assert (provider.requests, provider.request_count) == ((), 0)


def test_kept_connections_carry_many_requests_pipelined_or_not(provider: ScriptedProvider) -> None:
    with connect(provider) as client:
        for _ in range(3):
            client.sendall(post(CHAT))
            assert read_answer(client)[0].startswith(b"HTTP/1.1 200")
        client.sendall(post(STREAM) + post(CHAT, headers=CLOSE))
        both = read_all(client)
    assert both.index(b"[DONE]") < both.rindex(b"HTTP/1.1 200 OK") < both.index(b'"chat.completion"')
    assert (provider.connection_count, provider.request_count) == (1, 5)
    assert {request.connection for request in provider.requests} == {1}


def test_queued_answers_come_in_order_and_then_the_script_goes_on(provider: ScriptedProvider) -> None:
    provider.script.then(error(429, retry_after="7"), error(503), json_answer({"own": True}))
    answers = [exchange(provider, post(CHAT, headers=CLOSE)) for _ in range(4)]
    assert [status_of(answer) for answer in answers] == [429, 503, 200, 200]
    assert b"retry-after: 7" in answers[0]
    assert b'{"own":true}' in answers[2]
    assert b"chat.completion" in answers[3]


def test_a_queued_answer_goes_before_ready_made_bytes(provider: ScriptedProvider) -> None:
    request = post(b'{"model":"bench-700","messages":[]}', headers="")
    with connect(provider) as client:
        statuses = []
        for play in (None, None, error(500), None):
            if play is not None:
                provider.script.then(play)
            client.sendall(request)
            statuses.append(status_of(read_answer(client)[0]))
    assert statuses == [200, 200, 500, 200]


def test_a_model_or_a_rule_chooses_the_answer(provider: ScriptedProvider) -> None:
    def teapot(request: RecordedRequest) -> Answer | None:
        return json_answer({}, status=418) if request.header("x-tea") else None

    provider.script.on_model("gpt-4o", error(404)).on_request(teapot)
    assert status_of(exchange(provider, post(CHAT, headers=CLOSE))) == 404
    assert status_of(exchange(provider, post(CHAT, headers=f"x-tea: 1\r\n{CLOSE}"))) == 418


def test_a_script_that_raises_is_told_to_the_test() -> None:
    with ScriptedProvider.in_thread(Script().on_model("gpt-4o", lambda ask: 1 // 0)) as provider:  # type: ignore[arg-type,return-value]
        assert status_of(exchange(provider, post(CHAT, headers=CLOSE))) == 500
        assert [type(failure) for failure in provider.failures] == [ZeroDivisionError]


@pytest.mark.parametrize(
    "header", ["authorization: Bearer good", "x-api-key: good", "api-key: good"], ids=["bearer", "x", "azure"]
)
def test_a_required_key_is_found_where_any_vendor_puts_it(header: str) -> None:
    with ScriptedProvider.in_thread(Script(required_key="good")) as provider:
        assert status_of(exchange(provider, post(CHAT, headers=f"{header}\r\n{CLOSE}"))) == 200
        assert status_of(exchange(provider, post(CHAT, headers=f"{header}x\r\n{CLOSE}"))) == 401
        assert status_of(exchange(provider, post(CHAT, headers=CLOSE))) == 401


def test_refused_keys_and_unknown_models_are_refused() -> None:
    script = Script(refused_keys=("test-key",), known_models=("gpt-4o",))
    with ScriptedProvider.in_thread(script) as provider:
        bad_key = f"authorization: Bearer test-key\r\n{CLOSE}"
        assert status_of(exchange(provider, post(CHAT, headers=bad_key))) == 401
        assert status_of(exchange(provider, post(CHAT, headers=CLOSE))) == 200
        assert status_of(exchange(provider, post(CHAT.replace(b"4o", b"9"), headers=CLOSE))) == 404


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/chat/completions", b"{", 400),
        ("/v1/chat/completions", b"[]", 400),
        ("/v1/chat/completions", b"{}", 400),
        ("/v1/messages", b'{"model":"c","messages":[]}', 400),
        ("/v1/messages", b'{"model":"c","messages":[],"max_tokens":1}', 400),
        ("/v1/nowhere", b"{}", 404),
    ],
)
def test_requests_no_vendor_would_take_are_refused(
    provider: ScriptedProvider, path: str, body: bytes, status: int
) -> None:
    assert status_of(exchange(provider, post(body, path, headers=CLOSE))) == status


def test_bytes_that_are_not_http_are_400(provider: ScriptedProvider) -> None:
    assert status_of(exchange(provider, b"\x16\x03\x01 hello\r\n\r\n")) == 400


def test_expecting_a_continue_is_answered_before_the_body(provider: ScriptedProvider) -> None:
    head, _, body = post(CHAT, headers=f"expect: 100-continue\r\n{CLOSE}").partition(b"\r\n\r\n")
    with connect(provider) as client:
        client.sendall(head + b"\r\n\r\n")
        assert read_until(client, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(body)
        assert status_of(read_all(client)) == 200


def test_http_10_streams_end_with_the_connection(provider: ScriptedProvider) -> None:
    answer = exchange(provider, post(STREAM, version="1.0"))
    assert b"transfer-encoding" not in answer
    assert answer.endswith(b"data: [DONE]\n\n")


def test_raw_answers_are_sent_as_written_and_split_where_asked(provider: ScriptedProvider) -> None:
    gate = Gate()
    provider.script.then(raw_answer(b"HTTP/1.1 2", gate, b"00 Odd\r\n\r\nbody"))
    with connect(provider) as client:
        client.sendall(post(CHAT))
        assert client.recv(100) == b"HTTP/1.1 2"
        gate.open()
        assert read_all(client) == b"00 Odd\r\n\r\nbody"


def test_early_hints_come_before_the_head(provider: ScriptedProvider) -> None:
    provider.script.then(lambda ask: with_early_hints(hello(ask)))
    answer = exchange(provider, post(CHAT, headers=CLOSE))
    assert answer.index(b"HTTP/1.1 103 Early Hints") < answer.index(b"HTTP/1.1 200 OK")


def test_compressed_bodies_and_streams_unpack_to_the_same_text(provider: ScriptedProvider) -> None:
    provider.script.then(lambda ask: compressed(hello(ask)), lambda ask: compressed(hello(ask)))
    whole = exchange(provider, post(CHAT, version="1.0"))
    streamed = exchange(provider, post(STREAM, version="1.0"))
    assert b"content-encoding: gzip" in whole
    assert json.loads(gzip.decompress(whole.partition(b"\r\n\r\n")[2]))["object"] == "chat.completion"
    assert gzip.decompress(streamed.partition(b"\r\n\r\n")[2]).endswith(b"data: [DONE]\n\n")


def test_an_answer_may_close_a_connection_that_could_be_kept(provider: ScriptedProvider) -> None:
    provider.script.then(Answer(body=(b"bye",), closes=True), Answer(body=(b"bye",), framing="until_close"))
    announced, until_close = exchange(provider, post(CHAT)), exchange(provider, post(CHAT))
    assert b"content-length: 3\r\nconnection: close" in announced
    assert b"content-length" not in until_close
    assert until_close.endswith(b"\r\n\r\nbye")


def test_huge_bodies_wait_for_a_slow_reader(provider: ScriptedProvider) -> None:
    size = 64 * 1024 * 1024
    provider.script.then(Answer(body=(Repeat(b"x" * 65536, 1024),), closes=True))
    with connect(provider) as client:
        client.sendall(post(CHAT))
        received = len(read_until(client, b"\r\n\r\n").partition(b"\r\n\r\n")[2])
        provider.wait_until(lambda: provider.request_count == 1)
        assert [request.outcome for request in provider.requests] == ["playing"]
        while part := client.recv(1 << 20):
            received += len(part)
    assert received == size
    assert provider.last_request.outcome == "answered"


def test_a_stream_can_be_reset_in_the_middle(provider: ScriptedProvider) -> None:
    provider.script.then(lambda ask: stopped_midway(hello(ask), End.RESET))
    with pytest.raises(ConnectionResetError):
        exchange(provider, post(STREAM))
    assert provider.last_request.outcome == "stopped"


def test_never_answering_ends_when_the_client_leaves(provider: ScriptedProvider) -> None:
    provider.script.then(nothing(End.HANG))
    with connect(provider) as client:
        client.sendall(post(CHAT))
        provider.wait_until(lambda: provider.request_count == 1)
    provider.wait_until(lambda: provider.open_connections == 0)
    assert provider.last_request.outcome == "client_left"


def test_a_client_that_leaves_during_a_pause_is_noticed(provider: ScriptedProvider) -> None:
    provider.script.then(raw_answer(b"HTTP/1.1 200 OK\r\n\r\n", Pause(60), b"late"))
    with connect(provider) as client:
        client.sendall(post(CHAT))
        read_until(client, b"\r\n\r\n")
    provider.wait_until(lambda: provider.open_connections == 0)
    assert provider.last_request.outcome == "client_left"


def test_it_runs_inside_a_loop_and_drops_its_connections_at_the_end() -> None:
    async def story() -> None:
        async with ScriptedProvider() as provider:
            reader, writer = await asyncio.open_connection(provider.host, provider.port)
            writer.write(post(CHAT))
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            await provider.until(lambda: provider.request_count == 1)
            with pytest.raises(TimeoutError):
                await provider.until(lambda: provider.request_count == 2, timeout_s=0.01)
        await reader.read()
        writer.close()

    asyncio.run(story())


def test_a_taken_port_is_an_error_also_in_a_thread(provider: ScriptedProvider) -> None:
    with pytest.raises(OSError, match="in use"), ScriptedProvider.in_thread(port=provider.port):
        pass


def test_ipv6_is_served() -> None:
    with ScriptedProvider.in_thread(host="::1") as provider:
        assert provider.base_url == f"http://[::1]:{provider.port}"
        assert status_of(exchange(provider, post(CHAT, headers=CLOSE))) == 200


def test_tls_is_served(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-keyout", str(key), "-out", str(certificate), "-subj", "/CN=localhost", "-days", "2"]
    subprocess.run([*command, "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with ScriptedProvider.in_thread(tls=serving) as provider:
        assert provider.base_url.startswith("https://")
        plain = socket.create_connection((provider.host, provider.port), timeout=5)
        with plain, trusting.wrap_socket(plain, server_hostname="localhost") as client:
            client.sendall(post(CHAT))
            assert read_answer(client)[0].startswith(b"HTTP/1.1 200")


def test_rerank_puts_the_best_document_first(provider: ScriptedProvider) -> None:
    documents = ["about dogs", "cats and cat food", "the weather"]
    body = json.dumps(
        {"model": "rerank-v3", "query": "cat food", "documents": documents, "top_n": 2}
    ).encode()
    answer = exchange(provider, post(body, "/v2/rerank", headers=CLOSE))
    results = json.loads(answer.partition(b"\r\n\r\n")[2])["results"]
    assert [result["index"] for result in results] == [1, 0]
