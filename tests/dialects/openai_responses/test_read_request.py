"""Requests of the Responses API as conversations."""

from __future__ import annotations

from typing import Any

import pytest

from plano.dialects.conversation import (
    Audio,
    Conversation,
    Document,
    Foreign,
    Image,
    OutputFormat,
    Part,
    Reasoning,
    Refusal,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from plano.dialects.openai_responses.read_request import read_request
from plano.dialects.proofs import sealed
from plano.errors import BadRequest

Json = dict[str, Any]
PDF = Document("application/pdf", "JVBE", name="a.pdf")
HOLOGRAM = {"type": "input_hologram", "x": 1}
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "1"}


def read(*items: Json, **members: Any) -> Conversation:
    return read_request({"model": "m", "input": list(items), **members})


def said(*items: Json) -> list[Part]:
    """Parts of the only turn."""
    (turn,) = read(*items).turns
    return turn.parts


def message(role: str, *content: Json | str) -> Json:
    told: Any = content[0] if len(content) == 1 and isinstance(content[0], str) else list(content)
    return {"type": "message", "role": role, "content": told}


def test_a_string_is_what_the_user_says() -> None:
    assert read_request({"input": "hi"}).turns == [Turn("user", [Text("hi")])]


def test_instructions_come_first_and_messages_like_them_join() -> None:
    conversation = read(
        message("developer", {"type": "input_text", "text": "two"}),
        message("system", "three"),
        message("user", "hi"),
        message("developer", "later"),
        instructions="one",
    )
    assert [block.text for block in conversation.instructions] == ["one", "two", "three"]
    assert conversation.turns == [Turn("user", [Text("hi")]), Turn("system", [Text("later")])]


def test_items_without_a_type_are_messages() -> None:
    assert read({"role": "user", "content": "hi"}).turns == [Turn("user", [Text("hi")])]


def test_what_the_model_said_is_one_turn() -> None:
    conversation = read(
        message("user", "hi"),
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]},
        message("assistant", {"type": "output_text", "text": "well", "annotations": []}),
        CALL,
        {**CALL, "call_id": "c2"},
        OUTPUT,
        {**OUTPUT, "call_id": "c2"},
        message("user", "and?"),
    )
    assert [turn.role for turn in conversation.turns] == ["user", "assistant", "user"]
    kinds = [[type(part) for part in turn.parts] for turn in conversation.turns[1:]]
    assert kinds == [[Reasoning, Text, ToolCall, ToolCall], [ToolResult, ToolResult, Text]]


def test_messages_of_the_user_stay_apart() -> None:
    assert len(read(message("user", "rules"), message("user", "question")).turns) == 2


def test_a_late_result_stands_before_what_the_user_says() -> None:
    conversation = read(CALL, {**CALL, "call_id": "c2"}, OUTPUT, message("user", "x"), {**OUTPUT, "call_id": "c2"})
    assert [type(part) for part in conversation.turns[1].parts] == [ToolResult, ToolResult, Text]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"type": "input_text", "text": "a"}, Text("a")),
        (
            {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "high"},
            Image("image/png", "AAAA", detail="high"),
        ),
        ({"type": "input_image", "image_url": "https://a/b.png"}, Image(url="https://a/b.png")),
        ({"type": "input_image", "file_id": "file_1", "image_url": None}, Image(file_id="file_1")),
        (
            {"type": "input_file", "file_data": "data:application/pdf;base64,JVBE", "filename": "a.pdf"},
            PDF,
        ),
        ({"type": "input_file", "file_data": "JVBE", "filename": "a.pdf"}, PDF),
        ({"type": "input_file", "file_url": "https://a/b.pdf"}, Document(url="https://a/b.pdf")),
        ({"type": "input_file", "file_id": "file_1"}, Document(file_id="file_1")),
        ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}, Audio("AAAA", "wav")),
        (HOLOGRAM, Foreign("openai_responses", "input_hologram", HOLOGRAM)),
    ],
)
def test_parts_of_what_the_user_says(part: Json, expected: Part) -> None:
    assert said(message("user", part)) == [expected]


def test_parts_of_what_the_model_said() -> None:
    source = {"type": "url_citation", "url": "https://a", "title": "A", "start_index": 0, "end_index": 1}
    text, refusal = said(
        message(
            "assistant",
            {"type": "output_text", "text": "a", "annotations": [source]},
            {"type": "refusal", "refusal": "no"},
        )
    )
    assert isinstance(text, Text)
    assert text.annotations[0].url == "https://a"
    assert refusal == Refusal("no")


