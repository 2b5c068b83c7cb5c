"""Conversations as Responses requests (OpenAI API reference: create a response).

Nothing is kept at the provider unless the client asked for it: what the model thought then travels encrypted.
"""

from __future__ import annotations

from typing import Any, Final

from plano.dialects.budgets import effort_of
from plano.dialects.conversation import Conversation, OutputFormat, Reasoning, Settings, Thinking
from plano.dialects.losses import Losses
from plano.dialects.openai_responses.read_request import DIALECT, LOGPROBS, PROOFS
from plano.dialects.openai_responses.write_input import write_input
from plano.dialects.openai_responses.write_tools import web_search, write_tool_choice, write_tools
from plano.dialects.proofs import opened
from plano.dialects.short_ids import shortened

#: The API refuses to be asked for less.
LEAST_TOKENS: Final = 16
_SAME: Final = (
    "temperature",
    "top_p",
    "service_tier",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "metadata",
)
#: Claude Code's ids of users are longer than the API takes.
_IDS: Final = ("user", "safety_identifier", "prompt_cache_key")
#: Settings the API has no member for.
_NONE: Final = ("top_k", "stop", "seed", "frequency_penalty", "presence_penalty", "logit_bias")
#: Members only this API has, which other clients send through plano on purpose.
_PASSED: Final = ("truncation", "max_tool_calls")
#: Chat Completions' member for what is a tool here.
_SEARCH: Final = "web_search_options"


def write_request(conversation: Conversation, losses: Losses) -> dict[str, Any]:
    """The members of a request, without `model` and `stream`."""
    members: dict[str, Any] = {}
    instructions = [block.text for block in conversation.instructions if block.text]
    if instructions:
        members["instructions"] = "\n\n".join(instructions)
    if any(block.cache is not None for block in conversation.instructions):
        losses.drop("cache")
    members["input"] = write_input(conversation.turns, losses)
    _add_tools(members, conversation, losses)
    _add_settings(members, conversation.settings, losses)
    _add_keeping(members, conversation)
    for name, value in conversation.unknown.items():
        if name in _PASSED:
            members[name] = value
        elif name != _SEARCH or not isinstance(value, dict):
            losses.drop(name)
    return members


def _add_tools(members: dict[str, Any], conversation: Conversation, losses: Losses) -> None:
    tools = write_tools(conversation.tools, losses)
    search = conversation.unknown.get(_SEARCH)
    if isinstance(search, dict):
        tools.append(web_search(search))
    choice = conversation.tool_choice
    if not tools:
        if choice is not None and choice.mode not in ("auto", "none"):
            losses.drop("tool_choice")
        return
    members["tools"] = tools
    if choice is not None:
        members["tool_choice"] = write_tool_choice(choice, conversation.tools)
    if conversation.settings.parallel_tool_calls is not None:
        members["parallel_tool_calls"] = conversation.settings.parallel_tool_calls


def _add_settings(members: dict[str, Any], settings: Settings, losses: Losses) -> None:
    reasoning = _reasoning(settings.thinking)
    if reasoning:
        members["reasoning"] = reasoning
    is_thinking = _is_thinking(settings.thinking)
    for name in _SAME:
        value = getattr(settings, name)
        if value is None:
            continue
        if is_thinking and name in ("temperature", "top_p"):
            losses.drop(name)  # Models that think refuse both.
        elif name in _IDS and isinstance(value, str):
            members[name] = shortened(value)
        else:
            members[name] = value
    if settings.max_tokens is not None:
        members["max_output_tokens"] = max(settings.max_tokens, LEAST_TOKENS)
    if settings.top_logprobs is not None:
        members["top_logprobs"] = settings.top_logprobs
    text: dict[str, Any] = {}
    if settings.output_format is not None:
        text["format"] = _format(settings.output_format)
    if settings.verbosity is not None:
        text["verbosity"] = settings.verbosity
    if text:
        members["text"] = text
    _drop_unknown(settings, losses)


def _drop_unknown(settings: Settings, losses: Losses) -> None:
    for name in _NONE:
        if getattr(settings, name):
            losses.drop(name)
    if settings.n is not None and settings.n > 1:
        losses.drop("n")
    if settings.modalities is not None and settings.modalities != ["text"]:
        losses.drop("modalities")


def _add_keeping(members: dict[str, Any], conversation: Conversation) -> None:
    """Whether the provider keeps the response, and if not, what must come back with it."""
    settings = conversation.settings
    members["store"] = settings.store is True
    include = [LOGPROBS] if settings.logprobs else []
    # Models that do not think refuse to be asked for their encrypted thoughts.
    if not members["store"] and (_is_thinking(settings.thinking) or _has_own_proof(conversation)):
        include.append(PROOFS)
    if include:
        members["include"] = include


def _has_own_proof(conversation: Conversation) -> bool:
    return any(
        isinstance(part, Reasoning) and part.proof and opened(part.proof, "").dialect == DIALECT
        for turn in conversation.turns
        if turn.role == "assistant"
        for part in turn.parts
    )


def _is_thinking(thinking: Thinking | None) -> bool:
    effort = effort_of(thinking)
    return thinking is not None and effort != "none" and (effort is not None or thinking.is_on is True)


def _reasoning(thinking: Thinking | None) -> dict[str, Any]:
    told: dict[str, Any] = {}
    effort = effort_of(thinking)
    if thinking is None:
        return told
    if effort is not None:
        told["effort"] = effort
    if thinking.shows in ("summary", "full") and effort != "none":
        told["summary"] = thinking.summary or "auto"
    return told


def _format(told: OutputFormat) -> dict[str, Any]:
    if told.schema is None:
        return {"type": "json_object"}
    written: dict[str, Any] = {"type": "json_schema", "name": told.name or "answer", "schema": told.schema}
    if told.description:
        written["description"] = told.description
    if told.strict is not None:
        written["strict"] = told.strict
    return written
