"""The prefixes a `model` may begin with, and which of them need a `base_url`; all else is in `providers/`."""

from __future__ import annotations

from typing import Final, NamedTuple


class VendorName(NamedTuple):
    """`id` is the canonical name; `needs_base_url`: there is no address that would be right for everybody."""

    id: str
    aliases: tuple[str, ...] = ()
    needs_base_url: bool = False


class AddedNames(NamedTuple):
    """What plugins add: values of `provider_interface`, and prefixes of models with an address of their own.

    `request_filters` and `answer_filters` are the plugins that may stand in a chain of the one or the other.
    """

    interfaces: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    request_filters: tuple[str, ...] = ()
    answer_filters: tuple[str, ...] = ()


VENDOR_NAMES: Final = (
    VendorName("openai"),
    VendorName("anthropic"),
    VendorName("gemini", ("google",)),
    VendorName("groq"),
    VendorName("mistral"),
    VendorName("deepseek"),
    VendorName("xai"),
    VendorName("together_ai", ("together",)),
    VendorName("moonshotai"),
    VendorName("zhipu"),
    VendorName("qwen"),
    VendorName("azure_openai", ("azure",), needs_base_url=True),
    VendorName("amazon_bedrock", ("amazon",)),
    VendorName("ollama"),
    VendorName("xiaomi"),
    VendorName("digitalocean", ("do", "do_ai")),
    VendorName("vercel"),
    VendorName("openrouter"),
    VendorName("edenai"),
    VendorName("chatgpt"),
    VendorName("astraflow", needs_base_url=True),
    VendorName("astraflow_cn", needs_base_url=True),
    VendorName("plano", needs_base_url=True),
    VendorName("cohere"),
    VendorName("fireworks"),
    VendorName("cerebras"),
    VendorName("nvidia"),
    VendorName("perplexity"),
    VendorName("huggingface"),
    VendorName("sambanova"),
    VendorName("vllm"),
    VendorName("lmstudio"),
    VendorName("llama_cpp", ("llama.cpp",)),
    VendorName("github"),
    VendorName("minimax"),
    VendorName("meta"),
    VendorName("mock"),
)

BY_PREFIX: Final = {prefix: vendor for vendor in VENDOR_NAMES for prefix in (vendor.id, *vendor.aliases)}

INTERFACES: Final = frozenset(BY_PREFIX) | {"openai_responses"}
"""What `provider_interface` may say: any prefix, or the OpenAI Responses API for a server with only that."""

LISTED: Final = tuple(vendor.id for vendor in VENDOR_NAMES if vendor.id != "mock")
"""What people are shown who look for a name."""
