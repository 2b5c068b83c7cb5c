"""What tunes an answer (Gemini API reference: GenerationConfig, ThinkingConfig)."""

from __future__ import annotations

from typing import Any, Final

from plano.dialects.budgets import budget_of, effort_of, fitted
from plano.dialects.conversation import Effort, OutputFormat, Settings, Thinking
from plano.dialects.gemini_generate.models import Model
from plano.dialects.gemini_generate.parts import Json
from plano.dialects.json_text import encoded
from plano.dialects.losses import Losses

_SAME: Final = (
    ("max_tokens", "maxOutputTokens"),
    ("temperature", "temperature"),
    ("top_p", "topP"),
    ("top_k", "topK"),
    ("presence_penalty", "presencePenalty"),
    ("frequency_penalty", "frequencyPenalty"),
)
_NOT_TOLD: Final = (
    "logit_bias",
    "verbosity",
    "user",
    "safety_identifier",
    "metadata",
    "store",
    "prompt_cache_key",
    "prompt_cache_retention",
)
_MOST_STOPS: Final = 5
_MODALITIES: Final = {"text": "TEXT", "image": "IMAGE", "audio": "AUDIO"}
_TIERS: Final = {
    "default": "standard",
    "standard": "standard",
    "standard_only": "standard",
    "flex": "flex",
    "priority": "priority",
}
_LEVELS: Final[dict[Effort, str]] = {
    "none": "minimal",
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}


def generation_config(settings: Settings, model: Model, losses: Losses) -> Json:
    told: Json = {}
    for name, own in _SAME:
        value = getattr(settings, name)
        if value is not None:
            told[own] = value
    if settings.n is not None and settings.n != 1:
        told["candidateCount"] = settings.n
    if settings.seed is not None:
        if -(1 << 31) <= settings.seed < 1 << 31:
            told["seed"] = settings.seed
        else:
            losses.drop("seed")
    if settings.stop:
        _add_stops(told, settings.stop, losses)
    if settings.logprobs:
        told["responseLogprobs"] = True
        if settings.top_logprobs:
            told["logprobs"] = settings.top_logprobs
    if settings.modalities is not None and settings.modalities != ["text"]:
        known = [_MODALITIES[word] for word in settings.modalities if word in _MODALITIES]
        if len(known) < len(settings.modalities):
            losses.drop("modalities")
        if known:
            told["responseModalities"] = known
    if settings.thinking is not None:
        _add_thinking(told, settings.thinking, model, losses)
    for name in _NOT_TOLD:
        if getattr(settings, name):
            losses.drop(name)
    return told


def add_tier(members: Json, tier: str | None, losses: Losses) -> None:
    if tier is None or tier == "auto":
        return
    if tier in _TIERS:
        members["serviceTier"] = _TIERS[tier]
    else:
        losses.drop("service_tier")


def ask_for_json(told: OutputFormat, config: Json, has_functions: bool, model: Model, losses: Losses) -> str:
    """Have the answer be JSON; where it cannot be held to that, the sentence to ask for it with."""
    if model.has_json_beside_tools or not has_functions:
        config["responseMimeType"] = "application/json"
        if told.schema is not None:
            config["responseJsonSchema"] = told.schema
        return ""
    losses.drop("output_format")
    wish = "Where no tool is called, answer with a single JSON object and nothing else."
    return wish if told.schema is None else f"{wish} It must be valid after this JSON schema:\n{encoded(told.schema)}"


def _add_stops(told: Json, stop: list[str], losses: Losses) -> None:
    words = [word for word in stop if word]
    if len(words) > _MOST_STOPS:
        losses.drop("stop")
    if words:
        told["stopSequences"] = words[:_MOST_STOPS]


def _add_thinking(told: Json, thinking: Thinking, model: Model, losses: Losses) -> None:
    effort = effort_of(thinking)
    if not model.thinks_by_level and not model.thinks_by_budget:
        if effort not in (None, "none") or thinking.is_on:
            losses.drop("thinking")
        return
    config: dict[str, Any] = {}
    if model.thinks_by_level:
        if effort is not None:
            config["thinkingLevel"] = _level(effort, model, losses)
    else:
        budget = budget_of(thinking)
        if budget is not None:
            config["thinkingBudget"] = _budget(budget, thinking, told, model, losses)
        elif thinking.is_adaptive:
            config["thinkingBudget"] = -1
    if thinking.shows != "none" and effort != "none" and (effort or thinking.is_on or thinking.shows):
        config["includeThoughts"] = True
    if config:
        told["thinkingConfig"] = config


def _level(effort: Effort, model: Model, losses: Losses) -> str:
    level = _LEVELS[effort]
    if model.is_pro and level == "minimal":
        level = "low"  # It cannot think less.
    elif model.is_pro and level == "medium" and model.version == (3, 0):
        level = "high"
    if effort == "none":
        losses.drop("thinking")
    return level


def _budget(budget: int, thinking: Thinking, told: Json, model: Model, losses: Losses) -> int:
    if budget <= 0:
        if not model.is_pro:
            return 0
        losses.drop("thinking")  # It cannot do without.
        return model.smallest_budget
    limit = told.get("maxOutputTokens")
    if isinstance(limit, int) and thinking.budget_tokens is None:
        budget, _ = fitted(budget, limit, is_exact=False)
        budget = min(budget, max(limit // 2, 1))
    return max(min(budget, model.largest_budget), model.smallest_budget)
