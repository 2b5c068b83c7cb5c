"""Conversations as Chat Completions requests (OpenAI API reference: create chat completion).

The dialect with the most servers behind it, so the request keeps to what nearly all of them take: a content of one
text is a string, `max_tokens` is named as the provider wants it (`repairs.py` learns the other name), members nobody
asked for are not there.
"""

from __future__ import annotations

from typing import Any, Final

from plano.dialects.budgets import effort_of
from plano.dialects.conversation import (
    Audio,
    Conversation,
    Document,
    Foreign,
    Image,
    OutputFormat,
    Part,
    Reasoning,
    Refusal,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from plano.dialects.data_urls import data_url
from plano.dialects.losses import Losses
from plano.dialects.proofs import opened
from plano.dialects.short_ids import shortened
from plano.errors import BadRequest

DIALECT: Final = "openai_chat"
#: OpenAI's servers take no longer ones.
LONGEST_CALL_ID: Final = 40
_SAME: Final = (
    "temperature",
    "top_p",
    "top_k",
    "seed",
    "n",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "stop",
    "verbosity",
    "service_tier",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "modalities",
)
_IDS: Final = frozenset(("user", "safety_identifier", "prompt_cache_key"))


def write_request(conversation: Conversation, losses: Losses) -> dict[str, Any]:
    """The members of a request, without `model` and `stream`."""
    messages: list[dict[str, Any]] = []
    if conversation.instructions:
        messages.append({"role": "system", "content": _content(list(conversation.instructions), losses)})
    for turn in conversation.turns:
        _add_turn(messages, turn, losses)
    if not messages:
        raise BadRequest("the request says nothing to the model", param="messages")
    members: dict[str, Any] = {"messages": messages}
    _add_tools(members, conversation, losses)
    _add_settings(members, conversation, losses)
    for name in conversation.unknown:
        losses.drop(name)
    return members


def _add_turn(messages: list[dict[str, Any]], turn: Turn, losses: Losses) -> None:
    if turn.role == "assistant":
        messages.append(_said(turn, losses))
        return
    rest: list[Part] = []
    shown: list[Part] = []
    _drop_marks(turn.parts, losses)
    for part in turn.parts:
        if isinstance(part, ToolResult):
            messages.append(_result(part, shown, losses))
        else:
            rest.append(part)
    # A tool message holds text only: what else a tool gave is shown by the user, right after the results.
    content = _content([*shown, *rest], losses)
    if content:
        message: dict[str, Any] = {"role": turn.role, "content": content}
        if turn.name:
            message["name"] = turn.name
        messages.append(message)


def _said(turn: Turn, losses: Losses) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None}
    content: list[Part] = []
    calls: list[dict[str, Any]] = []
    thoughts: list[str] = []
    for part in turn.parts:
        if isinstance(part, ToolCall):
            calls.append(_call(part))
        elif isinstance(part, Reasoning):
            thoughts.append(part.text)
            if not part.text:
                losses.drop("reasoning")
        elif isinstance(part, Refusal):
            message["refusal"] = part.text
        elif isinstance(part, Foreign) and part.dialect == DIALECT and part.kind == "audio":
            message["audio"] = {"id": part.raw.get("id")}
        else:
            content.append(part)
    message["content"] = _content(content, losses) or None
    if calls:
        message["tool_calls"] = calls
        if any(thoughts):
            # Reasoning models behind this API demand it back with tool calls (DeepSeek, Kimi, GLM, MiniMax: "preserved
            # thinking"); OpenAI's own servers ignore it.
            message["reasoning_content"] = "\n".join(filter(None, thoughts))
        _drop_marks(turn.parts, losses)
    elif any(thoughts):
        losses.drop("reasoning")
    if not calls and message["content"] is None and "refusal" not in message and "audio" not in message:
        message["content"] = ""
    if turn.name:
        message["name"] = turn.name
    return message


def _drop_marks(parts: list[Part], losses: Losses) -> None:
    """Of what has no place for them here."""
    if any(part.cache is not None for part in parts if isinstance(part, ToolCall | ToolResult)):
        losses.drop("cache")


def _call(part: ToolCall) -> dict[str, Any]:
    id = shortened(part.id, LONGEST_CALL_ID)
    if part.is_custom:
        return {"id": id, "type": "custom", "custom": {"name": part.name, "input": part.arguments}}
    call: dict[str, Any] = {
        "id": id,
        "type": "function",
        "function": {"name": part.name, "arguments": part.arguments or "{}"},
    }
    proof = opened(part.proof, DIALECT)
    if proof.proof and proof.dialect == DIALECT:
        call["extra_content"] = {"google": {"thought_signature": proof.proof}}
    return call


def _result(part: ToolResult, shown: list[Part], losses: Losses) -> dict[str, Any]:
    texts: list[str] = []
    others: list[Part] = []
    for piece in part.content:
        if isinstance(piece, Text):
            texts.append(piece.text)
        else:
            others.append(piece)
    if others:
        shown.extend((Text(f"Content of the result of tool call {part.call_id}:"), *others))
        if not texts:
            texts.append("(see the next message)")
    text = "\n".join(texts)
    if part.is_error and not text.lower().startswith("error"):
        text = f"Error: {text}" if text else "Error"
    return {"role": "tool", "tool_call_id": shortened(part.call_id, LONGEST_CALL_ID), "content": text}


