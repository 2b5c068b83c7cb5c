"""Responses requests as conversations (OpenAI API reference: create a response).

The input is a flat list of items. Neighbouring ones of the model's voice (reasoning, messages, calls) are one turn, and
results of calls are the beginning of the user's next. Calls the client runs itself under other names than functions
(local shell, patches, tool search) become tool calls, so that their results belong to something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from plano.dialects.checked_settings import add_settings, count_in
from plano.dialects.conversation import (
    Conversation,
    Foreign,
    OutputFormat,
    Part,
    Reasoning,
    Settings,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
)
from plano.dialects.json_text import encoded
from plano.dialects.openai_responses.client_tools import BY_CALL, BY_OUTPUT, ClientTool
from plano.dialects.openai_responses.read_content import read_content, read_output
from plano.dialects.openai_responses.read_tools import read_tool_choice, read_tools
from plano.dialects.proofs import opened, sealed
from plano.errors import BadRequest

DIALECT: Final = "openai_responses"
#: Neutral name -> the member that holds it, where the two differ.
MEMBER_NAMES: Final = {
    "thinking": "reasoning",
    "output_format": "text.format",
    "verbosity": "text.verbosity",
    "max_tokens": "max_output_tokens",
    "logprobs": "include",
}
#: What an answer repeats, and `include`, which says whether the client wants to bring proofs back.
ECHOES: Final = (
    "background",
    "include",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
)
#: Entry of `include`: the client keeps what the model thought and gives it back.
PROOFS: Final = "reasoning.encrypted_content"
LOGPROBS: Final = "message.output_text.logprobs"
#: `id` within a sealed proof: there is no text to it; it belongs to the call that follows.
REDACTED: Final = "redacted"
OF_CALL: Final = "call"
_SAME: Final = (
    "temperature",
    "top_p",
    "top_logprobs",
    "parallel_tool_calls",
    "service_tier",
    "user",
    "safety_identifier",
    "metadata",
    "store",
    "prompt_cache_key",
    "prompt_cache_retention",
    "modalities",
)
_READ: Final = frozenset(
    (
        *_SAME,
        "model",
        "input",
        "instructions",
        "stream",
        "stream_options",
        "tools",
        "tool_choice",
        "text",
        "reasoning",
        "max_output_tokens",
        "include",
        "previous_response_id",
        "conversation",
        "background",
        "prompt",
    )
)
#: What only the provider that keeps it can know.
_KEPT_ELSEWHERE: Final = {
    "previous_response_id": "this provider keeps no conversations: send the whole conversation as `input`",
    "conversation": "this provider keeps no conversations: send the whole conversation as `input`",
    "background": "this provider does not answer in the background",
    "prompt": "this provider knows no stored prompts: send the prompt as `instructions` and `input`",
}
_EFFORTS: Final = frozenset(("none", "minimal", "low", "medium", "high", "xhigh", "max"))
_USER_FOREIGN: Final = frozenset(("computer_call_output", "mcp_approval_response"))


def read_request(members: Mapping[str, Any]) -> Conversation:
    """The conversation a request holds. Raises `BadRequest` with the path of what is malformed."""
    for name, reason in _KEPT_ELSEWHERE.items():
        if members.get(name):
            raise BadRequest(reason, param=name)
    conversation = Conversation([], streams=members.get("stream") is True)
    instructions = members.get("instructions")
    if instructions is not None and not isinstance(instructions, str):
        raise BadRequest("`instructions` must be a string", param="instructions")
    if instructions:
        conversation.instructions.append(Text(instructions))
    conversation.tools = read_tools(members.get("tools"), "tools")
    conversation.tool_choice = read_tool_choice(members.get("tool_choice"))
    _Items(conversation).read(members.get("input"))
    conversation.settings = _settings(members)
    conversation.unknown = _unknown(members)
    return conversation


class _Items:
    """Reads the items of one input into a conversation."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._turns = conversation.turns
        #: Brought back for the call that follows.
        self._proof = ""

    def read(self, told: Any) -> None:
        if isinstance(told, str):
            self._turns.append(Turn("user", [Text(told)] if told else []))
            return
        if isinstance(told, dict):
            told = [told]
        if not isinstance(told, list):
            raise BadRequest("`input` must be a string or a list of items", param="input")
        for index, item in enumerate(told):
            if not isinstance(item, dict):
                raise BadRequest("an item must be an object", param=f"input[{index}]")
            try:
                self._item(item)
            except BadRequest as error:
                error.param = f"input[{index}].{error.param}"
                raise

    def _item(self, item: dict[str, Any]) -> None:
        """Errors name the place within the item."""
        kind = item.get("type") or ("message" if "role" in item else "item_reference")
        if not isinstance(kind, str):
            raise BadRequest("the `type` of an item must be a string", param="type")
        read = _ITEMS.get(kind)
        if read is not None:
            read(self, item)
        elif kind in BY_CALL:
            self._client_call(item, BY_CALL[kind])
        elif kind in BY_OUTPUT:
            self._client_output(item, BY_OUTPUT[kind])
        else:
            self._foreign(item, kind)

    def _message(self, item: dict[str, Any]) -> None:
        role = item.get("role")
        parts = read_content(item.get("content"), "content")
        if role == "assistant":
            self._said(*parts)
        elif role == "user":
            self._asked(parts)
        elif role in ("system", "developer"):
            if self._turns or not all(isinstance(part, Text) for part in parts):
                self._turns.append(Turn("system", parts))
            else:
                self._conversation.instructions.extend(part for part in parts if isinstance(part, Text))
        else:
            raise BadRequest(f"a message has the role {role!r}, which is none", param="role")

    def _asked(self, parts: list[Part]) -> None:
        turns = self._turns
        if turns and turns[-1].role == "user" and turns[-1].parts and isinstance(turns[-1].parts[-1], ToolResult):
            turns[-1].parts.extend(parts)  # What the user says along with the results of the tools.
        elif parts:
            turns.append(Turn("user", parts))

    def _said(self, *parts: Part) -> None:
        if self._turns and self._turns[-1].role == "assistant":
            self._turns[-1].parts.extend(parts)
        elif parts:
            self._turns.append(Turn("assistant", list(parts)))

    def _gave(self, result: ToolResult) -> None:
        """A result, after those the user's turn begins with."""
        turn = self._turns[-1] if self._turns else None
        if turn is None or turn.role != "user" or not turn.parts or not isinstance(turn.parts[0], ToolResult):
            self._turns.append(Turn("user", [result]))
            return
        place = next((at for at, part in enumerate(turn.parts) if not isinstance(part, ToolResult)), len(turn.parts))
        turn.parts.insert(place, result)

    def _function_call(self, item: dict[str, Any]) -> None:
        arguments = item.get("arguments")
        if not isinstance(arguments, str):
            arguments = "{}" if arguments is None else encoded(arguments)
        self._called(ToolCall(_call_id(item), _name(item), arguments or "{}"), item)

    def _custom_call(self, item: dict[str, Any]) -> None:
        told = item.get("input")
        call = ToolCall(_call_id(item), _name(item), told if isinstance(told, str) else "", is_custom=True)
        self._called(call, item)

    def _called(self, call: ToolCall, item: dict[str, Any]) -> None:
        call.namespace = str(item.get("namespace") or "")
        call.proof, self._proof = self._proof, ""
        self._said(call)

    def _output(self, item: dict[str, Any]) -> None:
        content = read_output(item.get("output"), "output")
        is_custom = item.get("type") == "custom_tool_call_output"
        self._gave(ToolResult(_call_id(item), content, is_custom=is_custom))

    def _reasoning(self, item: dict[str, Any]) -> None:
        summary, content = _texts(item.get("summary")), _texts(item.get("content"))
        word = item.get("encrypted_content")
        word = word if isinstance(word, str) else ""
        proof = opened(word, DIALECT)
        id = str(item.get("id") or "")
        if proof.dialect == DIALECT:
            id = proof.id or id
            text = content or summary
            if text or word:
                is_summary = bool(summary) and not content
                sealed_own = sealed(DIALECT, proof.proof, id)
                self._said(Reasoning(text, sealed_own, not text, is_summary, id))
        elif proof.id == OF_CALL:
            self._proof = sealed(proof.dialect, proof.proof)
        else:
            is_redacted = proof.id == REDACTED
            if is_redacted:
                proof = proof._replace(id="")
            self._said(Reasoning(summary or content, sealed(*_in_order(proof)), is_redacted, id=proof.id))

    def _client_call(self, item: dict[str, Any], tool: ClientTool) -> None:
        arguments = item.get(tool.member)
        call_id = str(item.get("call_id") or item.get("id") or "")
        self._said(ToolCall(call_id, tool.name, arguments if isinstance(arguments, str) else encoded(arguments or {})))

    def _client_output(self, item: dict[str, Any], tool: ClientTool) -> None:
        told = item.get(tool.output_member)
        text = told if isinstance(told, str) else "" if told is None else encoded(told)
        result = ToolResult(str(item.get("call_id") or item.get("id") or ""), [Text(text)] if text else [])
        result.is_error = item.get("status") == "failed"
        self._gave(result)
        if tool.output_member == "tools":
            self._more_tools(item)

    def _more_tools(self, item: dict[str, Any]) -> None:
        """Tools that came to be known on the way are tools like the others."""
        tools = self._conversation.tools
        known = {(tool.namespace, tool.name) for tool in tools}
        for tool in read_tools(item.get("tools"), "tools"):
            if (tool.namespace, tool.name) not in known:
                tools.append(tool)

    def _foreign(self, item: dict[str, Any], kind: str) -> None:
        part = Foreign(DIALECT, kind, item)
        if kind in _USER_FOREIGN:
            self._asked([part])
        else:
            self._said(part)


