"""Whether the parts of a config fit together: what is allowed. What is not is in `broken/`."""

from __future__ import annotations

import pytest

from plano.config.checks.text_rules import configured_header_fault, host_fault, url_fault

from .conftest import Complaints, Load


def test_of_several_defaults_the_first_is_used_and_the_others_are_named(load: Load) -> None:
    loaded = load("model_providers: [{model: openai/a, default: true}, {model: openai/b, default: true}]\n")
    assert loaded.notices == ("Several providers have `default: true`: `openai/a` is used, not `openai/b`.",)


def test_literal_keys_are_told_once_for_all_rows_without_the_key(load: Load) -> None:
    loaded = load(
        """
        model_providers:
          - {model: openai/a, access_key: sk-one}
          - {model: openai/b, access_key: $KEY}
          - {model: openai/c, access_key: sk-two}
        """,
        {"KEY": "sk-three"},
    )
    assert loaded.notices == (
        "`model_providers[0].access_key`, `model_providers[2].access_key` are written in the file: better "
        "keep keys in the environment or in `.env`, and write `$NAME`.",
    )


def test_space_around_a_key_is_no_problem_and_a_line_break_within_is(complaints: Complaints) -> None:
    text = "model_providers: [{model: openai/a, access_key: $KEY}]\n"
    assert complaints(text, {"KEY": "sk-one\n"}) == []
    assert complaints(text, {"KEY": "sk\n-one"}) == [
        "model_providers[0].access_key: holds a line break or a character that no API key has"
    ]


def test_unknown_models_cannot_go_to_a_default_that_is_not_there(load: Load) -> None:
    told = "`routing.unknown_model: default` has no effect: no provider has `default: true`."
    assert load("routing: {unknown_model: default}\n").notices == (told,)
    text = "routing: {unknown_model: default}\nmodel_providers: [{model: openai/a, default: true}]\n"
    assert load(text).notices == ()


def test_passthrough_beside_a_key_is_told(load: Load) -> None:
    text = "model_providers: [{model: openai/a, access_key: $KEY, passthrough_auth: true}]\n"
    assert load(text, {"KEY": "k"}).notices == (
        "`model_providers[0]` has both `passthrough_auth` and `access_key`: the client's credential is sent "
        "and the key is not used.",
    )


@pytest.mark.parametrize(
    "row",
    [
        "model: openai/gpt-4o, provider_interface: openai",
        "model: openai/gpt-4o, provider_interface: anthropic",
        "model: google/gemini-3-flash",
        "model: together/meta/llama",
        "model: llama.cpp/any",
        "model: ollama/llama3.1",
        "model: mock/echo",
        "model: custom/*, base_url: 'http://h', provider_interface: openai_responses",
        "model: custom/a/b/c, base_url: 'http://[::1]:8080/v1/', provider_interface: amazon_bedrock",
        "model: azure_openai/x, base_url: 'https://h'",
        "model: amazon_bedrock/x, region: eu-west-1",
    ],
)
def test_a_provider_row_is_accepted(complaints: Complaints, row: str) -> None:
    assert complaints(f"model_providers: [{{{row}}}]\n") == []


@pytest.mark.parametrize("prefix", ["azure", "astraflow", "astraflow_cn", "plano"])
def test_a_vendor_without_one_address_needs_a_base_url(complaints: Complaints, prefix: str) -> None:
    assert complaints(f"model_providers: [{{model: {prefix}/x}}]\n") == [
        f"model_providers[0].model: `{prefix}` needs a `base_url`: "
        "there is no address that is right for everybody"
    ]


def test_one_id_under_several_prefixes_and_several_wildcards_are_fine(complaints: Complaints) -> None:
    rows = "openai/*", "azure/*", "openai/gpt-4o", "azure/gpt-4o", "openrouter/openai/gpt-4o"
    listing = ", ".join(f"{{model: {row}, base_url: 'http://h'}}" for row in rows)
    assert complaints(f"model_providers: [{listing}]\n") == []


def test_several_model_listeners_are_fine_on_different_ports_or_addresses(complaints: Complaints) -> None:
    assert (
        complaints(
            """
            version: v0.4.0
            listeners:
              - {type: model, name: a, port: 1, address: 127.0.0.1}
              - {type: model, name: b, port: 1, address: 127.0.0.2}
              - {type: model, name: c, port: 2}
            """,
            whole=True,
        )
        == []
    )


def test_one_port_on_every_interface_and_on_one_is_taken(complaints: Complaints) -> None:
    found = complaints("  - {type: model, name: other, address: 127.0.0.1, port: 12000}\n")
    assert found == ["listeners[1].port: port 12000 is already taken by `main` in line 3"]


