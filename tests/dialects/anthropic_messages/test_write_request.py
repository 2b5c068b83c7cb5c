"""What a provider of the Messages API is told, such that it does not refuse it."""

from __future__ import annotations

from typing import Any

import pytest
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from pydantic import TypeAdapter

from plano.dialects.anthropic_messages.read_request import read_request
from plano.dialects.anthropic_messages.write_request import DEFAULT_MAX_TOKENS, write_request
from plano.dialects.conversation import (
    Audio,
    CacheMark,
    Conversation,
    Document,
    Foreign,
    Image,
    OutputFormat,
    Part,
    Reasoning,
    Refusal,
    Settings,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from plano.dialects.losses import Losses
from plano.dialects.proofs import sealed

OLD, LATE, LATEST = "claude-haiku-4-5-20251001", "claude-opus-4-8", "claude-opus-5-5"
OWN = sealed("anthropic_messages", "S")
TOOLS = [Tool("n", "d", {"type": "object", "properties": {}}), Tool("m")]


_REQUEST: TypeAdapter[Any] = TypeAdapter(MessageCreateParamsNonStreaming)


def exhaust(value: Any) -> None:
    """Pydantic validates iterables only while they are read."""
    if isinstance(value, dict):
        value = value.values()
    elif isinstance(value, str) or not hasattr(value, "__iter__"):
        return
    for inner in value:
        exhaust(inner)


def written(conversation: Conversation) -> tuple[dict[str, Any], list[str]]:
    """A request, which the SDK's types allow, and what was lost."""
    losses = Losses()
    members = write_request(conversation, losses)
    exhaust(_REQUEST.validate_python({"model": "claude-x", **members}))
    return members, losses.names


def user(*parts: Part) -> Turn:
    return Turn("user", list(parts))


def assistant(*parts: Part) -> Turn:
    return Turn("assistant", list(parts))


def said(*turns: Turn) -> list[Any]:
    """Messages, each as its role and blocks; texts as themselves."""
    messages = written(Conversation(list(turns)))[0]["messages"]
    return [
        (message["role"], [block.get("text") or block for block in message["content"]]) for message in messages
    ]


def with_settings(
    model: str = "", tools: list[Tool] | None = None, **settings: Any
) -> tuple[dict[str, Any], list[str]]:
    choice = settings.pop("tool_choice", None)
    return written(
        Conversation(
            [user(Text("x"))], tools=tools or [], tool_choice=choice, settings=Settings(**settings), model=model
        )
    )


def result(id: str, **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": id, **more}


def use(id: str, name: str = "n", **input: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": id, "name": name, "input": input}


NOTHING = {"content": "No result: the tool call was not completed.", "is_error": True}


def test_neighbours_of_one_role_become_one_message() -> None:
    turns = [user(Text("a")), user(Text(" "), Text("b")), assistant(Text("c"), Refusal("d")), assistant(Text("e"))]
    assert said(*turns, user(Text("f"))) == [("user", ["a", "b"]), ("assistant", ["c", "d", "e"]), ("user", ["f"])]


def test_results_come_first_and_every_call_has_one() -> None:
    turns = [
        user(Text("a")),
        assistant(ToolCall("1", "n", '{"p":1}'), ToolCall("2", "n", ""), ToolCall("3", "n", "")),
        user(Text("b")),
        user(ToolResult("2", [Text("two")]), ToolResult("1", [], is_error=True), ToolResult("9", [Text("late")])),
    ]
    assert said(*turns)[1:] == [
        ("assistant", [use("1", p=1), use("2"), use("3")]),
        (
            "user",
            [
                result("2", content=[{"type": "text", "text": "two"}]),
                result("1", is_error=True),
                result("3", **NOTHING),
                "b",
                "Result of the tool call 9:",
                "late",
            ],
        ),
    ]


def test_calls_left_open_are_answered_wherever_they_stand() -> None:
    asked = [user(Text("a")), assistant(ToolCall("1", "n", "")), user(Text("never mind")), assistant(Text("ok"))]
    assert said(*asked)[2] == ("user", [result("1", **NOTHING), "never mind"])
    assert said(user(Text("a")), assistant(ToolCall("1", "n", "")))[2:] == [("user", [result("1", **NOTHING)])]


def test_ids_are_clean_and_unique() -> None:
    one = [assistant(ToolCall("f.n:0", "n", "")), user(ToolResult("f.n:0", []))]
    assert said(user(Text("a")), *one, *one)[1:] == [
        ("assistant", [use("f_n_0")]),
        ("user", [result("f_n_0")]),
        ("assistant", [use("f_n_0_2")]),
        ("user", [result("f_n_0_2")]),
    ]


def test_instructions() -> None:
    turns = [Turn("system", [Text("b")]), user(Text("c")), Turn("system", [Text("d")]), assistant(Text("e "))]
    members, dropped = written(Conversation(turns, instructions=[Text("a", CacheMark("1h"))]))
    mark = {"type": "ephemeral", "ttl": "1h"}
    assert members["system"] == [{"type": "text", "text": "a", "cache_control": mark}, {"type": "text", "text": "b"}]
    assert said(*turns) == [("user", ["c", "<system-reminder>\nd\n</system-reminder>"]), ("assistant", ["e"])]
    assert dropped == []


@pytest.mark.parametrize(
    "conversation",
    [Conversation([]), Conversation([user(Text(""))]), Conversation([assistant(Text("a"))])],
)
def test_there_is_always_a_user_who_speaks_first(conversation: Conversation) -> None:
    first = written(conversation)[0]["messages"][0]
    assert (first["role"], first["content"]) == ("user", [{"type": "text", "text": "."}])


def test_instructions_alone_are_what_the_user_says() -> None:
    members, _ = written(Conversation([], instructions=[Text("a")]))
    assert members["messages"] == [{"role": "user", "content": [{"type": "text", "text": "a"}]}]
    assert "system" not in members


BLOCKS: list[tuple[Part, dict[str, Any] | None, list[str]]] = [
    (
        Image("image/jpg", "AA", cache=CacheMark()),
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/jpeg", "data": "AA"},
            "cache_control": {"type": "ephemeral"},
        },
        [],
    ),
    (
        Image(url="data:image/png;base64,AA"),
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"}},
        [],
    ),
    (
        Image(data="/9j/AA"),
        {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "/9j/AA"}},
        [],
    ),
    (Image(url="https://e/x"), {"type": "image", "source": {"type": "url", "url": "https://e/x"}}, []),
    (Image(file_id="file_1"), {"type": "image", "source": {"type": "file", "file_id": "file_1"}}, []),
    (Image(file_id="file-openai"), None, ["image"]),
    (Image("image/tiff", "AA"), None, ["image"]),
    (
        Document("application/pdf", "AA", name="T", about="C", cites=True),
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "AA"},
            "title": "T",
            "context": "C",
            "citations": {"enabled": True},
        },
        [],
    ),
    (
        Document(data="data:text/csv;base64,YSxi"),
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a,b"}},
        [],
    ),
    (
        Document(text="words"),
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}},
        [],
    ),
    (Document("application/msword", "0M8R4A=="), None, ["document"]),
    (Audio("AA", "wav"), None, ["audio"]),
    (Foreign("openai_responses", "item_reference", {}), None, ["item_reference"]),
]


