"""Filters of plugins, through a worker: requests, answers whole and streamed, in every client's dialect, and faults."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plano.testing import ScriptedProvider
from tests.end_to_end import giver, knobs
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import ROOT, Gateway, wait_for
from tests.end_to_end.test_translation import CLIENTS, Client
from tests.end_to_end.wire import Wire, chat, request
from tests.plugins.support import lay_out

ROWS = """
model_providers:
  - {model: same/*, base_url: "URL", provider_interface: openai, access_key: k}
  - {model: other/*, base_url: "URL", provider_interface: anthropic, access_key: k}
"""
ASKED = "Respond with exactly: my code is secret-7 and no other"
MASKED = "my code is [MASKED] and no other"


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> str:
    plugins = ((knobs, "knobs"), (giver, "late_giver"))
    folders = [lay_out(Path(str(one.__file__)), tmp_path_factory.mktemp(name), name) for one, name in plugins]
    return os.pathsep.join((*map(str, folders), str(ROOT)))


@pytest.fixture(scope="module")
def filtering(_provider: ScriptedProvider, beside: str, start_gateway: StartGateway) -> Iterator[Gateway]:
    rows = ROWS.replace("URL", _provider.base_url)
    with start_gateway(lambda port: listener(port) + rows, PYTHONPATH=beside) as running:
        yield running


@pytest.fixture
def wire(filtering: Gateway) -> Iterator[Wire]:
    with Wire(filtering) as made:
        yield made


@pytest.fixture(params=sorted(CLIENTS))
def client(request: pytest.FixtureRequest, filtering: Gateway) -> Iterator[Client]:
    made = CLIENTS[request.param](filtering)
    yield made
    made.close()


def asked(what: str, text: str = ASKED, *, model: str = "same/hello", stream: bool = False, **more: Any) -> bytes:
    messages = [{"role": "user", "content": text}]
    return chat(model, f"x-do: {what}", stream=stream, messages=messages, **more)


def text_of(body: bytes) -> str:
    """What a chat stream says."""
    events = [line[6:] for line in body.decode().splitlines() if line.startswith("data: ")]
    assert events[-1] == "[DONE]"
    chunks = map(json.loads, events[:-1])
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("model", ["same/hello", "other/hello"])
@pytest.mark.parametrize("what", ["pieces", "whole", "whole-later"])
def test_a_word_of_the_answer_is_masked_for_every_client(
    client: Client, what: str, model: str, streams: bool
) -> None:
    said = client.ask(model, ASKED, streams=streams, extra_headers={"x-do": what})
    assert said.text == MASKED


def test_a_changed_request_is_what_theprovider_reads(wire: Wire, provider: ScriptedProvider) -> None:
    reply = wire.ask(asked("shout", "Respond with exactly: yes please", metadata={"kept": "as it is"}))
    assert reply.json()["choices"][0]["message"]["content"] == "yes PLEASE"
    assert provider.requests[-1].json()["metadata"] == {"kept": "as it is"}


def test_the_answer_tells_which_filters_ran(wire: Wire) -> None:
    told = wire.ask(asked("shout")).header("x-plano-filters") or ""
    costs = dict(one.split(";dur=") for one in told.split(", "))
    assert list(costs) == ["knobs", "late_giver"]
    assert float(costs["knobs"]) < 50
    refused = wire.ask(asked("refuse"))
    assert (refused.header("x-plano-filters") or "").startswith("knobs;dur=")


def test_a_refusal_of_a_request_reaches_the_client_and_nobody_else(wire: Wire, provider: ScriptedProvider) -> None:
    before = provider.request_count
    reply = wire.ask(asked("refuse"))
    assert (reply.status, reply.json()["error"]["code"]) == (422, "refused_here")
    assert provider.request_count == before


@pytest.mark.parametrize("what", ["raise", "nonsense", "hang"])
def test_a_filter_that_fails_lets_nothing_pass(wire: Wire, provider: ScriptedProvider, what: str) -> None:
    before = provider.request_count
    reply = wire.ask(asked(what))
    assert (reply.status, reply.json()["error"]["code"]) == (500, "plugin_failed")
    assert reply.json()["error"]["message"] == "plugin knobs failed"
    assert provider.request_count == before
    assert wire.ask(asked("shout")).status == 200


FAULTS = [("refuse-answer", 451, "unspeakable"), ("raise-answer", 500, "plugin_failed")]
FAULTS += [("nonsense-answer", 500, "plugin_failed"), ("hang-answer", 500, "plugin_failed")]


@pytest.mark.parametrize(("what", "status", "code"), FAULTS)
def test_a_filter_that_fails_or_refuses_in_an_answer_lets_nothing_more_pass(
    wire: Wire, what: str, status: int, code: str
) -> None:
    reply = wire.ask(asked(what))
    assert (reply.status, reply.json()["error"]["code"]) == (status, code)
    streamed = wire.ask(asked(what, stream=True))
    assert "secret-7" not in streamed.body.decode()
    assert code in streamed.body.decode()
    assert "[DONE]" not in streamed.body.decode()


def test_an_answer_can_be_kept_and_given_again(wire: Wire, provider: ScriptedProvider) -> None:
    for stream in (False, True):
        request = asked("again", f"Respond with exactly: once more {stream}", stream=stream)
        first = wire.ask(request)
        before = provider.request_count
        second = wire.ask(request)
        assert second.body == first.body
        assert second.header("x-again") == "yes"
        assert second.header("content-type") == first.header("content-type").partition(";")[0]  # type: ignore[union-attr]
        assert provider.request_count == before


def test_an_answer_cut_short_is_not_kept(filtering: Gateway) -> None:
    request = asked("again", "Respond with exactly: this will never be complete", model="same/cut", stream=True)
    for _ in range(2):
        with Wire(filtering) as wire:
            assert wire.ask(request).header("x-again") is None


def test_whoever_copies_is_told_of_every_end(filtering: Gateway, wire: Wire) -> None:
    def ends() -> list[bool]:
        told: list[bool] = wire.ask(chat("same/hello", "x-do: ends")).json()
        return told

    before = len(ends())
    with Wire(filtering) as leaving:
        leaving.send(asked("again", "one that stays away", model="same/words-0.1", stream=True))
        leaving.until(b"data: ")
    wait_for(lambda: len(ends()) > before)
    wire.ask(asked("again", "one that is refused", model="same/error-400"))
    wire.ask(chat("same/hello", "x-do: again", f"x-give: {GIVEN}", messages=[{"role": "user", "content": "given"}]))
    wire.ask(asked("again", "one that is whole"))
    assert ends()[before:] == [False, True, True]


def test_what_no_filter_changes_is_passed_on_byte_for_byte(wire: Wire) -> None:
    for stream in (False, True):
        plain = wire.ask(chat("same/bench-700", stream=stream))
        filtered = wire.ask(chat("same/bench-700", "x-guard: yes", stream=stream))
        assert filtered.body == plain.body or stream


def test_guards_of_answers_are_told_in_the_head(wire: Wire) -> None:
    reply = wire.ask(chat("same/hello", "x-guard: yes", messages=[{"role": "user", "content": ASKED}], stream=True))
    assert text_of(reply.body) == MASKED
    assert (reply.header("x-plano-filters") or "").endswith(", knobs;answer")


GIVEN = '{"choices": [{"index": 0, "message": {"content": "my secret-7"}}]}'
GIVEN_EVENTS = 'data: {"choices": [{"index": 0, "delta": {"content": "my secret-7"}}]}||data: [DONE]||'


@pytest.mark.parametrize("what", ["pieces", "whole", "whole-later"])
@pytest.mark.parametrize("given", [GIVEN, GIVEN_EVENTS])
def test_an_answer_that_a_plugin_gives_is_filtered_too(wire: Wire, what: str, given: str) -> None:
    for version in ("1.1", "1.0"):
        body = {"model": "same/hello", "messages": []}
        headers = (f"x-do: {what}", f"x-give: {given}", "connection: keep-alive")
        reply = wire.ask(request(body, "/v1/chat/completions", *headers, version=version))
        assert (reply.status, b"secret-7" in reply.body, b"my [MASKED]" in reply.body) == (200, False, True)
        assert "late_giver" in (reply.header("x-plano-filters") or "")


def test_filters_that_fail_in_an_answer_that_a_plugin_gives_let_nothing_pass(wire: Wire) -> None:
    for what, status, code in FAULTS[:3]:
        reply = wire.ask(chat("same/hello", f"x-do: {what}", f"x-give: {GIVEN}"))
        assert (reply.status, reply.json()["error"]["code"]) == (status, code)
