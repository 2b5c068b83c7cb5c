"""What a request can say, and where each kind of provider is to find it."""

# A row of a table is a line.
# ruff: noqa: E501

from __future__ import annotations

from tests.conformance.asking import (
    CHAT,
    CONVERSE,
    GEMINI,
    IMAGE_PART,
    IMAGE_URL,
    MESSAGES,
    PDF,
    PDF_PART,
    PDF_URL,
    PNG,
    RESPONSES,
    WAV,
    WEATHER,
    Feature,
    having_said,
    user,
)
from tests.conformance.places import At

PARTS = [
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
            MESSAGES: user(MESSAGES, IMAGE_PART),
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
            CHAT: user(CHAT, {"type": "image_url", "image_url": {"url": IMAGE_URL}}),
            MESSAGES: user(MESSAGES, {"type": "image", "source": {"type": "url", "url": IMAGE_URL}}),
            RESPONSES: user(RESPONSES, {"type": "input_image", "image_url": IMAGE_URL}),
        },
        {
            CHAT: [At("messages.*.content.*.image_url.url", IMAGE_URL)],
            MESSAGES: [At("messages.*.content.*.source.url", IMAGE_URL)],
            RESPONSES: [At("input.*.content.*.image_url", IMAGE_URL)],
            GEMINI: [At("contents.*.parts.*.fileData.fileUri", IMAGE_URL)],
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
            MESSAGES: user(MESSAGES, PDF_PART),
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
            MESSAGES: user(MESSAGES, {"type": "document", "source": {"type": "url", "url": PDF_URL}}),
            RESPONSES: user(RESPONSES, {"type": "input_file", "file_url": PDF_URL}),
        },
        {
            MESSAGES: [At("messages.*.content.*.source.url", PDF_URL)],
            RESPONSES: [At("input.*.content.*.file_url", PDF_URL)],
            GEMINI: [At("contents.*.parts.*.fileData.fileUri", PDF_URL)],
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
        {MESSAGES: user(MESSAGES, {**PDF_PART, "context": "The plan of June"})},
        {CONVERSE: [At("messages.*.content.*.document.context", "The plan of June")]},
        "The plan of June",
    ),
    Feature(
        "citations wanted",
        {MESSAGES: user(MESSAGES, {**PDF_PART, "citations": {"enabled": True}})},
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
        having_said({
            CHAT: {"role": "assistant", "content": None, "refusal": "I will not."},
            RESPONSES: {"role": "assistant", "content": [{"type": "refusal", "refusal": "I will not."}]},
        }),
        {CHAT: [At("messages.*.refusal", "I will not.")], RESPONSES: [At("input.*.content.*.refusal", "I will not.")]},
        "I will not.",
    ),
    Feature(
        "citations in the history",
        having_said({
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
