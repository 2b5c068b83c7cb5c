"""What a reload shows."""

from __future__ import annotations

import pytest

from plano.config.diff import differences
from plano.config.load import load_text

TEXT = """version: v0.4.0
listeners:
  - {type: model, name: llm, port: 12000, timeout: 60s, api_keys: [{name: ci, key: $CI_KEY}]}
  - {type: model, name: more, port: 12001}
model_providers:
  - {model: openai/gpt-4o, access_key: $KEY, default: true, headers: {x-team: $TEAM}}
  - {model: anthropic/*, access_key: $KEY}
model_aliases:
  fast: {target: openai/gpt-4o}
plugins:
  guard: {words: [a], token: "sk-plugin-1"}
overrides: {upstream_connect_timeout: 5s}
"""
ENVIRON = {"KEY": "sk-provider-1", "CI_KEY": "pk-client-key-number-1", "TEAM": "team-secret-1"}


def changes(*replaced: tuple[str, str], **environ: str) -> list[str]:
    after = TEXT
    for old, new in replaced:
        assert old in after
        after = after.replace(old, new)
    before = load_text(TEXT, name="a", environ=ENVIRON).config
    return list(differences(before, load_text(after, name="b", environ={**ENVIRON, **environ}).config))


def test_the_same_config_has_no_differences() -> None:
    assert changes() == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("port: 12000", "port: 12002", "~ listeners[llm].port: 12000 -> 12002"),
        ("timeout: 60s", "timeout: 1m30s", "~ listeners[llm].timeout: 60s -> 90s"),
        (", timeout: 60s", "", "~ listeners[llm].timeout: 60s -> (not set)"),
        ("default: true, ", "", "~ model_providers[openai/gpt-4o].default: true -> false"),
        ("connect_timeout: 5s", "connect_timeout: 500ms", "~ overrides.upstream_connect_timeout: 5s -> 0.5s"),
        ("target: openai/gpt-4o", "target: anthropic/x", "~ model_aliases.fast.target: openai/gpt-4o -> anthropic/x"),
        ("type: model, name: more", "type: prompt, name: more", "~ listeners[more]: (model) -> (prompt)"),
    ],
)
def test_a_changed_value_is_told_with_its_path(old: str, new: str, told: str) -> None:
    assert changes((old, new)) == [told]


def test_entries_come_and_go_by_name() -> None:
    removed = "  - {model: anthropic/*, access_key: $KEY}\n"
    added = "  - {model: mistral/*, access_key: $KEY}\n"
    assert changes((removed, added)) == ["- model_providers[anthropic/*]", "+ model_providers[mistral/*]"]
    assert changes(("fast:", "quick:")) == ["- model_aliases.fast", "+ model_aliases.quick"]


def test_another_order_is_told() -> None:
    first, second = TEXT.splitlines()[2:4]
    lines = changes((f"{first}\n{second}", f"{second}\n{first}"))
    assert lines == ["~ listeners: in another order"]


def test_a_second_entry_for_a_model_has_its_own_name() -> None:
    extra = "  - {model: anthropic/*, access_key: $KEY, name: two, base_url: 'http://127.0.0.1:1'}\n"
    assert changes(("model_aliases:", f"{extra}model_aliases:")) == ["+ model_providers[two]"]


def test_secrets_are_never_shown() -> None:
    lines = changes(
        ("sk-plugin-1", "sk-plugin-2"),
        ("words: [a]", "words: [b]"),
        KEY="sk-provider-2",
        CI_KEY="pk-client-key-number-2",
        TEAM="team-secret-2",
    )
    assert lines == [
        "~ listeners[llm].api_keys[ci].key: (not shown)",
        "~ model_providers[openai/gpt-4o].access_key: (not shown)",
        "~ model_providers[openai/gpt-4o].headers.x-team: (not shown)",
        "~ model_providers[anthropic/*].access_key: (not shown)",
        "~ plugins.guard.words: (not shown)",
        "~ plugins.guard.token: (not shown)",
    ]


def test_long_values_are_cut() -> None:
    (line,) = changes(("target: openai/gpt-4o", f"target: anthropic/{'x' * 300}"))
    assert line.endswith("xxx...")
    assert len(line) < 150
