"""Providers and their targets: keys, headers, interfaces, what is refused, what is never shown."""

from __future__ import annotations

import io
import traceback
from typing import Any

import pytest

from plano.config.document import Config
from plano.config.problems import ConfigProblems
from plano.config.values import Secret
from plano.dialects.operation import CHAT, MESSAGES, OPERATIONS, RESPONSES, Operation
from plano.providers.headers import DROPPED, DROPPED_PREFIXES
from plano.providers.provider import Provider, build_providers

from .rows import KEY, OPERATION, lines, provider, row, target, url

CREDENTIALS = {
    b"authorization",
    b"x-api-key",
    b"api-key",
    b"x-goog-api-key",
    b"cookie",
    b"proxy-authorization",
}
OTHER_SECRET = "hunter2-in-a-header"


def test_a_provider_tells_what_its_row_says() -> None:
    built = provider("openrouter/openai/gpt-4o", name="cheap", default=True)

    assert (built.name, built.prefix, built.model_id) == ("cheap", "openrouter", "openai/gpt-4o")
    assert built.full_name == "openrouter/openai/gpt-4o"
    assert built.is_default
    assert not built.is_wildcard
    assert provider("openai/*").is_wildcard


def test_seven_rows_with_four_keys_each_send_their_own() -> None:
    keys = ["k1", "k2", "k1", "k3", "k4", "k2", "k3"]
    rows = tuple(row(f"openai/m{i}", key=key) for i, key in enumerate(keys))
    built = build_providers(Config(version="v0.4.0", listeners=(), model_providers=rows))

    sent = [lines(_chat(each).fixed_headers)["authorization"] for each in built]

    assert sent == [f"Bearer {key}" for key in keys]


def test_one_model_under_several_prefixes_keeps_keys_hosts_and_ports_apart() -> None:
    rows = [
        row(f"{prefix}/claude-opus-4-6", key=key, base_url=base_url, provider_interface="openai")
        for prefix, key, base_url in (
            ("custom", "ka", "http://10.0.0.1:8001/v1"),
            ("custom-aws", "kb", "http://10.0.0.1:8002/v1"),
            ("custom-offcial", "kc", "http://10.0.0.2:8001"),
        )
    ]

    targets = [_chat(Provider(each)) for each in rows]

    assert [url(found) for found in targets] == [
        "http://10.0.0.1:8001/v1/chat/completions",
        "http://10.0.0.1:8002/v1/chat/completions",
        "http://10.0.0.2:8001/v1/chat/completions",
    ]
    assert [lines(found.fixed_headers)["authorization"] for found in targets] == [
        "Bearer ka",
        "Bearer kb",
        "Bearer kc",
    ]
    assert len({found.origin for found in targets}) == 3


@pytest.mark.parametrize(
    ("interface", "operation", "path", "auth"),
    [
        ("openai", "chat", "/v1/chat/completions", "authorization"),
        ("openai", "responses", "/v1/responses", "authorization"),
        ("openai", "rerank", "/v1/rerank", "authorization"),
        ("openai_responses", "responses", "/v1/responses", "authorization"),
        ("anthropic", "messages", "/v1/messages", "x-api-key"),
        ("groq", "chat", "/openai/v1/chat/completions", "authorization"),
        ("azure_openai", "responses", "/openai/v1/responses", "api-key"),
    ],
)
def test_an_interface_lends_its_api_to_an_unknown_prefix(
    interface: str, operation: str, path: str, auth: str
) -> None:
    found = target(
        "mine/m", OPERATION[operation], base_url="https://llm.example", provider_interface=interface
    )

    assert url(found) == f"https://llm.example{path}"
    assert auth in lines(found.fixed_headers)


def test_an_interface_changes_what_a_known_vendor_speaks_elsewhere() -> None:
    litellm = provider("anthropic/claude", base_url="http://litellm:4000", provider_interface="openai")

    assert litellm.target(MESSAGES, "claude") is None
    assert litellm.target(RESPONSES, "claude") is not None
    assert litellm.owned_by == "Anthropic"


def test_the_usual_interface_keeps_what_is_particular_at_the_vendors_own_address() -> None:
    assert url(
        target("perplexity/sonar", provider_interface="openai", base_url="https://api.perplexity.ai")
    ) == ("https://api.perplexity.ai/chat/completions")
    assert (
        url(target("groq/x", provider_interface="openai"))
        == "https://api.groq.com/openai/v1/chat/completions"
    )


def test_a_custom_prefix_owns_its_models_under_its_own_name() -> None:
    assert provider("acme/m", base_url="http://h", provider_interface="openai").owned_by == "acme"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_bedrock_takes_no_operation_of_the_clients(operation: Operation) -> None:
    built = provider("amazon_bedrock/nova", base_url="https://bedrock-runtime.eu-west-1.amazonaws.com")

    assert built.target(operation, "nova") is None


