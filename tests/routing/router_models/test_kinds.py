"""The config's `routing.router` becomes a router of its kind, with the settings that kind knows."""

from __future__ import annotations

import pytest

from plano.config.document import Config
from plano.config.load import ConfigProblems, ConfigSource, load_source
from plano.intent import RouterTools
from plano.routing.router import Router
from plano.routing.router_models.generator.router import GeneratorRouter
from plano.routing.router_models.kinds import check_router_fits, new_router
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


def source_of(routing: str) -> ConfigSource:
    return ConfigSource(path="/dev/null/config.yaml", text=(MODELS + routing).encode(), dotenv=None)


def router_of(routing: str) -> Router:
    config = load_source(source_of(routing), {}).config
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


@pytest.mark.parametrize(
    ("router", "told"),
    [
        ("{type: encodr}", "type: `encodr` is not a known router (did you mean `encoder`?)"),
        ("{type: oracle}", "type: `oracle` is not a known router (there are `encoder`, `generator`, `remote`)"),
        ("{threads: 100}", "threads: must be a whole number from 1 to 64"),
        ("{timeout: 2m}", "timeout: must be a number above 0 and up to 60"),
        ("{settings: {thread: 2}}", "settings.thread: is not a known key (did you mean `threads`?)"),
        ("{settings: {threads: many}}", "settings.threads: must be a whole number from 1 to 64"),
        ("{template: plain}", "template: means nothing to the router `encoder`: remove it"),
        (
            "{type: generator, folder: x, model: ollama/arch-router}",
            "model: means nothing to the router `generator`: remove it",
        ),
        (
            "{type: generator, folder: x, settings: {conversation_length: 1}}",
            "settings.conversation_length: must be a whole number of at least 64",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_line(router: str, told: str) -> None:
    with pytest.raises(ConfigProblems) as raised:
        load_source(source_of(f"\nrouting:\n  router: {router}\n"), {}, router_fits=check_router_fits)
    assert str(raised.value) == f"/dev/null/config.yaml:10: routing.router.{told}"


def test_a_router_with_another_problem_is_told_once() -> None:
    with pytest.raises(ConfigProblems) as raised:
        load_source(source_of("routing: {router: {type: generator, threads: 0}}\n"), {}, router_fits=check_router_fits)
    assert [problem.path for problem in raised.value.problems] == ["routing.router.threads", "routing.router"]


def test_nobody_is_asked_where_nothing_is_written() -> None:
    def never(config: Config) -> None:
        raise AssertionError("the default fits")

    load_source(source_of("routing: {on_no_match: requested}\n"), {}, router_fits=never)
