"""Where every vendor's every operation goes, and how the key travels: written out, not derived."""

from __future__ import annotations

import pytest

from plano.config.vendor_names import BY_PREFIX as NAMES_BY_PREFIX
from plano.config.vendor_names import INTERFACES, VENDOR_NAMES
from plano.providers.catalog import BY_PREFIX, VENDORS
from plano.providers.known_models import known_model_ids

from .rows import KEY, OPERATION, lines, provider, target, url

ALL_OPENAI = "chat completions embeddings moderations images speech rerank"
BEARER, X_API_KEY, API_KEY = "authorization", "x-api-key", "api-key"

# vendor, base of the URL, operations, header of the key
ROWS = [
    ("openai", "https://api.openai.com/v1", f"{ALL_OPENAI} responses", BEARER),
    ("anthropic", "https://api.anthropic.com/v1", "messages count_tokens", X_API_KEY),
    ("gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "chat embeddings images", BEARER),
    ("groq", "https://api.groq.com/openai/v1", "chat responses speech", BEARER),
    ("mistral", "https://api.mistral.ai/v1", "chat embeddings moderations", BEARER),
    ("deepseek", "https://api.deepseek.com/v1", "chat", BEARER),
    ("deepseek", "https://api.deepseek.com/anthropic/v1", "messages", X_API_KEY),
    ("xai", "https://api.x.ai/v1", "chat responses images", BEARER),
    (
        "together_ai",
        "https://api.together.xyz/v1",
        "chat completions embeddings images speech rerank",
        BEARER,
    ),
    ("moonshotai", "https://api.moonshot.ai/v1", "chat responses", BEARER),
    ("moonshotai", "https://api.moonshot.ai/anthropic/v1", "messages", BEARER),
    ("zhipu", "https://open.bigmodel.cn/api/paas/v4", "chat embeddings images", BEARER),
    ("zhipu", "https://open.bigmodel.cn/api/anthropic/v1", "messages", BEARER),
    ("qwen", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "chat completions embeddings", BEARER),
    ("qwen", "https://dashscope-intl.aliyuncs.com/apps/anthropic/v1", "messages", BEARER),
    ("xiaomi", "https://api.xiaomimimo.com/v1", "chat", BEARER),
    ("xiaomi", "https://api.xiaomimimo.com/anthropic/v1", "messages", BEARER),
    ("digitalocean", "https://inference.do-ai.run/v1", "chat responses messages embeddings images", BEARER),
    ("vercel", "https://ai-gateway.vercel.sh/v1", "chat responses embeddings", BEARER),
    ("vercel", "https://ai-gateway.vercel.sh/v1", "messages", X_API_KEY),
    ("openrouter", "https://openrouter.ai/api/v1", "chat completions responses messages embeddings", BEARER),
    ("edenai", "https://api.edenai.run/v3", "chat", BEARER),
    ("chatgpt", "https://chatgpt.com/backend-api/codex", "responses", BEARER),
    ("astraflow", "https://api-us-ca.umodelverse.ai/v1", "chat embeddings", BEARER),
    ("astraflow_cn", "https://api.modelverse.cn/v1", "chat embeddings", BEARER),
    ("plano", "https://archfc.katanemo.dev/v1", "chat", BEARER),
    ("cohere", "https://api.cohere.ai/compatibility/v1", "chat embeddings", BEARER),
    ("cohere", "https://api.cohere.ai/v2", "rerank", BEARER),
    (
        "fireworks",
        "https://api.fireworks.ai/inference/v1",
        "chat completions embeddings responses messages rerank",
        BEARER,
    ),
    ("cerebras", "https://api.cerebras.ai/v1", "chat completions", BEARER),
    ("nvidia", "https://integrate.api.nvidia.com/v1", "chat completions embeddings", BEARER),
    ("perplexity", "https://api.perplexity.ai", "chat", BEARER),
    ("huggingface", "https://router.huggingface.co/v1", "chat responses", BEARER),
    ("sambanova", "https://api.sambanova.ai/v1", "chat embeddings", BEARER),
    ("github", "https://models.github.ai/inference", "chat embeddings", BEARER),
    ("minimax", "https://api.minimax.io/v1", "chat responses", BEARER),
    ("minimax", "https://api.minimax.io/anthropic/v1", "messages", BEARER),
    ("meta", "https://api.meta.ai/v1", "chat responses", BEARER),
    (
        "vllm",
        "http://localhost:8000/v1",
        "chat completions embeddings rerank responses messages count_tokens",
        BEARER,
    ),
    ("ollama", "http://localhost:11434/v1", "chat completions embeddings responses messages", BEARER),
    ("lmstudio", "http://localhost:1234/v1", "chat completions embeddings responses messages", BEARER),
    (
        "llama_cpp",
        "http://localhost:8080/v1",
        "chat completions embeddings rerank responses messages count_tokens",
        BEARER,
    ),
    ("mock", "http://127.0.0.1:9300/v1", "chat responses", BEARER),
    ("mock", "http://127.0.0.1:9300/v1", "messages", X_API_KEY),
]
CASES = [
    (vendor, name, base + OPERATION[name].suffix, header)
    for vendor, base, names, header in ROWS
    for name in names.split()
]
WITHOUT_AN_ADDRESS = {"azure_openai", "amazon_bedrock", "openai_responses"}


@pytest.mark.parametrize(("vendor", "operation", "expected", "header"), CASES)
def test_each_operation_has_its_address_and_its_way_of_sending_the_key(
    vendor: str, operation: str, expected: str, header: str
) -> None:
    found = target(f"{vendor}/some-model", OPERATION[operation])

    sent = lines(found.fixed_headers)
    assert url(found) == expected
    assert sent[header] == (f"Bearer {KEY}" if header == BEARER else KEY)
    assert len({BEARER, X_API_KEY, API_KEY} & sent.keys()) == 1
    assert found.start_line == f"POST {found.path.decode()} HTTP/1.1\r\n".encode()


@pytest.mark.parametrize("vendor", sorted({case[0] for case in CASES}))
def test_a_vendor_speaks_nothing_but_what_is_written_here(vendor: str) -> None:
    built = provider(f"{vendor}/some-model")

    spoken = {name for name, operation in OPERATION.items() if built.target(operation, "some-model")}

    assert spoken == {name for case_vendor, name, _, _ in CASES if case_vendor == vendor}


def test_every_vendor_is_in_these_tests() -> None:
    assert {vendor.id for vendor in VENDORS} == {case[0] for case in CASES} | WITHOUT_AN_ADDRESS


@pytest.mark.parametrize(("vendor", "operation"), [case[:2] for case in CASES])
def test_another_host_keeps_the_vendors_paths(vendor: str, operation: str) -> None:
    own = provider(f"{vendor}/some-model")
    moved = provider(f"{vendor}/some-model", base_url="http://10.0.0.5:9999")

    ours = own.target(OPERATION[operation], "some-model")
    theirs = moved.target(OPERATION[operation], "some-model")

    second = own.vendor.second_api
    if second is not None and operation in second.speaks:
        assert theirs is None  # Another host says nothing about the vendor's second API.
        return
    assert ours is not None
    assert theirs is not None
    assert url(theirs) == f"http://10.0.0.5:9999{ours.path.decode()}"
    assert lines(theirs.fixed_headers)["host"] == "10.0.0.5:9999"


@pytest.mark.parametrize(("vendor", "operation"), [case[:2] for case in CASES])
def test_a_path_on_base_url_takes_the_place_of_the_vendors_root(vendor: str, operation: str) -> None:
    moved = provider(f"{vendor}/some-model", base_url="https://gateway.example:8443/team/a/")

    found = moved.target(OPERATION[operation], "some-model")

    second = moved.vendor.second_api
    if second is not None and operation in second.speaks:
        assert found is None
        return
    assert found is not None
    assert url(found) == f"https://gateway.example:8443/team/a{OPERATION[operation].suffix}"


def test_names_and_aliases_agree_with_the_config() -> None:
    ours = {vendor.id: vendor.aliases for vendor in VENDORS if vendor.id != "openai_responses"}
    theirs = {name.id: name.aliases for name in VENDOR_NAMES}

    assert ours == theirs
    assert BY_PREFIX.keys() == INTERFACES


def test_the_config_asks_for_a_base_url_wherever_there_is_no_address_and_none_in_a_region() -> None:
    without = {vendor.id for vendor in VENDORS if vendor.address is None} & NAMES_BY_PREFIX.keys()

    assert without - {"amazon_bedrock"} <= {name.id for name in VENDOR_NAMES if name.needs_base_url}


def test_no_two_vendors_share_a_name() -> None:
    assert len(BY_PREFIX) == sum(1 + len(vendor.aliases) for vendor in VENDORS)


def test_vendors_that_refuse_stream_options_are_not_sent_any() -> None:
    refusing = {vendor.id for vendor in VENDORS if not vendor.stream_usage}

    assert refusing == {"mistral", "cohere", "perplexity", "zhipu"}


def test_local_servers_need_no_key() -> None:
    free = {vendor.id for vendor in VENDORS if not vendor.needs_key}

    assert free == {"ollama", "vllm", "lmstudio", "llama_cpp", "mock", "plano"}


def test_owned_by_is_written_as_clients_know_it() -> None:
    shown = {vendor.id: vendor.display for vendor in VENDORS}

    assert shown["openai"] == "OpenAI"
    assert shown["deepseek"] == "Deepseek"
    assert shown["github"] == "GitHub"
    assert shown["together_ai"] == "together_ai"


@pytest.mark.parametrize("vendor", [vendor.id for vendor in VENDORS])
def test_well_known_models_are_listed_once(vendor: str) -> None:
    ids = known_model_ids(vendor)

    assert len(set(ids)) == len(ids)


def test_well_known_models_belong_to_vendors_of_the_table() -> None:
    from plano.providers.known_models import _IDS

    assert _IDS.keys() <= {vendor.id for vendor in VENDORS}
