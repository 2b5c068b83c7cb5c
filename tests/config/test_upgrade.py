"""Old shapes become the newest one, and the author is told."""

from __future__ import annotations

import pytest

from plano.config.listeners import AgentListener

from .conftest import Complaints, Load


@pytest.mark.parametrize("version", ["v0.1", "v0.1.0", "0.1-beta", "0.2.0", "v0.2.0", "v0.3.0", "v0.4.0"])
def test_every_version_string_of_the_documents_is_accepted(load: Load, version: str) -> None:
    loaded = load(f"version: {version}\nlisteners: [{{type: model, name: a}}]\n", whole=True)
    assert loaded.config.version == version
    assert loaded.notices == ()


def test_inline_preferences_of_one_name_gather_their_models_in_declaration_order(load: Load) -> None:
    loaded = load(
        """
        model_providers:
          - model: openai/gpt-4o
            routing_preferences:
              - {name: code, description: writing code}
              - {name: chat, description: talking}
          - model: openai/o3
            routing_preferences: [{name: code, description: something else}]
          - model: groq/llama
            name: fast
            routing_preferences: [{name: top, description: ignored}]
        routing_preferences:
          - {name: top, description: kept, models: [openai/o3]}
        """
    )
    assert [(one.name, one.description, one.models) for one in loaded.config.routing_preferences] == [
        ("top", "kept", ("openai/o3",)),
        ("code", "writing code", ("openai/gpt-4o", "openai/o3")),
        ("chat", "talking", ("openai/gpt-4o",)),
    ]
    assert len([notice for notice in loaded.notices if "deprecated" in notice]) == 1
    assert "The route `code` is described in several ways: the first description is used." in loaded.notices


def test_a_lifted_preference_names_its_row_when_the_model_is_there_twice(load: Load) -> None:
    loaded = load(
        """
        model_providers:
          - {model: openai/gpt-4o, name: one}
          - model: openai/gpt-4o
            name: two
            routing_preferences: [{name: code, description: code}]
        """
    )
    assert loaded.config.routing_preferences[0].models == ("two",)


def test_extra_keys_of_an_inline_preference_are_told_and_not_refused(load: Load) -> None:
    loaded = load(
        """
        model_providers:
          - model: openai/gpt-4o
            routing_preferences: [{name: code, description: code, usage: x}]
        """
    )
    assert any("routing_preferences[0].usage` (line 6) is not known" in notice for notice in loaded.notices)


def test_filter_chain_is_input_filters_on_listeners_and_their_agents(load: Load) -> None:
    loaded = load(
        """
        version: v0.3.0
        agents: [{id: a, url: "http://h"}]
        filters: [{id: f, url: "http://h"}, {id: g, url: "http://h"}]
        listeners:
          - type: agent
            name: x
            port: 8000
            filter_chain: [f]
            agents: [{id: a, filter_chain: [g, f]}]
        """,
        whole=True,
    )
    listener = loaded.config.listeners[0]
    assert isinstance(listener, AgentListener)
    assert (listener.input_filters, listener.agents[0].input_filters) == (("f",), ("g", "f"))


@pytest.mark.parametrize("listeners", ["[]", "[{type: prompt, name: p}]"])
def test_without_a_model_listener_one_is_added(load: Load, listeners: str) -> None:
    loaded = load(f"version: v0.4.0\nlisteners: {listeners}\n", whole=True)
    last = loaded.config.listeners[-1]
    assert (last.name, last.address, last.port) == ("egress_traffic", "0.0.0.0", 12000)
    assert len(loaded.notices) == 1


def test_none_is_added_where_its_port_is_taken(load: Load) -> None:
    loaded = load("version: v0.4.0\nlisteners: [{type: prompt, name: p, port: 12000}]\n", whole=True)
    assert len(loaded.config.listeners) == 1


def test_a_legacy_object_with_only_one_side_gets_the_model_listener(load: Load) -> None:
    loaded = load(
        """
        version: v0.1
        listeners: {ingress_traffic: {port: 10001}}
        llm_providers: [{model: openai/gpt-4o}]
        """,
        whole=True,
    )
    assert [(one.name, one.port) for one in loaded.config.listeners] == [
        ("ingress_traffic", 10001),
        ("egress_traffic", 12000),
    ]


def test_a_mistake_in_an_old_shape_is_reported_where_it_was_written(complaints: Complaints) -> None:
    found = complaints(
        """
        version: v0.1
        listeners:
          egress_traffic: {port: no}
        llm_providers:
          - model: gpt-4o
        """,
        whole=True,
    )
    assert found == [
        "listeners.egress_traffic.port: must be a whole number from 1 to 65535, not `no`",
        "llm_providers[0].model: must be `<provider>/<model id>` or `<provider>/*`, not `gpt-4o` "
        "(for example `openai/gpt-4o`)",
    ]