def test_a_result_may_hold_images() -> None:
    (result,) = said(
        {
            **OUTPUT,
            "output": [
                {"type": "input_text", "text": "see"},
                {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
            ],
        }
    )
    assert result == ToolResult("c1", [Text("see"), Image("image/png", "AAAA")])


def test_custom_tools_take_text() -> None:
    conversation = read(
        {"type": "custom_tool_call", "call_id": "c1", "name": "apply_patch", "input": "*** Begin"},
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "ok"},
    )
    assert conversation.turns[0].parts == [ToolCall("c1", "apply_patch", "*** Begin", is_custom=True)]
    assert conversation.turns[1].parts == [ToolResult("c1", [Text("ok")], is_custom=True)]


def test_calls_keep_their_namespace() -> None:
    (call,) = said({**CALL, "namespace": "mcp__fs"})
    assert isinstance(call, ToolCall)
    assert call.namespace == "mcp__fs"


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            {"id": "rs_1", "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}]},
            Reasoning("a\n\nb", is_summary=True, id="rs_1"),
        ),
        (
            {"id": "rs_1", "summary": [{"type": "summary_text", "text": "a"}], "encrypted_content": "ENC"},
            Reasoning("a", sealed("openai_responses", "ENC", "rs_1"), is_summary=True, id="rs_1"),
        ),
        (
            {"summary": [], "encrypted_content": "ENC"},
            Reasoning("", sealed("openai_responses", "ENC"), is_redacted=True),
        ),
        (
            {"id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "raw"}]},
            Reasoning("raw", id="rs_1"),
        ),
        (
            {"id": "rs_a_0", "summary": [{"type": "summary_text", "text": "a"}],
             "encrypted_content": "plano:anthropic_messages::SIG"},
            Reasoning("a", "plano:anthropic_messages::SIG"),
        ),
        (
            {"summary": [], "encrypted_content": "plano:anthropic_messages:redacted:DATA"},
            Reasoning("", "plano:anthropic_messages::DATA", is_redacted=True),
        ),
        (
            {"summary": [], "encrypted_content": "plano:anthropic_messages::SIG"},
            Reasoning("", "plano:anthropic_messages::SIG"),
        ),
    ],
)  # fmt: skip
def test_what_the_model_thought(item: Json, expected: Reasoning) -> None:
    assert said({"type": "reasoning", **item}) == [expected]


def test_the_proof_of_a_call_goes_back_to_it() -> None:
    proof = {"type": "reasoning", "summary": [], "encrypted_content": "plano:gemini:call:SIG"}
    first, second = said(proof, CALL, {**CALL, "call_id": "c2"})
    assert isinstance(first, ToolCall)
    assert isinstance(second, ToolCall)
    assert first.proof == "plano:gemini::SIG"
    assert second.proof == ""


def test_reasoning_with_nothing_in_it_is_nothing() -> None:
    assert read({"type": "reasoning", "id": "rs_1", "summary": []}, message("user", "a")).turns == [
        Turn("user", [Text("a")])
    ]


@pytest.mark.parametrize("kind", ["web_search_call", "mcp_call", "computer_call", "item_reference", "compaction"])
def test_items_nobody_else_has_are_kept_in_their_place(kind: str) -> None:
    item = {"type": kind, "id": "x"}
    assert said(CALL, item)[1] == Foreign("openai_responses", kind, item)


def test_a_reference_may_lack_its_type() -> None:
    assert said(CALL, {"id": "msg_1"})[1] == Foreign("openai_responses", "item_reference", {"id": "msg_1"})


def test_calls_the_client_runs_itself_are_calls() -> None:
    action = {"type": "exec", "command": ["ls"]}
    conversation = read(
        {"type": "local_shell_call", "call_id": "c1", "status": "completed", "action": action},
        OUTPUT,
    )
    assert conversation.turns[0].parts == [ToolCall("c1", "local_shell", '{"type":"exec","command":["ls"]}')]
    assert conversation.turns[1].parts == [ToolResult("c1", [Text("1")])]


