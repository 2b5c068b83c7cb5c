from __future__ import annotations

import pytest

from plano.dialects.bedrock_converse.models import model_of


@pytest.mark.parametrize(
    ("id", "family", "version"),
    [
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "claude", (3, 5)),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", "claude", (3, 7)),
        ("anthropic.claude-3-haiku-20240307-v1:0", "claude", (3, 0)),
        ("anthropic.claude-opus-4-20250514-v1:0", "claude", (4, 0)),
        ("anthropic.claude-opus-4-1-20250805-v1:0", "claude", (4, 1)),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", "claude", (4, 5)),
        ("anthropic.claude-sonnet-4-6", "claude", (4, 6)),
        ("us.anthropic.claude-opus-4-6-v1", "claude", (4, 6)),
        ("anthropic.claude-opus-5-v1:0", "claude", (5, 0)),
        ("anthropic.claude-v2:1", "claude", (0, 0)),
        ("anthropic.claude-instant-v1", "claude", (0, 0)),
        (
            "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "claude",
            (4, 5),
        ),
        ("arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/ab12cd", "", (0, 0)),
        ("us.amazon.nova-2-lite-v1:0", "nova", (0, 0)),
        ("meta.llama3-1-70b-instruct-v1:0", "llama", (0, 0)),
        ("openai.gpt-oss-20b-1:0", "openai", (0, 0)),
        ("", "", (0, 0)),
    ],
)
def test_ids_tell_the_family_and_of_claude_the_version(id: str, family: str, version: tuple[int, int]) -> None:
    found = model_of(id)

    assert (found.family, found.version) == (family, version)


@pytest.mark.parametrize(
    ("id", "caches", "thinks"),
    [
        ("anthropic.claude-3-haiku-20240307-v1:0", False, False),
        ("anthropic.claude-3-5-sonnet-20240620-v1:0", False, False),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", True, False),
        ("anthropic.claude-3-7-sonnet-20250219-v1:0", True, True),
        ("anthropic.claude-sonnet-4-20250514-v1:0", True, True),
        ("meta.llama3-1-70b-instruct-v1:0", False, False),
    ],
)
def test_older_models_can_less(id: str, caches: bool, thinks: bool) -> None:
    found = model_of(id)

    assert (found.caches, found.thinks) == (caches, thinks)
