"""`Conversation` -> a request (API reference: create a message), as its model takes it."""

from __future__ import annotations

from typing import Any, Final

from plano.dialects.anthropic_messages.cache_marks import MarkKeeper
from plano.dialects.anthropic_messages.schemas import strict_schema, tool_schema
from plano.dialects.anthropic_messages.wire_types import DIALECT
from plano.dialects.anthropic_messages.write_blocks import BlockWriter
from plano.dialects.anthropic_messages.write_thinking import write_thinking
from plano.dialects.anthropic_messages.write_turns import TurnWriter
from plano.dialects.claude_models import ClaudeModel, claude_model
from plano.dialects.conversation import Conversation, OutputFormat, Settings, Text, Tool, Turn
from plano.dialects.event_document import Json
from plano.dialects.losses import Losses

#: The API wants a limit, and other dialects do not. This is the most that every model since Claude 4 can write
#: (Opus 4); models that can write more do so when the client asks for it.
DEFAULT_MAX_TOKENS: Final = 32_000
#: More tools than this the API does not hold to their schemas in one request.
_MOST_STRICT: Final = 20
_LONGEST_USER: Final = 256
#: OpenAI's words -> the API's.
_SERVICE_TIERS: Final = {"auto": "auto", "priority": "auto", "default": "standard_only"}
#: Settings the API has nothing for -> values of them that change nothing.
_LOST_SETTINGS: Final[dict[str, tuple[Any, ...]]] = {
    "seed": (None,),
    "n": (None, 1),
    "frequency_penalty": (None, 0),
    "presence_penalty": (None, 0),
    "logit_bias": (None, {}),
    "logprobs": (None, False),
    "top_logprobs": (None, 0),
    "verbosity": (None, "medium"),
    "metadata": (None, {}),
    "store": (None, False),
    "prompt_cache_key": (None,),
    "prompt_cache_retention": (None,),
    "modalities": (None, [], ["text"]),
}


def write_request(conversation: Conversation, losses: Losses) -> dict[str, Any]:
    """The members, without `model` and `stream`."""
    model = claude_model(conversation.model)
    settings = conversation.settings
    keeper = MarkKeeper()
    blocks = BlockWriter(keeper, losses)
    turns = TurnWriter(blocks, losses)
    members: dict[str, Any] = {"max_tokens": settings.max_tokens or DEFAULT_MAX_TOKENS}
    # In the order of a prompt: the marks that are taken back are those that reach least far.
    tools = _tools(conversation, blocks, model, losses)
    instructions, rest = _instructions(conversation)
    system = [block for text in instructions if (block := blocks.text(text)) is not None]
    messages = turns.write(rest)
    if not messages:
        messages, system = [{"role": "user", "content": system or [{"type": "text", "text": "."}]}], []
    keeper.settle(losses)
    if system:
        members["system"] = system
    members["messages"] = messages
    if not tools and turns.names:
        # Calls of tools that are not declared are refused.
        tools = [{"name": name, "input_schema": tool_schema(None)} for name in turns.names]
        members["tools"], members["tool_choice"] = tools, {"type": "none"}
    elif tools:
        members["tools"] = tools
        _add_choice(conversation, members, model, losses)
    _add_settings(settings, members, model, losses)
    write_thinking(settings.thinking, members, model, losses)
    _go_on(members, model)
    for name in conversation.unknown:
        losses.drop(name)
    return members


def _instructions(conversation: Conversation) -> tuple[list[Text], list[Turn]]:
    """What stands before everything else is the system prompt, wherever the client's dialect has put it."""
    texts = list(conversation.instructions)
    turns = conversation.turns
    first = 0
    while first < len(turns) and turns[first].role == "system":
        texts += [part for part in turns[first].parts if isinstance(part, Text)]
        first += 1
    return texts, turns[first:]