@pytest.mark.parametrize(("part", "wanted", "lost"), BLOCKS)
def test_blocks(part: Part, wanted: dict[str, Any] | None, lost: list[str]) -> None:
    members, dropped = written(Conversation([user(Text("x"), part)]))
    assert members["messages"][0]["content"][1:] == ([wanted] if wanted is not None else [])
    assert dropped == lost


def test_tools_show_images_but_errors_do_not() -> None:
    shown: list[Part] = [Text("a"), Image(url="https://e/x")]
    turns = [assistant(ToolCall("1", "n", ""), ToolCall("2", "n", ""))]
    turns.append(user(ToolResult("1", list(shown)), ToolResult("2", list(shown), is_error=True)))
    members, dropped = written(Conversation(turns))
    first, second = members["messages"][2]["content"]
    assert [block["type"] for block in first["content"]] == ["text", "image"]
    assert [block["type"] for block in second["content"]] == ["text"]
    assert dropped == ["tool_result.content"]


def test_only_own_proofs_go_back() -> None:
    thoughts = [
        Reasoning("t", OWN),
        Reasoning(proof=OWN, is_redacted=True),
        Reasoning("u", sealed("gemini", "G")),
        Reasoning("v"),
        Reasoning("w", "raw"),
    ]
    members, dropped = written(Conversation([user(Text("x")), assistant(*thoughts, Text("a")), user(Text("y"))]))
    assert members["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "t", "signature": "S"},
        {"type": "redacted_thinking", "data": "S"},
        {"type": "text", "text": "a"},
    ]
    assert dropped == ["reasoning"]