def test_a_target_is_built_once() -> None:
    plain, azure = provider("openai/*"), provider("azure_openai/*", base_url="https://acme.openai.azure.com")

    assert plain.target(CHAT, "a") is plain.target(CHAT, "b")
    assert azure.target(CHAT, "a") is azure.target(CHAT, "a")
    assert azure.target(CHAT, "a") != azure.target(CHAT, "b")


def test_deployments_named_by_clients_do_not_fill_the_memory() -> None:
    azure = provider("azure_openai/*", base_url="https://acme.openai.azure.com")

    for number in range(3000):
        azure.target(CHAT, f"deployment-{number}")

    assert len(azure._targets_per_model) <= 1024
    assert azure.target(CHAT, "deployment-0") is not None


def test_an_operation_of_a_plugin_is_not_spoken_by_chance() -> None:
    assert provider("openai/m").target(Operation("video", "openai_chat", "/videos"), "m") is None


def test_messages_get_a_version_only_where_the_client_sent_none() -> None:
    found = target("anthropic/claude", MESSAGES)

    assert found.default_headers == b"anthropic-version: 2023-06-01\r\n"
    assert found.default_names == {b"anthropic-version"}
    assert b"anthropic-version" not in found.dropped
    assert target("openrouter/claude").default_headers == b""


def test_a_configured_version_is_sent_always() -> None:
    found = target("anthropic/claude", MESSAGES, headers={"Anthropic-Version": "2099-01-01"})

    assert lines(found.fixed_headers)["anthropic-version"] == "2099-01-01"
    assert found.default_headers == b""
    assert b"anthropic-version" in found.dropped


def test_configured_headers_win_over_the_key_and_over_the_client() -> None:
    found = target("openai/m", headers={"Authorization": "Basic abc", "X-Team": "a", "User-Agent": "ours"})

    sent = lines(found.fixed_headers)
    assert (sent["authorization"], sent["x-team"], sent["user-agent"]) == ("Basic abc", "a", "ours")
    assert {b"x-team", b"user-agent", b"authorization"} <= found.dropped


def test_http_host_replaces_the_host_header_and_nothing_else() -> None:
    found = target("openai/m", base_url="http://10.0.0.1:8000", http_host="models.internal")

    assert lines(found.fixed_headers)["host"] == "models.internal"
    assert found.origin.host == "10.0.0.1"


def test_the_host_header_comes_first_and_knows_ipv6() -> None:
    assert target("openai/m", base_url="http://[::1]:8080").fixed_headers.startswith(b"host: [::1]:8080\r\n")


def test_kimi_code_sees_the_client_it_knows_and_no_stream_options() -> None:
    built = provider("moonshotai/kimi-for-coding", base_url="https://api.kimi.com/coding")

    assert lines(_chat(built).fixed_headers)["user-agent"] == "KimiCLI/1.3"
    assert not built.stream_usage
    assert provider("moonshotai/kimi-k2.6").stream_usage


def test_chatgpt_is_told_which_program_asks_unless_the_client_says() -> None:
    assert target("chatgpt/gpt-5.4", RESPONSES).default_headers == b"originator: codex_cli_rs\r\n"


@pytest.mark.parametrize(("said", "expected"), [(None, False), (True, True), (False, False)])
def test_the_config_decides_about_usage_in_streams(said: bool | None, expected: bool) -> None:
    assert provider("mistral/m", stream_usage=said).stream_usage is expected


def test_clients_credentials_and_ways_are_never_forwarded() -> None:
    found = target("openai/m")

    assert found.dropped >= CREDENTIALS
    assert {b"connection", b"host", b"content-length", b"expect", b"via", b"forwarded"} <= found.dropped
    assert {b"openai-organization", b"openai-project", b"x-model-affinity"} <= found.dropped
    assert b"accept-encoding" not in found.dropped
    assert b"anthropic-beta" not in found.dropped
    assert all(name.startswith(b"x-") for name in DROPPED_PREFIXES)
    assert all(name == name.lower() for name in DROPPED)


def test_with_passthrough_our_key_stays_here_and_the_clients_account_goes_along() -> None:
    found = target("openai/m", passthrough_auth=True)

    assert KEY.encode() not in found.fixed_headers
    assert found.passthrough == b"authorization"
    assert found.dropped >= CREDENTIALS
    assert not {b"openai-organization", b"openai-project"} & found.dropped
    assert target("anthropic/c", MESSAGES, passthrough_auth=True).passthrough == b"x-api-key"
    assert (
        target("azure_openai/d", base_url="https://a.azure.com", passthrough_auth=True).passthrough
        == b"api-key"
    )
    assert target("openai/m").passthrough is None


