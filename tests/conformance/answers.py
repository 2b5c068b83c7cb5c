"""What providers can answer: how each says it, and where each client is to find it, whole and streamed.

Providers' streams are made from their whole answers: by the dialect's own writer where there is one, so that what one
side of a dialect writes the other side has to read, and else here.
"""

# A row of a table is a line.
# ruff: noqa: E501

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.asking import CHAT, CONVERSE, GEMINI, MESSAGES, RESPONSES, Json
from tests.conformance.places import At
from tests.golden.cases import CLIENTS, PROVIDERS, Pair, frame, reply_to


@dataclass
class Answered:
    """`told`: by provider, its answer. `whole` and `streamed`: where a client finds it (all empty where a feature is of
    the one kind only); `otherwise`: in another form.
    """

    name: str
    told: dict[str, Json]
    whole: dict[str, list[At]]
    streamed: dict[str, list[At]]
    otherwise: dict[str, list[At]] = field(default_factory=dict)


def chat(message: Json | None = None, finish: str = "stop", **more: Any) -> Json:
    usage = more.pop("usage", {"prompt_tokens": 120, "completion_tokens": 60, "total_tokens": 180})
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hi", **(message or {})}, "finish_reason": finish}
    choice |= more.pop("choice", {})
    return {"id": "chatcmpl-77", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage, **more}


def message(*content: Json, stop: str = "end_turn", **more: Any) -> Json:
    usage = {"input_tokens": 20, "output_tokens": 60, **more.pop("usage", {})}
    blocks = list(content) or [{"type": "text", "text": "Hi"}]
    return {"id": "msg_77", "type": "message", "role": "assistant", "model": "m", "content": blocks, "stop_reason": stop, "stop_sequence": None, "usage": usage, **more}


def response(*output: Json, **more: Any) -> Json:
    usage = {"input_tokens": 120, "output_tokens": 60, "total_tokens": 180, **more.pop("usage", {})}
    items = list(output) or [said({"type": "output_text", "text": "Hi", "annotations": []})]
    return {"id": "resp_77", "object": "response", "created_at": 1, "model": "m", "status": "completed", "error": None, "incomplete_details": None, "output": items, "usage": usage, **more}


def said(*parts: Json) -> Json:
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": list(parts)}


def converse(*content: Json, stop: str = "end_turn", **more: Any) -> Json:
    usage = {"inputTokens": 20, "outputTokens": 60, "totalTokens": 80, **more.pop("usage", {})}
    return {"output": {"message": {"role": "assistant", "content": list(content) or [{"text": "Hi"}]}}, "stopReason": stop, "usage": usage, **more}


def gemini(*parts: Json, finish: str = "STOP", **more: Any) -> Json:
    usage = {"promptTokenCount": 120, "candidatesTokenCount": 60, "totalTokenCount": 180, **more.pop("usage", {})}
    candidate = {"content": {"role": "model", "parts": list(parts) or [{"text": "Hi"}]}, "finishReason": finish, "index": 0, **more.pop("candidate", {})}
    return {"candidates": [candidate], "usageMetadata": usage, "responseId": "gem77", "modelVersion": "m", **more}


_CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'}}
_USE = {"type": "tool_use", "id": "call_1", "name": "get_weather", "input": {"city": "Oslo"}}
_ITEM = {"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_1", "name": "get_weather", "arguments": '{"city":"Oslo"}'}
_TOOL_USE = {"toolUse": {"toolUseId": "call_1", "name": "get_weather", "input": {"city": "Oslo"}}}
_FUNCTION_CALL = {"functionCall": {"name": "get_weather", "args": {"city": "Oslo"}}}
_URL = "https://example.com/a"
_LOGPROBS = [{"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []}]


def _stop(chat_word: str, messages_word: str, responses_word: str, **more: list[At]) -> tuple[dict[str, list[At]], dict[str, list[At]]]:
    """Where clients find a reason to stop, whole and streamed."""
    whole, streamed = {}, {}
    if chat_word:
        whole[CHAT], streamed[CHAT] = [At("choices.*.finish_reason", chat_word)], [At("*.choices.*.finish_reason", chat_word)]
    if messages_word:
        whole[MESSAGES], streamed[MESSAGES] = [At("stop_reason", messages_word)], [At("*.delta.stop_reason", messages_word)]
    if responses_word:
        at = "status" if responses_word == "completed" else "incomplete_details.reason"
        whole[RESPONSES], streamed[RESPONSES] = [At(at, responses_word)], [At(f"*.response.{at}", responses_word)]
    return whole, streamed


def _usage(value: int, chat_path: str, messages_path: str, responses_path: str, messages_value: int | None = None) -> tuple[dict[str, list[At]], dict[str, list[At]]]:
    paths = {CHAT: chat_path, MESSAGES: messages_path, RESPONSES: responses_path}
    wanted = {client: messages_value if client == MESSAGES and messages_value is not None else value for client in paths}
    streamed = {CHAT: "*.usage.", MESSAGES: "*.usage.", RESPONSES: "*.response.usage."}
    known = {client: path for client, path in paths.items() if path}
    return (
        {client: [At(f"usage.{path}", wanted[client])] for client, path in known.items()},
        {client: [At(streamed[client] + path, wanted[client])] for client, path in known.items()},
    )


_TIERS = {CHAT: chat(service_tier="priority"), MESSAGES: message(usage={"service_tier": "priority"}), RESPONSES: response(service_tier="priority"), CONVERSE: converse(serviceTier={"type": "priority"})}
_TIER_WHOLE = {CHAT: [At("service_tier", "priority")], MESSAGES: [At("usage.service_tier", "priority")], RESPONSES: [At("service_tier", "priority")]}

ANSWERS = [
    Answered(
        "text",
        {CHAT: chat(), MESSAGES: message(), RESPONSES: response(), CONVERSE: converse(), GEMINI: gemini()},
        {CHAT: [At("choices.*.message.content", "Hi")], MESSAGES: [At("content.*.text", "Hi")], RESPONSES: [At("output.*.content.*.text", "Hi")]},
        {CHAT: [At("*.choices.*.delta.content", "Hi")], MESSAGES: [At("*.delta.text", "Hi")], RESPONSES: [At("*.delta", "Hi")]},
    ),
    Answered(
        "visible thoughts",
        {
            CHAT: chat({"reasoning_content": "I think"}),
            MESSAGES: message({"type": "thinking", "thinking": "I think", "signature": "c2ln"}, {"type": "text", "text": "Hi"}),
            RESPONSES: response({"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "I think"}]}, said({"type": "output_text", "text": "Hi"})),
            CONVERSE: converse({"reasoningContent": {"reasoningText": {"text": "I think", "signature": "c2ln"}}}, {"text": "Hi"}),
            GEMINI: gemini({"text": "I think", "thought": True}, {"text": "Hi"}),
        },
        {CHAT: [At("choices.*.message.reasoning_content", "I think")], MESSAGES: [At("content.*.thinking", "I think")], RESPONSES: [At("output.*.summary.*.text", "I think")]},
        {CHAT: [At("*.choices.*.delta.reasoning_content", "I think")], MESSAGES: [At("*.delta.thinking", "I think")], RESPONSES: [At("*.delta", "I think")]},
    ),
    Answered(
        "proof of thoughts",
        {
            MESSAGES: message({"type": "thinking", "thinking": "I think", "signature": "c2ln"}, {"type": "text", "text": "Hi"}),
            RESPONSES: response({"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "I think"}], "encrypted_content": "c2ln"}, said({"type": "output_text", "text": "Hi"})),
            CONVERSE: converse({"reasoningContent": {"reasoningText": {"text": "I think", "signature": "c2ln"}}}, {"text": "Hi"}),
        },
        {CHAT: [At("choices.*.message.reasoning_details.*.signature", "c2ln")], MESSAGES: [At("content.*.signature", "c2ln")], RESPONSES: [At("output.*.encrypted_content", "c2ln")]},
        {CHAT: [At("*.choices.*.delta.reasoning_details.*.signature", "c2ln")], MESSAGES: [At("*.delta.signature", "c2ln")], RESPONSES: [At("*.item.encrypted_content", "c2ln")]},
    ),
    Answered(
        "thoughts that are hidden",
        {
            MESSAGES: message({"type": "redacted_thinking", "data": "cmVk"}, {"type": "text", "text": "Hi"}),
            RESPONSES: response({"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "cmVk"}, said({"type": "output_text", "text": "Hi"})),
            CONVERSE: converse({"reasoningContent": {"redactedContent": "cmVk"}}, {"text": "Hi"}),
        },
        {CHAT: [At("choices.*.message.reasoning_details.*.data", "cmVk")], MESSAGES: [At("content.*.data", "cmVk")], RESPONSES: [At("output.*.encrypted_content", "cmVk")]},
        {CHAT: [At("*.choices.*.delta.reasoning_details.*.data", "cmVk")], MESSAGES: [At("*.content_block.data", "cmVk")], RESPONSES: [At("*.item.encrypted_content", "cmVk")]},
    ),
    Answered(
        "tool call",
        {
            CHAT: chat({"tool_calls": [_CALL]}, "tool_calls"),
            MESSAGES: message(_USE, stop="tool_use"),
            RESPONSES: response(_ITEM),
            CONVERSE: converse(_TOOL_USE, stop="tool_use"),
            GEMINI: gemini(_FUNCTION_CALL),
        },
        {CHAT: [At("choices.*.message.tool_calls.*.function.arguments", "Oslo")], MESSAGES: [At("content.*.input.city", "Oslo")], RESPONSES: [At("output.*.arguments", "Oslo")]},
        {CHAT: [At("*.choices.*.delta.tool_calls.*.function.arguments", "Oslo")], MESSAGES: [At("*.delta.partial_json", "Oslo")], RESPONSES: [At("*.item.arguments", "Oslo")]},
    ),
    Answered(
        "calls side by side",
        {
            CHAT: chat({"tool_calls": [_CALL, {**_CALL, "id": "call_2"}]}, "tool_calls"),
            MESSAGES: message(_USE, {**_USE, "id": "call_2"}, stop="tool_use"),
            RESPONSES: response(_ITEM, {**_ITEM, "id": "fc_2", "call_id": "call_2"}),
            CONVERSE: converse(_TOOL_USE, {"toolUse": {**_TOOL_USE["toolUse"], "toolUseId": "call_2"}}, stop="tool_use"),
            GEMINI: gemini(_FUNCTION_CALL, _FUNCTION_CALL),
        },
        {CHAT: [At("choices.*.message.tool_calls.1.function.name", "get_weather")], MESSAGES: [At("content.1.name", "get_weather")], RESPONSES: [At("output.1.name", "get_weather")]},
        {CHAT: [At("*.choices.*.delta.tool_calls.*.index", 1)], MESSAGES: [At("*.index", 1)], RESPONSES: [At("*.output_index", 1)]},
    ),
    Answered(
        "proof of a call",
        {
            CHAT: chat({"tool_calls": [{**_CALL, "extra_content": {"google": {"thought_signature": "c2ln"}}}]}, "tool_calls"),
            GEMINI: gemini({**_FUNCTION_CALL, "thoughtSignature": "c2ln"}),
        },
        {CHAT: [At("choices.*.message.tool_calls.*.extra_content.google.thought_signature", "c2ln")], MESSAGES: [At("content.*.data", "c2ln")], RESPONSES: [At("output.*.encrypted_content", "c2ln")]},
        {CHAT: [At("*.choices.*.delta.tool_calls.*.extra_content.google.thought_signature", "c2ln")], MESSAGES: [At("*.content_block.data", "c2ln")], RESPONSES: [At("*.item.encrypted_content", "c2ln")]},
    ),
    Answered(
        "refusal in words",
        {CHAT: chat({"content": None, "refusal": "I will not."}), RESPONSES: response(said({"type": "refusal", "refusal": "I will not."})), MESSAGES: message({"type": "text", "text": "I will not."}, stop="refusal"), CONVERSE: converse({"text": "I will not."}, stop="refusal")},
        {CHAT: [At("choices.*.message.refusal", "I will not.")], RESPONSES: [At("output.*.content.*.refusal", "I will not.")], MESSAGES: [At("stop_reason", "refusal")]},
        {CHAT: [At("*.choices.*.delta.refusal", "I will not.")], RESPONSES: [At("*.part.refusal", "I will not.")], MESSAGES: [At("*.delta.stop_reason", "refusal")]},
        {
            CHAT: [At("choices.*.message.content", "I will not."), At("*.choices.*.delta.content", "I will not.")],
            RESPONSES: [At("incomplete_details.reason", "content_filter"), At("*.response.incomplete_details.reason", "content_filter")],
        },
    ),
    Answered(
        "sources on the web",
        {
            CHAT: chat({"annotations": [{"type": "url_citation", "url_citation": {"url": _URL, "title": "A", "start_index": 0, "end_index": 2}}]}),
            MESSAGES: message({"type": "text", "text": "Hi", "citations": [{"type": "web_search_result_location", "url": _URL, "title": "A", "cited_text": "x", "encrypted_index": "e"}]}),
            RESPONSES: response(said({"type": "output_text", "text": "Hi", "annotations": [{"type": "url_citation", "url": _URL, "title": "A", "start_index": 0, "end_index": 2}]})),
            CONVERSE: converse({"citationsContent": {"content": [{"text": "Hi"}], "citations": [{"title": "A", "sourceContent": [{"text": "x"}], "location": {"web": {"url": _URL}}}]}}),
            GEMINI: gemini(candidate={"groundingMetadata": {"groundingChunks": [{"web": {"uri": _URL, "title": "A"}}], "groundingSupports": [{"segment": {"startIndex": 0, "endIndex": 2, "text": "Hi"}, "groundingChunkIndices": [0]}]}}),
        },
        {CHAT: [At("choices.*.message.annotations.*.url_citation.url", _URL)], MESSAGES: [At("content.*.citations.*.url", _URL)], RESPONSES: [At("output.*.content.*.annotations.*.url", _URL)]},
        {CHAT: [At("*.choices.*.delta.annotations.*.url_citation.url", _URL)], MESSAGES: [At("*.delta.citation.url", _URL)], RESPONSES: [At("*.annotation.url", _URL)]},
    ),
    Answered(
        "quotes from documents",
        {
            MESSAGES: message({"type": "text", "text": "Hi", "citations": [{"type": "char_location", "cited_text": "it rains", "document_index": 0, "document_title": "notes", "start_char_index": 0, "end_char_index": 8}]}),
            CONVERSE: converse({"citationsContent": {"content": [{"text": "Hi"}], "citations": [{"title": "notes", "sourceContent": [{"text": "it rains"}], "location": {"documentChar": {"documentIndex": 0, "start": 0, "end": 8}}}]}}),
        },
        {MESSAGES: [At("content.*.citations.*.cited_text", "it rains")]},
        {MESSAGES: [At("*.delta.citation.cited_text", "it rains")]},
    ),
    Answered(
        "log probabilities",
        {
            CHAT: chat(choice={"logprobs": {"content": _LOGPROBS, "refusal": None}}),
            RESPONSES: response(said({"type": "output_text", "text": "Hi", "annotations": [], "logprobs": _LOGPROBS})),
            GEMINI: gemini(candidate={"logprobsResult": {"chosenCandidates": [{"token": "Hi", "logProbability": -0.1}], "topCandidates": []}}),
        },
        {CHAT: [At("choices.*.logprobs.content.*.token", "Hi")], RESPONSES: [At("output.*.content.*.logprobs.*.token", "Hi")]},
        {CHAT: [At("*.choices.*.logprobs.content.*.token", "Hi")], RESPONSES: [At("*.logprobs.*.token", "Hi")]},
    ),
    Answered(
        "several answers",
        {
            CHAT: {**chat(), "choices": [{"index": n, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"} for n in (0, 1)]},
            GEMINI: {**gemini(), "candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]}, "finishReason": "STOP", "index": n} for n in (0, 1)]},
        },
        {CHAT: [At("choices.1.message.content", "Hi")]},
        {CHAT: [At("*.choices.*.index", 1)]},
    ),
    Answered(
        "stop: done",
        {CHAT: chat(), MESSAGES: message(), RESPONSES: response(), CONVERSE: converse(), GEMINI: gemini()},
        *_stop("stop", "end_turn", "completed"),
    ),
    Answered(
        "stop: tool calls",
        {CHAT: chat({"tool_calls": [_CALL]}, "tool_calls"), MESSAGES: message(_USE, stop="tool_use"), RESPONSES: response(_ITEM), CONVERSE: converse(_TOOL_USE, stop="tool_use"), GEMINI: gemini(_FUNCTION_CALL)},
        *_stop("tool_calls", "tool_use", "completed"),
    ),
    Answered(
        "stop: length",
        {
            CHAT: chat(finish="length"),
            MESSAGES: message(stop="max_tokens"),
            RESPONSES: response(status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
            CONVERSE: converse(stop="max_tokens"),
            GEMINI: gemini(finish="MAX_TOKENS"),
        },
        *_stop("length", "max_tokens", "max_output_tokens"),
    ),
    Answered(
        "stop: filtered",
        {
            CHAT: chat(finish="content_filter"),
            RESPONSES: response(status="incomplete", incomplete_details={"reason": "content_filter"}),
            CONVERSE: converse(stop="content_filtered"),
            GEMINI: gemini(finish="SAFETY"),
        },
        *_stop("content_filter", "refusal", "content_filter"),
    ),
    Answered(
        "stop: a stop sequence, which one",
        {MESSAGES: message(stop="stop_sequence", stop_sequence="END"), CONVERSE: converse(stop="stop_sequence", additionalModelResponseFields={"stop_sequence": "END"})},
        {MESSAGES: [At("stop_sequence", "END")]},
        {MESSAGES: [At("*.delta.stop_sequence", "END")]},
        {
            CHAT: [At("choices.*.finish_reason", "stop"), At("*.choices.*.finish_reason", "stop")],
            RESPONSES: [At("status", "completed"), At("*.response.status", "completed")],
        },
    ),
    Answered(
        "stop: to be asked again",
        {MESSAGES: message(stop="pause_turn")},
        {MESSAGES: [At("stop_reason", "pause_turn")]},
        {MESSAGES: [At("*.delta.stop_reason", "pause_turn")]},
    ),
    Answered(
        "usage: input",
        {CHAT: chat(), MESSAGES: message(usage={"cache_read_input_tokens": 100}), RESPONSES: response(), CONVERSE: converse(usage={"cacheReadInputTokens": 100}), GEMINI: gemini()},
        {CHAT: [At("usage.prompt_tokens", 120)], RESPONSES: [At("usage.input_tokens", 120)], MESSAGES: [At("usage.input_tokens", 120), At("usage.input_tokens", 20)]},
        {CHAT: [At("*.usage.prompt_tokens", 120)], RESPONSES: [At("*.response.usage.input_tokens", 120)], MESSAGES: [At("*.usage.input_tokens", 120), At("*.usage.input_tokens", 20)]},
    ),
    Answered(
        "usage: output",
        {CHAT: chat(), MESSAGES: message(), RESPONSES: response(), CONVERSE: converse(), GEMINI: gemini()},
        *_usage(60, "completion_tokens", "output_tokens", "output_tokens"),
    ),
    Answered(
        "usage: read from a cache",
        {
            CHAT: chat(usage={"prompt_tokens": 120, "completion_tokens": 60, "total_tokens": 180, "prompt_tokens_details": {"cached_tokens": 100}}),
            MESSAGES: message(usage={"cache_read_input_tokens": 100}),
            RESPONSES: response(usage={"input_tokens_details": {"cached_tokens": 100}}),
            CONVERSE: converse(usage={"cacheReadInputTokens": 100}),
            GEMINI: gemini(usage={"cachedContentTokenCount": 100}),
        },
        *_usage(100, "prompt_tokens_details.cached_tokens", "cache_read_input_tokens", "input_tokens_details.cached_tokens"),
    ),
    Answered(
        "usage: written to a cache",
        {
            MESSAGES: message(usage={"cache_creation_input_tokens": 90}),
            RESPONSES: response(usage={"input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 90}}),
            CONVERSE: converse(usage={"cacheWriteInputTokens": 90}),
        },
        *_usage(90, "prompt_tokens_details.cache_write_tokens", "cache_creation_input_tokens", "input_tokens_details.cache_write_tokens"),
    ),
    Answered(
        "usage: thinking",
        {
            CHAT: chat(usage={"prompt_tokens": 120, "completion_tokens": 60, "total_tokens": 180, "completion_tokens_details": {"reasoning_tokens": 30}}),
            MESSAGES: message(usage={"output_tokens_details": {"thinking_tokens": 30}}),
            RESPONSES: response(usage={"output_tokens_details": {"reasoning_tokens": 30}}),
            GEMINI: gemini(usage={"thoughtsTokenCount": 30}),
        },
        *_usage(30, "completion_tokens_details.reasoning_tokens", "output_tokens_details.thinking_tokens", "output_tokens_details.reasoning_tokens"),
    ),
    Answered("service tier, of whole answers", _TIERS, _TIER_WHOLE, {}),
    Answered("service tier, streamed", _TIERS, {}, {CHAT: [At("*.service_tier", "priority")], MESSAGES: [At("*.usage.service_tier", "priority"), At("*.message.usage.service_tier", "priority")], RESPONSES: [At("*.response.service_tier", "priority")]}),
    Answered(
        "the provider's id of the answer",
        {CHAT: chat(), MESSAGES: message(), RESPONSES: response(), GEMINI: gemini()},
        {CHAT: [At("id", "77")]},
        {CHAT: [At("*.id", "77")]},
    ),
]


def stream_bytes(provider: str, answer: Json) -> bytes:
    """The answer as the provider would stream it."""
    if provider == CONVERSE:
        return _converse_stream(answer)
    if provider == GEMINI:
        return b"data: " + json.dumps(answer).encode() + b"\n\n"
    # As told by the dialect's own side for clients, which the full cases among the golden files check.
    assert provider in CLIENTS
    assert provider in PROVIDERS
    own = Pair(provider, provider)
    return own.translation.document_as_stream(json.dumps(answer).encode(), reply_to(own))


def _converse_stream(answer: Json) -> bytes:
    events: list[tuple[str, Json]] = [("messageStart", {"role": "assistant"})]
    for index, block in enumerate(answer["output"]["message"]["content"]):
        at = {"contentBlockIndex": index}
        if "toolUse" in block:
            use = block["toolUse"]
            start = {"toolUse": {"toolUseId": use["toolUseId"], "name": use["name"]}}
            events.append(("contentBlockStart", {**at, "start": start}))
        events += [("contentBlockDelta", {**at, "delta": delta}) for delta in _converse_deltas(block)]
        events.append(("contentBlockStop", at))
    stop = {"stopReason": answer["stopReason"]}
    if "additionalModelResponseFields" in answer:
        stop["additionalModelResponseFields"] = answer["additionalModelResponseFields"]
    events.append(("messageStop", stop))
    events.append(("metadata", {name: answer[name] for name in ("usage", "serviceTier") if name in answer}))
    return b"".join(frame(name, payload) for name, payload in events)


def _converse_deltas(block: Json) -> list[Json]:
    if "toolUse" in block:
        return [{"toolUse": {"input": json.dumps(block["toolUse"]["input"])}}]
    if "reasoningContent" in block:
        told = block["reasoningContent"]
        if "redactedContent" in told:
            return [{"reasoningContent": told}]
        return [{"reasoningContent": {name: value}} for name, value in told["reasoningText"].items()]
    if "citationsContent" in block:
        told = block["citationsContent"]
        return [*({"text": part["text"]} for part in told["content"]), *({"citation": one} for one in told["citations"])]
    return [block]
