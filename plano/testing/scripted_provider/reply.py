"""What the scripted model says, before any dialect puts it into JSON."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Literal

import msgspec
from msgspec import Struct

from plano.testing.scripted_provider.ask import Ask, Json
from plano.testing.scripted_provider.schema_sample import sample

SENTENCE = "Hello! I am plano's scripted provider, and I answer every question with this friendly sentence."
#: There are sixty.
WORDS = (
    "A gateway stands between those who ask and those who answer, and on a good day nobody knows it is there. On a "
    "bad day one provider is slow, another says no, and a third stops in the middle of a word; then it asks somebody "
    "else, joins what it was given to what is still missing, and nobody knows."
)
THOUGHT = "The user asks something; a friendly sentence will do."

_ECHO = re.compile(r"(?:respond with exactly|always respond with):\s*(.*)", re.IGNORECASE | re.DOTALL)
_SIXTY = re.compile(r"\bsixty words\b", re.IGNORECASE)
_PIECES = re.compile(r"\s*\S+|\s+")


class ToolCall(Struct, frozen=True):
    """A call of one tool; `arguments` is JSON text, or free text where the tool `is_custom`."""

    name: str
    arguments: str
    is_custom: bool = False
    namespace: str = ""


class Reply(Struct, frozen=True, kw_only=True):
    """One turn of the model. `pieces` joined are its text; a stream sends them one by one."""

    ask: Ask
    pieces: tuple[str, ...] = ()
    thoughts: tuple[str, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    finish: Literal["stop", "length", "tools"] = "stop"
    billed: tuple[int, int] | None = None
    """(prompt, completion) tokens its usage tells instead of a plausible count."""

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def body(self) -> Json:
        return self.ask.body

    @property
    def prompt_tokens(self) -> int:
        return self.billed[0] if self.billed else self.ask.prompt_tokens

    @property
    def completion_tokens(self) -> int:
        """Pieces count as tokens; so do four bytes of tool arguments."""
        if self.billed:
            return self.billed[1]
        called = sum(len(call.name) + len(call.arguments) for call in self.calls)
        return max(1, len(self.pieces) + len(self.thoughts) + called // 4)


def reply_to(ask: Ask) -> Reply:
    """The rules, first that fits: a tool call, an object for the asked schema, an echo, the sixty words
    where the user asks for them, the friendly sentence.
    """
    thoughts = pieces_of(THOUGHT) if _thinks(ask.body) else ()
    calls = _calls(ask)
    if calls:
        return Reply(ask=ask, calls=calls, thoughts=thoughts, finish="tools")
    return reply_saying(ask, _text(ask), thoughts=thoughts)


def reply_saying(ask: Ask, text: str, *, thoughts: tuple[str, ...] = ()) -> Reply:
    """`text`, cut where the request's token limit says so."""
    pieces = pieces_of(text)
    limit = _token_limit(ask.body)
    if limit is not None and limit < len(pieces):
        return Reply(ask=ask, pieces=pieces[:limit], thoughts=thoughts, finish="length")
    return Reply(ask=ask, pieces=pieces, thoughts=thoughts)


@lru_cache(maxsize=256)
def pieces_of(text: str) -> tuple[str, ...]:
    """Words with the white space before them; joined they are `text` again."""
    return tuple(_PIECES.findall(text))


def _text(ask: Ask) -> str:
    schema = _asked_schema(ask.body) or _converse_schema(ask.body)
    if schema is not None:
        return msgspec.json.encode(sample(schema)).decode()
    texts = ask.user_texts
    last = texts[-1] if texts else ""
    if last.lower().startswith("please list all the messages"):
        return "\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))
    found = _ECHO.search(last) or _ECHO.search(ask.system_text)
    if found:
        return found[1].strip()
    return WORDS if any(map(_SIXTY.search, texts)) else SENTENCE


def _asked_schema(body: Json) -> Json | None:
    """`response_format` of chat, `text.format` of responses, `output_config.format`/`output_format` of
    messages.
    """
    for holder in (body, body.get("text"), body.get("output_config")):
        if not isinstance(holder, dict):
            continue
        for name in ("response_format", "format", "output_format"):
            asked = holder.get(name)
            if not isinstance(asked, dict):
                continue
            if asked.get("type") == "json_object":
                return {"type": "object"}
            if asked.get("type") == "json_schema":
                wrapped = asked.get("json_schema")
                found = (wrapped if isinstance(wrapped, dict) else asked).get("schema")
                return found if isinstance(found, dict) else {"type": "object"}
    return None


def _converse_schema(body: Json) -> Json | None:
    """Bedrock takes the schema as text, deep inside."""
    try:
        found = msgspec.json.decode(body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"])
    except (KeyError, TypeError):
        return None
    return found if isinstance(found, dict) else None


def _token_limit(body: Json) -> int | None:
    inference = body.get("inferenceConfig")
    if isinstance(inference, dict) and isinstance(inference.get("maxTokens"), int):
        return max(1, int(inference["maxTokens"]))
    for name in ("max_completion_tokens", "max_tokens", "max_output_tokens"):
        if isinstance(body.get(name), int):
            return max(1, int(body[name]))
    return None


def _thinks(body: Json) -> bool:
    fields = body.get("additionalModelRequestFields")
    thinking = (fields if isinstance(fields, dict) else body).get("thinking")
    return isinstance(thinking, dict) and thinking.get("type") in ("enabled", "adaptive")


def _calls(ask: Ask) -> tuple[ToolCall, ...]:
    """The tool that `tool_choice` forces or the user's text names; none once its result has come back."""
    config = ask.body.get("toolConfig")
    told = config if isinstance(config, dict) else ask.body
    tools = dict(filter(None, map(_tool, _list(told.get("tools")))))
    if not tools or ask.ends_with_tool_result:
        return ()
    forced, name = _forced(told.get("tool_choice", told.get("toolChoice")))
    if name in tools:
        return (_call(name, tools[name]),)
    said = ask.last_text.lower()
    mentioned = [name for name in tools if name.lower() in said or name.lower().replace("_", " ") in said]
    if forced == "none":
        return ()
    if not mentioned and forced == "required":
        mentioned = [next(iter(tools))]
    return tuple(_call(name, tools[name]) for name in mentioned)


def _call(name: str, schema: Json) -> ToolCall:
    return ToolCall(name, msgspec.json.encode(sample(schema)).decode())


def _tool(tool: Any) -> tuple[str, Json] | None:
    """Name and argument schema of a tool of any dialect; None for tools the vendor itself runs."""
    if not isinstance(tool, dict):
        return None
    told = next((tool[name] for name in ("function", "toolSpec") if isinstance(tool.get(name), dict)), tool)
    schema = told.get("parameters", told.get("input_schema"))
    if isinstance(told.get("inputSchema"), dict):
        schema = told["inputSchema"].get("json")
    is_ours = tool.get("type", "function") in ("function", "custom")
    name = told.get("name")
    return (name, schema if isinstance(schema, dict) else {}) if is_ours and isinstance(name, str) else None


def _forced(choice: Any) -> tuple[str, str]:
    """(auto | none | required, the tool's name where one is named)."""
    if isinstance(choice, str):
        return ("required" if choice == "any" else choice), ""
    if not isinstance(choice, dict):
        return "auto", ""
    if "any" in choice:
        return "required", ""
    holders = (choice, choice.get("function") or {}, choice.get("tool") or {})
    named = next((holder["name"] for holder in holders if "name" in holder), "")
    kind = "required" if choice.get("type") == "any" else str(choice.get("type", "auto"))
    return kind, str(named)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
