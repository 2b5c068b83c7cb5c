"""The response cache, installed by pip and run by a worker."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from plano.testing import ScriptedProvider
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import ROOT, Gateway, wait_for
from tests.end_to_end.wire import Reply, Wire, chat, request
from tests.plugins.support import PLUGINS, install, lay_out

ROWS = """
model_providers:
  - {model: mock/*, base_url: "URL", provider_interface: openai}
  - {model: claude/*, base_url: "URL", provider_interface: anthropic}
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(PLUGINS / "plano-cache", tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def cached(_provider: ScriptedProvider, installed: Path, start_gateway: StartGateway) -> Iterator[Gateway]:
    rows = ROWS.replace("URL", _provider.base_url)
    beside = os.pathsep.join((str(installed), str(ROOT)))
    with start_gateway(lambda port: listener(port) + rows, PYTHONPATH=beside) as running:
        yield running


def ask(gateway: Gateway, data: bytes) -> Reply:
    with Wire(gateway) as wire:
        return wire.ask(data)


MESSAGES = {"max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"model": "mock/hello", "messages": MESSAGES["messages"]}),
        ("/v1/messages", {"model": "claude/hello", **MESSAGES}),
        ("/v1/messages", {"model": "mock/hello", **MESSAGES}),  # Translated.
        ("/v1/responses", {"model": "mock/hello", "input": "hi"}),
    ],
    ids=["chat", "messages", "translated", "responses"],
)
def test_the_second_time_nobody_is_asked(
    cached: Gateway, provider: ScriptedProvider, path: str, body: dict[str, object], streamed: bool
) -> None:
    asked = request({**body, "stream": streamed, "seed": path}, path)
    first = ask(cached, asked)
    assert (first.status, first.is_whole, first.header("x-plano-cache")) == (200, True, None)
    before = provider.request_count
    second = ask(cached, asked)
    assert (second.status, second.is_whole, second.header("x-plano-cache")) == (200, True, "hit")
    assert second.body == first.body
    assert int(second.header("age") or -1) >= 0
    content_type = (second.header("content-type") or "").partition(";")[0]
    assert content_type == ("text/event-stream" if streamed else "application/json")
    assert provider.request_count == before


@pytest.mark.parametrize("model", ["mock/error-503", "mock/error-400", "mock/cut", "mock/malformed", "mock/no-done"])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_errors_and_half_answers_are_not_kept(
    cached: Gateway, provider: ScriptedProvider, model: str, streamed: bool
) -> None:
    asked = chat(model, stream=streamed)
    before = provider.request_count
    ask(cached, asked)
    between = provider.request_count
    answer = ask(cached, asked)
    if model == "mock/no-done" and not streamed:  # Only streams have a last event.
        assert answer.header("x-plano-cache") == "hit"
        return
    assert answer.header("x-plano-cache") is None
    assert provider.request_count > between > before


def test_a_client_that_leaves_leaves_nothing_behind(cached: Gateway, provider: ScriptedProvider) -> None:
    asked = chat("mock/slow", stream=True, seed=7)
    with Wire(cached) as wire:
        wire.send(asked)
        wire.until(b"\r\n\r\n")
    wait_for(lambda: provider.last_request.outcome != "playing")
    with Wire(cached, timeout_s=20) as wire:
        assert wire.ask(asked).header("x-plano-cache") is None


def test_what_is_logged_of_a_hit_is_a_request_nobody_was_asked_for(cached: Gateway) -> None:
    asked = chat("mock/hello", seed=11)
    ask(cached, asked)
    answer = ask(cached, asked)
    assert answer.header("x-plano-cache") == "hit"
    assert "cache" in (answer.header("x-plano-filters") or "")
    assert json.loads(answer.body)["choices"]


GUARD = """
from plano.plugin_api import Exchange, Refuse, hookimpl

@hookimpl
def filter(exchange: Exchange) -> None:
    for passage in exchange.texts():
        if "forbidden" in passage.text:
            raise Refuse("not this")
        passage.text = passage.text.replace("Falcon", "[NAME]")
"""


def test_it_stands_behind_guards_that_no_chain_names(
    provider: ScriptedProvider, installed: Path, start_gateway: StartGateway, tmp_path: Path
) -> None:
    module, folder = tmp_path / "plano_veil.py", tmp_path / "veil"
    module.write_text(GUARD)
    folder.mkdir()
    beside = os.pathsep.join((str(installed), str(lay_out(module, folder, "veil")), str(ROOT)))
    rows = ROWS.replace("URL", provider.base_url)
    with start_gateway(lambda port: listener(port) + rows, PYTHONPATH=beside) as running:
        first = ask(running, chat("mock/hello", messages=[{"role": "user", "content": "Falcon?"}]))
        masked = ask(running, chat("mock/hello", messages=[{"role": "user", "content": "[NAME]?"}]))
    ran = (first.header("x-plano-filters") or "").split(", ")
    assert [one.partition(";")[0] for one in ran] == ["veil", "cache"]
    assert (first.header("x-plano-cache"), masked.header("x-plano-cache")) == (None, "hit")  # Masked texts are kept.
