"""What a model's own API knows and Converse does not: `additionalModelRequestFields`, and `outputConfig.effort`.

A field that a model does not know is refused, so only known ones are sent; see `models.py`.
"""

from __future__ import annotations

from typing import Any, Final

from plano.dialects.bedrock_converse.models import Model
from plano.dialects.budgets import BUDGETS, budget_of, effort_of, fitted
from plano.dialects.conversation import Effort, Settings, Thinking
from plano.dialects.losses import Losses

#: Where the client allows thinking and says neither how much nor how long an answer may be.
_BUDGET_OTHERWISE: Final = BUDGETS["medium"]
_ANSWER_OTHERWISE: Final = 8_192
_STOP_SEQUENCE: Final = "/stop_sequence"
_CLAUDE_EFFORTS: Final[dict[Effort, str]] = {"minimal": "low"}
_THREE_EFFORTS: Final[dict[Effort, str]] = {"minimal": "low", "low": "low", "medium": "medium"}


def add_model_fields(members: dict[str, Any], settings: Settings, model: Model, losses: Losses) -> None:
    """Change `members` after what only this model's API has."""
    fields: dict[str, Any] = {}
    _add_top_k(fields, settings, model, losses)
    if settings.parallel_tool_calls is False:
        _add_parallel(fields, members, model, losses)
    thinking = settings.thinking
    if thinking is not None and _wants_thoughts(thinking):
        _add_thinking(fields, members, thinking, model, losses)
    if model.is_claude:
        _keep_to_claude(fields, members, model, losses)
    if fields:
        given = members.get("additionalModelRequestFields")
        members["additionalModelRequestFields"] = {**fields, **given} if isinstance(given, dict) else fields


def shown_stop_sequence(members: dict[str, Any]) -> None:
    """Have the answer say which stop sequence was met."""
    members.setdefault("additionalModelResponseFieldPaths", [_STOP_SEQUENCE])


def _add_top_k(fields: dict[str, Any], settings: Settings, model: Model, losses: Losses) -> None:
    if settings.top_k is None:
        return
    if not model.top_k:
        losses.drop("top_k")
    elif model.family == "nova":
        fields["inferenceConfig"] = {"topK": settings.top_k}
    else:
        fields[model.top_k] = settings.top_k


def _add_parallel(fields: dict[str, Any], members: dict[str, Any], model: Model, losses: Losses) -> None:
    tools = members.get("toolConfig")
    if not tools:
        return
    if model.version >= (4, 5) and "toolChoice" not in tools:
        fields["tool_choice"] = {"type": "auto", "disable_parallel_tool_use": True}
    else:
        losses.drop("parallel_tool_calls")


def _wants_thoughts(thinking: Thinking) -> bool:
    """Whether the client asked for any: how they are to be shown alone is no wish for them."""
    if thinking.is_on is False or effort_of(thinking) == "none":
        return False
    return bool(thinking.is_on) or thinking.is_adaptive or effort_of(thinking) is not None


def _add_thinking(
    fields: dict[str, Any], members: dict[str, Any], thinking: Thinking, model: Model, losses: Losses
) -> None:
    if model.is_claude and model.thinks:
        _add_claude_thinking(fields, members, thinking, model, losses)
    elif model.family == "openai":
        fields["reasoning_effort"] = _THREE_EFFORTS.get(effort_of(thinking) or "medium", "high")
    elif model.has_reasoning_config:
        _add_nova_reasoning(fields, members, thinking)
    else:
        losses.drop("thinking")


def _add_claude_thinking(
    fields: dict[str, Any], members: dict[str, Any], thinking: Thinking, model: Model, losses: Losses
) -> None:
    """As much as is needed where the model can do that, else a budget."""
    wants_adaptive = thinking.is_adaptive or thinking.budget_tokens is None or model.has_only_adaptive_thinking
    if model.has_adaptive_thinking and wants_adaptive:
        told = {"type": "adaptive"}
        if thinking.shows in ("summary", "full"):
            told["display"] = "summarized"
        fields["thinking"] = told
        effort = effort_of(thinking)
        if effort is not None:
            members.setdefault("outputConfig", {})["effort"] = _CLAUDE_EFFORTS.get(effort, effort)
        return
    if _lacks_thoughts(members["messages"]):
        losses.drop("thinking")
        return
    budget = budget_of(thinking, _BUDGET_OTHERWISE) or _BUDGET_OTHERWISE
    inference = members.setdefault("inferenceConfig", {})
    most = inference.get("maxTokens") or budget + _ANSWER_OTHERWISE
    budget, most = fitted(budget, most, is_exact=thinking.budget_tokens is not None)
    fields["thinking"] = {"type": "enabled", "budget_tokens": budget}
    inference["maxTokens"] = most


def _lacks_thoughts(messages: list[dict[str, Any]]) -> bool:
    """Whether an exchange of tools goes on that began without thoughts: then Claude takes no thinking with a budget."""
    for message in reversed(messages):
        if message["role"] == "user":
            if not any("toolResult" in block for block in message["content"]):
                return False
        elif any("toolUse" in block for block in message["content"]):
            return "reasoningContent" not in message["content"][0]
        else:
            return message is messages[-1]
    return False


def _add_nova_reasoning(fields: dict[str, Any], members: dict[str, Any], thinking: Thinking) -> None:
    """The highest effort is refused beside these settings."""
    effort = _THREE_EFFORTS.get(effort_of(thinking) or "medium", "high")
    if effort == "high" and {"maxTokens", "temperature", "topP"} & members.get("inferenceConfig", {}).keys():
        effort = "medium"
    fields["reasoningConfig"] = {"type": "enabled", "maxReasoningEffort": effort}


def _keep_to_claude(fields: dict[str, Any], members: dict[str, Any], model: Model, losses: Losses) -> None:
    """Leave out what Claude refuses beside other settings, or at all."""
    inference = members.get("inferenceConfig", {})
    thinks = "thinking" in fields
    if model.has_only_adaptive_thinking or thinks:
        _drop(inference, "temperature", "temperature", losses)
        _drop(fields, "top_k", "top_k", losses)
    if model.has_only_adaptive_thinking or (thinks and inference.get("topP", 1) < 0.95):
        _drop(inference, "topP", "top_p", losses)
    if model.version >= (4, 1) and "temperature" in inference:
        _drop(inference, "topP", "top_p", losses)
    tools = members.get("toolConfig", {})
    if thinks and "toolChoice" in tools:
        del tools["toolChoice"]
        losses.drop("tool_choice")
    if not inference:
        members.pop("inferenceConfig", None)


def _drop(holder: dict[str, Any], member: str, name: str, losses: Losses) -> None:
    value = holder.pop(member, None)
    if value is not None and (value != 1 or name == "top_k"):  # 1 is what the others are without being told.
        losses.drop(name)
