"""Chat Completions requests as conversations, and back to the providers of the same dialect."""

from __future__ import annotations

from typing import Any

import pytest

from plano.dialects.conversation import (
    Audio,
    CacheMark,
    Document,
    Foreign,
    Image,
    OutputFormat,
    Reasoning,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from plano.dialects.losses import Losses
from plano.dialects.openai_chat.read_request import read_request
from plano.dialects.openai_chat.write_request import write_request
from plano.errors import BadRequest


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(content)}


def read(*messages: Any, **members: Any) -> Any:
    return read_request({"model": "m", "messages": list(messages), **members})


PARTS = [
    ({"type": "text", "text": "hi"}, Text("hi")),
    (
        {"type": "text", "text": "hi", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        Text("hi", CacheMark("1h")),
    ),
    (
        {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
        Image(url="https://x/y.png", detail="low"),
    ),
    ({"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}, Image("image/png", "QUJD")),
    (
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"}},
        Document("application/pdf", "QUJD", name="a.pdf"),
    ),
    ({"type": "file", "file": {"file_id": "file-1"}}, Document(file_id="file-1")),
    ({"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}}, Audio("QUJD", "wav")),
    (
        {"type": "video_url", "video_url": {}},
        Foreign("openai_chat", "video_url", {"type": "video_url", "video_url": {}}),
    ),
]


@pytest.mark.parametrize(("told", "part"), PARTS)
def test_every_kind_of_content(told: Any, part: Any) -> None:
    assert read(user(told)).turns[0].parts == [part]


def test_what_an_assistant_said_keeps_its_order() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    custom = {"id": "c2", "type": "custom", "custom": {"name": "patch", "input": "*** Begin"}}
    message = {"role": "assistant", "reasoning_content": "hm", "content": "well", "refusal": "no"}
    turn = read(user({"type": "text", "text": "x"}), {**message, "tool_calls": [call, custom]}).turns[1]
    assert turn.parts == [
        Reasoning("hm"),
        Text("well"),
        Refusal("no"),
        ToolCall("c1", "f", '{"a":1}'),
        ToolCall("c2", "patch", "*** Begin", is_custom=True),
    ]


def test_results_of_tools_begin_the_users_turn() -> None:
    calls = [{"id": name, "type": "function", "function": {"name": "f", "arguments": "{}"}} for name in ("a", "b")]
    turns = read(
        user({"type": "text", "text": "x"}),
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "2"}]},
        {"role": "user", "content": "and now?"},
    ).turns
    assert [turn.role for turn in turns] == ["user", "assistant", "user"]
    assert turns[2].parts == [ToolResult("a", [Text("1")]), ToolResult("b", [Text("2")]), Text("and now?")]


def test_instructions_come_first_or_stay_where_they_were() -> None:
    told = read(
        {"role": "system", "content": "be brief"},
        {"role": "developer", "content": [{"type": "text", "text": "and kind"}]},
        {"role": "user", "content": "hi"},
        {"role": "system", "content": "now be long"},
    )
    assert told.instructions == [Text("be brief"), Text("and kind")]
    assert [turn.role for turn in told.turns] == ["user", "system"]


SETTINGS = [
    ({"max_tokens": 5}, "max_tokens", 5),
    ({"max_tokens": 5, "max_completion_tokens": 6}, "max_tokens", 6),
    ({"stop": "x"}, "stop", ["x"]),
    ({"stop": ["x", "y"]}, "stop", ["x", "y"]),
    ({"temperature": 0}, "temperature", 0),
    ({"reasoning_effort": "high"}, "thinking", Thinking(is_on=True, effort="high")),
    ({"reasoning_effort": "none"}, "thinking", Thinking(is_on=False, effort="none")),
    ({"reasoning": {"max_tokens": 2000}}, "thinking", Thinking(is_on=True, budget_tokens=2000, shows="full")),
    ({"response_format": {"type": "text"}}, "output_format", None),
    ({"response_format": {"type": "json_object"}}, "output_format", OutputFormat()),
    (
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True},
            }
        },
        "output_format",
        OutputFormat({"type": "object"}, "n", strict=True),
    ),
]


@pytest.mark.parametrize(("members", "name", "value"), SETTINGS)
def test_settings(members: dict[str, Any], name: str, value: Any) -> None:
    assert getattr(read({"role": "user", "content": "x"}, **members).settings, name) == value


CHOICES = [
    ("auto", ToolChoice("auto")),
    ("required", ToolChoice("required")),
    ("none", ToolChoice("none")),
    ({"type": "function", "function": {"name": "f"}}, ToolChoice("tool", "f")),
    ({"type": "custom", "custom": {"name": "f"}}, ToolChoice("tool", "f")),
    (
        {
            "type": "allowed_tools",
            "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "f"}}]},
        },
        ToolChoice("allowed", names=("f",), is_required=True),
    ),
]


