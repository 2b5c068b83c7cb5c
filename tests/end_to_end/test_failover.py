"""A provider's bad minute is not its users': who is asked next, how often, and what the client is told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import WORDS, error, event_answer, json_answer
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import Reply, Wire, chat, request

ROWS = """
model_providers:
  - model: custom/*
    base_url: "A"
    provider_interface: openai
    access_key: key-a
    retry_policy:
      fallback_models: [custom-aws/opus, custom-offcial/opus]
      default_strategy: "different_provider"
      default_max_attempts: 3
      on_status_codes:
        - codes: [401, 429, 503]
          strategy: "different_provider"
          max_attempts: 3
  - model: locked/*
    base_url: "A"
    provider_interface: openai
    access_key: key-locked
    retry_policy: {fallback_models: [custom-aws/opus], on_status_codes: [{codes: [401]}]}
  - {model: custom-aws/opus, base_url: "B", provider_interface: openai, access_key: key-b}
  - {model: custom-offcial/opus, base_url: "C", provider_interface: openai, access_key: key-c}
  - {model: last/opus, base_url: "C/v1", provider_interface: openai, access_key: key-last}
  - {model: wild/*, base_url: "C", provider_interface: openai, access_key: key-wild}
  - {model: plain/*, base_url: "A", provider_interface: openai, access_key: key-a}
  - model: again/*
    base_url: "A"
    provider_interface: openai
    access_key: key-a
    retry_policy:
      default_strategy: same_model
      default_max_attempts: 3
      backoff: {apply_to: same_model, base_ms: 100, jitter: false}
  - model: many/*
    base_url: "A"
    provider_interface: openai
    access_key: key-a
    retry_policy: {fallback_models: [custom-aws/opus], default_max_attempts: 9}
  - model: two/*
    base_url: "A"
    provider_interface: openai
    access_key: key-a
    retry_policy:
      fallback_models: [custom/opus, custom-aws/opus]
      default_max_attempts: 5
      on_status_codes: [{codes: ["500-504"], strategy: different_provider, max_attempts: 2}]
  - model: near/*
    base_url: "A"
    provider_interface: openai
    access_key: key-a
    retry_policy: {fallback_models: [custom-aws/opus, near/words], default_strategy: same_provider}
  - model: dead/opus
    base_url: "http://127.0.0.1:9"
    provider_interface: openai
    access_key: key-dead
    retry_policy: {fallback_models: [wild/words]}
  - model: claude/*
    base_url: "A"
    provider_interface: anthropic
    access_key: key-a
    retry_policy: {fallback_models: [claude-two/words]}
  - {model: claude-two/words, base_url: "B", provider_interface: anthropic, access_key: key-b}
"""


class World(NamedTuple):
    """Three channels and the gateway in front of them."""

    first: ScriptedProvider
    second: ScriptedProvider
    third: ScriptedProvider
    gateway: Gateway

    def asked(self) -> list[int]:
        """How many requests each channel got."""
        return [len(channel.requests) for channel in self[:3]]

    def ask(self, model: str, **members: Any) -> Reply:
        with Wire(self.gateway) as wire:
            return wire.ask(chat(model, **members))


@pytest.fixture(scope="module")
def _world(start_gateway: StartGateway) -> Iterator[World]:
    with (
        ScriptedProvider.in_thread() as first,
        ScriptedProvider.in_thread() as second,
        ScriptedProvider.in_thread() as third,
    ):
        rows = ROWS
        for name, channel in (("A", first), ("B", second), ("C", third)):
            rows = rows.replace(f'"{name}', f'"{channel.base_url}')
        timers = "first_token_timeout: 0.4s, idle_timeout: 0.4s"
        with start_gateway(lambda port: listener(port, timers) + rows) as plano:
            yield World(first, second, third, plano)


@pytest.fixture
def world(_world: World) -> World:
    for channel in _world[:3]:
        channel.forget_requests()
        channel.script._queued.clear()
    return _world


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 529])
@pytest.mark.parametrize("stream", [False, True])
def test_a_failure_is_made_good_by_the_first_fallback(world: World, status: int, stream: bool) -> None:
    world.first.script.then(error(status))
    answer = world.ask(f"custom/fails-{status}-{stream}", stream=stream)
    assert (answer.status, world.asked()) == (200, [1, 1, 0])
    assert answer.header("x-plano-attempts") == "2"


def test_exactly_one_more_call_is_made_and_it_tells_who_answered(world: World) -> None:
    world.first.script.then(error(429))
    answer = world.ask("custom/one-more")
    assert world.asked() == [1, 1, 0]
    assert (answer.status, answer.header("x-plano-model"), answer.header("x-plano-attempts")) == (
        200,
        "custom-aws/opus",
        "2",
    )


def test_the_fallbacks_are_asked_in_their_order(world: World) -> None:
    world.first.script.then(error(503))
    world.second.script.then(error(503))
    answer = world.ask("custom/in-order")
    assert world.asked() == [1, 1, 1]
    assert answer.header("x-plano-model") == "custom-offcial/opus"


def test_the_documented_lines_are_logged(world: World) -> None:
    world.first.script.then(error(429))
    world.second.script.then(error(500))
    world.ask("custom/logged")
    log = world.gateway.log_line
    assert "provider=custom/logged, status_code=429" in log("Retriable error detected: provider=custom/logged")
    log("Retry initiated: target_model=custom-aws/opus")
    log("Retry initiated: target_model=custom-offcial/opus")
    log("metric.retry_success: model=custom-offcial/opus, total_attempts=3")


def test_the_rest_of_the_rows_follow_the_fallbacks_and_nobody_is_asked_twice(world: World) -> None:
    world.first.script.then(error(500))
    world.second.script.then(error(500))
    world.third.script.then(error(500), error(500))
    world.ask("many/all-fail")
    requests = sorted((r for channel in world[:3] for r in channel.requests), key=lambda r: r.received_s)
    keys = [r.header("x-api-key") or (r.header("authorization") or "").removeprefix("Bearer ") for r in requests]
    assert keys == ["key-a", "key-b", "key-c", "key-last", "key-b"]
    assert requests[-1].path == "/v1/messages"  # The row of Claude's, which speaks another dialect.


def test_only_the_model_and_the_key_change(world: World) -> None:
    world.first.script.then(error(500))
    asked = {"temperature": 0.5, "tools": [{"type": "function", "function": {"name": "f"}}], "x_unknown": [1]}
    world.ask("custom/changes", **asked)
    (first,), (second,) = world.first.requests, world.second.requests
    assert first.json() == {**second.json(), "model": "changes"}
    assert second.json()["model"] == "opus"
    assert second.header("authorization") == "Bearer key-b"


def test_a_streams_fallback_gets_the_same_request_as_the_first(world: World) -> None:
    world.first.script.then(error(500))
    answer = world.ask("custom/streamed", stream=True)
    (first,), (second,) = world.first.requests, world.second.requests
    assert {**first.json(), "model": ""} == {**second.json(), "model": ""}
    assert b'"usage":{' not in answer.body  # The client had not asked for it.


def test_a_range_of_codes_has_its_own_limit(world: World) -> None:
    world.first.script.then(error(502), error(502), error(502))
    answer = world.ask("two/limited")
    assert sum(world.asked()) == 2
    assert answer.status in (200, 502)


def test_same_provider_asks_the_same_prefix(world: World) -> None:
    world.first.script.then(error(500))
    answer = world.ask("near/other")
    assert world.asked() == [2, 0, 0]
    assert answer.header("x-plano-model") == "near/words"


def test_same_model_waits_longer_each_time(world: World) -> None:
    world.first.script.then(error(500), error(500))
    answer = world.ask("again/opus")
    assert (answer.status, world.asked()) == (200, [3, 0, 0])
    at = [r.received_s for r in world.first.requests]
    assert at[1] - at[0] >= 0.1
    assert at[2] - at[1] >= 0.2


def test_a_retry_after_is_waited_for_when_nobody_else_is_left(world: World) -> None:
    world.first.script.then(error(429, retry_after="1"))
    began = time.monotonic()
    assert world.ask("again/patient").status == 200
    assert time.monotonic() - began >= 1.0
    assert world.asked() == [2, 0, 0]


def test_a_retry_after_does_not_stall_a_switch_and_later_exchanges_heed_it(world: World) -> None:
    world.first.script.then(error(429, retry_after="60"))
    began = time.monotonic()
    assert world.ask("custom/cooled").header("x-plano-model") == "custom-aws/opus"
    assert world.ask("custom/cooled").header("x-plano-model") == "custom-aws/opus"
    assert time.monotonic() - began < 10.0
    assert world.asked() == [1, 2, 0]


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_clients_error_is_told_once_and_untouched(world: World, status: int) -> None:
    body = b'{ "error": {"message":"as it was", "type":"invalid_request_error"} }'
    world.first.script.then(json_answer(body, status=status))
    answer = world.ask("custom/mistaken")
    assert (answer.status, answer.body, world.asked()) == (status, body, [1, 0, 0])


def test_a_listed_401_goes_to_the_fallback(world: World) -> None:
    world.first.script.then(error(401))
    assert world.ask("locked/opus").status == 200
    assert world.asked() == [1, 1, 0]
    assert world.ask("locked/opus").status == 200
    assert world.asked() == [1, 2, 0]  # Its key is left alone for a while.


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_without_a_policy_the_answer_is_untouched_and_nobody_else_is_asked(world: World, status: int) -> None:
    body = b'{ "error": {"message":"as it was"} }'
    world.first.script.then(json_answer(body, status=status, headers=(("retry-after", "7"),)))
    answer = world.ask("plain/opus")
    assert (answer.status, answer.body, world.asked()) == (status, body, [1, 0, 0])
    assert answer.header("retry-after") == "7"


def test_a_dead_provider_is_passed_over(world: World) -> None:
    answer = world.ask("dead/opus")
    assert (answer.status, answer.header("x-plano-model")) == (200, "wild/words")


@pytest.mark.parametrize("fault", ["reset", "close", "malformed", "cut"])
def test_a_broken_answer_is_made_good(world: World, fault: str) -> None:
    answer = world.ask(f"custom/{fault}")
    assert (answer.status, world.asked()[1:]) == (200, [1, 0])  # A reset of a kept connection is tried on a fresh one.
    assert answer.is_whole
    assert answer.json()["choices"][0]["message"]["content"]


def test_a_stream_that_is_not_made_of_tokens_flows_and_ends_as_it_likes(world: World) -> None:
    events = [b'event: image_generation.partial_image\ndata: {"b64_json":"AA=="}\n\n', b'data: {"b64_json":"AAAA"}\n\n']
    world.first.script.then(error(503), event_answer(events))
    world.second.script.then(event_answer(events))
    body = {"model": "custom/painter", "prompt": "a gate", "stream": True}
    with Wire(world.gateway) as wire:
        answer = wire.ask(request(body, "/v1/images/generations"))
    assert (answer.status, answer.body, answer.header("x-plano-attempts")) == (200, b"".join(events), "2")


def test_when_all_fail_the_client_learns_what_was_tried(world: World) -> None:
    world.first.script.then(error(429, retry_after="3"))
    world.second.script.then(error(503))
    world.third.script.then(error(502))
    answer = world.ask("custom/hopeless")
    assert answer.status == 502
    told = answer.json()["error"]
    assert (told["type"], told["code"], told["total_attempts"]) == ("retry_exhausted", "retry_exhausted", 3)
    assert [(one["model"], one["error_type"], one["attempt"]) for one in told["attempts"]] == [
        ("custom/hopeless", "http_429", 1),
        ("custom-aws/opus", "http_503", 2),
        ("custom-offcial/opus", "http_502", 3),
    ]
    assert all(one["duration_ms"] >= 0 for one in told["attempts"])
    assert answer.header("retry-after") == "3"


def test_with_one_target_its_last_answer_is_the_clients(world: World) -> None:
    body = b'{ "error": {"message":"the last"} }'
    world.first.script.then(error(500), error(500), json_answer(body, status=503))
    answer = world.ask("again/single")
    assert (answer.status, answer.body, world.asked()) == (503, body, [3, 0, 0])


def test_the_same_holds_for_messages(world: World) -> None:
    body = {"model": "claude/hopeless", "max_tokens": 99, "messages": [{"role": "user", "content": "hi"}]}
    world.first.script.then(error(529))
    world.second.script.then(error(529))
    with Wire(world.gateway) as wire:
        answer = wire.ask(request(body, "/v1/messages", "anthropic-version: 2023-06-01"))
    told = answer.json()
    assert (answer.status, told["type"], told["error"]["type"]) == (529, "error", "retry_exhausted")
    assert told["error"]["total_attempts"] == 2
    with Wire(world.gateway) as wire:
        body["model"] = "claude/500-once"
        good = wire.ask(request(body, "/v1/messages", "anthropic-version: 2023-06-01"))
    assert good.json()["content"][0]["text"] == WORDS


@pytest.mark.parametrize(
    "fault", ["late-0.8", "silent", "empty", "stream-error-0", "malformed-0", "cut-0", "comments-0.9", "reset"]
)
def test_what_fails_before_the_first_token_leaves_no_trace(world: World, fault: str) -> None:
    answer = world.ask(f"custom/{fault}", stream=True)
    assert (answer.status, world.asked()[1:]) == (200, [1, 0])
    assert answer.header("x-plano-model") == "custom-aws/opus"
    ids = {json.loads(line[6:])["id"] for line in answer.body.splitlines() if line.startswith(b"data: {")}
    assert len(ids) == 1
    assert answer.body.count(b'"role"') == 1
    assert answer.body.endswith(b"data: [DONE]\n\n")
