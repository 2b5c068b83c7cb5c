"""Settings and tools: what Converse has a member for, what goes to the model's own API, what is told as lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plano.dialects.conversation import (
    CacheMark,
    Foreign,
    OutputFormat,
    Reasoning,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from plano.dialects.proofs import sealed
from tests.dialects.bedrock_converse.asking import CLAUDE, asked, model, user

OPUS_46, OPUS_47 = "us.anthropic.claude-opus-4-6-v1", "anthropic.claude-opus-4-7"
HAIKU_3 = "anthropic.claude-3-haiku-20240307-v1:0"
NOVA, NOVA_2, LLAMA = "amazon.nova-pro-v1:0", "us.amazon.nova-2-lite-v1:0", "meta.llama3-1-70b-instruct-v1:0"
GPT, MISTRAL = "openai.gpt-oss-120b-1:0", "mistral.mistral-large-2402-v1:0"
ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"
SCHEMA = {"type": "object", "properties": {"a": {"type": "object", "properties": {}}}, "required": ["a"]}


def budget(tokens: int) -> dict[str, Any]:
    return {"thinking": {"type": "enabled", "budget_tokens": tokens}}


F, G = Tool("f", "Does f.", {"type": "object", "properties": {"x": {"type": "string"}}}), Tool("g")


@pytest.mark.parametrize(
    ("settings", "expected", "lost"),
    [
        ({"max_tokens": 5, "temperature": 0.5, "stop": ["x", " "]},
         {"maxTokens": 5, "temperature": 0.5, "stopSequences": ["x"]}, ["stop"]),
        ({"temperature": 1.7}, {"temperature": 1.0}, ["temperature"]),
        ({"top_p": 0.5}, {"topP": 0.5}, []),
        ({"temperature": 0.5, "top_p": 0.5}, {"temperature": 0.5}, ["top_p"]),
    ],
)  # fmt: skip
def test_what_every_model_knows(settings: dict[str, Any], expected: dict[str, Any], lost: list[str]) -> None:
    members, told = asked(**settings)

    assert (members["inferenceConfig"], told) == (expected, lost)


def test_nobody_asked_for_nothing_is_sent() -> None:
    assert asked() == ({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}, [])


@pytest.mark.parametrize(
    ("name", "fields", "lost"),
    [
        (CLAUDE, {"top_k": 5}, []),
        (ARN, {"top_k": 5}, []),
        (NOVA, {"inferenceConfig": {"topK": 5}}, []),
        ("cohere.command-r-v1:0", {"k": 5}, []),
        (LLAMA, None, ["top_k"]),
    ],
)
def test_top_k_goes_by_the_name_the_model_has_for_it(name: str, fields: Any, lost: list[str]) -> None:
    members, told = asked(model=name, top_k=5)

    assert (members.get("additionalModelRequestFields"), told) == (fields, lost)


@pytest.mark.parametrize(
    ("name", "thinking", "fields", "effort", "limit"),
    [
        (CLAUDE, Thinking(True, budget_tokens=3000), budget(3000), None, 3500),
        (CLAUDE, Thinking(effort="low"), budget(1024), None, 1524),
        (ARN, Thinking(True, budget_tokens=3000), budget(3000), None, 3500),
        (OPUS_46, Thinking(effort="xhigh"), {"thinking": {"type": "adaptive"}}, "xhigh", 500),
        (OPUS_46, Thinking(is_on=True, is_adaptive=True), {"thinking": {"type": "adaptive"}}, None, 500),
        (OPUS_46, Thinking(True, budget_tokens=3000), budget(3000), None, 3500),
        (OPUS_47, Thinking(True, budget_tokens=4000, shows="summary"),
         {"thinking": {"type": "adaptive", "display": "summarized"}}, "low", 500),
        (NOVA_2, Thinking(effort="high"), {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "medium"}},
         None, 500),
        (GPT, Thinking(effort="minimal"), {"reasoning_effort": "low"}, None, 500),
        (GPT, Thinking(True, budget_tokens=30_000), {"reasoning_effort": "high"}, None, 500),
        (CLAUDE, Thinking(effort="none"), None, None, 500),
        (CLAUDE, Thinking(is_on=False, budget_tokens=2000), None, None, 500),
        (CLAUDE, Thinking(shows="summary"), None, None, 500),
    ],
)  # fmt: skip
def test_thinking_is_asked_for_as_the_model_takes_it(
    name: str, thinking: Thinking, fields: Any, effort: str | None, limit: int
) -> None:
    members, lost = asked(model=name, thinking=thinking, max_tokens=500)

    assert members.get("additionalModelRequestFields") == fields
    assert members.get("outputConfig", {}).get("effort") == effort
    assert members["inferenceConfig"]["maxTokens"] == limit
    assert lost == []


@pytest.mark.parametrize("name", [HAIKU_3, NOVA, LLAMA])
def test_who_cannot_think_is_not_asked_to(name: str) -> None:
    members, lost = asked(model=name, thinking=Thinking(effort="high"))

    assert "additionalModelRequestFields" not in members
    assert lost == ["thinking"]


def test_beside_thinking_claude_takes_no_sampling_and_no_forced_tool() -> None:
    members, lost = asked(
        thinking=Thinking(True, budget_tokens=2000),
        temperature=0.2,
        top_p=0.3,
        top_k=4,
        tools=[F],
        tool_choice=ToolChoice("required"),
    )

    assert members["inferenceConfig"] == {"maxTokens": 10_192}
    assert members["additionalModelRequestFields"] == {"thinking": {"type": "enabled", "budget_tokens": 2000}}
    assert "toolChoice" not in members["toolConfig"]
    assert lost == ["temperature", "top_k", "top_p", "tool_choice"]


def test_the_latest_claude_takes_no_sampling_at_all() -> None:
    members, lost = asked(model=OPUS_47, temperature=0.2, top_p=0.3, top_k=4)

    assert set(members) == {"messages"}
    assert lost == ["temperature", "top_k", "top_p"]


@pytest.mark.parametrize(("proof", "thinks"), [("bedrock_converse", True), ("openai_responses", False)])
def test_no_budget_for_thinking_in_tool_use_that_began_without_thoughts(proof: str, thinks: bool) -> None:
    thought = Reasoning("hm", sealed(proof, "SIG"))
    turns = user("a"), model(thought, ToolCall("1", "f", "{}")), user(ToolResult("1", [Text("b")]))
    members, lost = asked(*turns, tools=[F], thinking=Thinking(True, budget_tokens=2000))

    assert ("additionalModelRequestFields" in members) is thinks
    assert ("thinking" in lost) is not thinks


@pytest.mark.parametrize("name", [CLAUDE, GPT, MISTRAL])
def test_models_that_can_are_held_to_a_schema_with_closed_objects(name: str) -> None:
    members, lost = asked(model=name, output_format=OutputFormat(SCHEMA, "n", "d"))

    form = members["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
    told = json.loads(form["schema"])
    assert (form["name"], form["description"], lost) == ("n", "d", [])
    assert told["additionalProperties"] is told["properties"]["a"]["additionalProperties"] is False
    assert "additionalProperties" not in SCHEMA


@pytest.mark.parametrize(
    ("name", "told"), [(NOVA, OutputFormat(SCHEMA)), (HAIKU_3, OutputFormat(SCHEMA)), (CLAUDE, OutputFormat())]
)
def test_others_are_asked_for_json_in_words(name: str, told: OutputFormat) -> None:
    members, lost = asked(model=name, output_format=told, instructions=[Text("Be kind.")])

    assert members["system"][0] == {"text": "Be kind."}
    assert "JSON" in members["system"][1]["text"]
    assert (json.dumps(SCHEMA, separators=(",", ":")) in members["system"][1]["text"]) is (told.schema is not None)
    assert lost == ["output_format"]
    assert "outputConfig" not in members


def test_what_no_model_is_told_is_named() -> None:
    members, lost = asked(
        seed=1, n=2, frequency_penalty=0.5, presence_penalty=0, logit_bias={"1": 1}, logprobs=True, top_logprobs=2,
        verbosity="low", user="u", safety_identifier="s", store=True, prompt_cache_key="k",
        prompt_cache_retention="24h", modalities=["text", "audio"], unknown={"web_search_options": {}},
    )  # fmt: skip

    assert set(members) == {"messages"}
    assert set(lost) == {
        "seed", "n", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "verbosity", "user",
        "safety_identifier", "store", "prompt_cache_key", "prompt_cache_retention", "modalities", "web_search_options",
    }  # fmt: skip


def test_asking_for_what_is_so_in_any_case_loses_nothing() -> None:
    settings = {"n": 1, "store": False, "logprobs": False, "presence_penalty": 0.0, "modalities": ["text"]}
    assert asked(**settings, service_tier="auto", logit_bias={})[1] == []


@pytest.mark.parametrize(("tier", "told"), [("default", "default"), ("standard_only", "default"), ("flex", "flex")])
def test_tiers_have_names(tier: str, told: str) -> None:
    assert asked(service_tier=tier)[0]["serviceTier"] == {"type": told}
    assert asked(service_tier="scale")[1] == ["service_tier"]


def test_metadata_goes_into_the_log_of_invocations_as_far_as_it_may() -> None:
    members, lost = asked(metadata={"team": "a-b", "n": 5, "k|": "x", "v": "ü"})

    assert (members["requestMetadata"], lost) == ({"team": "a-b"}, ["metadata"])
    assert len(asked(metadata={str(one): "x" for one in range(20)})[0]["requestMetadata"]) == 16


def test_members_of_converse_itself_pass() -> None:
    unknown = {
        "guardrailConfig": {"guardrailIdentifier": "abc", "guardrailVersion": "1"},
        "performanceConfig": {"latency": "optimized"},
        "additionalModelRequestFields": {"anthropic_beta": ["x"], "top_k": 9},
    }
    members, lost = asked(unknown=unknown, top_k=1, thinking=Thinking(True, budget_tokens=2000))

    assert members["guardrailConfig"] == unknown["guardrailConfig"]
    assert members["performanceConfig"] == {"latency": "optimized"}
    assert members["additionalModelRequestFields"]["top_k"] == 9
    assert members["additionalModelRequestFields"]["anthropic_beta"] == ["x"]
    assert lost == ["top_k"]


def test_claude_says_which_stop_sequence_was_met() -> None:
    assert asked(stop=["x"])[0]["additionalModelResponseFieldPaths"] == ["/stop_sequence"]
    assert "additionalModelResponseFieldPaths" not in asked(stop=["x"], model=NOVA)[0]


# Tools.


def config(**rest: Any) -> tuple[dict[str, Any] | None, list[str]]:
    members, lost = asked(tools=rest.pop("tools", [F, G]), **rest)
    return members.get("toolConfig"), lost


def names(told: dict[str, Any] | None) -> list[str]:
    return [tool["toolSpec"]["name"] for tool in told["tools"] if "toolSpec" in tool] if told else []


def test_tools_have_an_object_for_a_schema() -> None:
    told, lost = config(tools=[F, G, Tool("h", " ", {"anyOf": []}, strict=True)])

    assert told is not None
    first, second, third = (tool["toolSpec"] for tool in told["tools"])
    assert first == {"name": "f", "description": "Does f.", "inputSchema": {"json": F.parameters}}
    assert second == {"name": "g", "inputSchema": {"json": {"type": "object", "properties": {}}}}
    assert third["inputSchema"]["json"] == {"anyOf": [], "type": "object", "properties": {}}
    assert (third["strict"], lost) == (True, [])
    assert config(tools=[Tool("h", strict=True)], model=NOVA)[1] == ["tools.strict"]


@pytest.mark.parametrize(
    ("choice", "name", "told", "offered", "lost"),
    [
        (ToolChoice("auto"), CLAUDE, None, ["f", "g"], []),
        (ToolChoice("required"), CLAUDE, {"any": {}}, ["f", "g"], []),
        (ToolChoice("tool", "g"), CLAUDE, {"tool": {"name": "g"}}, ["f", "g"], []),
        (ToolChoice("tool", "g"), MISTRAL, {"any": {}}, ["g"], []),
        (ToolChoice("tool", "g"), LLAMA, None, ["f", "g"], ["tool_choice"]),
        (ToolChoice("required"), LLAMA, None, ["f", "g"], ["tool_choice"]),
        (ToolChoice("allowed", names=("g",)), CLAUDE, None, ["g"], []),
        (ToolChoice("allowed", names=("g",), is_required=True), CLAUDE, {"any": {}}, ["g"], []),
        (ToolChoice("none"), CLAUDE, None, [], []),
    ],
)
def test_choices(choice: ToolChoice, name: str, told: Any, offered: list[str], lost: list[str]) -> None:
    found, dropped = config(tool_choice=choice, model=name)

    assert (found or {}).get("toolChoice") == told
    assert (names(found), dropped) == (offered, lost)


HISTORY = [user("a"), model(ToolCall("1", "old", "{}")), user(ToolResult("1", [Text("b")]))]


def test_where_tools_were_used_they_stay_though_none_is_wanted() -> None:
    members, lost = asked(*HISTORY, tools=[F], tool_choice=ToolChoice("none"))

    assert (names(members["toolConfig"]), lost) == (["f"], ["tool_choice"])


def test_tools_of_the_history_are_declared_where_the_client_offers_none() -> None:
    assert names(asked(*HISTORY)[0]["toolConfig"]) == ["old"]


def test_tools_of_others_are_lost_by_name() -> None:
    foreign = Tool("web_search", foreign=Foreign("openai_responses", "web_search", {}))
    own = Tool("x", foreign=Foreign("bedrock_converse", "systemTool", {"systemTool": {"name": "nova_grounding"}}))

    told, lost = config(tools=[foreign, own])
    assert told == {"tools": [{"systemTool": {"name": "nova_grounding"}}]}
    assert lost == ["tools.web_search"]
    assert config(tools=[foreign], tool_choice=ToolChoice("required")) == (None, ["tools.web_search", "tool_choice"])


def test_one_call_at_a_time() -> None:
    members, lost = asked(tools=[F], parallel_tool_calls=False)
    assert members["additionalModelRequestFields"]["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert lost == []
    assert config(parallel_tool_calls=False, model=NOVA)[1] == ["parallel_tool_calls"]
    assert config(parallel_tool_calls=False, tools=[]) == (None, [])


def test_a_cache_point_behind_tools() -> None:
    told, _ = config(tools=[F, Tool("g", cache=CacheMark())])

    assert told is not None
    assert told["tools"][-1] == {"cachePoint": {"type": "default"}}
