"""The recommended config of plano's first document, as it stands there; only `base_url` is another, and what needs the
routing engine is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import error
from tests.end_to_end.conftest import StartGateway
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import Reply, Wire, chat

CONFIG = """\
version: v0.4.0

listeners:
  - type: model
    name: smart_routing
    address: 0.0.0.0
    port: PORT

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
KEYS = {
    "CLAUDE_API_KEY": "sk-claude",
    "CLAUDE_AWS_API_KEY": "sk-aws",
    "CLAUDE_OFFCIAL_API_KEY": "sk-official",
    "CODEX_API_KEY": "sk-codex",
}


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider.in_thread() as running:
        yield running


@pytest.fixture
def gateway(start_gateway: StartGateway, provider: ScriptedProvider) -> Iterator[Gateway]:
    provider.requests.clear()
    text = CONFIG.replace("https://your-api-endpoint.com", provider.base_url)
    with start_gateway(lambda port: text.replace("PORT", str(port)), **KEYS) as running:
        yield running


def ask(gateway: Gateway, model: str = "custom/claude-opus-4-6", **members: object) -> Reply:
    with Wire(gateway) as wire:
        return wire.ask(chat(model, **members))  # type: ignore[arg-type]


def keys(provider: ScriptedProvider) -> list[str]:
    return [(r.header("authorization") or "").removeprefix("Bearer ") for r in provider.requests]


@pytest.mark.parametrize("status", [401, 429, 500, 502, 503, 504])
def test_a_failing_channel_is_replaced_by_the_next(gateway: Gateway, provider: ScriptedProvider, status: int) -> None:
    provider.script.then(error(status))
    answer = ask(gateway)
    if status == 401:
        gateway.log_line("Retriable error detected: provider=custom/claude-opus-4-6, status_code=401")
    assert (answer.status, keys(provider)) == (200, ["sk-claude", "sk-aws"])
    assert answer.header("x-plano-model") == "custom-aws/claude-opus-4-6"


def test_two_failures_reach_the_third_channel_and_the_log_tells(gateway: Gateway, provider: ScriptedProvider) -> None:
    provider.script.then(error(429), error(429))
    assert ask(gateway).header("x-plano-model") == "custom-offcial/claude-opus-4-6"
    assert keys(provider) == ["sk-claude", "sk-aws", "sk-official"]
    gateway.log_line("Retriable error detected: provider=custom/claude-opus-4-6, status_code=429")
    gateway.log_line("Retry initiated: target_model=custom-aws/claude-opus-4-6")
    gateway.log_line("metric.retry_success: model=custom-offcial/claude-opus-4-6, total_attempts=3")


def test_three_failures_are_the_end(gateway: Gateway, provider: ScriptedProvider) -> None:
    provider.script.then(error(503), error(503), error(503))
    answer = ask(gateway)
    assert (answer.status, answer.json()["error"]["type"], len(provider.requests)) == (503, "retry_exhausted", 3)


def test_a_stream_fails_over_too(gateway: Gateway, provider: ScriptedProvider) -> None:
    provider.script.then(error(429))
    answer = ask(gateway, stream=True)
    assert (answer.status, len(provider.requests)) == (200, 2)
    assert answer.body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_client_error_is_returned_once(gateway: Gateway, provider: ScriptedProvider, status: int) -> None:
    provider.script.then(error(status))
    assert (ask(gateway).status, len(provider.requests)) == (status, 1)


def test_a_model_without_a_policy_fails_alone(gateway: Gateway, provider: ScriptedProvider) -> None:
    provider.script.then(error(429))
    assert (ask(gateway, "custom/claude-sonnet-4-6").status, len(provider.requests)) == (429, 1)


def test_without_a_model_the_defaults_policy_holds(gateway: Gateway, provider: ScriptedProvider) -> None:
    provider.script.then(error(500))
    assert ask(gateway, "none").header("x-plano-model") == "custom-aws/claude-opus-4-6"
    assert [r.json()["model"] for r in provider.requests] == ["claude-opus-4-6", "claude-opus-4-6"]
