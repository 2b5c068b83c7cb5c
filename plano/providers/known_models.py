"""Well-known model ids, for `GET /v1/models` and for ids without a prefix, where a `prefix/*` is configured.

A wildcard takes any id whatever stands here. Imported only when a wildcard is configured.
"""

from __future__ import annotations

from typing import Final

_IDS: Final = {
    "openai": """
        gpt-5.5 gpt-5.5-2026-04-23 gpt-5.5-pro gpt-5.5-pro-2026-04-23
        gpt-5.4 gpt-5.4-2026-03-05 gpt-5.4-pro gpt-5.4-pro-2026-03-05 gpt-5.4-mini gpt-5.4-mini-2026-03-17
        gpt-5.4-nano gpt-5.4-nano-2026-03-17 gpt-5.3-codex gpt-5.3-chat-latest
        gpt-5.2 gpt-5.2-2025-12-11 gpt-5.2-pro gpt-5.2-pro-2025-12-11 gpt-5.2-chat-latest gpt-5.2-codex
        gpt-5.1 gpt-5.1-2025-11-13 gpt-5.1-chat-latest gpt-5.1-codex gpt-5.1-codex-mini gpt-5.1-codex-max
        gpt-5 gpt-5-2025-08-07 gpt-5-mini gpt-5-mini-2025-08-07 gpt-5-nano gpt-5-nano-2025-08-07
        gpt-5-pro gpt-5-pro-2025-10-06 gpt-5-chat-latest gpt-5-codex gpt-5-search-api
        gpt-4.1 gpt-4.1-2025-04-14 gpt-4.1-mini gpt-4.1-mini-2025-04-14 gpt-4.1-nano gpt-4.1-nano-2025-04-14
        gpt-4o gpt-4o-2024-11-20 gpt-4o-2024-08-06 gpt-4o-2024-05-13 gpt-4o-search-preview
        gpt-4o-mini gpt-4o-mini-2024-07-18 gpt-4o-mini-search-preview
        o4-mini o4-mini-2025-04-16 o4-mini-deep-research o3 o3-2025-04-16 o3-pro o3-pro-2025-06-10
        o3-mini o3-mini-2025-01-31 o3-deep-research o1 o1-2024-12-17 o1-pro o1-pro-2025-03-19
        computer-use-preview chat-latest gpt-4-turbo gpt-4-turbo-2024-04-09 gpt-4 gpt-4-0613
        gpt-3.5-turbo gpt-3.5-turbo-0125 gpt-3.5-turbo-1106 gpt-3.5-turbo-16k gpt-3.5-turbo-instruct
        text-embedding-3-large text-embedding-3-small text-embedding-ada-002 omni-moderation-latest
    """,
    "anthropic": """
        claude-fable-5 claude-opus-4-8 claude-opus-4-7 claude-opus-4-6 claude-sonnet-4-6
        claude-opus-4-5 claude-opus-4-5-20251101 claude-haiku-4-5 claude-haiku-4-5-20251001
        claude-sonnet-4-5 claude-sonnet-4-5-20250929 claude-opus-4-1 claude-opus-4-1-20250805
        claude-opus-4 claude-opus-4-20250514 claude-sonnet-4 claude-sonnet-4-20250514
    """,
    "gemini": """
        gemini-3.5-flash gemini-3.1-pro-preview gemini-3.1-pro-preview-customtools gemini-3.1-flash-lite
        gemini-3.1-flash-image gemini-3-pro-preview gemini-3-flash-preview gemini-3-pro-image
        gemini-2.5-pro gemini-2.5-flash gemini-2.5-flash-lite gemini-2.5-flash-image
        gemini-2.5-computer-use-preview-10-2025 gemini-2.0-flash gemini-2.0-flash-001 gemini-2.0-flash-lite
        gemini-2.0-flash-lite-001 gemini-pro-latest gemini-flash-latest gemini-flash-lite-latest
        gemma-4-31b-it gemma-4-26b-a4b-it
    """,
    "mistral": """
        mistral-large-latest mistral-large-2512 mistral-medium-latest mistral-medium-2604 mistral-medium-3.5
        mistral-medium-2508 mistral-medium-2505 mistral-small-latest mistral-small-2603 mistral-small-2506
        magistral-medium-latest magistral-medium-2509 magistral-small-latest magistral-small-2509
        codestral-latest codestral-2508 devstral-latest devstral-2512 devstral-medium-latest
        ministral-14b-latest ministral-14b-2512 ministral-8b-latest ministral-8b-2512
        ministral-3b-latest ministral-3b-2512 open-mistral-nemo mistral-embed codestral-embed
    """,
    "deepseek": "deepseek-v4-pro deepseek-v4-flash",
    "xai": """
        grok-4.3 grok-4.20-0309-reasoning grok-4.20-0309-non-reasoning grok-4.20-multi-agent-0309
        grok-build-0.1 grok-imagine-image
    """,
    "groq": """
        llama-3.3-70b-versatile llama-3.1-8b-instant openai/gpt-oss-120b openai/gpt-oss-20b
    """,
    "qwen": """
        qwen3.7-max qwen3.7-max-2026-05-20 qwen3.7-plus qwen3.7-plus-2026-05-26 qwen3.6-plus
        qwen3.6-plus-2026-04-02 qwen3.6-flash qwen3.6-flash-2026-04-16 qwen3.6-max-preview qwen3.6-27b
        qwen3.6-35b-a3b qwen3.5-plus qwen3.5-flash qwen3.5-397b-a17b qwen3.5-122b-a10b qwen3.5-35b-a3b
        qwen3.5-27b qwen3.5-omni-plus qwen3.5-omni-flash qwen3-max qwen3-coder-next qwen3-coder-plus
        qwen3-coder-flash qwen3-coder-480b-a35b-instruct qwen3-vl-plus qwen3-vl-flash qwen3-omni-flash
        qwen3-235b-a22b qwen3-32b qwen3-14b qwen3-8b qwen-max qwen-plus qwen-flash qwen-turbo qwen-vl-max
        qwen-vl-plus qwq-plus qvq-max
    """,
    "moonshotai": """
        kimi-k2.6 kimi-k2.5 moonshot-v1-auto moonshot-v1-8k moonshot-v1-32k moonshot-v1-128k
        moonshot-v1-8k-vision-preview moonshot-v1-32k-vision-preview moonshot-v1-128k-vision-preview
    """,
    "xiaomi": "mimo-v2.5-pro mimo-v2.5 mimo-v2-pro mimo-v2-omni mimo-v2-flash",
    "zhipu": "glm-5.1 glm-5 glm-5-turbo glm-4.7 glm-4.6 glm-4.5 glm-4.5-air",
    "minimax": "MiniMax-M3 MiniMax-M2.7 MiniMax-M2.7-highspeed",
    "meta": "muse-spark-1.1",
    "chatgpt": "gpt-5.4 gpt-5.3-codex gpt-5.2",
    "amazon_bedrock": """
        amazon.nova-premier-v1:0 amazon.nova-pro-v1:0 amazon.nova-2-lite-v1:0 amazon.nova-lite-v1:0
        amazon.nova-micro-v1:0
    """,
    "digitalocean": """
        openai-gpt-5.4 openai-gpt-5.4-pro openai-gpt-5.4-mini openai-gpt-5.4-nano openai-gpt-5.3-codex
        openai-gpt-5.2 openai-gpt-5.2-pro openai-gpt-5.1-codex-max openai-gpt-5 openai-gpt-5-mini
        openai-gpt-5-nano openai-gpt-4.1 openai-gpt-4o openai-gpt-4o-mini openai-o3 openai-o3-mini openai-o1
        openai-gpt-oss-120b openai-gpt-oss-20b anthropic-claude-opus-4.7 anthropic-claude-opus-4.6
        anthropic-claude-opus-4.5 anthropic-claude-opus-4 anthropic-claude-4.1-opus
        anthropic-claude-4.6-sonnet anthropic-claude-4.5-sonnet anthropic-claude-sonnet-4
        anthropic-claude-haiku-4.5 alibaba-qwen3-32b arcee-trinity-large-thinking deepseek-3.2
        deepseek-r1-distill-llama-70b gemma-4-31B-it glm-5 kimi-k2.5 llama3.3-70b-instruct minimax-m2.5
        nvidia-nemotron-3-super-120b qwen3-coder-flash qwen3.5-397b-a17b qwen3-embedding-0.6b
        gte-large-en-v1.5 all-mini-lm-l6-v2 multi-qa-mpnet-base-dot-v1
    """,
}


def known_model_ids(vendor_id: str) -> tuple[str, ...]:
    """Ids as the vendor writes them, newest first; none where the models depend on the installation."""
    return tuple(_IDS.get(vendor_id, "").split())