def _content(parts: list[Part], losses: Losses) -> str | list[dict[str, Any]]:
    """Content as plain as it can be: "" for nothing, a string for one text."""
    written = [piece for part in parts if (piece := _part(part, losses)) is not None]
    if not written:
        return ""
    if len(written) == 1 and len(written[0]) == 2 and written[0]["type"] == "text":
        return str(written[0]["text"])
    return written


def _part(part: Part, losses: Losses) -> dict[str, Any] | None:
    written: dict[str, Any] | None = None
    if isinstance(part, Text):
        if part.text:
            written = {"type": "text", "text": part.text}
        if part.annotations:
            losses.drop("citations")
    elif isinstance(part, Image):
        written = _image(part, losses)
    elif isinstance(part, Document):
        written = _document(part, losses)
    elif isinstance(part, Audio):
        written = {"type": "input_audio", "input_audio": {"data": part.data, "format": part.format}}
    elif isinstance(part, Refusal):
        written = {"type": "refusal", "refusal": part.text}
    elif isinstance(part, Foreign):
        if part.dialect == DIALECT:
            written = part.raw
        else:
            losses.drop(part.kind)
    if written is not None and isinstance(part, Text | Image | Document) and part.cache is not None:
        # Servers of this dialect cache by themselves, and some refuse members they do not know.
        losses.drop("cache")
    return written


def _image(part: Image, losses: Losses) -> dict[str, Any] | None:
    url = part.url or (data_url(part.media_type or "image/png", part.data) if part.data else "")
    if not url:
        losses.drop("image")
        return None
    told = {"url": url}
    if part.detail:
        told["detail"] = part.detail
    return {"type": "image_url", "image_url": told}


def _document(part: Document, losses: Losses) -> dict[str, Any] | None:
    if part.cites:
        losses.drop("citations")
    if part.text:
        head = "\n".join((*filter(None, (part.name, part.about)), part.text))
        return {"type": "text", "text": f"<document>\n{head}\n</document>"}
    if part.about:
        losses.drop("document.context")
    told: dict[str, str] = {}
    if part.data:
        told = {"filename": part.name or "document.pdf", "file_data": data_url(part.media_type, part.data)}
    elif part.file_id:
        told = {"file_id": part.file_id}
    if not told:
        losses.drop("document")
        return {"type": "text", "text": f"[document: {part.name or part.url}]"} if part.name or part.url else None
    return {"type": "file", "file": told}


# Tools.


def _add_tools(members: dict[str, Any], conversation: Conversation, losses: Losses) -> None:
    tools = [told for tool in conversation.tools if (told := _tool(tool, losses)) is not None]
    choice = conversation.tool_choice
    if not tools:
        if choice is not None and choice.mode not in ("auto", "none"):
            losses.drop("tool_choice")
        return
    members["tools"] = tools
    if choice is not None:
        members["tool_choice"] = _choice(choice, conversation.tools)
    parallel = conversation.settings.parallel_tool_calls
    if parallel is not None:
        members["parallel_tool_calls"] = parallel


def _tool(tool: Tool, losses: Losses) -> dict[str, Any] | None:
    if tool.cache is not None:
        losses.drop("cache")
    if tool.foreign is not None:
        if tool.foreign.dialect == DIALECT:
            return tool.foreign.raw  # type: ignore[no-any-return]
        losses.drop(f"tools.{tool.name}")
        return None
    told: dict[str, Any] = {"name": tool.name}
    if tool.description:
        told["description"] = tool.description
    if tool.is_custom:
        if tool.format is not None:
            told["format"] = tool.format
        return {"type": "custom", "custom": told}
    told["parameters"] = tool.parameters if tool.parameters else {"type": "object", "properties": {}}
    if tool.strict is not None:
        told["strict"] = tool.strict
    return {"type": "function", "function": told}


def _choice(choice: ToolChoice, tools: list[Tool]) -> Any:
    custom = {tool.name for tool in tools if tool.is_custom}
    if choice.mode == "tool":
        return _named(choice.name, custom)
    if choice.mode == "allowed":
        told = [_named(name, custom) for name in choice.names]
        mode = "required" if choice.is_required else "auto"
        return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": told}}
    return choice.mode


def _named(name: str, custom: set[str]) -> dict[str, Any]:
    kind = "custom" if name in custom else "function"
    return {"type": kind, kind: {"name": name}}


# Settings.


def _add_settings(members: dict[str, Any], conversation: Conversation, losses: Losses) -> None:
    settings = conversation.settings
    for name in _SAME:
        value = getattr(settings, name)
        if value is not None:
            members[name] = shortened(value) if name in _IDS else value
    if settings.max_tokens is not None:
        members["max_tokens"] = settings.max_tokens
    if settings.store is not None or settings.metadata is not None:
        # Only what a provider stores can be found by its metadata; most servers of this dialect know neither.
        if settings.store:
            members["store"] = True
            if settings.metadata is not None:
                members["metadata"] = settings.metadata
        elif settings.metadata:
            losses.drop("metadata")
    effort = effort_of(settings.thinking)
    if effort is not None:
        # The API has no word for as much as can be, and its highest one is known to few models.
        members["reasoning_effort"] = "high" if effort == "max" else effort
    if settings.output_format is not None:
        members["response_format"] = response_format(settings.output_format)


def response_format(told: OutputFormat) -> dict[str, Any]:
    if told.schema is None:
        return {"type": "json_object"}
    schema: dict[str, Any] = {"name": told.name or "answer", "schema": told.schema}
    if told.description:
        schema["description"] = told.description
    if told.strict is not None:
        schema["strict"] = told.strict
    return {"type": "json_schema", "json_schema": schema}
