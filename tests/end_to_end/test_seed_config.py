"""The documented configuration for several channels of one model, word for word but for its address."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import Answer, RecordedRequest, json_answer, nothing
from plano.testing.scripted_provider.answer import End
from plano.testing.scripted_provider.openai_chat import error as openai_error
from tests.end_to_end.answers import asking, told_by
from tests.end_to_end.conftest import StartGateway
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import Reply, ask

CHANNELS = """version: v0.4.0

listeners:
  - type: model
    name: smart_routing
    address: 0.0.0.0
    port: 12000

model_providers:
  - access_key: $CLAUDE_API_KEY
    model: custom/claude-opus-4-6
    base_url: https://your-api-endpoint.com
    provider_interface: openai
    default: true
    retry_policy:
      fallback_models: [custom-aws/claude-opus-4-6, custom-offcial/claude-opus-4-6]
      default_strategy: "different_provider"
      default_max_attempts: 3
      on_status_codes:
        - codes: [401, 429, 503]
          strategy: "different_provider"
          max_attempts: 3

  - access_key: $CLAUDE_API_KEY
    model: custom/claude-sonnet-4-6
    base_url: https://your-api-endpoint.com
    provider_interface: openai

  - access_key: $CLAUDE_AWS_API_KEY
    model: custom-aws/claude-opus-4-6
    base_url: https://your-api-endpoint.com
    provider_interface: openai

  - access_key: $CLAUDE_OFFCIAL_API_KEY
    model: custom-offcial/claude-opus-4-6
    base_url: https://your-api-endpoint.com
    provider_interface: openai

  - access_key: $CODEX_API_KEY
    model: custom/gpt-5.4
    base_url: https://your-api-endpoint.com
    provider_interface: openai

  - access_key: $CODEX_API_KEY
    model: custom/gemini-3-flash-preview
    base_url: https://your-api-endpoint.com
    provider_interface: openai

  - access_key: $CODEX_API_KEY
    model: custom/gemini-3.1-pro-preview
    base_url: https://your-api-endpoint.com
    provider_interface: openai

"""
#: Optional, the document says: without them it is "a pure failover proxy".
PREFERENCES = """
routing_preferences:
  - name: code generation
    description: >
      generating new code, writing functions, implementing features,
      creating boilerplate, fixing bugs, debugging and patching code
    models:
      - custom/claude-opus-4-6

  - name: code understanding
    description: >
      reading and reviewing existing code, tracing execution flow,
      explaining what code does, code review without modifications
    models:
      - custom/claude-sonnet-4-6

  - name: troubleshooting
    description: >
      analyzing exceptions, diagnosing bugs, investigating errors,
      tracing crash causes, debugging runtime failures, root cause analysis
    models:
      - custom/claude-opus-4-6

  - name: analysis
    description: >
      analyzing data, complex reasoning, evaluating tradeoffs,
      comparing options, strategic planning, architecture decisions
    models:
      - custom/gpt-5.4
      - custom/claude-sonnet-4-6

  - name: documentation
    description: >
      writing documentation, README files, API docs, technical writing,
      user guides, commit messages, comments, changelogs
    models:
      - custom/claude-sonnet-4-6
      - custom/gpt-5.4

  - name: web browsing
    description: >
      browsing websites, fetching web content, searching the internet,
      reading URLs, summarizing web pages
    models:
      - custom/gemini-3-flash-preview

  - name: quick tasks
    description: >
      simple questions, factual lookups, translations, format conversions,
      casual conversation, short answers, trivial tasks
    models:
      - custom/gemini-3-flash-preview
"""
KEYS = {
    "CLAUDE_API_KEY": "claude-key",
    "CLAUDE_AWS_API_KEY": "aws-key",
    "CLAUDE_OFFCIAL_API_KEY": "offcial-key",
    "CODEX_API_KEY": "codex-key",
}
OPUS = "custom/claude-opus-4-6"


class World(NamedTuple):
    """One aggregator behind all channels, told apart by their keys."""

    provider: ScriptedProvider
    gateway: Gateway
    failing: dict[str, Answer]

    def ask(self, model: str | None = OPUS, *, stream: bool = False) -> Reply:
        return ask(self.gateway, asking("chat", model or "", stream=stream))

    def say(self, text: str, model: str = "custom/gpt-5.4") -> Reply:
        return ask(self.gateway, asking("chat", model, messages=[{"role": "user", "content": text}]))

    def calls(self) -> list[tuple[str, str]]:
        """(key, model id) of every call, in order."""
        return [(_key(request), request.json()["model"]) for request in self.provider.requests]


def _key(request: RecordedRequest) -> str:
    return (request.header("authorization") or "").removeprefix("Bearer ")


def refusal(status: int, *, retry_after: str | None = None) -> Answer:
    headers = () if retry_after is None else (("retry-after", retry_after),)
    return json_answer(openai_error(status, "no"), status=status, headers=headers)


@pytest.fixture(params=[CHANNELS])
def world(start_gateway: StartGateway, request: pytest.FixtureRequest) -> Iterator[World]:
    """A gateway for each test: what it has learnt of a target is not the next one's."""
    failing: dict[str, Answer] = {}
    with ScriptedProvider.in_thread() as provider:
        provider.script.on_request(lambda request: failing.get(_key(request)))
        text = request.param.replace("https://your-api-endpoint.com", provider.base_url).replace("0.0.0.0", "127.0.0.1")
        with start_gateway(lambda port: text.replace("12000", str(port)), **KEYS) as gateway:
            yield World(provider, gateway, failing)


