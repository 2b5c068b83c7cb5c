"""The vendors plano knows, one row each: address, root, what they speak, how they want the key, oddities.

Facts only, from the vendors' own API references. Names and aliases agree with `config/vendor_names.py`.
"""

from __future__ import annotations

from typing import Final

from plano.providers.vendor import PathRepair, SecondApi, Vendor

_OPENAI: Final = ("chat", "completions", "embeddings", "moderations", "images", "speech", "rerank")
_MESSAGES: Final = ("messages", "count_tokens")
_KIMI_CODE: Final = (("user-agent", "KimiCLI/1.3"),)

VENDORS: Final = (
    # `rerank` is not OpenAI's, but many servers behind `provider_interface: openai` have it.
    Vendor(
        id="openai",
        display="OpenAI",
        address="https://api.openai.com",
        speaks=(*_OPENAI, "responses"),
        max_completion_tokens=True,
    ),
    # For servers that offer the Responses API and nothing else; chosen with `provider_interface`.
    Vendor(
        id="openai_responses",
        display="openai_responses",
        speaks=("responses",),
    ),
    # Its endpoint that imitates OpenAI's chat loses too much (docs/decisions/0015). `ANTHROPIC_BASE_URL`s end before
    # the version.
    Vendor(
        id="anthropic",
        display="Anthropic",
        address="https://api.anthropic.com",
        speaks=_MESSAGES,
        messages_auth="x-api-key",
        repairs=(
            PathRepair(ending="/anthropic", becomes="/anthropic/v1"),
            PathRepair(ending="/coding", becomes="/coding/v1"),
        ),
    ),
    Vendor(
        id="gemini",
        display="Gemini",
        aliases=("google",),
        address="https://generativelanguage.googleapis.com",
        root="/v1beta/openai",
        speaks=("chat", "embeddings", "images", "generate_content"),
        layout="gemini",
        repairs=(PathRepair(ending="/v1beta", becomes="/v1beta/openai"),),
    ),
    Vendor(
        id="groq",
        display="Groq",
        address="https://api.groq.com",
        root="/openai/v1",
        speaks=("chat", "responses", "speech"),
    ),
    # Refuses `stream_options` with 422; the last event carries the usage in any case.
    Vendor(
        id="mistral",
        display="Mistral",
        address="https://api.mistral.ai",
        speaks=("chat", "embeddings", "moderations"),
        stream_usage=False,
    ),
    Vendor(
        id="deepseek",
        display="Deepseek",
        address="https://api.deepseek.com",
        speaks=("chat",),
        second_api=SecondApi(root="/anthropic/v1", speaks=("messages",), auth="x-api-key"),
    ),
    Vendor(
        id="xai",
        display="xai",
        address="https://api.x.ai",
        also_at=("us.api.x.ai",),
        speaks=("chat", "responses", "images"),
    ),
    Vendor(
        id="together_ai",
        display="together_ai",
        aliases=("together",),
        address="https://api.together.xyz",
        also_at=("api.together.ai",),
        speaks=("chat", "completions", "embeddings", "images", "speech", "rerank"),
    ),
    # Kimi Code is another product at another host: it looks at the user agent and takes fewer members.
    Vendor(
        id="moonshotai",
        display="moonshotai",
        address="https://api.moonshot.ai",
        also_at=("api.moonshot.cn",),
        speaks=("chat", "responses"),
        second_api=SecondApi(root="/anthropic/v1", speaks=("messages",)),
        repairs=(
            PathRepair(ending="/coding", becomes="/coding/v1", headers=_KIMI_CODE, stream_usage=False),
            PathRepair(ending="/coding/v1", becomes="/coding/v1", headers=_KIMI_CODE, stream_usage=False),
        ),
    ),
    # No `stream_options` in its reference; the last event carries the usage in any case.
    Vendor(
        id="zhipu",
        display="zhipu",
        address="https://open.bigmodel.cn",
        also_at=("api.z.ai",),
        root="/api/paas/v4",
        speaks=("chat", "embeddings", "images"),
        second_api=SecondApi(root="/api/anthropic/v1", speaks=("messages",)),
        stream_usage=False,
    ),
    Vendor(
        id="qwen",
        display="qwen",
        address="https://dashscope-intl.aliyuncs.com",
        also_at=("dashscope.aliyuncs.com", "dashscope-us.aliyuncs.com", "cn-hongkong.dashscope.aliyuncs.com"),
        root="/compatible-mode/v1",
        speaks=("chat", "completions", "embeddings"),
        second_api=SecondApi(root="/apps/anthropic/v1", speaks=("messages",)),
    ),
    # `root` is the one of dated API versions; `paths.py` knows the GA `/openai/v1` beside it.
    Vendor(
        id="azure_openai",
        display="azure_openai",
        aliases=("azure",),
        root="/openai/deployments",
        speaks=("chat", "completions", "embeddings", "images", "speech", "responses"),
        auth="api-key",
        layout="azure",
    ),
    # One address per region (`bedrock.py`); a key is a Bedrock API key, without one requests are signed.
    Vendor(
        id="amazon_bedrock",
        display="amazon_bedrock",
        aliases=("amazon",),
        root="",
        speaks=("converse",),
        layout="bedrock",
    ),
    Vendor(
        id="xiaomi",
        display="xiaomi",
        address="https://api.xiaomimimo.com",
        speaks=("chat",),
        second_api=SecondApi(root="/anthropic/v1", speaks=("messages",)),
    ),
    Vendor(
        id="digitalocean",
        display="digitalocean",
        aliases=("do", "do_ai"),
        address="https://inference.do-ai.run",
        speaks=("chat", "responses", "messages", "embeddings", "images"),
    ),
    Vendor(
        id="vercel",
        display="vercel",
        address="https://ai-gateway.vercel.sh",
        speaks=("chat", "responses", "messages", "embeddings"),
        messages_auth="x-api-key",
    ),
    Vendor(
        id="openrouter",
        display="openrouter",
        address="https://openrouter.ai",
        also_at=("eu.openrouter.ai",),
        root="/api/v1",
        speaks=("chat", "completions", "responses", "messages", "embeddings"),
    ),
    Vendor(
        id="edenai",
        display="edenai",
        address="https://api.edenai.run",
        root="/v3",
        speaks=("chat",),
    ),
    # The API behind a ChatGPT subscription: Responses only, and it wants to know which program asks.
    Vendor(
        id="chatgpt",
        display="chatgpt",
        address="https://chatgpt.com",
        root="/backend-api/codex",
        speaks=("responses",),
        headers=(("originator", "codex_cli_rs"),),
    ),
    Vendor(
        id="astraflow",
        display="astraflow",
        address="https://api-us-ca.umodelverse.ai",
        also_at=("api.umodelverse.ai", "api-sg.umodelverse.ai", "api-ge-fra.umodelverse.ai"),
        speaks=("chat", "embeddings"),
    ),
    Vendor(
        id="astraflow_cn",
        display="astraflow_cn",
        address="https://api.modelverse.cn",
        speaks=("chat", "embeddings"),
    ),
    Vendor(
        id="plano",
        display="Plano",
        address="https://archfc.katanemo.dev",
        speaks=("chat",),
        needs_key=False,
    ),
    # Its OpenAI-compatible API refuses `stream_options`; rerank is in the native one only.
    Vendor(
        id="cohere",
        display="cohere",
        address="https://api.cohere.ai",
        also_at=("api.cohere.com",),
        root="/compatibility/v1",
        speaks=("chat", "embeddings", "rerank"),
        paths={"rerank": "/v2/rerank"},
        stream_usage=False,
    ),
    Vendor(
        id="fireworks",
        display="fireworks",
        address="https://api.fireworks.ai",
        also_at=("us.api.fireworks.ai",),
        root="/inference/v1",
        speaks=("chat", "completions", "embeddings", "responses", "messages", "rerank"),
    ),
    Vendor(
        id="cerebras",
        display="cerebras",
        address="https://api.cerebras.ai",
        speaks=("chat", "completions"),
    ),
    Vendor(
        id="nvidia",
        display="nvidia",
        address="https://integrate.api.nvidia.com",
        speaks=("chat", "completions", "embeddings"),
    ),
    # Every event of a stream carries the usage so far.
    Vendor(
        id="perplexity",
        display="perplexity",
        address="https://api.perplexity.ai",
        root="",
        speaks=("chat",),
        stream_usage=False,
    ),
    Vendor(
        id="huggingface",
        display="huggingface",
        address="https://router.huggingface.co",
        speaks=("chat", "responses"),
    ),
    Vendor(
        id="sambanova",
        display="sambanova",
        address="https://api.sambanova.ai",
        speaks=("chat", "embeddings"),
    ),
    Vendor(
        id="github",
        display="GitHub",
        address="https://models.github.ai",
        root="/inference",
        speaks=("chat", "embeddings"),
    ),
    Vendor(
        id="minimax",
        display="minimax",
        address="https://api.minimax.io",
        also_at=("api.minimaxi.com",),
        speaks=("chat", "responses"),
        second_api=SecondApi(root="/anthropic/v1", speaks=("messages",)),
    ),
    Vendor(
        id="meta",
        display="meta",
        address="https://api.meta.ai",
        speaks=("chat", "responses"),
    ),
    Vendor(
        id="vllm",
        display="vllm",
        address="http://localhost:8000",
        speaks=("chat", "completions", "embeddings", "rerank", "responses", *_MESSAGES),
        needs_key=False,
    ),
    Vendor(
        id="ollama",
        display="ollama",
        address="http://localhost:11434",
        speaks=("chat", "completions", "embeddings", "responses", "messages"),
        needs_key=False,
    ),
    Vendor(
        id="lmstudio",
        display="lmstudio",
        address="http://localhost:1234",
        speaks=("chat", "completions", "embeddings", "responses", "messages"),
        needs_key=False,
    ),
    Vendor(
        id="llama_cpp",
        display="llama_cpp",
        aliases=("llama.cpp",),
        address="http://localhost:8080",
        speaks=("chat", "completions", "embeddings", "rerank", "responses", *_MESSAGES),
        needs_key=False,
    ),
    # The scripted provider that comes with plano (`planoai mock-provider`).
    Vendor(
        id="mock",
        display="mock",
        address="http://127.0.0.1:9300",
        speaks=("chat", "responses", "messages"),
        messages_auth="x-api-key",
        needs_key=False,
    ),
)

BY_PREFIX: Final = {name: vendor for vendor in VENDORS for name in (vendor.id, *vendor.aliases)}
"""Every id and alias; what the text before the first `/` of a `model`, or a `provider_interface`, may be."""

ANTHROPIC_VERSION: Final = "2023-06-01"
"""The Messages API's one version (docs.anthropic.com/en/api/versioning), for clients that name none."""