_ITEMS: Final[dict[str, Callable[[_Items, dict[str, Any]], None]]] = {
    "message": _Items._message,
    "function_call": _Items._function_call,
    "custom_tool_call": _Items._custom_call,
    "function_call_output": _Items._output,
    "custom_tool_call_output": _Items._output,
    "reasoning": _Items._reasoning,
    "additional_tools": _Items._more_tools,
}


def _in_order(proof: tuple[str, str, str]) -> tuple[str, str, str]:
    """What `sealed` takes."""
    dialect, id, word = proof
    return dialect, word, id


def _call_id(item: dict[str, Any]) -> str:
    call_id = item.get("call_id")
    if not isinstance(call_id, str) or not call_id:
        raise BadRequest(f"an item of type {item.get('type')!r} must have a `call_id`", param="call_id")
    return call_id


def _name(item: dict[str, Any]) -> str:
    name = item.get("name")
    if not isinstance(name, str) or not name:
        raise BadRequest("a call names no tool", param="name")
    return name


def _texts(told: Any) -> str:
    """The texts of a summary's parts, or of the content's."""
    if not isinstance(told, list):
        return ""
    return "\n\n".join(
        part["text"] for part in told if isinstance(part, dict) and isinstance(part.get("text"), str)
    )


# Settings.


