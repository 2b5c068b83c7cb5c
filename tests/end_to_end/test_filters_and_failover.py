"""Filters of answers together with what else happens to answers: attempts that fail, rescues, races, packed bodies."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import WORDS, raw_answer
from tests.end_to_end import knobs
from tests.end_to_end.answers import PATHS, asking, told_by
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import ROOT, Gateway, wait_for
from tests.end_to_end.wire import Wire, ask, chat
from tests.plugins.support import lay_out

SHORT = "first_token_timeout: 0.5s, idle_timeout: 0.3s"
ROWS = """
model_providers:
  - model: first/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [second/words], default_max_attempts: 5}
  - model: goes_on/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [claude_two/words], on_stream_failure: continue}
  - model: claude/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key
    retry_policy: {fallback_models: [second/words]}
  - model: raced/*
    base_url: "A"
    provider_interface: openai
    access_key: key
    retry_policy: {fallback_models: [second/words], hedge: {after_ms: 100, max_share: 1}}
  - {model: plain/*, base_url: "A", provider_interface: openai, access_key: key}
  - {model: second/*, base_url: "B", provider_interface: openai, access_key: key}
  - {model: claude_two/*, base_url: "B", provider_interface: anthropic, access_key: key}
"""
FAILING = ["words", "cut-1", "cut-40", "stall-40-9", "malformed-40", "stream-error-40", "cut-59", "no-last-frame"]
FAILING += ["empty", "reset", "429-always", "silent-1"]
TEXT = WORDS


class World(NamedTuple):
    first: ScriptedProvider
    second: ScriptedProvider
    gateway: Gateway


@pytest.fixture(scope="module")
def world(start_gateway: StartGateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = lay_out(Path(knobs.__file__), tmp_path_factory.mktemp("knobs"), "knobs")
    beside = os.pathsep.join((str(folder), str(ROOT)))
    with ScriptedProvider.in_thread() as first, ScriptedProvider.in_thread() as second:
        rows = ROWS.replace('"A"', f'"{first.base_url}"').replace('"B"', f'"{second.base_url}"')
        with start_gateway(lambda port: listener(port, SHORT) + rows, PYTHONPATH=beside) as gateway:
            yield World(first, second, gateway)


@pytest.fixture(autouse=True)
def _nothing_is_left_over(world: World) -> Iterator[None]:
    yield
    told = world.gateway.all_logs()
    assert "Traceback" not in told, told[-3000:]
    assert "never retrieved" not in told


@pytest.mark.parametrize("what", ["pieces", "whole", "whole-later"])
@pytest.mark.parametrize("row", ["first", "goes_on", "claude", "raced"])
@pytest.mark.parametrize("failing", FAILING)
def test_a_filtered_answer_is_rescued_like_any_other(world: World, what: str, row: str, failing: str) -> None:
    for dialect in PATHS if (row, failing) != ("claude", "stream-error-40") else ("chat", "messages"):
        answer = ask(world.gateway, asking(dialect, f"{row}/{failing}", f"x-do: {what}", stream=True))
        told = told_by(dialect, answer)
        assert (told.text, told.is_complete, told.error) == (TEXT, True, None), (dialect, answer.body[-600:])
    whole = ask(world.gateway, asking("chat", f"{row}/{failing}", f"x-do: {what}"))
    assert told_by("chat", whole).is_complete


@pytest.mark.parametrize("what", ["pieces", "whole", "whole-later"])
@pytest.mark.parametrize("model", ["raced/late-0.4", "raced/pause-1-0.4"])
def test_who_loses_a_race_is_not_heard(world: World, what: str, model: str) -> None:
    for stream in (True, False):
        answer = ask(world.gateway, asking("chat", model, f"x-do: {what}", stream=stream))
        assert (told_by("chat", answer).text, told_by("chat", answer).is_complete) == (TEXT, True)


BODY = b'{"id": "c", "object": "chat.completion", "choices": [{"index": 0, "message": {"content": "secret-7"}}]}'
JSON = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\n%bcontent-length: %d\r\n\r\n%b"


@pytest.mark.parametrize("what", ["pieces", "whole", "whole-later"])
@pytest.mark.parametrize("kind", [b"application/json", b"Application/JSON; charset=utf-8", b"text/plain", b""])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("is_packed", [False, True])
def test_however_a_provider_calls_and_packs_its_answer_it_is_read(
    world: World, what: str, kind: bytes, stream: bool, is_packed: bool
) -> None:
    body = gzip.compress(BODY) if is_packed else BODY
    line = b"content-encoding: gzip\r\n" if is_packed else b""
    world.first.script.then(raw_answer(JSON % (kind, line, len(body), body)))
    answer = ask(world.gateway, chat("plain/hello", f"x-do: {what}", stream=stream))
    assert answer.status == 200
    assert answer.header("content-encoding") is None
    assert answer.body == BODY.replace(b"secret-7", b"[MASKED]").replace(b": ", b":").replace(b", ", b",") or (
        b"[MASKED]" in answer.body
    )
    assert b"secret-7" not in answer.body


EVENTS = [b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"my secr"}}]}\n\n']
EVENTS += [b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"et-7 word"},"finish_reason":"stop"}]}\n\n']
EVENTS += [b"data: [DONE]\n\n"]


@pytest.mark.parametrize("what", ["pieces", "whole", "whole-later"])
@pytest.mark.parametrize("kind", [b"text/event-stream", b"text/event-stream; charset=utf-8"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_stream_is_read_as_one_whether_asked_for_or_not(world: World, what: str, kind: bytes, stream: bool) -> None:
    body = b"".join(EVENTS)
    world.first.script.then(raw_answer(JSON % (kind, b"", len(body), body)))
    answer = ask(world.gateway, chat("plain/hello", f"x-do: {what}", stream=stream))
    assert (answer.status, b"secret-7" in answer.body, b"7 word" in answer.body) == (200, False, False)
    assert b"[MASKED]" in answer.body
    assert answer.body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("body", [b"", b"[]", b"no", b'"secret-7"', b'data: {"choices":[]}\n\n'])
@pytest.mark.parametrize("what", ["pieces", "whole", "whole-later"])
def test_what_is_no_answer_at_all_does_not_pass_unread(world: World, what: str, body: bytes) -> None:
    world.first.script.then(raw_answer(JSON % (b"text/plain", b"", len(body), body)))
    answer = ask(world.gateway, chat("plain/hello", f"x-do: {what}"))
    assert answer.status == 502
    assert b"secret-7" not in answer.body


@pytest.mark.parametrize("what", ["pieces", "whole", "whole-later"])
def test_clients_that_leave_streams_under_a_filter_leave_nothing_behind(world: World, what: str) -> None:
    assert ask(world.gateway, chat("plain/hello", f"x-do: {what}")).status == 200
    files = world.gateway.open_files()
    for _ in range(20):
        with Wire(world.gateway) as wire:
            wire.send(chat("plain/words-0.1", f"x-do: {what}", stream=True))
    wait_for(lambda: world.gateway.open_files() <= files)