def test_references_to_a_list_that_could_not_be_read_are_not_held_against_their_authors(
    complaints: Complaints,
) -> None:
    found = complaints(
        """
        model_providers:
          - {model: openai/a}
          - {modell: openai/b}
        model_aliases: {b: {target: openai/b}}
        routing_preferences: [{name: x, description: x, models: [openai/b]}]
        """
    )
    assert found == [
        "model_providers[1].modell: this key is not known here (did you mean `model`?)",
        "model_providers[1]: `model` is missing",
    ]


def test_entries_after_a_bad_one_keep_their_number(complaints: Complaints) -> None:
    found = complaints("model_providers:\n- {}\n- {model: nope}\n- 5\n- {model: openai/a, base_url: x}\n")
    assert [line.partition(":")[0] for line in found] == [
        "model_providers[0]",
        "model_providers[1].model",
        "model_providers[2]",
        "model_providers[3].base_url",
    ]


def test_an_unknown_override_is_told_and_not_refused(load: Load) -> None:
    loaded = load("overrides: {upstream_conect_timeout: 5s}\n")
    assert loaded.notices == (
        "`overrides.upstream_conect_timeout` (line 4) is not known and has no effect: "
        "did you mean `upstream_connect_timeout`?",
    )


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://api.openai.com/v1", ""),
        ("http://localhost:8000", ""),
        ("http://[::1]:8000/v1", ""),
        ("HTTPS://h", ""),
        ("ftp://h", "begins with"),
        ("h:8000", "begins with"),
        ("http://", "begins with"),
        ("http://:80", "host or port"),
        ("http://h:0", "host or port"),
        ("http://h:99999", "host or port"),
        ("http://[::1", "host or port"),
        ("http://u:p@h", "user name"),
        ("http://h?x", "query"),
        ("http://bücher.example", "host or port"),
        ("http://a,b", "host or port"),
        ("http://h#x", "query"),
        ("http://h/a b", "spaces"),
        ("http://h\r\nx: y", "control"),
    ],
)
def test_urls(url: str, fault: str) -> None:
    found = url_fault(url)
    assert (found == "") if not fault else (fault in found)


@pytest.mark.parametrize(
    ("name", "value", "is_fine"),
    [
        ("x-a", "b c", True),
        ("X_A", "", True),
        ("x-a", "b\nc", False),
        ("x-a", "b\0", False),
        ("x-a", "日本", False),
        ("x-a", " b", False),
        ("x a", "b", False),
        ("", "b", False),
        ("Host", "b", False),
        ("transfer-encoding", "chunked", False),
    ],
)
def test_configured_headers(name: str, value: str, is_fine: bool) -> None:
    assert (configured_header_fault(name, value) == "") is is_fine


@pytest.mark.parametrize(
    ("host", "is_fine"),
    [
        ("h", True),
        ("h:80", True),
        ("[::1]:80", True),
        ("10.0.0.1", True),
        ("h:0", False),
        ("h:x", False),
        ("h/p", False),
        ("", False),
    ],
)
def test_hosts(host: str, is_fine: bool) -> None:
    assert (host_fault(host) == "") is is_fine


ROUTE = """
model_providers: [{model: openai/a}]
routing_preferences: [{name: r, description: d, models: [openai/a], selection_policy: {prefer: %s}}]
"""
CHEAPEST = "routing_preferences[0].selection_policy.prefer: `cheapest` needs an entry of `model_metrics_sources`"


@pytest.mark.parametrize(
    ("prefer", "sources", "problem"),
    [
        ("none", "", ""),
        ("fastest", "", ""),
        ("fastest", "[{type: cost, provider: models.dev}]", ""),
        ("cheapest", "[{type: cost, provider: models.dev}]", ""),
        ("cheapest", "[{type: cost, provider: file, path: p.yaml}, {type: cost, provider: digitalocean}]", ""),
        ("cheapest", "", CHEAPEST),
        ("cheapest", "[{type: latency, provider: prometheus, url: 'http://p', query: q}]", CHEAPEST),
    ],
)
def test_only_prices_need_a_source(complaints: Complaints, prefer: str, sources: str, problem: str) -> None:
    found = complaints(ROUTE % prefer + (f"model_metrics_sources: {sources}\n" if sources else ""), {})
    assert [line.partition(" with")[0] for line in found] == ([problem] if problem else [])


@pytest.mark.parametrize("written", ["", "null", "~"])
def test_an_interval_that_is_left_open_is_the_usual_one(load: Load, written: str) -> None:
    text = (
        f"model_metrics_sources: [{{type: cost, provider: models.dev, refresh_interval: {written}}},"
        f" {{type: latency, provider: prometheus, url: 'http://p', query: q, refresh_interval: {written}}}]\n"
    )
    assert [source.refresh_interval for source in load(text).config.model_metrics_sources] == [3600, 60]
