"""What a client of the Messages API says, in the hub's words."""

from __future__ import annotations

from typing import Any

import pytest

from plano.dialects.anthropic_messages.read_request import read_request
from plano.dialects.conversation import (
    CacheMark,
    Document,
    Foreign,
    Image,
    OutputFormat,
    Reasoning,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from plano.dialects.proofs import sealed
from plano.errors import BadRequest

MARK = {"type": "ephemeral"}


def parts(*blocks: dict[str, Any], role: str = "user") -> list[Any]:
    return read_request({"messages": [{"role": role, "content": list(blocks)}]}).turns[0].parts


BLOCKS: list[tuple[dict[str, Any], Any]] = [
    ({"type": "text", "text": "a", "cache_control": {**MARK, "ttl": "1h"}}, Text("a", CacheMark("1h"))),
    (
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"}, "cache_control": MARK},
        Image("image/png", "AA", cache=CacheMark()),
    ),
    ({"type": "image", "source": {"type": "url", "url": "https://e/x"}}, Image(url="https://e/x")),
    ({"type": "image", "source": {"type": "file", "file_id": "file_1"}}, Image(file_id="file_1")),
    (
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "AA"},
            "title": "T",
            "context": "C",
            "citations": {"enabled": True},
        },
        Document("application/pdf", "AA", name="T", about="C", cites=True),
    ),
    (
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}},
        Document("text/plain", text="words"),
    ),
    (
        {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "a"}]}},
        Document("text/plain", text="a"),
    ),
    ({"type": "document", "source": {"type": "content", "content": "a"}}, Document("text/plain", text="a")),
    ({"type": "document", "source": {"type": "file", "file_id": "f"}}, Document(file_id="f")),
    (
        {"type": "search_result", "source": "https://e", "title": "T", "content": [{"type": "text", "text": "a"}]},
        Document("text/plain", text="a", name="T", about="https://e"),
    ),
    ({"type": "thinking", "thinking": "t", "signature": "S"}, Reasoning("t", sealed("anthropic_messages", "S"))),
    ({"type": "thinking", "thinking": "t", "signature": ""}, Reasoning("t")),
    (
        {"type": "thinking", "thinking": "t", "signature": sealed("gemini", "S")},
        Reasoning("t", sealed("gemini", "S")),
    ),
    ({"type": "redacted_thinking", "data": "D"}, Reasoning(proof=sealed("anthropic_messages", "D"), is_redacted=True)),
    (
        {"type": "tool_use", "id": "i", "name": "n", "input": {"a": [1]}, "cache_control": MARK},
        ToolCall("i", "n", '{"a":[1]}', cache=CacheMark()),
    ),
    ({"type": "tool_result", "tool_use_id": "i"}, ToolResult("i", [])),
    ({"type": "tool_result", "tool_use_id": "i", "content": "r"}, ToolResult("i", [Text("r")])),
    (
        {
            "type": "tool_result",
            "tool_use_id": "i",
            "is_error": True,
            "content": [
                {"type": "text", "text": "r"},
                {"type": "image", "source": {"type": "url", "url": "https://e"}},
                {"type": "tool_reference", "tool_name": "n"},
            ],
        },
        ToolResult(
            "i",
            [
                Text("r"),
                Image(url="https://e"),
                Foreign("anthropic_messages", "tool_reference", {"type": "tool_reference", "tool_name": "n"}),
            ],
            is_error=True,
        ),
    ),
]


@pytest.mark.parametrize(("block", "wanted"), BLOCKS)
def test_blocks(block: dict[str, Any], wanted: Any) -> None:
    assert parts(block) == [wanted]


@pytest.mark.parametrize("kind", ["server_tool_use", "web_search_tool_result", "mcp_tool_use", "container_upload"])
def test_blocks_nobody_else_has_stay_as_they_are(kind: str) -> None:
    raw = {"type": kind, "x": 1}
    assert parts(raw) == [Foreign("anthropic_messages", kind, raw)]


def test_results_come_first_and_empty_texts_not_at_all() -> None:
    result = {"type": "tool_result", "tool_use_id": "i", "content": ""}
    read = parts({"type": "text", "text": "a"}, {"type": "text", "text": ""}, result)
    assert read == [ToolResult("i", []), Text("a")]


def test_the_proof_of_a_call_comes_back_to_it() -> None:
    call = {"type": "tool_use", "id": "c1", "name": "n", "input": {}}
    before = {"type": "redacted_thinking", "data": sealed("gemini", "sig", "c1")}
    assert parts(before, call, role="assistant") == [ToolCall("c1", "n", "{}", proof=sealed("gemini", "sig"))]


