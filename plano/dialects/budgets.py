"""How hard to think: as a word (OpenAI) and as a budget in tokens (Anthropic's older models, Gemini's)."""

from __future__ import annotations

from typing import Final

from plano.dialects.conversation import Effort, Thinking

#: The least Anthropic takes.
SMALLEST_BUDGET: Final = 1024
#: Ours; no vendor publishes one. `low` and `medium` are what Claude Code asks for with "think" and "think hard",
#: `high` still fits below the 32 000 tokens that every model since Claude 4 may write.
BUDGETS: Final[dict[Effort, int]] = {
    "none": 0,
    "minimal": SMALLEST_BUDGET,
    "low": 4_000,
    "medium": 10_000,
    "high": 24_000,
    "xhigh": 40_000,
    "max": 60_000,
}
#: What is left for the answer itself of the tokens a client allows for both.
_LEAST_ANSWER: Final = 1024


def effort_of(thinking: Thinking | None) -> Effort | None:
    """In a word; None where the client did not say, or left it to the model."""
    if thinking is None:
        return None
    if thinking.is_on is False:
        return "none"
    if thinking.effort is not None:
        return thinking.effort
    return None if thinking.budget_tokens is None else _word_for(thinking.budget_tokens)


def budget_of(thinking: Thinking | None, otherwise: int | None = None) -> int | None:
    """In tokens, 0 for none at all; `otherwise` where it shall think and nobody said how much. None: unsaid."""
    if thinking is None:
        return None
    if thinking.is_on is False:
        return 0
    if thinking.budget_tokens is not None:
        return thinking.budget_tokens
    if thinking.effort is not None:
        return BUDGETS[thinking.effort]
    return otherwise if thinking.is_on else None


def fitted(budget: int, max_tokens: int, *, is_exact: bool) -> tuple[int, int]:
    """A budget and the limit it counts towards, so that the answer has room beside it.

    A budget the client gave itself (`is_exact`) moves the limit, one made of a word gives way to it where it can.
    """
    budget = max(budget, SMALLEST_BUDGET)
    if not is_exact:
        budget = max(min(budget, max_tokens - max(max_tokens // 4, _LEAST_ANSWER)), SMALLEST_BUDGET)
    return (budget, max_tokens) if budget < max_tokens else (budget, budget + max_tokens)


def _word_for(budget: int) -> Effort:
    """The hardest that is not over the budget."""
    found: Effort = "none" if budget <= 0 else "minimal"
    for effort, tokens in BUDGETS.items():
        if tokens and tokens <= budget:
            found = effort
    return found
