"""Tools a request can offer, their calls and results, and the choice among them."""

# A row of a table is a line.
# ruff: noqa: E501

from __future__ import annotations

from tests.conformance.asking import (
    ANSWERED,
    CHAT,
    CONVERSE,
    GEMINI,
    IMAGE_PART,
    LONG_NAME,
    MESSAGES,
    PDF,
    PDF_PART,
    PNG,
    RESPONSES,
    SCHEMA,
    WEATHER,
    Feature,
    calls_answered,
    function,
    only,
    tool_named,
    with_more,
)
from tests.conformance.places import NOTHING, At

TOOLS = [
    Feature("function", WEATHER, tool_named("get_weather")),
    Feature(
        "strict function",
        function("get_weather", strict=True),
        {
            CHAT: [At("tools.*.function.strict", True)],
            MESSAGES: [At("tools.*.strict", True)],
            RESPONSES: [At("tools.*.strict", True)],
            CONVERSE: [At("toolConfig.tools.*.toolSpec.strict", True)],
            GEMINI: [At("toolConfig.functionCallingConfig.mode", "VALIDATED")],
        },
    ),
    Feature("name longer than 64 letters", function(LONG_NAME), {RESPONSES: tool_named(LONG_NAME)[RESPONSES], MESSAGES: tool_named(LONG_NAME)[MESSAGES]}, LONG_NAME[:40]),
    Feature(
        "custom tool",
        {
            CHAT: {"tools": [{"type": "custom", "custom": {"name": "patch", "description": "Changes."}}]},
            RESPONSES: {"tools": [{"type": "custom", "name": "patch", "description": "Changes."}]},
        },
        {RESPONSES: [At("tools.*.type", "custom")], CHAT: [At("tools.*.type", "custom")]},
        about=tool_named("patch"),
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
        {RESPONSES: {"tools": [{"type": "namespace", "name": "disk", "description": "Files.", "tools": [{"type": "function", "name": "list", "parameters": SCHEMA}]}]}},
        {RESPONSES: [At("tools.*.type", "namespace")]},
        about=tool_named("disk__list"),
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
        calls_answered("12 degrees", "12 degrees", "12 degrees"),
        {provider: [At(path, "12 degrees")] for provider, path in ANSWERED.items()},
        "12 degrees",
    ),
    Feature(
        "result that is an error",
        only(calls_answered("", "no such city", "", is_error=True), MESSAGES),
        {
            MESSAGES: [At("messages.*.content.*.is_error", True)],
            CONVERSE: [At("messages.*.content.*.toolResult.status", "error")],
            GEMINI: [At("contents.*.parts.*.functionResponse.response.error", "no such city")],
        },
        "no such city",
    ),
    Feature(
        "image in a result",
        only(calls_answered("", [IMAGE_PART], [{"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}]), MESSAGES, RESPONSES),
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
        only(calls_answered("", [PDF_PART], [{"type": "input_file", "filename": "plan.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}]), MESSAGES, RESPONSES),
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
        with_more(WEATHER, openai_chat={"tool_choice": "required"}, anthropic_messages={"tool_choice": {"type": "any"}}, openai_responses={"tool_choice": "required"}),
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
        with_more(WEATHER, openai_chat={"tool_choice": "none"}, anthropic_messages={"tool_choice": {"type": "none"}}, openai_responses={"tool_choice": "none"}),
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
        with_more(WEATHER, openai_chat={"tool_choice": {"type": "function", "function": {"name": "get_weather"}}}, anthropic_messages={"tool_choice": {"type": "tool", "name": "get_weather"}}, openai_responses={"tool_choice": {"type": "function", "name": "get_weather"}}),
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
        with_more(
            {client: {"tools": WEATHER[client]["tools"] + function("other")[client]["tools"]} for client in (CHAT, RESPONSES)},
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
        with_more(WEATHER, openai_chat={"parallel_tool_calls": False}, anthropic_messages={"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}, openai_responses={"parallel_tool_calls": False}),
        {
            CHAT: [At("parallel_tool_calls", False)],
            MESSAGES: [At("tool_choice.disable_parallel_tool_use", True)],
            RESPONSES: [At("parallel_tool_calls", False)],
            CONVERSE: [At("additionalModelRequestFields.tool_choice.disable_parallel_tool_use", True)],
        },
    ),
]
