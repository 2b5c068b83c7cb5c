"""What a request can ask for beside what it says."""

# A row of a table is a line.
# ruff: noqa: E501

from __future__ import annotations

from tests.conformance.asking import (
    CHAT,
    CONVERSE,
    GEMINI,
    MESSAGES,
    RESPONSES,
    WEATHER,
    Feature,
    nested,
    setting,
    user,
)
from tests.conformance.places import NOTHING, At

_REPORT = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"], "additionalProperties": False}
_THINKS = {CHAT: "reasoning_effort", RESPONSES: "reasoning.effort", MESSAGES: "output_config.effort"}
_BUDGETS = {MESSAGES: [At("thinking.budget_tokens")], CONVERSE: [At("additionalModelRequestFields.thinking.budget_tokens")], GEMINI: [At("generationConfig.thinkingConfig.thinkingBudget")]}
_EFFORTS = {CHAT: [At("reasoning_effort", "high")], RESPONSES: [At("reasoning.effort", "high")], MESSAGES: [At("output_config.effort", "high")], GEMINI: [At("generationConfig.thinkingConfig.thinkingLevel", "high"), At("generationConfig.thinkingConfig.thinkingLevel", "HIGH")]}
_MARK = {"cache_control": {"type": "ephemeral"}}

SETTINGS = [
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
    Feature("thinking: effort", {client: {**nested(name, "high"), **({"max_tokens": 20000} if client == MESSAGES else {})} for client, name in _THINKS.items()}, _EFFORTS, about=_BUDGETS),
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
    Feature("longest answer", *setting(777, {CHAT: "max_completion_tokens", MESSAGES: "max_tokens", RESPONSES: "max_output_tokens"}, openai_chat="max_tokens", anthropic_messages="max_tokens", openai_responses="max_output_tokens", bedrock_converse="inferenceConfig.maxTokens", gemini="generationConfig.maxOutputTokens")),
    Feature("temperature", *setting(0.25, {CHAT: "temperature", MESSAGES: "temperature", RESPONSES: "temperature"}, openai_chat="temperature", anthropic_messages="temperature", openai_responses="temperature", bedrock_converse="inferenceConfig.temperature", gemini="generationConfig.temperature")),
    Feature("temperature above 1", {client: {"temperature": 1.5} for client in (CHAT, RESPONSES)}, {CHAT: [At("temperature", 1.5)], RESPONSES: [At("temperature", 1.5)], GEMINI: [At("generationConfig.temperature", 1.5)]}, about={MESSAGES: [At("temperature")], CONVERSE: [At("inferenceConfig.temperature")]}),
    Feature("top_p", *setting(0.75, {CHAT: "top_p", MESSAGES: "top_p", RESPONSES: "top_p"}, openai_chat="top_p", anthropic_messages="top_p", openai_responses="top_p", bedrock_converse="inferenceConfig.topP", gemini="generationConfig.topP")),
    Feature("top_k", *setting(41, {CHAT: "top_k", MESSAGES: "top_k"}, openai_chat="top_k", anthropic_messages="top_k", bedrock_converse="additionalModelRequestFields.top_k", gemini="generationConfig.topK")),
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
    Feature("several answers (n)", *setting(2, {CHAT: "n"}, openai_chat="n", gemini="generationConfig.candidateCount")),
    Feature("seed", *setting(7, {CHAT: "seed"}, openai_chat="seed", gemini="generationConfig.seed")),
    Feature("frequency penalty", *setting(0.5, {CHAT: "frequency_penalty"}, openai_chat="frequency_penalty", gemini="generationConfig.frequencyPenalty")),
    Feature("presence penalty", *setting(0.5, {CHAT: "presence_penalty"}, openai_chat="presence_penalty", gemini="generationConfig.presencePenalty")),
    Feature("logit bias", *setting({"50256": -100}, {CHAT: "logit_bias"}, openai_chat="logit_bias")),
    Feature(
        "log probabilities wanted",
        {CHAT: {"logprobs": True, "top_logprobs": 3}, RESPONSES: {"include": ["message.output_text.logprobs"], "top_logprobs": 3}},
        {CHAT: [At("top_logprobs", 3)], RESPONSES: [At("top_logprobs", 3)], GEMINI: [At("generationConfig.logprobs", 3)]},
    ),
    Feature("wordiness (verbosity)", *setting("low", {CHAT: "verbosity", RESPONSES: "text.verbosity"}, openai_chat="verbosity", openai_responses="text.verbosity")),
    Feature(
        "who the user is",
        {CHAT: {"user": "user-1"}, MESSAGES: {"metadata": {"user_id": "user-1"}}, RESPONSES: {"user": "user-1"}},
        {CHAT: [At("user", "user-1")], MESSAGES: [At("metadata.user_id", "user-1")], RESPONSES: [At("user", "user-1")]},
        "user-1",
    ),
    Feature("safety identifier", *setting("safe-1", {CHAT: "safety_identifier", RESPONSES: "safety_identifier"}, openai_chat="safety_identifier", openai_responses="safety_identifier"), probe="safe-1"),
    Feature(
        "metadata",
        {CHAT: {"metadata": {"project": "north"}}, RESPONSES: {"metadata": {"project": "north"}}},
        {CHAT: [At("metadata.project", "north")], RESPONSES: [At("metadata.project", "north")], CONVERSE: [At("requestMetadata.project", "north")], GEMINI: [At("labels.project", "north")]},
    ),
    Feature("to be stored", *setting(True, {CHAT: "store", RESPONSES: "store"}, openai_chat="store", openai_responses="store")),
    Feature("service tier", *setting("flex", {CHAT: "service_tier", RESPONSES: "service_tier"}, openai_chat="service_tier", openai_responses="service_tier", bedrock_converse="serviceTier.type", gemini="serviceTier")),
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
    Feature("prompt cache key", *setting("key-1", {CHAT: "prompt_cache_key", RESPONSES: "prompt_cache_key"}, openai_chat="prompt_cache_key", openai_responses="prompt_cache_key")),
    Feature("prompt cache retention", *setting("24h", {CHAT: "prompt_cache_retention", RESPONSES: "prompt_cache_retention"}, openai_chat="prompt_cache_retention", openai_responses="prompt_cache_retention"), about={MESSAGES: [At("messages.*.content.*.cache_control")]}),
    Feature("audio in the answer", {CHAT: {"modalities": ["text", "audio"]}}, {CHAT: [At("modalities.*", "audio")], GEMINI: [At("generationConfig.responseModalities.*", "AUDIO")]}),
    Feature("a member nobody knows", {client: {"of_tomorrow": {"a": 1}} for client in (CHAT, MESSAGES, RESPONSES)}, {}),
    Feature("a conversation the provider keeps", {RESPONSES: {"previous_response_id": "resp_1"}}, {}),
]