@pytest.mark.parametrize(("told", "choice"), CHOICES)
def test_tool_choice(told: Any, choice: ToolChoice) -> None:
    assert read({"role": "user", "content": "x"}, tool_choice=told).tool_choice == choice


def test_what_the_hub_does_not_know_is_kept_by_name() -> None:
    assert read({"role": "user", "content": "x"}, prediction={"a": 1}, logit_bias=None).unknown == {
        "prediction": {"a": 1}
    }


MALFORMED = [
    ({"messages": []}, "messages"),
    ({"messages": "hi"}, "messages"),
    ({"messages": ["hi"]}, "messages[0]"),
    ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
    ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": [{"text": "x"}]}]}, "messages[0].content[0]"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0]"),
    ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
    ({"messages": [{"role": "assistant", "tool_calls": [{"id": "c"}]}]}, "messages[0].tool_calls[0]"),
    ({"messages": [user({"type": "text", "text": "x"})], "tools": [{"type": "function"}]}, "tools[0].function"),
    ({"messages": [user({"type": "text", "text": "x"})], "tool_choice": 5}, "tool_choice"),
    ({"messages": [user({"type": "text", "text": "x"})], "reasoning_effort": "much"}, "reasoning_effort"),
    ({"messages": [user({"type": "text", "text": "x"})], "response_format": {"type": "xml"}}, "response_format"),
]


@pytest.mark.parametrize(("members", "param"), MALFORMED)
def test_what_is_malformed_is_named(members: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as told:
        read_request(members)
    assert told.value.param == param


def test_a_request_comes_back_as_it_was() -> None:
    members = {
        "messages": [
            {"role": "system", "content": "be brief"},
            user({"type": "text", "text": "what is this?"}, PARTS[2][0], PARTS[4][0], PARTS[6][0]),
            {
                "role": "assistant",
                "content": "let me see",
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at":"it"}'}},
                    {"id": "c2", "type": "custom", "custom": {"name": "patch", "input": "x"}},
                ],
                "reasoning_content": "hm",
            },
            {"role": "tool", "tool_call_id": "c1", "content": "a cat"},
            {"role": "tool", "tool_call_id": "c2", "content": "done"},
            {"role": "user", "content": "so?"},
        ],
        "tools": [
            {
                "type": "function",
                "function": {"name": "look", "description": "d", "parameters": {"type": "object"}, "strict": True},
            },
            {"type": "custom", "custom": {"name": "patch", "format": {"type": "text"}}},
        ],
        "tool_choice": {"type": "function", "function": {"name": "look"}},
        "parallel_tool_calls": False,
        "temperature": 0.5,
        "stop": ["x"],
        "seed": 7,
        "n": 2,
        "user": "u",
        "logprobs": True,
        "top_logprobs": 2,
        "max_tokens": 5,
        "reasoning_effort": "low",
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
    }
    losses = Losses()
    assert write_request(read_request(members), losses) == members
    assert losses.names == []


def test_pictures_out_of_tools_are_shown_after_the_results() -> None:
    conversation = read(user({"type": "text", "text": "x"}))
    conversation.turns[0].parts = [
        ToolResult("c1", [Text("see"), Image("image/png", "QUJD")], is_error=True),
        ToolResult("c2", [Text("two")]),
        Text("go on"),
    ]
    messages = write_request(conversation, Losses())["messages"]
    assert [message["role"] for message in messages] == ["tool", "tool", "user"]
    assert messages[0]["content"] == "Error: see"
    assert [part["type"] for part in messages[2]["content"]] == ["text", "image_url", "text"]


def test_long_ids_are_shortened_and_still_meet() -> None:
    conversation = read(user({"type": "text", "text": "x"}), user="u" * 200)
    call, result = ToolCall("toolu_" + "x" * 60, "f", "{}"), ToolResult("toolu_" + "x" * 60, [Text("1")])
    conversation.turns = [Turn("assistant", [call]), Turn("user", [result])]
    written = write_request(conversation, Losses())
    (id,) = {written["messages"][0]["tool_calls"][0]["id"], written["messages"][1]["tool_call_id"]}
    assert (len(id), len(written["user"])) == (40, 64)


def test_what_cannot_be_carried_is_told() -> None:
    conversation = read(user({"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}), prediction={})
    conversation.turns[0].parts += [
        Document(url="https://x/a.pdf", name="a"),
        Foreign("anthropic_messages", "container_upload", {}),
    ]
    losses = Losses()
    written = write_request(conversation, losses)
    assert losses.names == ["cache", "document", "container_upload", "prediction"]
    assert [part["type"] for part in written["messages"][0]["content"]] == ["text", "text"]