def test_tools_found_by_a_search_are_tools() -> None:
    conversation = read(
        {"type": "tool_search_call", "call_id": "c1", "execution": "client", "arguments": {"query": "x"}},
        {
            "type": "tool_search_output",
            "call_id": "c1",
            "tools": [{"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "g"}]}],
        },
        tools=[{"type": "tool_search", "execution": "client", "description": "d", "parameters": {"type": "object"}}],
    )
    assert conversation.tools == [Tool("tool_search", "d", {"type": "object"}), Tool("g", namespace="n")]
    assert conversation.turns[0].parts == [ToolCall("c1", "tool_search", '{"query":"x"}')]


@pytest.mark.parametrize(
    ("declared", "members"),
    [
        ({"type": "local_shell"}, {"command", "working_directory", "timeout_ms"}),
        ({"type": "shell"}, {"commands", "timeout_ms", "max_output_length"}),
        ({"type": "shell", "environment": {"type": "local"}}, {"commands", "timeout_ms", "max_output_length"}),
        ({"type": "apply_patch"}, {"type", "path", "diff"}),
    ],
)
def test_tools_the_client_runs_are_functions(declared: Json, members: set[str]) -> None:
    (tool,) = read(tools=[declared]).tools
    assert tool.name == declared["type"]
    assert tool.parameters is not None
    assert tool.parameters["properties"].keys() == members


@pytest.mark.parametrize(
    "declared", [{"type": "shell", "environment": {"type": "container_auto"}}, {"type": "tool_search"}]
)
def test_tools_the_vendor_runs_are_not(declared: Json) -> None:
    (tool,) = read(tools=[declared]).tools
    assert tool.foreign == Foreign("openai_responses", declared["type"], declared)


def test_a_patch_that_failed() -> None:
    conversation = read(
        {"type": "apply_patch_call", "call_id": "c1", "operation": {"type": "delete_file", "path": "a"}},
        {"type": "apply_patch_call_output", "call_id": "c1", "status": "failed", "output": "no such file"},
    )
    assert conversation.turns[0].parts == [ToolCall("c1", "apply_patch", '{"type":"delete_file","path":"a"}')]
    assert conversation.turns[1].parts == [ToolResult("c1", [Text("no such file")], is_error=True)]


def test_tools_in_all_their_kinds() -> None:
    grammar = {"type": "grammar", "syntax": "lark", "definition": "start: x"}
    computer = {"type": "computer_use_preview"}
    search = {"type": "web_search", "external_web_access": True}
    tools = read(
        tools=[
            {"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}, "strict": False},
            {"type": "function", "name": "g", "parameters": None},
            {"type": "custom", "name": "apply_patch", "description": "p", "format": grammar},
            {
                "type": "namespace",
                "name": "mcp__fs",
                "description": "Files.",
                "tools": [{"type": "function", "name": "read"}, {"type": "custom", "name": "write"}],
            },
            computer,
            search,
        ]
    ).tools
    assert tools == [
        Tool("f", "d", {"type": "object"}, strict=False),
        Tool("g"),
        Tool("apply_patch", "p", is_custom=True, format=grammar),
        Tool("read", namespace="mcp__fs"),
        Tool("write", is_custom=True, namespace="mcp__fs"),
        Tool("computer_use_preview", foreign=Foreign("openai_responses", "computer_use_preview", computer)),
        Tool("web_search", foreign=Foreign("openai_responses", "web_search", search)),
    ]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (None, None),
        ("auto", ToolChoice("auto")),
        ("required", ToolChoice("required")),
        ("none", ToolChoice("none")),
        ({"type": "function", "name": "f"}, ToolChoice("tool", "f")),
        ({"type": "function", "name": "f", "namespace": "n"}, ToolChoice("tool", "f", "n")),
        ({"type": "custom", "name": "apply_patch"}, ToolChoice("tool", "apply_patch")),
        ({"type": "web_search"}, ToolChoice("tool", "web_search")),
        ({"type": "mcp", "server_label": "s", "name": "x"}, ToolChoice("tool", "mcp")),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"name": "f"}, {"type": "mcp"}]},
            ToolChoice("allowed", names=("f", "mcp"), is_required=True),
        ),
        ({"type": "allowed_tools", "mode": "auto", "tools": []}, ToolChoice("allowed")),
    ],
)
def test_which_tool_to_use(told: Any, expected: ToolChoice | None) -> None:
    assert read(tool_choice=told).tool_choice == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, None),
        ({"effort": None, "summary": None}, None),
        ({"effort": "high"}, Thinking(True, "high")),
        ({"effort": "none"}, Thinking(False, "none")),
        ({"effort": "low", "summary": "auto"}, Thinking(True, "low", shows="summary", summary="auto")),
        ({"summary": "detailed"}, Thinking(None, None, shows="summary", summary="detailed")),
        ({"effort": "low", "summary": "none"}, Thinking(True, "low", shows="none")),
    ],
)
def test_how_hard_to_think(told: Json, expected: Thinking | None) -> None:
    assert read(reasoning=told).settings.thinking == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, OutputFormat()),
        (
            {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True, "description": "d"},
            OutputFormat({"type": "object"}, "n", "d", True),
        ),
        (
            {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
            OutputFormat({"type": "object"}, "n"),
        ),
    ],
)
def test_the_shape_of_the_answer(told: Json, expected: OutputFormat | None) -> None:
    assert read(text={"format": told}).settings.output_format == expected


