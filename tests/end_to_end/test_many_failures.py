"""Many exchanges at once while a fifth of all upstream answers fails: every client gets a whole and correct answer."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import WORDS
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.wire import Reply, Wire, chat

CLIENTS = 200
ROUNDS = 3
ROWS = """
model_providers:
  - model: one/troubled-20
    base_url: "URL"
    provider_interface: openai
    access_key: key
    retry_policy:
      fallback_models: [FALLBACKS]
      default_max_attempts: 9
      backoff: {base_ms: 10}
  - model: all/troubled-100
    base_url: "URL"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [two/troubled-100], default_max_attempts: 2}
    circuit_breaker: {enabled: false}
  - model: two/troubled-100
    base_url: "URL"
    provider_interface: openai
    access_key: key
    circuit_breaker: {enabled: false}
"""
#: So many that not all of them fail at a time: 0.2 ** 9 is one exchange in two million.
FALLBACKS = tuple(f"fallback{number}/troubled-20" for number in range(8))


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider.in_thread() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(start_gateway: StartGateway, provider: ScriptedProvider) -> Iterator[Gateway]:
    row = '  - {{model: {}, base_url: "URL", provider_interface: openai, access_key: key}}\n'
    rows = ROWS.replace("FALLBACKS", ", ".join(FALLBACKS)) + "".join(map(row.format, FALLBACKS))
    rows = rows.replace("URL", provider.base_url)
    with start_gateway(lambda port: listener(port, "first_token_timeout: 2s, idle_timeout: 2s") + rows) as running:
        yield running


def what_came(answer: Reply, *, stream: bool) -> str:
    if answer.status != 200:
        return f"{answer.status} {answer.json()['error']['code']}"
    if not stream:
        return str(answer.json()["choices"][0]["message"]["content"])
    chunks = [json.loads(line[6:]) for line in answer.body.splitlines() if line.startswith(b"data: {")]
    if "error" in chunks[-1]:
        return str(chunks[-1]["error"]["code"])
    assert answer.body.endswith(b"data: [DONE]\n\n"), answer.body[-300:]
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])


def crowd(gateway: Gateway, model: str) -> Counter[str]:
    """What all clients got, each asking a few times, half of them for streams."""
    told: list[str] = []
    failures: list[BaseException] = []

    def client(number: int) -> None:
        stream = number % 2 == 0
        try:
            for _ in range(ROUNDS):
                with Wire(gateway, timeout_s=30.0) as wire:
                    told.append(what_came(wire.ask(chat(model, stream=stream)), stream=stream))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    return Counter(told)


def test_every_client_gets_the_whole_answer_and_nothing_is_left_behind(
    gateway: Gateway, provider: ScriptedProvider
) -> None:
    own_files = gateway.open_files()
    assert crowd(gateway, "one/troubled-20") == {WORDS: CLIENTS * ROUNDS}
    resident = gateway.resident_bytes()
    assert crowd(gateway, "one/troubled-20") == {WORDS: CLIENTS * ROUNDS}
    # What is open beside its own files are connections that wait for the next call.
    wait_for(lambda: gateway.open_files() <= own_files + provider.open_connections)
    assert gateway.resident_bytes() < resident + (16 << 20)


def test_when_every_target_fails_the_error_says_so(gateway: Gateway) -> None:
    told = crowd(gateway, "all/troubled-100")
    assert sum(told.values()) == CLIENTS * ROUNDS
    assert all(code.endswith(("retry_exhausted", "stream_interrupted")) for code in told), told