def test_a_configured_credential_leaves_no_room_for_the_clients() -> None:
    found = target("anthropic/c", MESSAGES, passthrough_auth=True, headers={"Authorization": "Bearer ours"})

    assert found.passthrough is None


@pytest.mark.parametrize(
    ("model", "settings", "missing"),
    [
        ("openai/m", {}, True),
        ("openai/m", {"base_url": "https://api.openai.com/v1"}, True),
        ("openai/m", {"base_url": "http://10.0.0.1:8000"}, False),
        ("openai/m", {"passthrough_auth": True}, False),
        ("openai/m", {"headers": {"Authorization": "Bearer x"}}, False),
        ("ollama/m", {}, False),
        ("mock/m", {}, False),
        ("plano/m", {}, False),
        ("custom/m", {"base_url": "http://h", "provider_interface": "anthropic"}, False),
    ],
)
@pytest.mark.parametrize("key", [None, "", "  "])
def test_a_missing_key_is_known_but_does_not_stop_the_start(
    model: str, settings: dict[str, Any], missing: bool, key: str | None
) -> None:
    built = provider(model, key=key, **settings)

    assert built.key_missing is missing
    sent = lines(_chat(built).fixed_headers) if built.target(CHAT, "m") else {}
    assert "x-api-key" not in sent
    assert settings.get("headers") or "authorization" not in sent


def test_a_missing_key_is_explained() -> None:
    error = provider("groq/llama", key=None, name="fast").missing_key()

    assert "'fast'" in error.message
    assert "access_key" in error.message
    assert error.blame == "policy"


def test_a_key_read_from_a_file_loses_its_line_break() -> None:
    assert b"authorization: Bearer sk-x\r\n" in target("openai/m", key=" sk-x\n").fixed_headers


@pytest.mark.parametrize(
    ("model", "settings", "said"),
    [
        ("acme/m", {}, "provider_interface"),
        ("acme/m", {"base_url": "http://h", "provider_interface": "nobody"}, "'nobody'"),
        ("azure_openai/m", {}, "base_url"),
        ("amazon_bedrock/m", {}, "base_url"),
        ("openai/m", {"base_url": "ftp://h"}, "http or https"),
        ("openai/m", {"base_url": "http://h:99999"}, "base_url"),
        ("openai/m", {"base_url": "http://bücher.example"}, "host name"),
        ("openai/m", {"base_url": "http://a b/"}, "host name"),
        ("openai/m", {"key": "sk-\r\nx-evil: 1"}, "access_key"),
        ("openai/m", {"key": "sk-ключ"}, "access_key"),
        ("openai/m", {"headers": {"x-a": f"{OTHER_SECRET}\r\nx-evil: 1"}}, "x-a"),
        ("openai/m", {"headers": {"x-a": OTHER_SECRET + "ключ"}}, "x-a"),
        ("openai/m", {"headers": {"x a": OTHER_SECRET}}, "header name"),
        ("openai/m", {"headers": {"Transfer-Encoding": "chunked"}}, "transfer-encoding"),
        ("openai/m", {"http_host": "h\r\nx-evil: 1"}, "host"),
    ],
)
def test_what_no_request_can_be_built_from_is_refused_without_showing_secrets(
    model: str, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        provider(model, **settings)

    shown = "".join(traceback.format_exception(caught.value))
    assert OTHER_SECRET not in str(caught.value)
    assert OTHER_SECRET not in shown
    assert "sk-" not in str(caught.value)


def test_all_bad_rows_are_reported_at_once() -> None:
    rows = (row("openai/fine"), row("acme/m"), row("openai/m", base_url="ftp://h"))

    with pytest.raises(ConfigProblems) as caught:
        build_providers(Config(version="v0.4.0", listeners=(), model_providers=rows), file="plano.yaml")

    assert [problem.path for problem in caught.value.problems] == ["model_providers[1]", "model_providers[2]"]
    assert str(caught.value).startswith("plano.yaml: model_providers[1]: 'acme'")


@pytest.mark.parametrize("model", ["openai/m", "anthropic/m", "azure_openai/m"])
def test_secrets_never_show(model: str) -> None:
    built = provider(model, headers={"x-secret": OTHER_SECRET}, base_url="https://llm.example")
    shown = io.StringIO()

    for operation in OPERATIONS:
        found = built.target(operation, "m")
        if found is not None:
            assert KEY.encode() in found.fixed_headers
            print(repr(found), str(found), f"{found}", found.__rich_repr__(), file=shown)
    print(repr(built), str(built), built.vendor, Secret(KEY), file=shown)

    assert KEY not in shown.getvalue()
    assert OTHER_SECRET not in shown.getvalue()
    assert "llm.example" in shown.getvalue()


def _chat(built: Provider) -> Any:
    found = built.target(CHAT, built.model_id)
    assert found is not None
    return found
