"""The main ways through a worker with compiled code and through one without: the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from plano import _speedups
from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import End, event_answer, nothing
from tests.end_to_end.conftest import StartGateway, main_config
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import Reply, Wire, ask, chat, request

WORD = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'
MESSAGES = {"model": "claude/hello", "max_tokens": 9, "messages": [], "stream": True}
WAYS = {
    "chat": chat("mock/bench-700", "accept-encoding: gzip", x=[1.50, {"a": None}]),
    "stream": chat("mock/bench-700", stream=True),
    "stream with usage": chat("mock/bench-700", stream=True, stream_options={"include_usage": True}),
    "messages": request(MESSAGES, "/v1/messages?beta=true", "anthropic-beta: a"),
    "responses": request({"model": "mock/hello", "input": "hi", "stream": True, "store": False}, "/v1/responses"),
    "azure": chat("azure_openai/my-gpt"),
    "passthrough": chat("client_pays/hello", "authorization: Bearer k", "x-forwarded-for: 1"),
    "provider's error": chat("mock/error-429"),
    "unknown model": chat("no/x"),
    "no json": request(b"{"),
    "unknown path": request({}, "/nowhere"),
    "wrong method": request(path="/v1/messages", method="GET"),
    "preflight": request(b"", "/v1/messages", "origin: https://a", method="OPTIONS"),
    "models": request(path="/models", method="GET"),
    "reset": chat("mock/reset"),
    "cut": chat("mock/cut"),
    "cut stream": chat("mock/cut", stream=True),
    "no http": b"no http\r\n\r\n",
}
#: Values that differ from one exchange to the next.
VARYING = re.compile(rb"[0-9a-f]{32}|scripted\d{6}|dur=[\d.]+|\"created(_at)?\":(\d+|\"[^\"]+\")")


@pytest.fixture(scope="module")
def pure(_provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    with start_gateway(main_config(_provider.base_url), PLANO_NO_SPEEDUPS="1") as running:
        yield running


@pytest.fixture(scope="module")
def compiled(_provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    with start_gateway(main_config(_provider.base_url), PLANO_NO_SPEEDUPS="") as running:
        yield running


def test_each_worker_is_the_build_it_should_be(pure: Gateway, compiled: Gateway) -> None:
    count = len(_speedups.TWINS.keys() - _speedups.FOR_PLUGINS)
    assert f"compiled modules 0/{count}" in pure.log_line("is ready")
    assert f"compiled modules {count}/{count}" in compiled.log_line("is ready")


def steady(answer: Reply) -> tuple[object, ...]:
    headers = [(name, VARYING.sub(b"*", value.encode())) for name, value in answer.headers]
    return answer.status, answer.reason, headers, VARYING.sub(b"*", answer.body), answer.is_whole


@pytest.mark.parametrize("way", WAYS)
def test_both_builds_ask_and_answer_alike(
    pure: Gateway, compiled: Gateway, provider: ScriptedProvider, way: str
) -> None:
    seen = []
    for gateway in (pure, compiled):
        count = provider.request_count
        answer = ask(gateway, WAYS[way])
        asked = [
            (got.method, got.path, got.query, [(n, VARYING.sub(b"*", v)) for n, v in got.headers], got.body)
            for got in provider.requests[count - provider.request_count or len(provider.requests) :]
        ]
        seen.append((steady(answer), asked))
    assert seen[0] == seen[1]


def test_both_builds_pipeline_and_reuse(pure: Gateway, compiled: Gateway) -> None:
    for gateway in (pure, compiled):
        with Wire(gateway) as wire:
            wire.send(chat("mock/a") + chat("mock/b", stream=True) + chat("mock/c"))
            assert [wire.reply().header("x-plano-model") for _ in "abc"] == ["mock/a", "mock/b", "mock/c"]


def test_both_builds_let_go_of_the_provider_when_the_client_leaves(
    pure: Gateway, compiled: Gateway, provider: ScriptedProvider
) -> None:
    for gateway in (pure, compiled):
        for answer in (nothing(End.HANG), event_answer([WORD, End.HANG])):
            provider.script.then(answer)
            count = provider.request_count
            with Wire(gateway) as wire:
                wire.send(chat("mock/hello", stream=True))
                provider.wait_until(lambda count=count: provider.request_count > count)
                asked = provider.last_request
            provider.wait_until(lambda asked=asked: asked.outcome == "client_left", timeout_s=2)
