"""Where the messages, parts and items of three dialects have their texts: one description for requests and answers.

A shape names the members that say something, with the rule each is read by. Members it does not name are looked through
for strings, of kind `other`, unless their names are `OPAQUE`; so are parts and items of types that are not here. What
has another form than its rule expects is looked through as well: nothing is left unread because it is odd.

Thoughts with a proof (a signature, encrypted content) can be read, not changed: the proof would no longer fit, and the
provider would refuse the conversation. Summaries of thoughts have no proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import Raw

from plano.dialects.found_texts import FoundTexts, Path, Rule
from plano.dialects.json_leaves import OPAQUE
from plano.dialects.passages import Kind, Place, Role

Members = dict[str, Raw]

#: Parts in parts further down than a path of so many steps are looked through as a whole.
DEEPEST: Final = 16
PROOFS: Final = ("signature", "encrypted_content")
#: What is strange in there is of the same kind.
_MATERIAL: Final = frozenset(("result", "document"))
_NOTHING: Final = frozenset((b'""', b"null"))
_read: Final[Any] = msgspec.json.Decoder(
    str | int | float | bool | list[Members | str | int | float | bool | list[Raw] | None] | Members | None
).decode
_members_of: Final = msgspec.json.Decoder(Members).decode
_word: Final[Any] = msgspec.json.Decoder(Any).decode
_encode: Final = msgspec.json.Encoder().encode


@cache
def place(kind: Kind, role: Role = "") -> Place:
    return Place(kind, role)


OTHER: Final = place("other")


def _strange(found: FoundTexts, raw: Raw, path: Path, where: Place) -> None:
    """A member nobody knows."""
    found.leaves(raw, path, where if where.kind in _MATERIAL else OTHER)


def _opaque(found: FoundTexts, raw: Raw, path: Path, where: Place) -> None:
    """No text stands there, unless somebody else has taken the name for something larger."""
    if memoryview(raw)[0] in b"{[":
        _strange(found, raw, path, where)


#: What is met all the time is not even looked at, and probabilities go with their text (`rewritten`).
_OPAQUE_RULES: Final = dict.fromkeys(OPAQUE, _opaque) | dict.fromkeys(("type", "role", "cache_control", "logprobs"))


class Shape:
    """`rules` by member; `kind` and `role` of the texts, where they are not those of what the shape is part of.

    `proven`: the members that are sealed where there is a proof. `members`: what to do with each, None for nothing.
    """

    __slots__ = ("kind", "members", "proven", "role", "rules")

    def __init__(
        self,
        rules: Mapping[str, Rule],
        kind: Kind | None = None,
        role: Role | None = None,
        proven: frozenset[str] = frozenset(),
    ) -> None:
        self.rules = rules
        self.kind = kind
        self.role = role
        self.proven = proven
        self.members: dict[str, Rule | None] = {**_OPAQUE_RULES, **rules}


_OF_ROLES: Final[dict[Any, Place]] = {
    "system": place("instructions", "system"),
    "developer": place("instructions", "system"),
    "user": place("text", "user"),
    "assistant": place("text", "assistant"),
    "model": place("text", "assistant"),
    "tool": place("result", "tool"),
    "function": place("result", "tool"),
}
_OF_RAW_ROLES: Final = {_encode(role): found for role, found in _OF_ROLES.items()}


def item(found: FoundTexts, members: Members, path: Path, where: Place, shape: Shape | None = None) -> None:
    """One message, part or item, by its type; without a type it is a message."""
    if shape is None:
        shape = _shape_of(members)
    if shape is MESSAGE and "role" in members:
        where = _of_role(members["role"])
    if shape.kind is not None:
        where = _inner(shape, members, where)
    if shape.proven and any(_is_there(members, name) for name in PROOFS):
        _sealed_item(found, members, path, where, shape)
        return
    rule_of = shape.members.get
    for name, raw in members.items():
        rule = rule_of(name, _strange)
        if rule is not None:
            rule(found, raw, (*path, name), where)


def _sealed_item(found: FoundTexts, members: Members, path: Path, where: Place, shape: Shape) -> None:
    for name, raw in members.items():
        start = len(found.sites)
        rule = shape.members.get(name, _strange)
        if rule is not None:
            rule(found, raw, (*path, name), where)
        if name in shape.proven:
            found.seal(start)


def _shape_of(members: Members) -> Shape:
    kind = members.get("type")
    if kind is None:
        return MESSAGE
    shape = _SHAPES_OF_RAW_TYPES.get(bytes(kind))
    if shape is None:
        told = _word(kind)  # With escapes in it, perhaps; or no string.
        shape = SHAPES.get(told, UNKNOWN) if isinstance(told, str) else UNKNOWN
    return shape


def _of_role(raw: Raw) -> Place:
    found = _OF_RAW_ROLES.get(bytes(raw))
    if found is None:
        told = _word(raw)
        found = _OF_ROLES.get(told) if isinstance(told, str) else None
    return found or place("text")


def _inner(shape: Shape, members: Members, where: Place) -> Place:
    kind, role = shape.kind or where.kind, where.role if shape.role is None else shape.role
    if kind != "arguments" or "name" not in members:
        return place(kind, role)
    name = _word(members["name"])
    return Place(kind, role, name if isinstance(name, str) else "")


def _is_there(members: Members, name: str) -> bool:
    raw = members.get(name)
    return raw is not None and bytes(raw) not in _NOTHING


def inside(shape: Shape | None) -> Rule:
    """An object of this shape, or a list of such objects; None: of what shape each is says its type."""

    def rule(found: FoundTexts, raw: Raw, path: Path, where: Place) -> None:
        try:
            told = _read(raw) if len(path) <= DEEPEST else ...
        except msgspec.ValidationError:
            told = ...
        if isinstance(told, str):
            if told:
                found.say(where, told, path)
        elif isinstance(told, list):
            for index, one in enumerate(told):
                if isinstance(one, dict):
                    item(found, one, (*path, index), where, shape)
                elif isinstance(one, str):
                    found.say(where, one, (*path, index))
                elif isinstance(one, list):
                    found.leaves(Raw(_encode(one)), (*path, index), where)
        elif isinstance(told, dict):
            item(found, told, path, where, shape)
        elif told is ...:
            found.leaves(raw, path, where)

    return rule


#: A text, a list of parts, messages or items, or one of them.
content: Final = inside(None)


def as_kind(kind: Kind, role: Role | None = None) -> Rule:
    """What is said there is of this kind, by whoever says the rest, or by `role`."""

    def rule(found: FoundTexts, raw: Raw, path: Path, where: Place) -> None:
        content(found, raw, path, place(kind, where.role if role is None else role))

    return rule


def arguments(found: FoundTexts, raw: Raw, path: Path, where: Place) -> None:
    found.arguments(raw, path, where)


def leaves(found: FoundTexts, raw: Raw, path: Path, where: Place) -> None:
    """Strings wherever they are, of the kind expected here."""
    found.leaves(raw, path, where)


def all_leaves(found: FoundTexts, raw: Raw, path: Path, where: Place) -> None:
    """As `leaves`, under names the client chose: none of them has a meaning."""
    found.leaves(raw, path, where, frozenset())


def nothing(found: FoundTexts, raw: Raw, path: Path, where: Place) -> None:
    """Definitions, settings."""


def _source(found: FoundTexts, raw: Raw, path: Path, where: Place) -> None:
    """Of a document: its text, its blocks, or data nobody reads; of a search result: where it is from."""
    try:
        members = _members_of(raw)
    except msgspec.ValidationError:
        found.leaves(raw, path, where)
        return
    told = _word(members["type"]) if "type" in members else None
    item(found, members, path, where, TEXT_SOURCE if told == "text" else SOURCE)


def _media(found: FoundTexts, raw: Raw, path: Path, where: Place) -> None:
    """An object with an address or data in it; some vendors take the address alone."""
    if memoryview(raw)[0] in b"{":
        item(found, _members_of(raw), path, where, _DATA)
    else:
        _strange(found, raw, path, where)


def _variables(found: FoundTexts, raw: Raw, path: Path, where: Place) -> None:
    """Texts and parts under names of the client's own."""
    try:
        members = _members_of(raw)
    except msgspec.ValidationError:
        found.leaves(raw, path, where)
        return
    for name, value in members.items():
        content(found, value, (*path, name), where)


