"""How hard to think, as the model takes it, and what does not go with thinking (API reference: thinking, effort)."""

from __future__ import annotations

from typing import Final

from plano.dialects.budgets import BUDGETS, budget_of, effort_of, fitted
from plano.dialects.claude_models import ClaudeModel
from plano.dialects.conversation import Effort, Thinking
from plano.dialects.event_document import Json
from plano.dialects.losses import Losses

#: The API's words for ours, where they differ.
_EFFORTS: Final[dict[Effort, Effort]] = {"none": "low", "minimal": "low"}
#: Where thinking is wanted and nobody said how much.
_USUAL_BUDGET: Final = BUDGETS["medium"]
#: The least that may be left of the likeliest tokens beside thinking.
_LEAST_TOP_P: Final = 0.95


def write_thinking(thinking: Thinking | None, members: Json, model: ClaudeModel, losses: Losses) -> None:
    """Add to `members`, whose messages, choice of tools and sampling are written already."""
    if thinking is None:
        return
    effort = effort_of(thinking)
    if effort == "none":
        _turn_off(members, model, losses)
    elif effort is None and not thinking.is_on:
        return
    elif model.has_adaptive and (thinking.is_adaptive or thinking.budget_tokens is None or not model.has_budgets):
        _think_freely(thinking, effort, members, model, losses)
    else:
        _think_within_budget(thinking, members, losses)


def _turn_off(members: Json, model: ClaudeModel, losses: Losses) -> None:
    if model.off:
        members["thinking"] = {"type": model.off}
    else:
        members.setdefault("output_config", {})["effort"] = "low"
        losses.drop("thinking")


def _think_freely(
    thinking: Thinking, effort: Effort | None, members: Json, model: ClaudeModel, losses: Losses
) -> None:
    if effort is not None:
        word = _EFFORTS.get(effort, effort)
        members.setdefault("output_config", {})["effort"] = "high" if word == "xhigh" and not model.has_xhigh else word
    if _is_forced(members):
        # Code waits for the call; an effort without thinking is still one.
        if thinking.is_on:
            losses.drop("thinking")
        return
    members["thinking"] = {"type": "adaptive", "display": "omitted" if thinking.shows == "none" else "summarized"}
    _leave_out_sampling(members, losses)


def _think_within_budget(thinking: Thinking, members: Json, losses: Losses) -> None:
    messages = members["messages"]
    if _lacks_thoughts(messages) or messages[-1]["role"] == "assistant":
        losses.drop("thinking")
        return
    if _is_forced(members):
        # A word about effort is a wish, and code waits for the call; a budget is a wish just as clear as the choice.
        if thinking.budget_tokens is None:
            losses.drop("thinking")
            return
        members["tool_choice"] = {**members["tool_choice"], "type": "auto"}
        members["tool_choice"].pop("name", None)
        losses.drop("tool_choice")
    wanted = budget_of(thinking, _USUAL_BUDGET) or _USUAL_BUDGET
    budget, most = fitted(wanted, members["max_tokens"], is_exact=thinking.budget_tokens is not None)
    members["max_tokens"] = most
    members["thinking"] = {"type": "enabled", "budget_tokens": budget}
    if thinking.shows == "none":
        members["thinking"]["display"] = "omitted"
    _leave_out_sampling(members, losses)


def _is_forced(members: Json) -> bool:
    return members.get("tool_choice", {}).get("type") in ("any", "tool")


def _leave_out_sampling(members: Json, losses: Losses) -> None:
    """Beside thinking only these are taken: a temperature of 1, and a `top_p` from 0.95."""
    for name, is_taken in (
        ("temperature", members.get("temperature") == 1),
        ("top_p", members.get("top_p", 0) >= _LEAST_TOP_P),
        ("top_k", False),
    ):
        if name in members and not is_taken:
            del members[name]
            losses.drop(name)


def _lacks_thoughts(messages: list[Json]) -> bool:
    """Whether tools are being used since an answer that did not begin with a thought: the API refuses a budget then."""
    if len(messages) < 2 or messages[-1]["role"] != "user":
        return False
    if not any(block["type"] == "tool_result" for block in messages[-1]["content"]):
        return False
    first = messages[-2]["content"][0]["type"]
    return first not in ("thinking", "redacted_thinking")
