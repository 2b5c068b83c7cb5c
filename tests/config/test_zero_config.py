"""The config that is written when there is none."""

from __future__ import annotations

from plano.config.engines import unavailable_sections
from plano.config.load import load_text
from plano.config.zero_config import zero_config_summary, zero_config_text

TEN = [
    "openai",
    "anthropic",
    "gemini",
    "groq",
    "deepseek",
    "mistral",
    "digitalocean",
    "vercel",
    "openrouter",
    "edenai",
]


def test_with_an_empty_environment_the_ten_best_known_pass_credentials_on() -> None:
    loaded = load_text(zero_config_text({}), name="default_config.yaml", environ={})
    rows = loaded.config.model_providers
    assert [row.name for row in rows] == TEN
    assert all(row.passthrough_auth and row.access_key is None and row.base_url is None for row in rows)
    assert zero_config_summary({}) == "pass-through: " + ", ".join(TEN)


def test_keyed_vendors_come_first_and_further_ones_only_with_their_key() -> None:
    environ = {
        "GROQ_API_KEY": "g",
        "ANTHROPIC_API_KEY": "a",
        "XAI_API_KEY": "x",
        "HF_TOKEN": "h",
        "OPENAI_API_KEY": " ",
    }
    loaded = load_text(zero_config_text(environ, 12345), name="default_config.yaml", environ=environ)
    rows = loaded.config.model_providers
    assert [row.name for row in rows if not row.passthrough_auth] == [
        "anthropic",
        "groq",
        "xai",
        "huggingface",
    ]
    assert [row.name for row in rows if row.passthrough_auth] == [
        name for name in TEN if name not in ("anthropic", "groq")
    ]
    assert [row.access_key.reveal() for row in rows if row.access_key] == ["a", "g", "x", "h"]
    assert rows[0].model == "anthropic/*"
    assert loaded.config.listeners[0].port == 12345
    assert zero_config_summary(environ).startswith(
        "env-keyed: anthropic, groq, xai, huggingface | pass-through: openai"
    )


def test_it_is_a_config_without_notices_that_this_version_can_run_and_holds_no_key() -> None:
    environ = {"OPENAI_API_KEY": "sk-secret"}
    text = zero_config_text(environ)
    loaded = load_text(text, name="default_config.yaml", environ=environ)
    assert (loaded.notices, loaded.missing_variables, unavailable_sections(loaded.config)) == ((), (), ())
    assert "sk-secret" not in text
    assert loaded.config.tracing is None