_said: Final[dict[str, Rule]] = {"text": content}
_thought: Final = as_kind("reasoning")
_given: Final = as_kind("result", "tool")
_CALLED: Final = Shape({"arguments": arguments, "input": content}, "arguments", "assistant")
_CALL: Final = Shape({"function": inside(_CALLED), "custom": inside(_CALLED)}, None, "assistant")
_AUDIO: Final = Shape({"transcript": content})
TEXT_SOURCE: Final = Shape({"data": content})
SOURCE: Final = Shape({"content": content})
UNKNOWN: Final = Shape(dict.fromkeys(OPAQUE - {"type", "cache_control", "logprobs"}, _strange))
_DATA: Final = Shape({})
MESSAGE: Final = Shape(
    {
        "content": content,
        "text": content,
        "refusal": as_kind("refusal"),
        "reasoning_content": _thought,
        "reasoning": _thought,
        "reasoning_details": _thought,
        "thinking_blocks": _thought,
        "tool_calls": inside(_CALL),
        "function_call": inside(_CALLED),
        "audio": inside(_AUDIO),
    }
)
#: Whatever type a message says it has: providers of Chat and Messages do not look.
messages: Final = inside(MESSAGE)
CHOICE: Final = Shape({"message": messages, "text": content, "content_filter_results": nothing})
PROMPT: Final = Shape({"version": nothing, "variables": _variables})
_TEXT: Final = Shape(_said)
_SUMMARY: Final = Shape({"text": content, "summary": content}, "reasoning")
_THOUGHT: Final = Shape({"text": content, "thinking": content}, "reasoning", None, frozenset(("text", "thinking")))
_RESULT: Final = Shape({"content": content, "output": content, "error": leaves}, "result", "tool")
_OUTPUT: Final = Shape({"output": content}, "result", "tool")
_USE: Final = Shape({"input": arguments}, "arguments", "assistant")
_ACTION: Final = Shape(
    dict.fromkeys(("action", "operation", "queries"), leaves) | {"results": _given, "pending_safety_checks": nothing},
    "arguments",
    "assistant",
)