def test_the_same_model_has_three_channels_with_keys_of_their_own(world: World) -> None:
    for prefix in ("custom", "custom-aws", "custom-offcial"):
        assert world.ask(f"{prefix}/claude-opus-4-6").status == 200
    assert world.calls() == [(key, "claude-opus-4-6") for key in ("claude-key", "aws-key", "offcial-key")]


@pytest.mark.parametrize("status", [401, 429, 500, 502, 503, 504])
def test_one_failing_channel_costs_one_more_call(world: World, status: int) -> None:
    world.failing["claude-key"] = refusal(status)
    answer = world.ask()
    assert (answer.status, [key for key, _ in world.calls()]) == (200, ["claude-key", "aws-key"])
    assert answer.header("x-plano-model") == "custom-aws/claude-opus-4-6"


@pytest.mark.parametrize("stream", [True, False])
def test_two_failing_channels_cost_two_and_the_log_tells(world: World, stream: bool) -> None:
    world.failing.update({"claude-key": refusal(429), "aws-key": refusal(503)})
    answer = world.ask(stream=stream)
    assert (answer.status, told_by("chat", answer).is_complete) == (200, True)
    assert [key for key, _ in world.calls()] == ["claude-key", "aws-key", "offcial-key"]
    log = world.gateway.log_line
    assert f"Retriable error detected: provider={OPUS}, status_code=429" in log(f"detected: provider={OPUS}")
    log("Retry initiated: target_model=custom-aws/claude-opus-4-6")
    log("metric.retry_success: model=custom-offcial/claude-opus-4-6, total_attempts=3")


def test_three_attempts_are_all_there_are(world: World) -> None:
    world.failing.update({key: refusal(503) for key in KEYS.values()})
    answer = world.ask()
    assert (answer.status, answer.json()["error"]["type"]) == (503, "retry_exhausted")
    assert [key for key, _ in world.calls()] == ["claude-key", "aws-key", "offcial-key"]


def test_a_long_retry_after_does_not_hold_anybody_up(world: World) -> None:
    world.failing["claude-key"] = refusal(429, retry_after="60")
    began_s = time.monotonic()
    assert [world.ask().status for _ in range(3)] == [200] * 3
    assert time.monotonic() - began_s < 2.0
    assert [key for key, _ in world.calls()].count("claude-key") == 1


@pytest.mark.parametrize("status", [400, 404, 422])
def test_mistakes_of_the_client_are_told_once(world: World, status: int) -> None:
    world.failing["claude-key"] = refusal(status)
    assert (world.ask().status, len(world.calls())) == (status, 1)


@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_model_without_a_policy_fails_as_it_fails(world: World, status: int) -> None:
    world.failing["claude-key"] = refusal(status)
    answer = world.ask("custom/claude-sonnet-4-6")
    assert (answer.status, answer.json(), len(world.calls())) == (status, openai_error(status, "no"), 1)


def test_a_channel_that_hangs_up_is_switched_away_from(world: World) -> None:
    world.failing["claude-key"] = nothing(End.RESET)
    assert world.ask().header("x-plano-model") == "custom-aws/claude-opus-4-6"


def test_the_requested_model_is_the_one_called(world: World) -> None:
    for model in ("custom/gpt-5.4", "custom/gemini-3-flash-preview", "custom/gemini-3.1-pro-preview"):
        assert world.ask(model).status == 200
    assert world.calls() == [
        ("codex-key", "gpt-5.4"),
        ("codex-key", "gemini-3-flash-preview"),
        ("codex-key", "gemini-3.1-pro-preview"),
    ]


def test_without_a_model_the_defaults_policy_holds(world: World) -> None:
    world.failing["claude-key"] = refusal(500)
    assert world.ask("none").header("x-plano-model") == "custom-aws/claude-opus-4-6"
    assert [model for _, model in world.calls()] == ["claude-opus-4-6"] * 2


# With the routing preferences: the whole file.

ROUTED = pytest.mark.parametrize("world", [CHANNELS + PREFERENCES], indirect=True, ids=["routed"])
WRITE = "Write a function in Rust that parses ISO dates, with tests"
WEIGH = "Compare Kafka and RabbitMQ for our order pipeline and weigh the trade-offs"


@ROUTED
def test_what_the_prompt_chose_has_its_policy(world: World) -> None:
    assert world.say(WRITE).header("x-plano-model") == OPUS
    world.failing["claude-key"] = refusal(503)
    answer = world.say(WRITE)
    assert (answer.status, answer.header("x-plano-model")) == (200, "custom-aws/claude-opus-4-6")
    assert answer.header("x-plano-route") == "code generation"


@ROUTED
def test_the_second_model_of_a_route_is_asked_when_the_first_fails(world: World) -> None:
    assert world.say(WEIGH, OPUS).header("x-plano-model") == "custom/gpt-5.4"
    world.failing["codex-key"] = refusal(503)
    answer = world.say(WEIGH, OPUS)
    assert (answer.status, answer.header("x-plano-model")) == (200, "custom/claude-sonnet-4-6")
    assert world.calls()[-2:] == [("codex-key", "gpt-5.4"), ("claude-key", "claude-sonnet-4-6")]


@ROUTED
def test_what_fits_no_route_goes_to_the_default_with_its_policy(world: World) -> None:
    world.failing["claude-key"] = refusal(429)
    answer = world.say("Draw me a picture of a castle at night in oil colours")
    assert (answer.status, answer.header("x-plano-model")) == (200, "custom-aws/claude-opus-4-6")
    assert answer.header("x-plano-route") == "none"