def test_no_message_ends_with_thoughts() -> None:
    assert said(user(Text("x")), assistant(Reasoning("t", OWN)), user(Text("y")))[1] == ("assistant", ["."])


def test_four_marks_at_most_and_the_last_ones() -> None:
    mark = CacheMark()
    turns = [user(*(Text(f"{n}", mark) for n in range(4)))]
    conversation = Conversation(turns, instructions=[Text("i", mark)], tools=[Tool("n", cache=mark)])
    members, dropped = written(conversation)
    assert "cache_control" not in members["tools"][0]
    assert "cache_control" not in members["system"][0]
    assert all("cache_control" in block for block in members["messages"][0]["content"])
    assert dropped == ["cache"]


@pytest.mark.parametrize(
    ("choice", "parallel", "wanted", "names"),
    [
        (None, None, None, ["n", "m"]),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}, ["n", "m"]),
        (ToolChoice("auto"), True, {"type": "auto"}, ["n", "m"]),
        (ToolChoice("none"), False, {"type": "none"}, ["n", "m"]),
        (ToolChoice("required"), None, {"type": "any"}, ["n", "m"]),
        (ToolChoice("tool", "n"), False, {"type": "tool", "name": "n", "disable_parallel_tool_use": True}, ["n", "m"]),
        (ToolChoice("allowed", names=("m",)), None, {"type": "auto"}, ["m"]),
        (ToolChoice("allowed", names=("m",), is_required=True), None, {"type": "any"}, ["m"]),
    ],
)
def test_tool_choice(choice: Any, parallel: Any, wanted: Any, names: list[str]) -> None:
    members, dropped = with_settings(tools=TOOLS, tool_choice=choice, parallel_tool_calls=parallel)
    assert members.get("tool_choice") == wanted
    assert [tool["name"] for tool in members["tools"]] == names
    assert dropped == []


def test_a_choice_without_tools_is_left_out() -> None:
    assert "tool_choice" not in with_settings(tool_choice=ToolChoice("required"), parallel_tool_calls=False)[0]