#: By `type`, of all three dialects: where two have the same name for a thing, it is the same thing.
SHAPES: Final[dict[str, Shape]] = {
    "message": MESSAGE,
    # Parts.
    "text": _TEXT,
    "input_text": _TEXT,
    "output_text": _TEXT,
    "refusal": Shape({"refusal": content}, "refusal"),
    "content": SOURCE,
    "document": Shape({"source": _source, "title": content, "context": content}, "document"),
    "search_result": Shape({"source": _source, "title": content, "content": content}, "document"),
    # Parts without words; what is in them may be megabytes.
    "image": Shape({"source": inside(SOURCE)}),
    **{name: Shape({name: _media}) for name in ("image_url", "input_audio", "file", "audio_url", "video_url")},
    **dict.fromkeys(("input_image", "input_file", "container_upload", "redacted_thinking", "item_reference"), _DATA),
    # Thoughts.
    "thinking": _THOUGHT,
    "reasoning.text": _THOUGHT,
    "reasoning_text": Shape(_said, "reasoning"),
    "summary_text": _SUMMARY,
    "reasoning.summary": _SUMMARY,
    "reasoning": Shape({"summary": content, "content": content}, "reasoning", "assistant", frozenset(("content",))),
    # Calls of tools.
    "tool_use": _USE,
    "server_tool_use": _USE,
    "mcp_tool_use": _USE,
    "function_call": _CALLED,
    "custom_tool_call": _CALLED,
    "mcp_call": Shape({"arguments": arguments, "output": _given, "error": _given}, "arguments", "assistant"),
    "mcp_approval_request": _CALLED,
    "mcp_list_tools": Shape({"tools": nothing}),
    "additional_tools": Shape({"tools": nothing}),
    "code_interpreter_call": Shape({"code": content, "outputs": _given}, "arguments", "assistant"),
    "image_generation_call": Shape({"result": nothing, "revised_prompt": content}, "text", "assistant"),
    **dict.fromkeys(
        ("local_shell_call", "shell_call", "apply_patch_call", "computer_call", "web_search_call", "file_search_call"),
        _ACTION,
    ),
    # What they gave.
    **dict.fromkeys(
        (
            "tool_result",
            "mcp_tool_result",
            "web_search_tool_result",
            "web_fetch_tool_result",
            "code_execution_tool_result",
            "bash_code_execution_tool_result",
            "text_editor_code_execution_tool_result",
            "tool_search_tool_result",
            "function_call_output",
            "custom_tool_call_output",
        ),
        _RESULT,
    ),
    **dict.fromkeys(
        ("local_shell_call_output", "shell_call_output", "apply_patch_call_output", "computer_call_output"), _OUTPUT
    ),
}
_SHAPES_OF_RAW_TYPES: Final = {_encode(name): shape for name, shape in SHAPES.items()}
