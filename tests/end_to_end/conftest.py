"""The gateway most tests talk to: one worker and one scripted provider for the whole session."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from plano.testing import ScriptedProvider
from tests.end_to_end.gateway_process import Gateway, running_gateway

#: What the worker is given; no test may find one of these values in a log or at the wrong provider.
KEYS: Mapping[str, str] = {
    "OPENAI_KEY": "sk-openai-1f0c",
    "ANTHROPIC_KEY": "sk-ant-2b7d",
    "AZURE_KEY": "azure-3c9e",
    "CUSTOM_KEY": "sk-custom-4a8f",
    "SECOND_KEY": "sk-second-5d6b",
    "HEADER_SECRET": "header-secret-6e5a",
}


def listener(port: int, more: str = "") -> str:
    """The beginning of a config: one model listener on loopback."""
    address = f"type: model, name: models, address: 127.0.0.1, port: {port}"
    return f"version: v0.4.0\nlisteners:\n  - {{{address}{', ' + more if more else ''}}}\n"


def main_config(provider_url: str) -> Callable[[int], str]:
    """Every way to reach a provider that the tests of this folder ask for."""
    rows = MODEL_PROVIDERS.replace("URL", provider_url)
    return lambda port: listener(port) + rows


MODEL_PROVIDERS = """
model_providers:
  - {model: openai/gpt-4o, base_url: "URL", access_key: $OPENAI_KEY, default: true}
  - {model: openai/*, base_url: "URL/v1", access_key: $OPENAI_KEY}
  - {model: anthropic/claude-sonnet-4-5, base_url: "URL", access_key: $ANTHROPIC_KEY}
  - {model: claude/*, base_url: "URL", provider_interface: anthropic, access_key: $ANTHROPIC_KEY}
  - {model: azure_openai/my-gpt, base_url: "URL", access_key: $AZURE_KEY, api_version: "2025-01-01"}
  - {model: custom/gpt-4o, base_url: "URL/proxy/v1", provider_interface: openai, access_key: $CUSTOM_KEY}
  - model: other/gpt-4o
    name: second account
    base_url: "URL/v1/chat/completions"
    provider_interface: openai
    access_key: $SECOND_KEY
  - {model: mock/*, base_url: "URL", provider_interface: openai, access_key: $CUSTOM_KEY}
  - {model: client_pays/*, base_url: "URL", provider_interface: openai, passthrough_auth: true}
  - {model: claude_client_pays/*, base_url: "URL", provider_interface: anthropic, passthrough_auth: true}
  - model: dressed/*
    base_url: "URL"
    provider_interface: openai
    access_key: $CUSTOM_KEY
    http_host: models.example.com
    headers: {X-Team: blue, X-Secret: $HEADER_SECRET}
model_aliases:
  fast.v1: {target: mock/hello}
  plain: {target: custom/gpt-4o}
"""


StartGateway = Callable[..., AbstractContextManager[Gateway]]


@pytest.fixture(scope="session")
def start_gateway(tmp_path_factory: pytest.TempPathFactory) -> StartGateway:
    """`with start_gateway(config_text, **environ) as gateway:`; `config_text` is given the port."""

    def start(
        config_text: Callable[[int], str], *, most_open_files: int | None = None, **environ: str
    ) -> AbstractContextManager[Gateway]:
        directory: Path = tmp_path_factory.mktemp("gateway")
        logs = directory / "logs"
        return running_gateway(logs, config_text, {**KEYS, **environ}, most_open_files=most_open_files)

    return start


@pytest.fixture(scope="session")
def _provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider.in_thread() as running:
        yield running


@pytest.fixture
def provider(_provider: ScriptedProvider) -> Iterator[ScriptedProvider]:
    """The provider behind `gateway`."""
    yield _provider
    failures, _provider.failures = _provider.failures, []
    assert failures == []


@pytest.fixture(scope="session")
def gateway(_provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    """A worker in front of `provider`, configured by `main_config`."""
    with start_gateway(main_config(_provider.base_url)) as running:
        yield running