def test_tools() -> None:
    limited = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}}
    choice = {"anyOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"a": {}, "b": {}}}]}
    foreign = Foreign("openai_responses", "web_search", {})
    tools = [Tool("s", parameters=limited, strict=True), Tool("c", parameters=choice), Tool("w", foreign=foreign)]
    members, dropped = with_settings(tools=tools)
    closed = {
        "type": "object",
        "properties": {"a": {"type": "integer", "description": '{"minimum":1}'}},
        "additionalProperties": False,
    }
    assert members["tools"] == [
        {"name": "s", "input_schema": closed, "strict": True},
        {"name": "c", "input_schema": {"type": "object", "properties": {"a": {}, "b": {}}}},
    ]
    assert dropped == ["tools.w"]


def test_tools_that_were_called_are_declared() -> None:
    members, _ = written(Conversation([assistant(ToolCall("1", "n", "")), user(ToolResult("1", []))]))
    assert members["tools"] == [{"name": "n", "input_schema": {"type": "object", "properties": {}}}]
    assert members["tool_choice"] == {"type": "none"}


@pytest.mark.parametrize(
    ("settings", "wanted", "lost"),
    [
        ({}, {"max_tokens": DEFAULT_MAX_TOKENS}, []),
        ({"max_tokens": 5, "top_k": 3, "top_p": 0.5}, {"max_tokens": 5, "top_k": 3, "top_p": 0.5}, []),
        ({"temperature": 1.5}, {"temperature": 1}, ["temperature"]),
        ({"stop": ["\n", "END"]}, {"stop_sequences": ["END"]}, ["stop"]),
        ({"user": "u"}, {"metadata": {"user_id": "u"}}, []),
        ({"safety_identifier": "s"}, {"metadata": {"user_id": "s"}}, []),
        ({"service_tier": "default"}, {"service_tier": "standard_only"}, []),
        ({"service_tier": "flex"}, {}, ["service_tier"]),
        ({"n": 1, "logprobs": False, "frequency_penalty": 0, "store": False}, {}, []),
        (
            {"n": 2, "seed": 1, "logprobs": True, "logit_bias": {"1": 2}, "verbosity": "low", "metadata": {"a": "b"}},
            {},
            ["seed", "n", "logit_bias", "logprobs", "verbosity", "metadata"],
        ),
        ({"output_format": OutputFormat()}, {}, ["output_format"]),
        (
            {"output_format": OutputFormat({"type": "object", "properties": {}})},
            {
                "output_config": {
                    "format": {
                        "type": "json_schema",
                        "schema": {"type": "object", "properties": {}, "additionalProperties": False},
                    }
                }
            },
            [],
        ),
    ],
)
def test_settings(settings: dict[str, Any], wanted: dict[str, Any], lost: list[str]) -> None:
    members, dropped = with_settings(**settings)
    assert {**members, **wanted} == members
    assert dropped == lost


@pytest.mark.parametrize(
    ("model", "settings", "wanted", "lost"),
    [
        (OLD, {"temperature": 0.2, "top_p": 0.5}, {"temperature": 0.2}, ["top_p"]),
        ("kimi-k2", {"temperature": 0.2, "top_p": 0.5}, {"temperature": 0.2, "top_p": 0.5}, []),
        (LATE, {"temperature": 0.2, "top_p": 0.5, "top_k": 1}, {}, ["temperature", "top_p", "top_k"]),
        (LATE, {"temperature": 1}, {}, []),
        ("claude-3-7-sonnet-latest", {"output_format": OutputFormat({"type": "object"})}, {}, ["output_format"]),
    ],
)
def test_what_a_model_refuses_is_left_out(
    model: str, settings: dict[str, Any], wanted: dict[str, Any], lost: list[str]
) -> None:
    members, dropped = with_settings(model, **settings)
    names = {"temperature", "top_p", "top_k", "output_config"}
    assert {name: value for name, value in members.items() if name in names} == wanted
    assert dropped == lost


def enabled(budget: int) -> dict[str, Any]:
    return {"type": "enabled", "budget_tokens": budget}


FREE = {"type": "adaptive", "display": "summarized"}


@pytest.mark.parametrize(
    ("model", "thinking", "wanted", "effort", "max_tokens"),
    [
        ("", Thinking(effort="high"), enabled(24_000), None, 32_000),
        (OLD, Thinking(effort="max"), enabled(24_000), None, 32_000),
        (OLD, Thinking(is_on=True, budget_tokens=40_000), enabled(40_000), None, 72_000),
        (OLD, Thinking(is_on=True, is_adaptive=True), enabled(10_000), None, 32_000),
        (OLD, Thinking(effort="none"), {"type": "disabled"}, None, 32_000),
        (OLD, Thinking(), None, None, 32_000),
        ("claude-sonnet-4-6", Thinking(is_on=True, budget_tokens=2_000), enabled(2_000), None, 32_000),
        ("claude-sonnet-4-6", Thinking(effort="xhigh"), FREE, "high", 32_000),
        (LATE, Thinking(effort="xhigh"), FREE, "xhigh", 32_000),
        (LATE, Thinking(effort="minimal"), FREE, "low", 32_000),
        (LATE, Thinking(is_on=True, budget_tokens=31_999), FREE, "high", 32_000),
        (LATE, Thinking(is_on=True, shows="none"), {"type": "adaptive", "display": "omitted"}, None, 32_000),
        (LATEST, Thinking(is_on=False), None, "low", 32_000),
        ("claude-sonnet-5-5", Thinking(is_on=False), {"type": "between_tools"}, None, 32_000),
        ("anthropic.claude-fable-5", Thinking(is_on=False), None, "low", 32_000),
    ],
)
def test_thinking(model: str, thinking: Thinking, wanted: Any, effort: str | None, max_tokens: int) -> None:
    members, _ = with_settings(model, thinking=thinking)
    assert members.get("thinking") == wanted
    assert members.get("output_config", {}).get("effort") == effort
    assert members["max_tokens"] == max_tokens


def test_thinking_leaves_room_for_an_answer() -> None:
    members, _ = with_settings(OLD, thinking=Thinking(effort="high"), max_tokens=4000)
    assert (members["thinking"], members["max_tokens"]) == (enabled(2976), 4000)
    members, _ = with_settings(OLD, thinking=Thinking(effort="high"), max_tokens=500)
    assert (members["thinking"], members["max_tokens"]) == (enabled(1024), 1524)


def test_what_does_not_go_with_thinking() -> None:
    members, dropped = with_settings(
        OLD, thinking=Thinking(effort="low"), temperature=0.5, top_k=4, tools=TOOLS, tool_choice=ToolChoice("auto")
    )
    assert not {"temperature", "top_k"} & members.keys()
    assert dropped == ["temperature", "top_k"]
    assert with_settings(OLD, thinking=Thinking(effort="low"), top_p=0.97)[0]["top_p"] == 0.97


def test_a_forced_call_and_thinking() -> None:
    forced: dict[str, Any] = {"tools": TOOLS, "tool_choice": ToolChoice("tool", "n")}
    members, dropped = with_settings(OLD, thinking=Thinking(effort="low"), **forced)
    assert (members["tool_choice"]["type"], "thinking" in members, dropped) == ("tool", False, ["thinking"])
    members, dropped = with_settings(OLD, thinking=Thinking(is_on=True, budget_tokens=2000), **forced)
    assert (members["tool_choice"], "thinking" in members, dropped) == ({"type": "auto"}, True, ["tool_choice"])
    members, dropped = with_settings(LATEST, thinking=Thinking(effort="low"), **forced)
    assert (members["tool_choice"], members["thinking"], dropped) == ({"type": "auto"}, FREE, ["tool_choice"])


@pytest.mark.parametrize(("thought", "is_on"), [(None, False), (Reasoning("t", OWN), True)])
def test_a_budget_needs_the_thoughts_before_a_call(thought: Reasoning | None, is_on: bool) -> None:
    call = ToolCall("1", "n", "")
    turns = [user(Text("x")), assistant(*([thought] if thought else []), call), user(ToolResult("1", []))]
    settings = Settings(thinking=Thinking(effort="low"))
    members, dropped = written(Conversation(turns, tools=TOOLS, settings=settings, model=OLD))
    assert ("thinking" in members) == is_on
    assert dropped == ([] if is_on else ["thinking"])
    assert "thinking" in written(Conversation(turns, tools=TOOLS, settings=settings, model=LATE))[0]


def test_models_that_cannot_go_on_from_their_own_words_are_asked_to() -> None:
    turns = [user(Text("x")), assistant(Text("begun "))]
    assert written(Conversation(turns, model=OLD))[0]["messages"][-1]["content"][0]["text"] == "begun"
    assert written(Conversation(turns, model=LATE))[0]["messages"][-1]["role"] == "user"


def test_unknown_members_are_told() -> None:
    assert written(Conversation([user(Text("x"))], unknown={"truncation": "auto"}))[1] == ["truncation"]


def test_a_request_comes_through_the_hub_unchanged() -> None:
    mark = {"type": "ephemeral"}
    members: dict[str, Any] = {
        "max_tokens": 9000,
        "system": [{"type": "text", "text": "s", "cache_control": mark}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "a"}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "t", "signature": "S"},
                    {"type": "text", "text": "b"},
                    {"type": "server_tool_use", "id": "srv", "name": "web_search", "input": {}},
                    use("toolu_1", p=1),
                ],
            },
            {
                "role": "user",
                "content": [
                    result("toolu_1", content=[{"type": "text", "text": "r"}], cache_control=mark),
                    {"type": "image", "source": {"type": "url", "url": "https://e/x"}},
                ],
            },
        ],
        "tools": [
            {"name": "n", "description": "d", "input_schema": {"type": "object"}, "cache_control": mark},
            {"type": "web_search_20250305", "name": "web_search"},
        ],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
        "stop_sequences": ["x"],
        "metadata": {"user_id": "u"},
        "service_tier": "auto",
        "thinking": {"type": "enabled", "budget_tokens": 2000},
    }
    assert written(read_request(members)) == (members, [])