def _settings(members: Mapping[str, Any]) -> Settings:
    settings = Settings()
    add_settings(settings, members, _SAME)
    settings.max_tokens = count_in(members, "max_output_tokens")
    if LOGPROBS in _includes(members) or settings.top_logprobs:
        settings.logprobs = True
    settings.thinking = _thinking(members.get("reasoning"))
    text = members.get("text")
    if isinstance(text, dict):
        add_settings(settings, text, ("verbosity",))
        settings.output_format = _output_format(text.get("format"))
    return settings


def _includes(members: Mapping[str, Any]) -> list[Any]:
    told = members.get("include")
    return told if isinstance(told, list) else []


def _unknown(members: Mapping[str, Any]) -> dict[str, Any]:
    unknown = {name: value for name, value in members.items() if name not in _READ and value is not None}
    if unknown.get("truncation") == "disabled":
        del unknown["truncation"]  # What every other API does.
    rest = [entry for entry in _includes(members) if entry not in (PROOFS, LOGPROBS)]
    return unknown | {"include": rest} if rest else unknown


def _thinking(told: Any) -> Thinking | None:
    if not isinstance(told, dict):
        return None
    effort = told.get("effort")
    summary = told.get("summary") or told.get("generate_summary") or ""
    if effort is None and not summary:
        return None
    if effort is not None and (not isinstance(effort, str) or effort not in _EFFORTS):
        raise BadRequest(f"`reasoning.effort` is {effort!r}, which is none", param="reasoning.effort")
    thinking = Thinking(None if effort is None else effort != "none", effort)  # type: ignore[arg-type]
    if summary == "none":
        thinking.shows = "none"
    elif isinstance(summary, str) and summary:
        thinking.shows, thinking.summary = "summary", summary
    return thinking


def _output_format(told: Any) -> OutputFormat | None:
    if not isinstance(told, dict) or told.get("type") in (None, "text"):
        return None
    if told["type"] == "json_object":
        return OutputFormat()
    nested = told.get("json_schema")
    told = {**nested, "type": told["type"]} if isinstance(nested, dict) else told
    if told["type"] != "json_schema" or not isinstance(told.get("schema"), dict):
        raise BadRequest("`text.format` is of no known type, or has no schema", param="text.format")
    strict = told.get("strict")
    return OutputFormat(
        told["schema"],
        str(told.get("name") or ""),
        str(told.get("description") or ""),
        strict if isinstance(strict, bool) else None,
    )
