"""The sample configs of the documents load, and mean what the documents say."""

from __future__ import annotations

from pathlib import Path

import pytest

from plano.config.listeners import AgentListener, ModelListener, PromptListener
from plano.config.load import LoadedConfig, load_config

DOCUMENTS = sorted((Path(__file__).parent / "documents").glob("*.yaml"))


def document(name: str, **environ: str) -> LoadedConfig:
    return load_config(Path(__file__).parent / "documents" / f"{name}.yaml", environ)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_loads_without_its_keys(path: Path) -> None:
    loaded = load_config(path, {})
    assert loaded.config.model_providers
    assert loaded.source == str(path)


def test_the_recommended_config_keeps_one_model_under_three_prefixes() -> None:
    loaded = document("recommended_failover")
    rows = loaded.config.model_providers
    assert [row.model for row in rows if row.model_id == "claude-opus-4-6"] == [
        "custom/claude-opus-4-6",
        "custom-aws/claude-opus-4-6",
        "custom-offcial/claude-opus-4-6",
    ]
    policy = rows[0].retry_policy
    assert policy is not None
    assert policy.fallback_models == ("custom-aws/claude-opus-4-6", "custom-offcial/claude-opus-4-6")
    assert policy.default_max_attempts == 3
    assert policy.on_status_codes[0].codes == (401, 429, 503)
    assert [route.name for route in loaded.config.routing_preferences][-1] == "quick tasks"
    assert loaded.missing_variables == (
        "CLAUDE_API_KEY",
        "CLAUDE_AWS_API_KEY",
        "CLAUDE_OFFCIAL_API_KEY",
        "CODEX_API_KEY",
    )


def test_a_key_shared_by_several_rows_reaches_all_of_them() -> None:
    rows = document("recommended_failover", CODEX_API_KEY="sk-shared").config.model_providers
    assert [row.model_id for row in rows if row.access_key and row.access_key.reveal() == "sk-shared"] == [
        "gpt-5.4",
        "gemini-3-flash-preview",
        "gemini-3.1-pro-preview",
    ]


def test_compact_inline_preferences_become_routes_with_their_models() -> None:
    loaded = document("compact_routing")
    assert [(route.name, route.models) for route in loaded.config.routing_preferences] == [
        ("complex_reasoning", ("openai/gpt-4o",)),
        ("code_generation", ("anthropic/claude-sonnet-4-20250514",)),
    ]
    assert all(not row.routing_preferences for row in loaded.config.model_providers)


def test_layered_listeners_have_their_kinds_timeouts_and_filters() -> None:
    model, prompt, agent = document("layered_listeners").config.listeners
    assert isinstance(model, ModelListener)
    assert isinstance(prompt, PromptListener)
    assert isinstance(agent, AgentListener)
    assert (model.timeout, prompt.timeout, agent.timeout) == (120.0, 60.0, 90.0)
    assert agent.agents[0].input_filters == ("input_guards", "context_builder")
    assert agent.agents[1].default


def test_an_agent_config_opens_the_default_model_listener_too() -> None:
    loaded = document("travel_agents")
    assert [(listener.name, listener.port) for listener in loaded.config.listeners] == [
        ("travel_assistant", 8001),
        ("egress_traffic", 12000),
    ]
    assert "No model listener is configured: one is added on port 12000." in loaded.notices


def test_legacy_listeners_become_a_prompt_and_a_model_listener() -> None:
    loaded = document("legacy_listeners")
    prompt, model = loaded.config.listeners
    assert (type(prompt), prompt.name, prompt.port, prompt.timeout) == (
        PromptListener,
        "ingress_traffic",
        10000,
        30,
    )
    assert (type(model), model.name, model.port) == (ModelListener, "egress_traffic", 12000)
    assert [row.model for row in loaded.config.model_providers] == [
        "openai/gpt-4o-mini",
        "anthropic/claude-sonnet-4-5",
    ]
    assert any("`llm_providers` is deprecated" in notice for notice in loaded.notices)


def test_two_accounts_for_one_model_are_told_apart_by_name_and_defaults_fill_the_rest() -> None:
    loaded = document("everything_of_one_gateway", GATEWAY_HOST="gateway.test", OUTSIDE_PORT="12081")
    first, second, mock, local, _ = loaded.config.model_providers
    assert (first.name, second.name, first.model) == ("first account", "second account", second.model)
    assert second.base_url == "https://gateway.test/v1"
    assert mock.name == "mock/echo"
    assert (local.prefix, local.model_id) == ("vllm", "Qwen/Qwen3-32B")
    inside, outside = loaded.config.listeners
    assert (outside.port, outside.address, outside.idle_timeout) == (12081, inside.address, 90.0)
    assert inside.keepalive_timeout == 90.0
    assert loaded.config.plugins["audit"] == {
        "path": "/var/log/audit.jsonl",
        "price": "5$",
        "levels": [1, 2.5, True, None, "text"],
    }