def test_instructions_keep_their_order_and_marks() -> None:
    system = [{"type": "text", "text": "a"}, {"type": "text", "text": "b", "cache_control": MARK}]
    read = read_request({"system": system, "messages": [{"role": "user", "content": "x"}]})
    assert read.instructions == [Text("a"), Text("b", CacheMark())]
    said = [{"role": "user", "content": "x"}, {"role": "system", "content": "now"}]
    read = read_request({"system": "s", "messages": said})
    assert (read.instructions, read.turns[1].role, read.turns[1].parts) == ([Text("s")], "system", [Text("now")])


def asked(**members: Any) -> Any:
    return read_request({"messages": [{"role": "user", "content": "x"}], **members})


@pytest.mark.parametrize(
    ("choice", "wanted", "parallel"),
    [
        ({"type": "auto"}, ToolChoice("auto"), None),
        ({"type": "any", "disable_parallel_tool_use": True}, ToolChoice("required"), False),
        ({"type": "none"}, ToolChoice("none"), None),
        ({"type": "tool", "name": "n", "disable_parallel_tool_use": False}, ToolChoice("tool", "n"), True),
    ],
)
def test_tool_choice(choice: Any, wanted: ToolChoice, parallel: bool | None) -> None:
    read = asked(tool_choice=choice)
    assert (read.tool_choice, read.settings.parallel_tool_calls) == (wanted, parallel)


def test_tools() -> None:
    schema = {"type": "object"}
    raw = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}
    own = {"name": "n", "description": "d", "input_schema": schema, "strict": True, "cache_control": MARK}
    first, second = asked(tools=[{**own, "eager_input_streaming": True}, raw]).tools
    assert (first.name, first.description, first.parameters, first.strict) == ("n", "d", schema, True)
    assert first.cache == CacheMark()
    assert (second.name, second.foreign) == ("web_search", Foreign("anthropic_messages", "web_search_20250305", raw))
    assert asked(tools=[{**own, "defer_loading": True}]).unknown == {"tools.defer_loading": True}


@pytest.mark.parametrize(
    ("members", "wanted"),
    [
        (
            {"thinking": {"type": "enabled", "budget_tokens": 2000}},
            Thinking(is_on=True, budget_tokens=2000, shows="summary"),
        ),
        ({"thinking": {"type": "disabled"}}, Thinking(is_on=False)),
        (
            {"thinking": {"type": "adaptive", "display": "omitted"}, "output_config": {"effort": "max"}},
            Thinking(is_on=True, effort="max", is_adaptive=True, shows="none"),
        ),
        ({"output_config": {"effort": "low"}}, Thinking(effort="low")),
        ({}, None),
    ],
)
def test_thinking(members: dict[str, Any], wanted: Thinking | None) -> None:
    assert asked(**members).settings.thinking == wanted


def test_settings() -> None:
    form = {"type": "json_schema", "schema": {"type": "object"}}
    read = asked(
        max_tokens=5,
        temperature=0.5,
        top_p=0.9,
        top_k=3,
        stop_sequences=["x"],
        metadata={"user_id": "u"},
        service_tier="standard_only",
        stream=True,
        output_config={"format": form, "task_budget": 1},
        context_management={"edits": []},
    )
    settings = read.settings
    assert (settings.max_tokens, settings.temperature, settings.top_p, settings.top_k) == (5, 0.5, 0.9, 3)
    assert (settings.stop, settings.user, settings.service_tier, read.streams) == (["x"], "u", "default", True)
    assert settings.output_format == OutputFormat({"type": "object"}, strict=True)
    assert read.unknown == {"context_management": {"edits": []}, "output_config.task_budget": 1}
    assert asked(output_format=form).settings.output_format == settings.output_format


def test_a_mark_of_the_whole_request_stands_on_its_last_block() -> None:
    assert asked(cache_control=MARK).turns[-1].parts == [Text("x", CacheMark())]


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": ["x"]}, "messages[0]"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 1}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [1]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        ({"messages": [{"role": "user", "content": [{"type": "image"}]}]}, "messages[0].content[0].source"),
        ({"messages": [{"role": "user", "content": "x"}], "max_tokens": "5"}, "max_tokens"),
        ({"messages": [{"role": "user", "content": "x"}], "temperature": True}, "temperature"),
        ({"messages": [{"role": "user", "content": "x"}], "stop_sequences": "x"}, "stop_sequences"),
        ({"messages": [{"role": "user", "content": "x"}], "tools": [{}]}, "tools[0].name"),
        ({"messages": [{"role": "user", "content": "x"}], "tool_choice": {"type": "?"}}, "tool_choice.type"),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": [{}]}]}]},
            "messages[0].content[0].content[0]",
        ),
    ],
)
def test_what_is_malformed_is_named(members: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_request(members)
    assert refused.value.param == param
