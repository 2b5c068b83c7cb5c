"""What this version cannot carry out is named, once each; what is merely idle is a notice."""

from __future__ import annotations

import pytest

from plano.config.engines import keys_without_effect, unavailable_sections

from .conftest import Load


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("  - {type: agent, name: x, port: 8000}", "listeners[1]"),
        ("  - {type: prompt, name: x}", "listeners[1]"),
        ("prompt_caching: {enabled: true}", "prompt_caching"),
        ("agents: [{id: a, url: 'http://h'}]", "agents"),
        ("endpoints: {a: {endpoint: h}}", "endpoints"),
        ("system_prompt: be kind", "system_prompt"),
        ("ratelimits: [{model: '*', limit: {tokens: 1, unit: day}}]", "ratelimits"),
        ("state_storage: {type: memory}", "state_storage"),
        ("tracing: {random_sampling: 1}", "tracing"),
        ("routing: {session_cache: {type: redis, url: 'redis://h'}}", "routing.session_cache"),
    ],
)
def test_a_section_without_an_engine_is_named(load: Load, text: str, path: str) -> None:
    (sentence,) = unavailable_sections(load(text + "\n").config)
    assert sentence.startswith(f"`{path}` is configured, but this version of plano has no ")
    assert sentence.endswith(".")


def test_the_sentence_says_what_to_do(load: Load) -> None:
    config = load("system_prompt: be kind\n").config
    assert unavailable_sections(config) == (
        "`system_prompt` is configured, but this version of plano has no prompt target engine yet: "
        "remove the section.",
    )


@pytest.mark.parametrize(
    "text",
    [
        "model_providers: [{model: openai/*}]\nmodel_aliases: {x: {target: openai/a}}",
        "overrides: {upstream_connect_timeout: 3s, upstream_tls_ca_path: /ca.pem}",
        "routing: {unknown_model: default}\nmodel_providers: [{model: openai/a, default: true}]",
        "plugins: {audit: {}}",
        "routing: {session_ttl_seconds: 5, session_max_entries: 9, session_cache: {tenant_header: x-a}}",
        "model_metrics_sources: [{type: cost, provider: models.dev}]",
        "routing: {on_no_match: requested, route_on_user_only: true, router: {threads: 2}}",
        "  - {type: model, name: x, port: 1, max_retries: 2}",
        "model_providers: [{model: openai/a, retry_policy: {}, circuit_breaker: {}}, {model: openai/b}]",
        "model_providers: [{model: openai/a, weight: 2}, {model: openai/a, name: second key}]",
        "tracing: {random_sampling: 0}",
        "tracing: {}",
        "prompt_caching: {enabled: false, min_prefix_tokens: 5}",
        "agents: []\nfilters: []\nprompt_targets: []",
    ],
)
def test_what_has_an_engine_or_does_nothing_is_fine(load: Load, text: str) -> None:
    loaded = load(text + "\n")
    assert unavailable_sections(loaded.config) == ()
    assert loaded.notices == ()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("mode: llm", "mode"),
        ("error_target: {name: x}", "error_target"),
        ("overrides: {disable_signals: true}", "overrides.disable_signals"),
        ("overrides: {use_agent_orchestrator: true}", "overrides.use_agent_orchestrator"),
        ("routing: {llm_provider: x}", "routing.llm_provider"),
    ],
)
def test_an_idle_key_is_a_notice_and_no_refusal(load: Load, text: str, path: str) -> None:
    loaded = load(text + "\n")
    assert unavailable_sections(loaded.config) == ()
    (sentence,) = loaded.notices
    assert sentence.startswith(f"`{path}` has no effect")
    assert keys_without_effect(loaded.config) == loaded.notices
