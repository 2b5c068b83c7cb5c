"""The config plano writes when there is none: every vendor with its wildcard.

A vendor whose key is in the environment gets that key; the best known others pass on the client's credential.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_OFFERED: Final = (
    ("openai", "OPENAI_API_KEY"),
    ("anthropic", "ANTHROPIC_API_KEY"),
    ("gemini", "GEMINI_API_KEY"),
    ("groq", "GROQ_API_KEY"),
    ("deepseek", "DEEPSEEK_API_KEY"),
    ("mistral", "MISTRAL_API_KEY"),
    ("digitalocean", "DO_API_KEY"),
    ("vercel", "AI_GATEWAY_API_KEY"),
    ("openrouter", "OPENROUTER_API_KEY"),
    ("edenai", "EDENAI_API_KEY"),
)
_WITH_KEY_ONLY: Final = (
    ("xai", "XAI_API_KEY"),
    ("together_ai", "TOGETHER_API_KEY"),
    ("cohere", "COHERE_API_KEY"),
    ("fireworks", "FIREWORKS_API_KEY"),
    ("cerebras", "CEREBRAS_API_KEY"),
    ("nvidia", "NVIDIA_API_KEY"),
    ("perplexity", "PERPLEXITY_API_KEY"),
    ("sambanova", "SAMBANOVA_API_KEY"),
    ("huggingface", "HF_TOKEN"),
)


def zero_config_text(environ: Mapping[str, str], port: int = 12000) -> str:
    """The YAML of a config for this environment. It names variables and holds no key."""
    keyed, passed_through = _providers(environ)
    lines = [
        "# Written by plano, because there was no config file. It is written anew at each such start.",
        "version: v0.4.0",
        "",
        "listeners:",
        "  - name: llm",
        "    type: model",
        "    address: 0.0.0.0",
        f"    port: {port}",
        "",
        "model_providers:",
    ]
    for vendor, variable in keyed:
        lines += [f"  - name: {vendor}", f"    model: {vendor}/*", f"    access_key: ${variable}"]
    for vendor in passed_through:
        lines += [f"  - name: {vendor}", f"    model: {vendor}/*", "    passthrough_auth: true"]
    return "\n".join(lines) + "\n"


def zero_config_summary(environ: Mapping[str, str]) -> str:
    """`env-keyed: a, b | pass-through: c`, for one line of output."""
    keyed, passed_through = _providers(environ)
    groups = (("env-keyed", [vendor for vendor, _ in keyed]), ("pass-through", passed_through))
    return " | ".join(f"{title}: {', '.join(vendors)}" for title, vendors in groups if vendors)


def _providers(environ: Mapping[str, str]) -> tuple[list[tuple[str, str]], list[str]]:
    keyed = [row for row in (*_OFFERED, *_WITH_KEY_ONLY) if environ.get(row[1], "").strip()]
    passed_through = [vendor for vendor, variable in _OFFERED if not environ.get(variable, "").strip()]
    return keyed, passed_through
