"""What is known of Claude models by their names."""

from __future__ import annotations

import pytest

from plano.dialects.claude_models import ClaudeModel, claude_model


@pytest.mark.parametrize("name", ["", "gpt-5.2", "kimi-k2", "claude-instant", "my-claude"])
def test_others_take_what_the_api_took_at_first(name: str) -> None:
    assert claude_model(name) == ClaudeModel()


@pytest.mark.parametrize(
    ("name", "has_budgets", "has_adaptive", "off"),
    [
        ("claude-3-7-sonnet-20250219", True, False, "disabled"),
        ("claude-sonnet-4-20250514", True, False, "disabled"),
        ("claude-haiku-4-5-20251001", True, False, "disabled"),
        ("us.anthropic.claude-opus-4-6-v1", True, True, "disabled"),
        ("claude-opus-4.8", False, True, "disabled"),
        ("claude-opus-5", False, True, "disabled"),
        ("CLAUDE-SONNET-5-5", False, True, "between_tools"),
        ("claude-haiku-5-5", False, True, "disabled"),
        ("claude-opus-5-5", False, True, ""),
        ("claude-mythos-preview", True, False, "disabled"),
        ("claude-fable-5@20260801", False, True, ""),
    ],
)
def test_thinking(name: str, has_budgets: bool, has_adaptive: bool, off: str) -> None:
    model = claude_model(name)
    assert (model.has_budgets, model.has_adaptive, model.off) == (has_budgets, has_adaptive, off)


@pytest.mark.parametrize(
    ("name", "sampling", "forced", "prefill"),
    [
        ("claude-sonnet-4-5", True, True, True),
        ("claude-sonnet-4-6", True, True, False),
        ("claude-opus-4-7", False, True, False),
        ("claude-fable-5", False, True, False),
        ("claude-fable-5-1", False, False, False),
        ("claude-sonnet-5-5", False, False, False),
    ],
)
def test_refusals(name: str, sampling: bool, forced: bool, prefill: bool) -> None:
    model = claude_model(name)
    assert (model.takes_sampling, model.takes_forced_tools, model.takes_prefill) == (sampling, forced, prefill)
