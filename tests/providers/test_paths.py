"""The path rule."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plano.dialects.operation import CHAT, EMBEDDINGS, MESSAGES, OPERATIONS, RESPONSES, Operation
from plano.http.wire.origin import Origin
from plano.providers.catalog import BY_PREFIX, VENDORS
from plano.providers.paths import api_root, azure_path, plain_path
from plano.providers.vendor import Vendor

from .rows import OPERATION, target, url

SEGMENT = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=8)
PATH = st.lists(SEGMENT, max_size=4).map(lambda parts: "".join(f"/{part}" for part in parts))
PLAIN = [vendor for vendor in VENDORS if vendor.layout == "plain"]


@pytest.mark.parametrize(
    "base_url",
    [
        "https://host",
        "https://host/",
        "https://host/v1",
        "https://host/v1/",
        "https://host//v1//",
        "https://host/v1/chat/completions",
        "https://host/v1/chat/completions/",
        "https://host:443/v1",
    ],
)
def test_all_ways_to_write_one_address_lead_to_one_path(base_url: str) -> None:
    assert url(target("openai/gpt-4o", base_url=base_url)) == "https://host/v1/chat/completions"


@pytest.mark.parametrize(
    ("model", "base_url", "operation", "expected"),
    [
        (
            "groq/x",
            "https://api.groq.com/openai/v1",
            "chat",
            "https://api.groq.com/openai/v1/chat/completions",
        ),
        ("groq/x", "https://api.groq.com/openai", "responses", "https://api.groq.com/openai/v1/responses"),
        (
            "openrouter/x",
            "https://openrouter.ai/api",
            "chat",
            "https://openrouter.ai/api/v1/chat/completions",
        ),
        ("edenai/x", "https://api.edenai.run/v3", "chat", "https://api.edenai.run/v3/chat/completions"),
        (
            "gemini/x",
            "https://generativelanguage.googleapis.com/v1beta",
            "chat",
            "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
        ),
        ("gemini/x", "http://proxy:81/g/v1beta/", "chat", "http://proxy:81/g/v1beta/openai/chat/completions"),
        (
            "moonshotai/x",
            "https://api.kimi.com/coding",
            "chat",
            "https://api.kimi.com/coding/v1/chat/completions",
        ),
        (
            "moonshotai/x",
            "https://api.kimi.com/coding/v1",
            "chat",
            "https://api.kimi.com/coding/v1/chat/completions",
        ),
        ("anthropic/x", "https://api.anthropic.com/v1", "messages", "https://api.anthropic.com/v1/messages"),
        ("anthropic/x", "https://h/v1/messages", "count_tokens", "https://h/v1/messages/count_tokens"),
        ("anthropic/x", "https://h/api/anthropic", "messages", "https://h/api/anthropic/v1/messages"),
        (
            "deepseek/x",
            "https://api.deepseek.com/v1",
            "messages",
            "https://api.deepseek.com/anthropic/v1/messages",
        ),
        (
            "zhipu/x",
            "https://api.z.ai/api/coding/paas/v4",
            "chat",
            "https://api.z.ai/api/coding/paas/v4/chat/completions",
        ),
        (
            "zhipu/x",
            "https://api.z.ai/api/coding/paas/v4",
            "messages",
            "https://api.z.ai/api/anthropic/v1/messages",
        ),
        ("cohere/x", "https://api.cohere.com/compatibility/v1", "rerank", "https://api.cohere.com/v2/rerank"),
        ("cohere/x", "https://h/v1", "rerank", "https://h/v1/rerank"),
        ("perplexity/x", "https://api.perplexity.ai/", "chat", "https://api.perplexity.ai/chat/completions"),
        (
            "openai/x",
            "https://bare.example/chat/completions",
            "chat",
            "https://bare.example/chat/completions",
        ),
        ("openai/x", "http://[::1]:8080/v1", "chat", "http://[::1]:8080/v1/chat/completions"),
        ("openai/x", "https://h/a b/ü", "chat", "https://h/a%20b/%C3%BC/chat/completions"),
    ],
)
def test_known_addresses_lead_where_their_api_is(
    model: str, base_url: str, operation: str, expected: str
) -> None:
    assert url(target(model, OPERATION[operation], base_url=base_url)) == expected


@settings(max_examples=500)
@given(vendor=st.sampled_from(PLAIN), operation=st.sampled_from(OPERATIONS), path=PATH)
def test_the_path_ends_in_one_suffix_and_begins_with_what_was_given(
    vendor: Vendor, operation: Operation, path: str
) -> None:
    found = plain_path(vendor, path, operation, at_home=False)

    if found is None:
        assert operation.name not in vendor.speaks
        return
    assert found.endswith(operation.suffix)
    assert not found.removesuffix(operation.suffix).endswith(operation.suffix)
    assert "//" not in found
    given_suffix = any(path.endswith(known.suffix) for known in OPERATIONS)
    assert given_suffix or found.startswith(path)


@given(path=PATH, slashes=st.integers(0, 3))
def test_closing_slashes_change_nothing(path: str, slashes: int) -> None:
    for vendor in PLAIN:
        assert api_root(vendor, path + "/" * slashes) == api_root(vendor, path)


@given(path=PATH)
def test_a_root_is_a_root_again(path: str) -> None:
    for vendor in PLAIN:
        root, _ = api_root(vendor, path)
        if root:
            assert api_root(vendor, root)[0] == root


@pytest.mark.parametrize("vendor", PLAIN, ids=lambda vendor: vendor.id)
def test_giving_the_vendors_own_root_is_the_same_as_giving_none(vendor: Vendor) -> None:
    for operation in OPERATIONS:
        without = plain_path(vendor, "", operation, at_home=True)
        assert plain_path(vendor, vendor.root, operation, at_home=True) == without
        assert plain_path(vendor, vendor.root + "/", operation, at_home=True) == without


AZURE = "https://acme.openai.azure.com"
DATED = "api-version=2024-10-21"


@pytest.mark.parametrize(
    ("base_path", "operation", "version", "expected"),
    [
        ("", CHAT, None, ("/openai/deployments/gpt-4o/chat/completions", DATED)),
        ("/openai", EMBEDDINGS, None, ("/openai/deployments/gpt-4o/embeddings", DATED)),
        ("/openai/deployments", CHAT, None, ("/openai/deployments/gpt-4o/chat/completions", DATED)),
        ("/openai/deployments/mine", CHAT, None, ("/openai/deployments/mine/chat/completions", DATED)),
        (
            "/openai/deployments/mine/chat/completions",
            CHAT,
            "2025-04-01-preview",
            ("/openai/deployments/mine/chat/completions", "api-version=2025-04-01-preview"),
        ),
        ("/openai/v1", CHAT, None, ("/openai/v1/chat/completions", "")),
        ("/openai/v1/", RESPONSES, None, ("/openai/v1/responses", "")),
        ("/openai/v1", RESPONSES, "preview", ("/openai/v1/responses", "api-version=preview")),
        ("", RESPONSES, None, ("/openai/v1/responses", "")),
        ("/apim/openai", CHAT, None, ("/apim/openai/deployments/gpt-4o/chat/completions", DATED)),
        ("/apim/openai", RESPONSES, None, ("/apim/openai/v1/responses", "")),
        ("/apim", CHAT, None, ("/apim/gpt-4o/chat/completions", DATED)),
        ("/apim", RESPONSES, None, None),
        ("", MESSAGES, None, None),
    ],
)
def test_azure_names_the_deployment_in_the_path(
    base_path: str, operation: Operation, version: str | None, expected: tuple[str, str] | None
) -> None:
    assert azure_path(BY_PREFIX["azure_openai"], base_path, operation, "gpt-4o", version) == expected


@pytest.mark.parametrize("model_id", [".", "..", "..."])
def test_a_model_of_dots_leads_nowhere_at_azure(model_id: str) -> None:
    assert azure_path(BY_PREFIX["azure_openai"], "", CHAT, model_id, None) is None
    assert azure_path(BY_PREFIX["azure_openai"], "", CHAT, f"a{model_id}", None) is not None


def test_azure_targets_differ_by_model_and_carry_the_query_and_an_api_key() -> None:
    first = target("azure_openai/my gpt/4", base_url=AZURE)

    assert url(first) == f"{AZURE}/openai/deployments/my%20gpt%2F4/chat/completions?{DATED}"
    assert first.start_line == f"POST {first.path.decode()}?{DATED} HTTP/1.1\r\n".encode()
    assert b"api-key: sk-our-own-key\r\n" in first.fixed_headers
    assert b"authorization" not in first.fixed_headers


def test_the_same_host_on_another_port_is_another_origin() -> None:
    first = target("custom/m", base_url="http://10.0.0.1:8001/v1", provider_interface="openai")
    second = target("custom/m", base_url="http://10.0.0.1:8002/v1", provider_interface="openai")

    assert first.origin != second.origin
    assert first.origin == Origin("http", "10.0.0.1", 8001)
