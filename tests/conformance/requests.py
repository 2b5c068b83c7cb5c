"""What clients can ask for: how each says it, and where each kind of provider is to find it.

A feature is carried where it is in the provider's own place for it (`native`); it is carried in another form where it
is in one of the places of `about`, or where its `probe` is anywhere in the request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.conformance.places import NOTHING, At

Json = dict[str, Any]
CHAT, MESSAGES, RESPONSES = "openai_chat", "anthropic_messages", "openai_responses"
CONVERSE, GEMINI = "bedrock_converse", "gemini"
PNG, PDF, WAV = "iVBORw0KGgo=", "JVBERi0xLjQK", "UklGRg=="
_SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
_LONG = "a_tool_whose_name_is_far_longer_than_the_sixty_four_letters_most_vendors_take"


@dataclass
class Feature:
    """`said`: by client, the members of its request that say it. `probe`: "" for none."""

    name: str
    said: dict[str, Json]
    native: dict[str, list[At]]
    probe: str = ""
    about: dict[str, list[At]] = field(default_factory=dict)


def asks(**members: Any) -> Json:
    return members


def user(client: str, *parts: Json) -> Json:
    """The user says these parts, after a word of text: a turn that has nothing left would be refused."""
    member = "input" if client == RESPONSES else "messages"
    text = {"type": "input_text" if client == RESPONSES else "text", "text": "Look"}
    return {member: [{"role": "user", "content": [text, *parts]}]}


def _function(name: str, **more: Any) -> dict[str, Json]:
    """By client, the request that offers a function."""
    told = {"name": name, "description": "Tells it.", **more}
    with_schema = {**told, "parameters": _SCHEMA}
    return {
        CHAT: {"tools": [{"type": "function", "function": with_schema}]},
        MESSAGES: {"tools": [{**told, "input_schema": _SCHEMA}]},
        RESPONSES: {"tools": [{"type": "function", **with_schema}]},
    }


def _with(said: dict[str, Json], **more: Json) -> dict[str, Json]:
    return {client: {**members, **more[client]} for client, members in said.items() if client in more}


WEATHER = _function("get_weather")
_TOOL_NAMES = {
    CHAT: "tools.*.function.name",
    MESSAGES: "tools.*.name",
    RESPONSES: "tools.*.name",
    CONVERSE: "toolConfig.tools.*.toolSpec.name",
    GEMINI: "tools.*.functionDeclarations.*.name",
}


def _tool(name: str) -> dict[str, list[At]]:
    return {provider: [At(path, name)] for provider, path in _TOOL_NAMES.items()}


def _calls(*results: Any, **more: Any) -> dict[str, Json]:
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


def _only(said: dict[str, Json], *clients: str) -> dict[str, Json]:
    return {client: said[client] for client in clients}


def _setting(value: Any, said: dict[str, str], **paths: str) -> tuple[dict[str, Json], dict[str, list[At]]]:
    """One member: what each client calls it, and where each provider has it."""
    return (
        {client: _nested(name, value) for client, name in said.items()},
        {provider: [At(path, value)] for provider, path in paths.items()},
    )


def _nested(path: str, value: Any) -> Json:
    name, _, rest = path.partition(".")
    return {name: _nested(rest, value) if rest else value}


def _said(answer: dict[str, Json]) -> dict[str, Json]:
    """What the model said before."""
    hello, more = {"role": "user", "content": "Hello"}, {"role": "user", "content": "Go on"}
    told: dict[str, Json] = {}
    for client, message in answer.items():
        told[client] = {"input" if client == RESPONSES else "messages": [hello, message, more]}
    return told


_IMAGE_PART = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
_PDF_PART = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}}
_IMAGE_URL = "https://example.com/cat.jpg"
_PDF_URL = "https://example.com/plan.pdf"
_ANSWERED = {
    CHAT: "messages.*.content",
    MESSAGES: "messages.*.content.*.content.*.text",
    RESPONSES: "input.*.output",
    CONVERSE: "messages.*.content.*.toolResult.content.*.text",
    GEMINI: "contents.*.parts.*.functionResponse.response.*",
}

_PARTS = [
    Feature(
        "text",
        {CHAT: user(CHAT, {"type": "text", "text": "Hello æ"}), MESSAGES: user(MESSAGES, {"type": "text", "text": "Hello æ"}), RESPONSES: user(RESPONSES, {"type": "input_text", "text": "Hello æ"})},
        {
            CHAT: [At("messages.*.content", "Hello æ"), At("messages.*.content.*.text", "Hello æ")],
            MESSAGES: [At("messages.*.content", "Hello æ"), At("messages.*.content.*.text", "Hello æ")],
            RESPONSES: [At("input.*.content.*.text", "Hello æ"), At("input.*.content", "Hello æ")],
            CONVERSE: [At("messages.*.content.*.text", "Hello æ")],
            GEMINI: [At("contents.*.parts.*.text", "Hello æ")],
        },
    ),
    Feature(
        "system instructions",
        {
            CHAT: {"messages": [{"role": "system", "content": "Be terse"}, {"role": "user", "content": "Hello"}]},
            MESSAGES: {"system": "Be terse"},
            RESPONSES: {"instructions": "Be terse"},
        },
        {
            CHAT: [At("messages.0.content", "Be terse")],
            MESSAGES: [At("system", "Be terse"), At("system.*.text", "Be terse")],
            RESPONSES: [At("instructions", "Be terse")],
            CONVERSE: [At("system.*.text", "Be terse")],
            GEMINI: [At("systemInstruction.parts.*.text", "Be terse")],
        },
    ),
    Feature(
        "instructions later in the conversation",
        {
            CHAT: {"messages": [{"role": "user", "content": "Hello"}, {"role": "developer", "content": "Be terse"}, {"role": "user", "content": "And?"}]},
            MESSAGES: {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}, {"role": "system", "content": "Be terse"}, {"role": "user", "content": "And?"}]},
            RESPONSES: {"input": [{"role": "user", "content": "Hello"}, {"role": "developer", "content": "Be terse"}, {"role": "user", "content": "And?"}]},
        },
        {CHAT: [At("messages.*.role", "system")], RESPONSES: [At("input.*.role", "system"), At("input.*.role", "developer")], MESSAGES: [At("messages.*.role", "system")]},
        "Be terse",
    ),
    Feature(
        "name of the speaker",
        {CHAT: {"messages": [{"role": "user", "name": "ada-l", "content": "Hello"}]}},
        {CHAT: [At("messages.*.name", "ada-l")]},
        "ada-l",
    ),
    Feature(
        "image, base64",
        {
            CHAT: user(CHAT, {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}),
            MESSAGES: user(MESSAGES, _IMAGE_PART),
            RESPONSES: user(RESPONSES, {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}),
        },
        {
            CHAT: [At("messages.*.content.*.image_url.url", PNG)],
            MESSAGES: [At("messages.*.content.*.source.data", PNG)],
            RESPONSES: [At("input.*.content.*.image_url", PNG)],
            CONVERSE: [At("messages.*.content.*.image.source.bytes", PNG)],
            GEMINI: [At("contents.*.parts.*.inlineData.data", PNG)],
        },
    ),
    Feature(
        "image, URL",
        {
            CHAT: user(CHAT, {"type": "image_url", "image_url": {"url": _IMAGE_URL}}),
            MESSAGES: user(MESSAGES, {"type": "image", "source": {"type": "url", "url": _IMAGE_URL}}),
            RESPONSES: user(RESPONSES, {"type": "input_image", "image_url": _IMAGE_URL}),
        },
        {
            CHAT: [At("messages.*.content.*.image_url.url", _IMAGE_URL)],
            MESSAGES: [At("messages.*.content.*.source.url", _IMAGE_URL)],
            RESPONSES: [At("input.*.content.*.image_url", _IMAGE_URL)],
            GEMINI: [At("contents.*.parts.*.fileData.fileUri", _IMAGE_URL)],
        },
    ),
    Feature(
        "image, id of a file",
        {
            MESSAGES: user(MESSAGES, {"type": "image", "source": {"type": "file", "file_id": "file-7"}}),
            RESPONSES: user(RESPONSES, {"type": "input_image", "file_id": "file-7"}),
        },
        {MESSAGES: [At("messages.*.content.*.source.file_id", "file-7")], RESPONSES: [At("input.*.content.*.file_id", "file-7")]},
    ),
    Feature(
        "detail of an image",
        {
            CHAT: user(CHAT, {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "high"}}),
            RESPONSES: user(RESPONSES, {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "high"}),
        },
        {
            CHAT: [At("messages.*.content.*.image_url.detail", "high")],
            RESPONSES: [At("input.*.content.*.detail", "high")],
            GEMINI: [At("contents.*.parts.*.mediaResolution.level", "HIGH"), At("generationConfig.mediaResolution", "HIGH")],
        },
    ),
    Feature(
        "document, base64",
        {
            CHAT: user(CHAT, {"type": "file", "file": {"filename": "plan.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}}),
            MESSAGES: user(MESSAGES, _PDF_PART),
            RESPONSES: user(RESPONSES, {"type": "input_file", "filename": "plan.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}),
        },
        {
            CHAT: [At("messages.*.content.*.file.file_data", PDF)],
            MESSAGES: [At("messages.*.content.*.source.data", PDF)],
            RESPONSES: [At("input.*.content.*.file_data", PDF)],
            CONVERSE: [At("messages.*.content.*.document.source.bytes", PDF)],
            GEMINI: [At("contents.*.parts.*.inlineData.data", PDF)],
        },
    ),
    Feature(
        "document, URL",
        {
            MESSAGES: user(MESSAGES, {"type": "document", "source": {"type": "url", "url": _PDF_URL}}),
            RESPONSES: user(RESPONSES, {"type": "input_file", "file_url": _PDF_URL}),
        },
        {
            MESSAGES: [At("messages.*.content.*.source.url", _PDF_URL)],
            RESPONSES: [At("input.*.content.*.file_url", _PDF_URL)],
            GEMINI: [At("contents.*.parts.*.fileData.fileUri", _PDF_URL)],
        },
    ),
    Feature(
        "document, id of a file",
        {
            CHAT: user(CHAT, {"type": "file", "file": {"file_id": "file-7"}}),
            MESSAGES: user(MESSAGES, {"type": "document", "source": {"type": "file", "file_id": "file-7"}}),
            RESPONSES: user(RESPONSES, {"type": "input_file", "file_id": "file-7"}),
        },
        {
            CHAT: [At("messages.*.content.*.file.file_id", "file-7")],
            MESSAGES: [At("messages.*.content.*.source.file_id", "file-7")],
            RESPONSES: [At("input.*.content.*.file_id", "file-7")],
        },
    ),
    Feature(
        "document of plain text",
        {MESSAGES: user(MESSAGES, {"type": "document", "title": "notes", "source": {"type": "text", "media_type": "text/plain", "data": "It rains."}})},
        {CONVERSE: [At("messages.*.content.*.document.source.text", "It rains."), At("messages.*.content.*.document.source.bytes", "SXQgcmFpbnMu")]},
        "It rains.",
    ),
    Feature(
        "what a document is about",
        {MESSAGES: user(MESSAGES, {**_PDF_PART, "context": "The plan of June"})},
        {CONVERSE: [At("messages.*.content.*.document.context", "The plan of June")]},
        "The plan of June",
    ),
    Feature(
        "citations wanted",
        {MESSAGES: user(MESSAGES, {**_PDF_PART, "citations": {"enabled": True}})},
        {CONVERSE: [At("messages.*.content.*.document.citations.enabled", True)]},
    ),
    Feature(
        "search results",
        {MESSAGES: user(MESSAGES, {"type": "search_result", "source": "https://example.com/a", "title": "A", "content": [{"type": "text", "text": "Found text"}]})},
        {CONVERSE: [At("messages.*.content.*.searchResult.content.*.text", "Found text")]},
        "Found text",
        {CONVERSE: [At("messages.*.content.*.document.source.bytes", "Rm91bmQgdGV4dA==")]},
    ),
    Feature(
        "audio",
        {
            CHAT: user(CHAT, {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}}),
            RESPONSES: user(RESPONSES, {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}}),
        },
        {
            CHAT: [At("messages.*.content.*.input_audio.data", WAV)],
            RESPONSES: [At("input.*.content.*.input_audio.data", WAV)],
            CONVERSE: [At("messages.*.content.*.audio.source.bytes", WAV)],
            GEMINI: [At("contents.*.parts.*.inlineData.data", WAV)],
        },
    ),
    Feature(
        "refusals in the history",
        _said({
            CHAT: {"role": "assistant", "content": None, "refusal": "I will not."},
            RESPONSES: {"role": "assistant", "content": [{"type": "refusal", "refusal": "I will not."}]},
        }),
        {CHAT: [At("messages.*.refusal", "I will not.")], RESPONSES: [At("input.*.content.*.refusal", "I will not.")]},
        "I will not.",
    ),
    Feature(
        "citations in the history",
        _said({
            MESSAGES: {"role": "assistant", "content": [{"type": "text", "text": "Rain", "citations": [{"type": "web_search_result_location", "url": "https://example.com/a", "title": "A", "cited_text": "it rains", "encrypted_index": "x"}]}]},
            RESPONSES: {"role": "assistant", "content": [{"type": "output_text", "text": "Rain", "annotations": [{"type": "url_citation", "url": "https://example.com/a", "title": "A", "start_index": 0, "end_index": 4}]}]},
        }),
        {
            MESSAGES: [At("messages.*.content.*.citations.*.url", "https://example.com/a")],
            RESPONSES: [At("input.*.content.*.annotations.*.url", "https://example.com/a")],
            CONVERSE: [At("messages.*.content.*.citationsContent.citations.*.location.web.url", "https://example.com/a")],
        },
        "https://example.com/a",
    ),
    Feature(
        "thoughts in the history, with tools",
        {
            CHAT: {**WEATHER[CHAT], "messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": None, "reasoning_content": "I must look", "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "call_1", "content": "12"}]},
            MESSAGES: {**WEATHER[MESSAGES], "messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": [{"type": "thinking", "thinking": "I must look", "signature": "c2ln"}, {"type": "tool_use", "id": "call_1", "name": "get_weather", "input": {}}]}, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "12"}]}]},
            RESPONSES: {**WEATHER[RESPONSES], "input": [{"role": "user", "content": "Hello"}, {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "I must look"}], "encrypted_content": "ZW5j"}, {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}, {"type": "function_call_output", "call_id": "call_1", "output": "12"}]},
        },
        {
            CHAT: [At("messages.*.reasoning_content", "I must look")],
            MESSAGES: [At("messages.*.content.*.thinking", "I must look")],
            RESPONSES: [At("input.*.summary.*.text", "I must look")],
            CONVERSE: [At("messages.*.content.*.reasoningContent.reasoningText.text", "I must look")],
            GEMINI: [At("contents.*.parts.*.thought", True)],
        },
        "I must look",
    ),
]

_TOOLS = [
    Feature("function", WEATHER, _tool("get_weather")),
    Feature(
        "strict function",
        _function("get_weather", strict=True),
        {
            CHAT: [At("tools.*.function.strict", True)],
            MESSAGES: [At("tools.*.strict", True)],
            RESPONSES: [At("tools.*.strict", True)],
            CONVERSE: [At("toolConfig.tools.*.toolSpec.strict", True)],
            GEMINI: [At("toolConfig.functionCallingConfig.mode", "VALIDATED")],
        },
    ),
    Feature("name longer than 64 letters", _function(_LONG), {RESPONSES: _tool(_LONG)[RESPONSES], MESSAGES: _tool(_LONG)[MESSAGES]}, _LONG[:40]),
    Feature(
        "custom tool",
        {
            CHAT: {"tools": [{"type": "custom", "custom": {"name": "patch", "description": "Changes."}}]},
            RESPONSES: {"tools": [{"type": "custom", "name": "patch", "description": "Changes."}]},
        },
        {RESPONSES: [At("tools.*.type", "custom")], CHAT: [At("tools.*.type", "custom")]},
        about=_tool("patch"),
    ),
    Feature(
        "grammar of a custom tool",
        {
            CHAT: {"tools": [{"type": "custom", "custom": {"name": "patch", "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: X"}}}}]},
            RESPONSES: {"tools": [{"type": "custom", "name": "patch", "format": {"type": "grammar", "syntax": "lark", "definition": "start: X"}}]},
        },
        {RESPONSES: [At("tools.*.format.definition", "start: X")], CHAT: [At("tools.*.custom.format.grammar.definition", "start: X")]},
        "start: X",
    ),
    Feature(
        "tools in a namespace",
        {RESPONSES: {"tools": [{"type": "namespace", "name": "disk", "description": "Files.", "tools": [{"type": "function", "name": "list", "parameters": _SCHEMA}]}]}},
        {RESPONSES: [At("tools.*.type", "namespace")]},
        about=_tool("disk__list"),
    ),
    Feature(
        "web search by the vendor",
        {
            CHAT: {"web_search_options": {"search_context_size": "low"}},
            MESSAGES: {"tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}]},
            RESPONSES: {"tools": [{"type": "web_search"}]},
        },
        {
            CHAT: [At("web_search_options.search_context_size")],
            MESSAGES: [At("tools.*.type", "web_search_2")],
            RESPONSES: [At("tools.*.type", "web_search")],
            GEMINI: [At("tools.*.googleSearch", {})],
        },
    ),
    Feature(
        "other tools of the vendor",
        {
            MESSAGES: {"tools": [{"type": "bash_20250124", "name": "bash"}]},
            RESPONSES: {"tools": [{"type": "image_generation"}]},
        },
        {},
    ),
    Feature(
        "calls side by side, with their results",
        _calls("12 degrees", "12 degrees", "12 degrees"),
        {provider: [At(path, "12 degrees")] for provider, path in _ANSWERED.items()},
        "12 degrees",
    ),
    Feature(
        "result that is an error",
        _only(_calls("", "no such city", "", is_error=True), MESSAGES),
        {
            MESSAGES: [At("messages.*.content.*.is_error", True)],
            CONVERSE: [At("messages.*.content.*.toolResult.status", "error")],
            GEMINI: [At("contents.*.parts.*.functionResponse.response.error", "no such city")],
        },
        "no such city",
    ),
    Feature(
        "image in a result",
        _only(_calls("", [_IMAGE_PART], [{"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}]), MESSAGES, RESPONSES),
        {
            MESSAGES: [At("messages.*.content.*.content.*.source.data", PNG)],
            RESPONSES: [At("input.*.output.*.image_url", PNG)],
            CONVERSE: [At("messages.*.content.*.toolResult.content.*.image.source.bytes", PNG)],
            GEMINI: [At("contents.*.parts.*.functionResponse.parts.*.inlineData.data", PNG)],
        },
        PNG,
    ),
    Feature(
        "document in a result",
        _only(_calls("", [_PDF_PART], [{"type": "input_file", "filename": "plan.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}]), MESSAGES, RESPONSES),
        {
            MESSAGES: [At("messages.*.content.*.content.*.source.data", PDF)],
            RESPONSES: [At("input.*.output.*.file_data", PDF)],
            CONVERSE: [At("messages.*.content.*.toolResult.content.*.document.source.bytes", PDF)],
            GEMINI: [At("contents.*.parts.*.functionResponse.parts.*.inlineData.data", PDF)],
        },
        PDF,
    ),
    Feature(
        "custom calls in the history",
        {
            CHAT: {"tools": [{"type": "custom", "custom": {"name": "patch"}}], "messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": None, "tool_calls": [{"id": "call_1", "type": "custom", "custom": {"name": "patch", "input": "free text"}}]}, {"role": "tool", "tool_call_id": "call_1", "content": "done"}]},
            RESPONSES: {"tools": [{"type": "custom", "name": "patch"}], "input": [{"role": "user", "content": "Hello"}, {"type": "custom_tool_call", "call_id": "call_1", "name": "patch", "input": "free text"}, {"type": "custom_tool_call_output", "call_id": "call_1", "output": "done"}]},
        },
        {RESPONSES: [At("input.*.input", "free text")], CHAT: [At("messages.*.tool_calls.*.custom.input", "free text")]},
        "free text",
    ),
    Feature(
        "tool choice: must call",
        _with(WEATHER, openai_chat={"tool_choice": "required"}, anthropic_messages={"tool_choice": {"type": "any"}}, openai_responses={"tool_choice": "required"}),
        {
            CHAT: [At("tool_choice", "required")],
            MESSAGES: [At("tool_choice.type", "any")],
            RESPONSES: [At("tool_choice", "required")],
            CONVERSE: [At("toolConfig.toolChoice.any", {})],
            GEMINI: [At("toolConfig.functionCallingConfig.mode", "ANY")],
        },
    ),
    Feature(
        "tool choice: must not call",
        _with(WEATHER, openai_chat={"tool_choice": "none"}, anthropic_messages={"tool_choice": {"type": "none"}}, openai_responses={"tool_choice": "none"}),
        {
            CHAT: [At("tool_choice", "none")],
            MESSAGES: [At("tool_choice.type", "none")],
            RESPONSES: [At("tool_choice", "none")],
            GEMINI: [At("toolConfig.functionCallingConfig.mode", "NONE")],
        },
        about={CONVERSE: [At("toolConfig", NOTHING)]},
    ),
    Feature(
        "tool choice: this one",
        _with(WEATHER, openai_chat={"tool_choice": {"type": "function", "function": {"name": "get_weather"}}}, anthropic_messages={"tool_choice": {"type": "tool", "name": "get_weather"}}, openai_responses={"tool_choice": {"type": "function", "name": "get_weather"}}),
        {
            CHAT: [At("tool_choice.function.name", "get_weather")],
            MESSAGES: [At("tool_choice.name", "get_weather")],
            RESPONSES: [At("tool_choice.name", "get_weather")],
            CONVERSE: [At("toolConfig.toolChoice.tool.name", "get_weather")],
            GEMINI: [At("toolConfig.functionCallingConfig.allowedFunctionNames.*", "get_weather")],
        },
    ),
    Feature(
        "tool choice: one of these",
        _with(
            {client: {"tools": WEATHER[client]["tools"] + _function("other")[client]["tools"]} for client in (CHAT, RESPONSES)},
            openai_chat={"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "get_weather"}}]}}},
            openai_responses={"tool_choice": {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "get_weather"}]}},
        ),
        {
            CHAT: [At("tool_choice.allowed_tools.tools.*.function.name", "get_weather")],
            RESPONSES: [At("tool_choice.tools.*.name", "get_weather")],
            GEMINI: [At("toolConfig.functionCallingConfig.allowedFunctionNames.*", "get_weather")],
        },
        about={MESSAGES: [At("tool_choice.type", "any"), At("tool_choice.name", "get_weather")], CONVERSE: [At("toolConfig.toolChoice.any", {}), At("toolConfig.toolChoice.tool.name", "get_weather")]},
    ),
    Feature(
        "one call at a time",
        _with(WEATHER, openai_chat={"parallel_tool_calls": False}, anthropic_messages={"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}, openai_responses={"parallel_tool_calls": False}),
        {
            CHAT: [At("parallel_tool_calls", False)],
            MESSAGES: [At("tool_choice.disable_parallel_tool_use", True)],
            RESPONSES: [At("parallel_tool_calls", False)],
            CONVERSE: [At("additionalModelRequestFields.tool_choice.disable_parallel_tool_use", True)],
        },
    ),
]

_REPORT = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"], "additionalProperties": False}
_THINKS = {CHAT: "reasoning_effort", RESPONSES: "reasoning.effort", MESSAGES: "output_config.effort"}
_BUDGETS = {MESSAGES: [At("thinking.budget_tokens")], CONVERSE: [At("additionalModelRequestFields.thinking.budget_tokens")], GEMINI: [At("generationConfig.thinkingConfig.thinkingBudget")]}
_EFFORTS = {CHAT: [At("reasoning_effort", "high")], RESPONSES: [At("reasoning.effort", "high")], MESSAGES: [At("output_config.effort", "high")], GEMINI: [At("generationConfig.thinkingConfig.thinkingLevel", "high"), At("generationConfig.thinkingConfig.thinkingLevel", "HIGH")]}
_MARK = {"cache_control": {"type": "ephemeral"}}

_SETTINGS = [
    Feature(
        "JSON of any shape",
        {CHAT: {"response_format": {"type": "json_object"}}, RESPONSES: {"text": {"format": {"type": "json_object"}}}},
        {
            CHAT: [At("response_format.type", "json_object")],
            RESPONSES: [At("text.format.type", "json_object")],
            GEMINI: [At("generationConfig.responseMimeType", "application/json")],
        },
        "JSON",
    ),
    Feature(
        "JSON after a schema",
        {
            CHAT: {"response_format": {"type": "json_schema", "json_schema": {"name": "report", "strict": True, "schema": _REPORT}}},
            MESSAGES: {"output_config": {"format": {"type": "json_schema", "schema": _REPORT}}},
            RESPONSES: {"text": {"format": {"type": "json_schema", "name": "report", "strict": True, "schema": _REPORT}}},
        },
        {
            CHAT: [At("response_format.json_schema.schema.properties.title")],
            MESSAGES: [At("output_config.format.schema.properties.title")],
            RESPONSES: [At("text.format.schema.properties.title")],
            CONVERSE: [At("outputConfig.textFormat.structure.jsonSchema.schema", "title")],
            GEMINI: [At("generationConfig.responseJsonSchema.properties.title")],
        },
        "title",
    ),
    Feature("thinking: effort", {client: {**_nested(name, "high"), **({"max_tokens": 20000} if client == MESSAGES else {})} for client, name in _THINKS.items()}, _EFFORTS, about=_BUDGETS),
    Feature(
        "thinking: budget in tokens",
        {MESSAGES: {"max_tokens": 20000, "thinking": {"type": "enabled", "budget_tokens": 9000}}},
        {provider: [At(places[0].path, 9000)] for provider, places in _BUDGETS.items()},
        about={provider: [At(places[0].path)] for provider, places in _EFFORTS.items()},
    ),
    Feature(
        "thinking: off",
        {CHAT: {"reasoning_effort": "none"}, MESSAGES: {"thinking": {"type": "disabled"}}, RESPONSES: {"reasoning": {"effort": "none"}}},
        {
            CHAT: [At("reasoning_effort", "none")],
            MESSAGES: [At("thinking.type", "disabled")],
            RESPONSES: [At("reasoning.effort", "none")],
            CONVERSE: [At("additionalModelRequestFields.thinking", NOTHING)],
            GEMINI: [At("generationConfig.thinkingConfig.thinkingBudget", 0)],
        },
    ),
    Feature(
        "thinking: to be shown",
        {
            MESSAGES: {"max_tokens": 20000, "thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "high"}},
            RESPONSES: {"reasoning": {"effort": "high", "summary": "auto"}},
        },
        {
            MESSAGES: [At("thinking.display", "summarized"), At("thinking.type", "enabled")],
            RESPONSES: [At("reasoning.summary")],
            CONVERSE: [At("additionalModelRequestFields.thinking.type", "enabled")],
            GEMINI: [At("generationConfig.thinkingConfig.includeThoughts", True)],
        },
        # Servers of this dialect show what they show.
        about={CHAT: [At("reasoning_effort", "high")]},
    ),
    Feature("longest answer", *_setting(777, {CHAT: "max_completion_tokens", MESSAGES: "max_tokens", RESPONSES: "max_output_tokens"}, openai_chat="max_tokens", anthropic_messages="max_tokens", openai_responses="max_output_tokens", bedrock_converse="inferenceConfig.maxTokens", gemini="generationConfig.maxOutputTokens")),
    Feature("temperature", *_setting(0.25, {CHAT: "temperature", MESSAGES: "temperature", RESPONSES: "temperature"}, openai_chat="temperature", anthropic_messages="temperature", openai_responses="temperature", bedrock_converse="inferenceConfig.temperature", gemini="generationConfig.temperature")),
    Feature("temperature above 1", {client: {"temperature": 1.5} for client in (CHAT, RESPONSES)}, {CHAT: [At("temperature", 1.5)], RESPONSES: [At("temperature", 1.5)], GEMINI: [At("generationConfig.temperature", 1.5)]}, about={MESSAGES: [At("temperature")], CONVERSE: [At("inferenceConfig.temperature")]}),
    Feature("top_p", *_setting(0.75, {CHAT: "top_p", MESSAGES: "top_p", RESPONSES: "top_p"}, openai_chat="top_p", anthropic_messages="top_p", openai_responses="top_p", bedrock_converse="inferenceConfig.topP", gemini="generationConfig.topP")),
    Feature("top_k", *_setting(41, {CHAT: "top_k", MESSAGES: "top_k"}, openai_chat="top_k", anthropic_messages="top_k", bedrock_converse="additionalModelRequestFields.top_k", gemini="generationConfig.topK")),
    Feature(
        "stop sequences",
        {CHAT: {"stop": ["END", "FIN"]}, MESSAGES: {"stop_sequences": ["END", "FIN"]}},
        {
            CHAT: [At("stop", ["END", "FIN"])],
            MESSAGES: [At("stop_sequences", ["END", "FIN"])],
            CONVERSE: [At("inferenceConfig.stopSequences", ["END", "FIN"])],
            GEMINI: [At("generationConfig.stopSequences", ["END", "FIN"])],
        },
    ),
    Feature("several answers (n)", *_setting(2, {CHAT: "n"}, openai_chat="n", gemini="generationConfig.candidateCount")),
    Feature("seed", *_setting(7, {CHAT: "seed"}, openai_chat="seed", gemini="generationConfig.seed")),
    Feature("frequency penalty", *_setting(0.5, {CHAT: "frequency_penalty"}, openai_chat="frequency_penalty", gemini="generationConfig.frequencyPenalty")),
    Feature("presence penalty", *_setting(0.5, {CHAT: "presence_penalty"}, openai_chat="presence_penalty", gemini="generationConfig.presencePenalty")),
    Feature("logit bias", *_setting({"50256": -100}, {CHAT: "logit_bias"}, openai_chat="logit_bias")),
    Feature(
        "log probabilities wanted",
        {CHAT: {"logprobs": True, "top_logprobs": 3}, RESPONSES: {"include": ["message.output_text.logprobs"], "top_logprobs": 3}},
        {CHAT: [At("top_logprobs", 3)], RESPONSES: [At("top_logprobs", 3)], GEMINI: [At("generationConfig.logprobs", 3)]},
    ),
    Feature("wordiness (verbosity)", *_setting("low", {CHAT: "verbosity", RESPONSES: "text.verbosity"}, openai_chat="verbosity", openai_responses="text.verbosity")),
    Feature(
        "who the user is",
        {CHAT: {"user": "user-1"}, MESSAGES: {"metadata": {"user_id": "user-1"}}, RESPONSES: {"user": "user-1"}},
        {CHAT: [At("user", "user-1")], MESSAGES: [At("metadata.user_id", "user-1")], RESPONSES: [At("user", "user-1")]},
        "user-1",
    ),
    Feature("safety identifier", *_setting("safe-1", {CHAT: "safety_identifier", RESPONSES: "safety_identifier"}, openai_chat="safety_identifier", openai_responses="safety_identifier"), probe="safe-1"),
    Feature(
        "metadata",
        {CHAT: {"metadata": {"project": "north"}}, RESPONSES: {"metadata": {"project": "north"}}},
        {CHAT: [At("metadata.project", "north")], RESPONSES: [At("metadata.project", "north")], CONVERSE: [At("requestMetadata.project", "north")], GEMINI: [At("labels.project", "north")]},
    ),
    Feature("to be stored", *_setting(True, {CHAT: "store", RESPONSES: "store"}, openai_chat="store", openai_responses="store")),
    Feature("service tier", *_setting("flex", {CHAT: "service_tier", RESPONSES: "service_tier"}, openai_chat="service_tier", openai_responses="service_tier", bedrock_converse="serviceTier.type", gemini="serviceTier")),
    Feature(
        "cache mark in the conversation",
        {CHAT: user(CHAT, {"type": "text", "text": "Hello", **_MARK}), MESSAGES: user(MESSAGES, {"type": "text", "text": "Hello", **_MARK})},
        {MESSAGES: [At("messages.*.content.*.cache_control.type", "ephemeral")], CONVERSE: [At("messages.*.content.*.cachePoint.type", "default")]},
    ),
    Feature(
        "cache mark after the instructions, with a time to live",
        {
            CHAT: {"messages": [{"role": "system", "content": [{"type": "text", "text": "Be terse", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]}, {"role": "user", "content": "Hello"}]},
            MESSAGES: {"system": [{"type": "text", "text": "Be terse", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
        },
        {MESSAGES: [At("system.*.cache_control.ttl", "1h")], CONVERSE: [At("system.*.cachePoint.ttl", "1h")]},
    ),
    Feature(
        "cache mark after the tools",
        {CHAT: {"tools": [{**WEATHER[CHAT]["tools"][0], **_MARK}]}, MESSAGES: {"tools": [{**WEATHER[MESSAGES]["tools"][0], **_MARK}]}},
        {MESSAGES: [At("tools.*.cache_control.type", "ephemeral")], CONVERSE: [At("toolConfig.tools.*.cachePoint.type", "default")]},
    ),
    Feature("prompt cache key", *_setting("key-1", {CHAT: "prompt_cache_key", RESPONSES: "prompt_cache_key"}, openai_chat="prompt_cache_key", openai_responses="prompt_cache_key")),
    Feature("prompt cache retention", *_setting("24h", {CHAT: "prompt_cache_retention", RESPONSES: "prompt_cache_retention"}, openai_chat="prompt_cache_retention", openai_responses="prompt_cache_retention"), about={MESSAGES: [At("messages.*.content.*.cache_control")]}),
    Feature("audio in the answer", {CHAT: {"modalities": ["text", "audio"]}}, {CHAT: [At("modalities.*", "audio")], GEMINI: [At("generationConfig.responseModalities.*", "AUDIO")]}),
    Feature("a member nobody knows", {client: {"of_tomorrow": {"a": 1}} for client in (CHAT, MESSAGES, RESPONSES)}, {}),
    Feature("a conversation the provider keeps", {RESPONSES: {"previous_response_id": "resp_1"}}, {}),
]

#: Heading -> its rows.
REQUESTS = {"What a request says": _PARTS, "Tools": _TOOLS, "Settings": _SETTINGS}
#: By client, what its requests have unless a feature says otherwise.
PLAIN: dict[str, Json] = {
    CHAT: {"model": "m", "messages": [{"role": "user", "content": "Hello"}]},
    MESSAGES: {"model": "m", "max_tokens": 1000, "messages": [{"role": "user", "content": "Hello"}]},
    RESPONSES: {"model": "m", "input": [{"role": "user", "content": "Hello"}]},
}
