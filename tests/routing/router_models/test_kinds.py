"""The config's `routing.router` becomes a router of its kind, with the settings that kind knows."""

from __future__ import annotations

import pytest

from plano.config.load import ConfigProblems, ConfigSource, load_source
from plano.intent import RouterTools
from plano.routing.router import Router
from plano.routing.router_models.generator.router import GeneratorRouter
from plano.routing.router_models.kinds import new_router
from plano.routing.router_models.remote import RemoteRouterModel
from plano.testing import FakeClock

MODELS = """\
version: v0.4.0
model_providers:
  - model: ollama/arch-router
    base_url: http://localhost:11434
    default: true
listeners:
  - {name: llm, type: model, port: 12000}
"""


async def nobody(model: str, body: bytes, timeout_s: float) -> bytes:
    raise AssertionError("nothing is asked here")


def router_of(routing: str) -> Router:
    source = ConfigSource(path="/dev/null/config.yaml", text=(MODELS + routing).encode(), dotenv=None)
    config = load_source(source, {}).config
    clock = FakeClock()
    return new_router(config, RouterTools(ask=nobody, monotonic_s=clock.monotonic_s), clock)


@pytest.mark.parametrize(
    ("router", "model", "timeout_s"),
    [
        ("{type: generator, folder: /models/tiny}", GeneratorRouter, 5.0),
        ("{type: generator, folder: x, template: chatml, threads: 2, queue: 8, timeout: 1s}", GeneratorRouter, 1.0),
        ("{type: generator, folder: x, settings: {conversation_length: 128}}", GeneratorRouter, 5.0),
        ("{type: remote, model: ollama/arch-router}", RemoteRouterModel, 5.0),
        ("{type: remote, model: ollama/arch-router, settings: {max_tokens: 64}}", RemoteRouterModel, 5.0),
        ("{type: remote, model: ollama/arch-router, settings: {extra_body: {a: 1}}}", RemoteRouterModel, 5.0),
    ],
)
def test_a_router_is_made_of_its_kind(router: str, model: type, timeout_s: float) -> None:
    made = router_of(f"routing:\n  router: {router}\n")
    assert (type(made.model), made.timeout_s) == (model, timeout_s)
    assert f"type: {made.kind}," in router


@pytest.mark.parametrize(
    ("router", "told"),
    [
        ("{type: generator}", "folder"),
        ("{type: generator, folder: x, settings: {what: 1}}", "what"),
        ("{type: remote, model: ollama/arch-router, folder: x}", "folder"),
        ("{type: oracle}", "oracle"),
    ],
)
def test_what_does_not_fit_is_a_problem_of_the_config(router: str, told: str) -> None:
    with pytest.raises(ConfigProblems) as raised:
        router_of(f"routing:\n  router: {router}\n")
    assert told in str(raised.value)
