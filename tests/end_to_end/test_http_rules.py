"""HTTP towards clients: methods, limits, CORS, health, framing, pipelines; errors in the caller's dialect."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from plano.testing import ScriptedProvider
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import Reply, Wire, ask, chat, request

SMALL = "max_body_bytes: 1000, max_header_bytes: 2000, keepalive_timeout: 0.2s, request_timeout: 0.3s"


@pytest.fixture(scope="module")
def strict(start_gateway: StartGateway) -> Iterator[Gateway]:
    """A listener with small limits and little patience."""
    row = 'model_providers: [{model: mock/*, base_url: "http://127.0.0.1:9", provider_interface: openai}]\n'
    with start_gateway(lambda port: listener(port, SMALL) + row) as running:
        yield running


def openai_error(answer: Reply) -> dict[str, object]:
    error = answer.json()["error"]
    assert answer.header("content-type") == "application/json"
    assert set(error) == {"message", "type", "param", "code"}
    return dict(error)


# Paths and methods.


def test_an_unknown_path_is_404(gateway: Gateway) -> None:
    answer = ask(gateway, request({}, "/v1/nowhere"))
    assert answer.status == 404
    assert openai_error(answer)["code"] == "unknown_path"
    assert answer.header("x-request-id")


def test_an_unknown_path_is_404_in_anthropics_shape_for_anthropics_clients(gateway: Gateway) -> None:
    answer = ask(gateway, request({}, "/v1/nowhere", "anthropic-version: 2023-06-01"))
    assert answer.status == 404
    assert answer.json()["type"] == "error"
    assert answer.json()["error"]["type"] == "not_found_error"
    assert answer.json()["request_id"] == answer.header("x-request-id")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_another_method_is_405_and_told_what_is_allowed(gateway: Gateway, method: str) -> None:
    answer = ask(gateway, request(path="/v1/chat/completions", method=method), method)
    assert answer.status == 405
    assert answer.header("allow") == "POST, OPTIONS"
    if method != "HEAD":
        assert openai_error(answer)["code"] == "method_not_allowed"
    answer = ask(gateway, request(path="/v1/messages", method=method), method)
    assert answer.status == 405
    if method != "HEAD":
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert answer.json()["type"] == "error"


def test_posting_to_a_list_is_405(gateway: Gateway) -> None:
    answer = ask(gateway, request({}, "/v1/models"))
    assert (answer.status, answer.header("allow")) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("path", ["/", "/api/hello"])
def test_claude_codes_greeting_is_answered(gateway: Gateway, path: str) -> None:
    answer = ask(gateway, request(path=path, method="HEAD"), "HEAD")
    assert answer.status == 200


@pytest.mark.parametrize("path", ["/v1/models", "/models", "/v1/models/openai/gpt-4o", "/healthz", "/readyz"])
def test_head_answers_like_get_without_a_body(gateway: Gateway, path: str) -> None:
    with Wire(gateway) as wire:
        got = wire.ask(request(path=path, method="GET"))
        head = wire.ask(request(path=path, method="HEAD"), "HEAD")
        assert wire.ask(request(path="/healthz", method="GET")).status == 200
    assert (got.status, got.headers) == (head.status, head.headers)
    assert got.header("content-length") == str(len(got.body))


def test_health_is_told_at_its_exact_path(gateway: Gateway) -> None:
    assert ask(gateway, request(path="/healthz", method="GET")).json() == {"status": "ok"}
    assert ask(gateway, request(path="/readyz", method="GET")).json() == {"status": "ready"}
    assert ask(gateway, request(path="/healthz/", method="GET")).status == 404


def test_models_are_listed_in_the_shape_of_whoever_asks(gateway: Gateway) -> None:
    listed = ask(gateway, request(path="/v1/models?limit=1000", method="GET")).json()
    assert listed["object"] == "list"
    assert {"id", "object", "created", "owned_by"} == set(listed["data"][0])
    anthropic = ask(gateway, request(b"", "/v1/models", "anthropic-version: 2023-06-01", method="GET")).json()
    assert [row["id"] for row in anthropic["data"]] == [row["id"] for row in listed["data"]]
    assert {"type", "id", "display_name", "created_at"} == set(anthropic["data"][0])


@pytest.mark.parametrize("name", ["openai/gpt-4o", "openai%2Fgpt-4o", "fast.v1", "mock/x", "gpt-4o"])
def test_one_model_is_found_under_each_of_its_names(gateway: Gateway, name: str) -> None:
    answer = ask(gateway, request(path=f"/v1/models/{name}", method="GET"))
    assert answer.status == 200
    assert answer.json()["id"] == name.replace("%2F", "/")


def test_a_model_nobody_has_is_404(gateway: Gateway) -> None:
    answer = ask(gateway, request(path="/v1/models/nobody/x", method="GET"))
    assert answer.status == 404
    assert openai_error(answer)["code"] == "model_not_found"


# CORS.


def test_a_preflight_is_granted(gateway: Gateway) -> None:
    answer = ask(
        gateway,
        request(
            b"",
            "/v1/chat/completions",
            "origin: https://app.example",
            "access-control-request-method: POST",
            "access-control-request-headers: authorization,x-stainless-os",
            method="OPTIONS",
        ),
    )
    assert (answer.status, answer.body) == (204, b"")
    assert answer.header("access-control-allow-origin") == "*"
    assert answer.header("access-control-allow-methods") == "POST, OPTIONS"
    assert answer.header("access-control-allow-headers") == "authorization,x-stainless-os"


def test_a_preflight_for_nothing_is_404(gateway: Gateway) -> None:
    assert ask(gateway, request(path="/nowhere", method="OPTIONS")).status == 404
    assert ask(gateway, request(path="*", method="OPTIONS")).status == 204


# Bodies that cannot be served.


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "no body"),
        (b"   ", "no body"),
        (b"{", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b'"model"', "not a JSON object"),
        (b'{"model":"mock/hello"} x', "not a JSON object"),
        (b'{"model":1}', "`model` must be a string"),
        (b'{"model":["mock/hello"]}', "`model` must be a string"),
        (b'{"model":"\xff"}', "utf-8"),
        (b'{"model":"mock/hello","stream":true,"stream_options":[]}', "`stream_options` must be an object"),
        (b'{"model":' + b"[" * 100_000, ""),
    ],
)
def test_a_body_that_is_no_request_is_400_in_the_callers_dialect(
    gateway: Gateway, provider: ScriptedProvider, body: bytes, says: str
) -> None:
    count = provider.request_count
    answer = ask(gateway, request(body))
    assert answer.status == 400
    assert says in str(openai_error(answer)["message"])
    if b"stream_options" not in body:
        answer = ask(gateway, request(body, "/v1/messages"))
        assert answer.status == 400
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert says in answer.json()["error"]["message"]
    assert provider.request_count == count


def test_an_unknown_model_is_404_with_advice(gateway: Gateway) -> None:
    error = openai_error(ask(gateway, chat("antropic/claude-sonnet-4-5")))
    assert error["code"] == "model_not_found"
    assert error["type"] == "invalid_request_error"
    assert error["param"] == "model"
    assert "did you mean 'anthropic/claude-sonnet-4-5'" in str(error["message"])
    error = openai_error(ask(gateway, chat("no such thing at all")))
    assert "GET /v1/models lists them" in str(error["message"])


def test_an_operation_the_provider_lacks_is_501(gateway: Gateway) -> None:
    answer = ask(gateway, request({"model": "claude/hello", "input": "hi"}, "/v1/embeddings"))
    assert answer.status == 501
    assert openai_error(answer)["code"] == "dialect_not_supported"


# Limits.


def test_a_large_body_is_413_and_the_connection_closes(strict: Gateway) -> None:
    with Wire(strict) as wire:
        answer = wire.ask(chat("mock/hello", user="x" * 1000))
        assert answer.status == 413
        assert openai_error(answer)["code"] == "request_too_large"
        assert answer.header("connection") == "close"
        assert wire.is_closed()


def test_a_large_chunked_body_is_413(strict: Gateway) -> None:
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
    with Wire(strict) as wire:
        answer = wire.ask(head + b"400\r\n" + b"x" * 1024 + b"\r\n")
    assert answer.status == 413


def test_a_large_head_is_431(strict: Gateway) -> None:
    answer = ask(strict, chat("mock/hello", "x-large: " + "x" * 2000))
    assert answer.status == 431
    assert openai_error(answer)["code"] == "request_header_fields_too_large"
    assert ask(strict, request(path="/" + "x" * 2000, method="GET")).status == 431


def test_a_slow_request_is_408(strict: Gateway) -> None:
    with Wire(strict) as wire:
        wire.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n")
        answer = wire.reply()
    assert answer.status == 408
    assert openai_error(answer)["code"] == "request_timeout"


def test_an_idle_connection_is_closed(strict: Gateway) -> None:
    with Wire(strict) as wire:
        assert wire.ask(request(path="/healthz", method="GET")).status == 200
        assert wire.is_closed()


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        b"POST /v1/responses HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}}",
        b"POST /v1/responses HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}",
        b"POST /v1/responses HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: a\r\nx : b\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: a\r\nx: a\n b\r\n\r\n",
    ],
)
def test_what_is_no_clean_http_is_400_and_the_connection_closes(gateway: Gateway, data: bytes) -> None:
    with Wire(gateway) as wire:
        answer = wire.ask(data)
        assert answer.status == 400
        assert openai_error(answer)["code"] == "invalid_request"
        assert wire.is_closed()


# Connections.


def test_a_client_that_waits_for_100_is_told_to_go_on(gateway: Gateway) -> None:
    data = chat("mock/hello", "expect: 100-continue")
    head, _, body = data.partition(b"\r\n\r\n")
    with Wire(gateway) as wire:
        wire.send(head + b"\r\n\r\n")
        assert wire.head()[0] == 100
        assert wire.ask(body).status == 200


def test_a_client_that_waits_for_100_with_too_large_a_body_is_refused_at_once(strict: Gateway) -> None:
    with Wire(strict) as wire:
        wire.send(
            b"POST /v1/responses HTTP/1.1\r\nhost: a\r\ncontent-length: 5000\r\nexpect: 100-continue\r\n\r\n"
        )
        assert wire.reply().status == 413


def test_pipelined_requests_are_answered_in_order(gateway: Gateway) -> None:
    names = [f"mock/n{number}" for number in range(30)]
    with Wire(gateway) as wire:
        wire.send(b"".join(chat(name, stream=number % 3 == 0) for number, name in enumerate(names)))
        answers = [wire.reply() for _ in names]
    assert [answer.header("x-plano-model") for answer in answers] == names
    assert all(answer.is_whole for answer in answers)


def test_a_request_behind_a_good_one_is_refused_in_its_turn(gateway: Gateway) -> None:
    with Wire(gateway) as wire:
        wire.send(chat("mock/hello") + b"broken\r\n\r\n")
        assert wire.reply().status == 200
        assert wire.reply().status == 400
        assert wire.is_closed()


def test_a_connection_lives_on_after_errors(gateway: Gateway) -> None:
    with Wire(gateway) as wire:
        for data, status in (
            (chat("nobody/x"), 404),
            (request(b"{"), 400),
            (request({}, "/nowhere"), 404),
            (chat("mock/error-500"), 500),
            (chat("mock/reset"), 502),
            (chat("mock/hello"), 200),
        ):
            assert wire.ask(data).status == status


def test_a_client_of_http_1_0_gets_a_body_that_ends_with_the_connection(gateway: Gateway) -> None:
    body = {"model": "mock/hello", "messages": [], "stream": True}
    with Wire(gateway) as wire:
        wire.send(request(body, version="1.0"))
        status, _, headers = wire.head()
        assert status == 200
        assert "transfer-encoding" not in dict(headers)
        assert dict(headers)["connection"] == "close"
        assert wire.rest().endswith(b"data: [DONE]\n\n")


def test_a_client_of_http_1_0_may_keep_its_connection(gateway: Gateway) -> None:
    body = {"model": "mock/hello", "messages": []}
    data = request(body, "/v1/chat/completions", "connection: keep-alive", version="1.0")
    with Wire(gateway) as wire:
        first = wire.ask(data)
        assert first.header("connection") == "keep-alive"
        assert wire.ask(data).status == 200


def test_a_client_that_asks_for_the_end_gets_it(gateway: Gateway) -> None:
    with Wire(gateway) as wire:
        assert wire.ask(chat("mock/hello", "connection: close")).header("connection") == "close"
        assert wire.is_closed()


def test_an_offer_to_upgrade_is_ignored(gateway: Gateway) -> None:
    with Wire(gateway) as wire:
        answer = wire.ask(chat("mock/hello", "connection: upgrade", "upgrade: h2c"))
        assert answer.status == 200
        assert wire.ask(chat("mock/hello")).status == 200


def test_a_target_with_a_host_is_a_path(gateway: Gateway) -> None:
    data = request({"model": "mock/hello", "messages": []}, "http://plano/v1/chat/completions")
    assert ask(gateway, data).status == 200


def test_an_answer_is_one_json_document(gateway: Gateway) -> None:
    for data in (request(b"{"), request({}, "/nowhere"), chat("mock/reset"), chat("nobody/x")):
        json.loads(ask(gateway, data).body)