def test_settings() -> None:
    given = {
        "temperature": 0.5,
        "top_p": 0.9,
        "top_logprobs": 2,
        "parallel_tool_calls": False,
        "service_tier": "flex",
        "user": "u",
        "safety_identifier": "s",
        "metadata": {"a": "b"},
        "store": False,
        "prompt_cache_key": "k",
        "prompt_cache_retention": "24h",
    }
    conversation = read(**given, max_output_tokens=9, text={"verbosity": "low"}, stream=True)
    for name, value in given.items():
        assert getattr(conversation.settings, name) == value
    assert conversation.settings.max_tokens == 9
    assert conversation.settings.verbosity == "low"
    assert conversation.settings.logprobs is True
    assert conversation.streams
    assert conversation.unknown == {}


def test_what_the_hub_has_no_place_for_is_named() -> None:
    conversation = read(
        include=["reasoning.encrypted_content", "message.output_text.logprobs", "file_search_call.results"],
        truncation="auto",
        max_tool_calls=3,
        client_metadata={"a": 1},
        background=False,
        previous_response_id=None,
    )
    assert conversation.unknown == {
        "include": ["file_search_call.results"],
        "truncation": "auto",
        "max_tool_calls": 3,
        "client_metadata": {"a": 1},
    }
    assert read(truncation="disabled").unknown == {}


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({}, "input"),
        ({"input": 3}, "input"),
        ({"input": ["hi"]}, "input[0]"),
        ({"input": [{"role": "robot", "content": "a"}]}, "input[0].role"),
        ({"input": [{"role": "user", "content": 3}]}, "input[0].content"),
        ({"input": [{"role": "user", "content": ["a"]}]}, "input[0].content[0]"),
        ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0]"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0]"),
        ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, "input[0].content[0]"),
        ({"input": [{"type": "function_call", "name": "f", "arguments": "{}"}]}, "input[0].call_id"),
        ({"input": [{"type": "function_call", "call_id": "c", "arguments": "{}"}]}, "input[0].name"),
        ({"input": [{"type": "function_call_output", "output": "{}"}]}, "input[0].call_id"),
        ({"input": "a", "instructions": ["b"]}, "instructions"),
        ({"input": "a", "tools": {}}, "tools"),
        ({"input": "a", "tools": ["f"]}, "tools[0]"),
        ({"input": "a", "tools": [{"type": "function"}]}, "tools[0].name"),
        ({"input": "a", "tools": [{"type": "function", "name": "f", "parameters": 3}]}, "tools[0].parameters"),
        ({"input": "a", "tools": [{"type": "namespace", "name": "n", "tools": [{}]}]}, "tools[0].tools[0].name"),
        ({"input": "a", "tool_choice": "f"}, "tool_choice"),
        ({"input": "a", "tool_choice": {"type": "function"}}, "tool_choice"),
        ({"input": "a", "reasoning": {"effort": "huge"}}, "reasoning.effort"),
        ({"input": "a", "text": {"format": {"type": "yaml"}}}, "text.format"),
        ({"input": "a", "text": {"format": {"type": "json_schema"}}}, "text.format"),
        ({"input": "a", "previous_response_id": "resp_1"}, "previous_response_id"),
        ({"input": "a", "conversation": "conv_1"}, "conversation"),
        ({"input": "a", "background": True}, "background"),
        ({"prompt": {"id": "p"}}, "prompt"),
    ],
)
def test_what_is_malformed_is_named(members: Json, param: str) -> None:
    with pytest.raises(BadRequest) as raised:
        read_request(members)
    assert raised.value.param == param
