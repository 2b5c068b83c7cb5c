"""How a feature of requests is written down, and how each client says a thing.

A feature is carried where it is in the provider's own place for it (`native`); it is carried in another form where it
is in one of the places of `about`, or where its `probe` is anywhere in the request.
"""

# A row of a table is a line.
# ruff: noqa: E501

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.conformance.places import At

Json = dict[str, Any]
CHAT, MESSAGES, RESPONSES = "openai_chat", "anthropic_messages", "openai_responses"
CONVERSE, GEMINI = "bedrock_converse", "gemini"
PNG, PDF, WAV = "iVBORw0KGgo=", "JVBERi0xLjQK", "UklGRg=="
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
LONG_NAME = "a_tool_whose_name_is_far_longer_than_the_sixty_four_letters_most_vendors_take"


@dataclass
class Feature:
    """`said`: by client, the members of its request that say it. `probe`: "" for none."""

    name: str
    said: dict[str, Json]
    native: dict[str, list[At]]
    probe: str = ""
    about: dict[str, list[At]] = field(default_factory=dict)


def user(client: str, *parts: Json) -> Json:
    """The user says these parts, after a word of text: a turn that has nothing left would be refused."""
    member = "input" if client == RESPONSES else "messages"
    text = {"type": "input_text" if client == RESPONSES else "text", "text": "Look"}
    return {member: [{"role": "user", "content": [text, *parts]}]}


def function(name: str, **more: Any) -> dict[str, Json]:
    """By client, the request that offers a function."""
    told = {"name": name, "description": "Tells it.", **more}
    with_schema = {**told, "parameters": SCHEMA}
    return {
        CHAT: {"tools": [{"type": "function", "function": with_schema}]},
        MESSAGES: {"tools": [{**told, "input_schema": SCHEMA}]},
        RESPONSES: {"tools": [{"type": "function", **with_schema}]},
    }


def with_more(said: dict[str, Json], **more: Json) -> dict[str, Json]:
    return {client: {**members, **more[client]} for client, members in said.items() if client in more}


WEATHER = function("get_weather")
_TOOL_NAMES = {
    CHAT: "tools.*.function.name",
    MESSAGES: "tools.*.name",
    RESPONSES: "tools.*.name",
    CONVERSE: "toolConfig.tools.*.toolSpec.name",
    GEMINI: "tools.*.functionDeclarations.*.name",
}


def tool_named(name: str) -> dict[str, list[At]]:
    return {provider: [At(path, name)] for provider, path in _TOOL_NAMES.items()}


def calls_answered(*results: Any, **more: Any) -> dict[str, Json]:
    """A conversation with two calls side by side; `results` of both, by client: content, or a whole message."""
    ids = ("call_1", "call_2")
    chat_calls = [
        {"id": id, "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'}} for id in ids
    ]
    uses = [{"type": "tool_use", "id": id, "name": "get_weather", "input": {"city": "Oslo"}} for id in ids]
    items = [{"type": "function_call", "call_id": id, "name": "get_weather", "arguments": '{"city":"Oslo"}'} for id in ids]
    chat, messages, responses = results
    hello = {"role": "user", "content": "Hello"}
    return {
        CHAT: {
            **WEATHER[CHAT],
            "messages": [
                hello,
                {"role": "assistant", "content": None, "tool_calls": chat_calls},
                *({"role": "tool", "tool_call_id": id, "content": chat} for id in ids),
            ],
        },
        MESSAGES: {
            **WEATHER[MESSAGES],
            "messages": [
                hello,
                {"role": "assistant", "content": uses},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": messages, **more} for id in ids]},
            ],
        },
        RESPONSES: {
            **WEATHER[RESPONSES],
            "input": [
                hello,
                *items,
                *({"type": "function_call_output", "call_id": id, "output": responses} for id in ids),
            ],
        },
    }


def only(said: dict[str, Json], *clients: str) -> dict[str, Json]:
    return {client: said[client] for client in clients}


def setting(value: Any, said: dict[str, str], **paths: str) -> tuple[dict[str, Json], dict[str, list[At]]]:
    """One member: what each client calls it, and where each provider has it."""
    return (
        {client: nested(name, value) for client, name in said.items()},
        {provider: [At(path, value)] for provider, path in paths.items()},
    )


def nested(path: str, value: Any) -> Json:
    name, _, rest = path.partition(".")
    return {name: nested(rest, value) if rest else value}


def having_said(answer: dict[str, Json]) -> dict[str, Json]:
    """What the model said before."""
    hello, more = {"role": "user", "content": "Hello"}, {"role": "user", "content": "Go on"}
    told: dict[str, Json] = {}
    for client, message in answer.items():
        told[client] = {"input" if client == RESPONSES else "messages": [hello, message, more]}
    return told


IMAGE_PART = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
PDF_PART = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}}
IMAGE_URL = "https://example.com/cat.jpg"
PDF_URL = "https://example.com/plan.pdf"
ANSWERED = {
    CHAT: "messages.*.content",
    MESSAGES: "messages.*.content.*.content.*.text",
    RESPONSES: "input.*.output",
    CONVERSE: "messages.*.content.*.toolResult.content.*.text",
    GEMINI: "contents.*.parts.*.functionResponse.response.*",
}

#: By client, what its requests have unless a feature says otherwise.
PLAIN: dict[str, Json] = {
    CHAT: {"model": "m", "messages": [{"role": "user", "content": "Hello"}]},
    MESSAGES: {"model": "m", "max_tokens": 1000, "messages": [{"role": "user", "content": "Hello"}]},
    RESPONSES: {"model": "m", "input": [{"role": "user", "content": "Hello"}]},
}