def _tools(conversation: Conversation, blocks: BlockWriter, model: ClaudeModel, losses: Losses) -> list[Json]:
    choice = conversation.tool_choice
    allowed = choice.names if choice is not None and choice.mode == "allowed" else None
    tools: list[Json] = []
    strict = 0
    for tool in conversation.tools:
        if allowed is not None and tool.name not in allowed:
            continue
        if tool.foreign is not None:
            if tool.foreign.dialect == DIALECT:
                tools.append(tool.foreign.raw)
            else:
                losses.drop(f"tools.{tool.name}")
            continue
        strict += bool(tool.strict)
        is_strict = bool(tool.strict) and model.takes_schemas and strict <= _MOST_STRICT
        if tool.strict and not is_strict:
            losses.drop(f"tools.{tool.name}.strict")
        tools.append(blocks.mark(_tool(tool, is_strict), tool.cache))
    return tools


def _tool(tool: Tool, is_strict: bool) -> Json:
    written: Json = {"name": tool.name}
    if tool.description:
        written["description"] = tool.description
    schema = tool_schema(tool.parameters)
    if is_strict:
        written["input_schema"], written["strict"] = strict_schema(schema), True
    else:
        written["input_schema"] = schema
    return written


def _add_choice(conversation: Conversation, members: Json, model: ClaudeModel, losses: Losses) -> None:
    choice = conversation.tool_choice
    told: Json = {"type": "auto"}
    if choice is not None:
        if choice.mode == "none":
            told = {"type": "none"}
        elif choice.mode == "tool" and any(tool.get("name") == choice.name for tool in members["tools"]):
            told = {"type": "tool", "name": choice.name}
        elif choice.mode in ("required", "tool") or choice.is_required:
            told = {"type": "any"}
    if told["type"] in ("any", "tool") and not model.takes_forced_tools:
        told = {"type": "auto"}
        losses.drop("tool_choice")
    one_at_a_time = conversation.settings.parallel_tool_calls is False and told["type"] != "none"
    if one_at_a_time:
        told["disable_parallel_tool_use"] = True
    if choice is not None or one_at_a_time:
        members["tool_choice"] = told


def _add_settings(settings: Settings, members: Json, model: ClaudeModel, losses: Losses) -> None:
    for name, harmless in _LOST_SETTINGS.items():
        if getattr(settings, name) not in harmless:
            losses.drop(name)
    _add_sampling(settings, members, model, losses)
    if settings.stop:
        stop = [word for word in settings.stop if word.strip()]
        if stop:
            members["stop_sequences"] = stop
        if len(stop) < len(settings.stop):
            losses.drop("stop")
    user = settings.user or settings.safety_identifier
    if user and len(user) <= _LONGEST_USER:
        members["metadata"] = {"user_id": user}
    elif user:
        losses.drop("user")
    if settings.service_tier is not None:
        tier = _SERVICE_TIERS.get(settings.service_tier)
        if tier is None:
            losses.drop("service_tier")
        else:
            members["service_tier"] = tier
    if settings.output_format is not None:
        _add_format(settings.output_format, members, model, losses)


def _add_sampling(settings: Settings, members: Json, model: ClaudeModel, losses: Losses) -> None:
    for name in ("temperature", "top_p", "top_k"):
        value = getattr(settings, name)
        if value is None or (name == "top_p" and value == 1):
            continue
        if not model.takes_sampling:
            if not (name == "temperature" and value == 1):
                losses.drop(name)
        elif name == "top_p" and "temperature" in members and not model.takes_both_samplings:
            losses.drop(name)
        elif name == "temperature" and value > 1:
            members[name] = 1
            losses.drop(name)
        else:
            members[name] = value


def _add_format(wanted: OutputFormat, members: Json, model: ClaudeModel, losses: Losses) -> None:
    if wanted.schema is None or not model.takes_schemas:
        # There is no mode for JSON of any shape; clients that ask for it have to ask for it in words, too.
        losses.drop("output_format")
        return
    form = {"type": "json_schema", "schema": strict_schema(wanted.schema)}
    members.setdefault("output_config", {})["format"] = form


def _go_on(members: Json, model: ClaudeModel) -> None:
    """Where a model cannot go on from its own words, it is asked to."""
    messages = members["messages"]
    if messages[-1]["role"] == "assistant" and not model.takes_prefill:
        text = "Continue your previous message exactly where it ends, without repeating any of it."
        messages.append({"role": "user", "content": [{"type": "text", "text": text}]})
