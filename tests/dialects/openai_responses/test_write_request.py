"""Conversations as requests of the Responses API."""

from __future__ import annotations

from typing import Any

import pytest

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
from plano.dialects.openai_responses.write_request import write_request
from plano.dialects.proofs import sealed
from plano.dialects.reply import Annotation

Json = dict[str, Any]
OWN = sealed("openai_responses", "ENC", "rs_1")
CALL = ToolCall("c1", "f", '{"a":1}')
CALL_ITEM = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}


def written(conversation: Conversation) -> tuple[Json, list[str]]:
    losses = Losses()
    return write_request(conversation, losses), losses.names


def asked(*parts: Part) -> tuple[list[Json], list[str]]:
    members, lost = written(Conversation([Turn("user", list(parts))]))
    return members["input"], lost


def said(*parts: Part) -> tuple[list[Json], list[str]]:
    members, lost = written(Conversation([Turn("assistant", list(parts))]))
    return members["input"], lost


def settled(**settings: Any) -> tuple[Json, list[str]]:
    members, lost = written(Conversation([], settings=Settings(**settings)))
    del members["input"]
    return members, lost


def test_the_smallest_request_keeps_nothing_at_the_provider() -> None:
    members, lost = written(Conversation([Turn("user", [Text("hi")])]))
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
    assert members == {"input": [message], "store": False}
    assert lost == []


def test_instructions_are_one_text() -> None:
    members, lost = written(Conversation([], [Text("a", CacheMark()), Text(""), Text("b")]))
    assert members["instructions"] == "a\n\nb"
    assert lost == ["cache"]


def test_later_instructions_keep_their_place() -> None:
    members, _ = written(Conversation([Turn("user", [Text("a")]), Turn("system", [Text("b")])]))
    assert [item["role"] for item in members["input"]] == ["user", "system"]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            Image("image/png", "AAAA"),
            {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,AAAA"},
        ),
        (Image(url="https://a", detail="low"), {"type": "input_image", "detail": "low", "image_url": "https://a"}),
        (Image(file_id="file_1"), {"type": "input_image", "detail": "auto", "file_id": "file_1"}),
        (
            Document("application/pdf", "JVBE", name="a.pdf"),
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"},
        ),
        (
            Document("application/pdf", "JVBE"),
            {"type": "input_file", "filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBE"},
        ),
        (Document(url="https://a"), {"type": "input_file", "file_url": "https://a"}),
        (Document(file_id="file_1"), {"type": "input_file", "file_id": "file_1"}),
        (Document(text="t", name="n"), {"type": "input_text", "text": "<document>\nn\nt\n</document>"}),
        (Audio("AAAA", "wav"), {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}),
    ],
)
def test_what_the_user_shows(part: Part, expected: Json) -> None:
    items, lost = asked(part)
    assert items == [{"type": "message", "role": "user", "content": [expected]}]
    assert lost == []


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (Image(), "image"),
        (Document(), "document"),
        (Foreign("anthropic_messages", "search_result", {}), "search_result"),
    ],
)
def test_what_cannot_be_shown_is_told_and_leaves_nothing_empty(part: Part, name: str) -> None:
    assert asked(part) == ([], [name])


def test_empty_texts_are_left_out() -> None:
    assert asked(Text("")) == ([], [])


def test_results_come_first_and_what_is_said_with_them_follows() -> None:
    items, _ = asked(ToolResult("c1", [Text("1"), Text("2")]), ToolResult("c2", []), Text("go on"))
    assert items[0] == {"type": "function_call_output", "call_id": "c1", "output": "1\n2"}
    assert items[1] == {"type": "function_call_output", "call_id": "c2", "output": ""}
    assert items[2]["role"] == "user"


def test_a_result_may_show_something() -> None:
    (item,), lost = asked(ToolResult("c1", [Text("see"), Image("image/png", "AAAA"), Document(url="https://a")]))
    assert [part["type"] for part in item["output"]] == ["input_text", "input_image", "input_file"]
    assert lost == []


def test_what_a_result_cannot_show_is_told() -> None:
    (item,), lost = asked(ToolResult("c1", [Text("see"), Foreign("anthropic_messages", "search_result", {})]))
    assert item["output"] == [{"type": "input_text", "text": "see"}]
    assert lost == ["tool_result.search_result"]


@pytest.mark.parametrize(
    ("content", "output"),
    [
        ([Text("no such file")], "Error:\nno such file"),
        ([Text("Error: no such file")], "Error: no such file"),
        ([], "Error"),
    ],
)
def test_a_failed_tool_says_so(content: list[Part], output: str) -> None:
    assert asked(ToolResult("c1", content, is_error=True))[0][0]["output"] == output


def test_custom_tools_take_and_give_text() -> None:
    assert said(ToolCall("c1", "apply_patch", "*** Begin", is_custom=True))[0] == [
        {"type": "custom_tool_call", "call_id": "c1", "name": "apply_patch", "input": "*** Begin"}
    ]
    assert asked(ToolResult("c1", [Text("ok")], is_custom=True))[0] == [
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "ok"}
    ]


def test_what_the_model_said_keeps_its_order() -> None:
    items, _ = said(Reasoning("hm", OWN), Text("a"), Text("b"), CALL, Text("c"), Refusal("no"))
    assert items == [
        {
            "id": "rs_1",
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "hm"}],
            "encrypted_content": "ENC",
        },
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "a"}, {"type": "output_text", "text": "b"}],
        },
        CALL_ITEM,
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "c"}, {"type": "refusal", "refusal": "no"}],
        },
    ]


def test_annotations_go_along() -> None:
    (item,), _ = said(Text("a", annotations=(Annotation("url", "https://a", "A"), Annotation("quote", quote="q"))))
    assert [one["type"] for one in item["content"][0]["annotations"]] == ["url_citation"]


@pytest.mark.parametrize("proof", ["", sealed("anthropic_messages", "SIG"), "unsealed"])
def test_thoughts_without_a_proof_of_this_api_are_left_out(proof: str) -> None:
    assert said(Reasoning("hm", proof), CALL) == ([CALL_ITEM], ["reasoning"])


def test_thoughts_that_led_to_nothing_are_left_out() -> None:
    items, lost = said(CALL, Reasoning("hm", OWN))
    assert (items, lost) == ([CALL_ITEM], ["reasoning"])


def test_a_proof_of_its_own_is_asked_for_again() -> None:
    members, _ = written(Conversation([Turn("assistant", [Reasoning("", OWN, is_redacted=True), CALL])]))
    assert members["include"] == ["reasoning.encrypted_content"]
    assert members["input"][0]["summary"] == []


def test_what_the_model_cannot_have_said_is_told() -> None:
    assert said(Image(url="https://a"), Foreign("openai_chat", "audio", {}), CALL) == ([CALL_ITEM], ["image", "audio"])


def test_items_of_the_own_dialect_stand_where_they_stood() -> None:
    item = {"type": "web_search_call", "id": "ws_1"}
    assert said(Foreign("openai_responses", "web_search_call", item), Text("a"))[0][0] == item


def test_long_ids_of_calls_are_shortened_the_same_way_everywhere() -> None:
    ids = ["x" * 70, "x" * 71]
    turns = [
        Turn("assistant", [ToolCall(id, "f", "") for id in ids]),
        Turn("user", [ToolResult(id, []) for id in ids]),
    ]
    items = written(Conversation(turns))[0]["input"]
    found = [item["call_id"] for item in items]
    assert found[:2] == found[2:]
    assert found[0] != found[1]
    assert all(len(id) <= 64 for id in found)
    assert items[0]["arguments"] == "{}"


def test_tools() -> None:
    grammar = {"type": "grammar", "syntax": "lark", "definition": "start: x"}
    shell = {"type": "local_shell"}
    members, lost = written(
        Conversation(
            [],
            tools=[
                Tool("f", "d", {"type": "object"}),
                Tool("g", strict=True),
                Tool("apply_patch", "p", is_custom=True, format=grammar),
                Tool("read", namespace="fs"),
                Tool("local_shell", foreign=Foreign("openai_responses", "local_shell", shell)),
                Tool("write", namespace="fs", is_custom=True),
                Tool("bash", foreign=Foreign("anthropic_messages", "bash_20250124", {"type": "bash_20250124"})),
            ],
        )
    )
    empty = {"type": "object", "properties": {}}
    assert members["tools"] == [
        {"type": "function", "name": "f", "description": "d", "parameters": empty, "strict": False},
        {"type": "function", "name": "g", "parameters": empty, "strict": True},
        {"type": "custom", "name": "apply_patch", "description": "p", "format": grammar},
        {
            "type": "namespace",
            "name": "fs",
            "description": "Tools in the fs namespace.",
            "tools": [
                {"type": "function", "name": "read", "parameters": empty, "strict": False},
                {"type": "custom", "name": "write"},
            ],
        },
        shell,
    ]
    assert lost == ["tools.bash"]


def test_another_apis_web_search_is_this_ones() -> None:
    raw = {
        "type": "web_search_20250305",
        "name": "web_search",
        "allowed_domains": ["a.org"],
        "user_location": {"type": "approximate", "city": "Bonn"},
    }
    search = Tool("web_search", foreign=Foreign("anthropic_messages", "web_search_20250305", raw))
    members, lost = written(Conversation([], tools=[search], tool_choice=ToolChoice("tool", "web_search")))
    assert members["tools"] == [
        {
            "type": "web_search",
            "filters": {"allowed_domains": ["a.org"]},
            "user_location": {"type": "approximate", "city": "Bonn"},
        }
    ]
    assert members["tool_choice"] == {"type": "web_search"}
    assert lost == []


def test_a_search_asked_for_in_chats_way_is_a_tool() -> None:
    place = {"type": "approximate", "approximate": {"city": "Bonn"}}
    asked_for = {"search_context_size": "low", "user_location": place}
    members, lost = written(Conversation([], unknown={"web_search_options": asked_for}))
    told = {"type": "approximate", "city": "Bonn"}
    assert members["tools"] == [{"type": "web_search", "user_location": told, "search_context_size": "low"}]
    assert lost == []


def test_a_grammar_in_chats_shape_is_one_here() -> None:
    grammar = {"syntax": "lark", "definition": "start: x"}
    tool = Tool("p", is_custom=True, format={"type": "grammar", "grammar": grammar})
    members, _ = written(Conversation([], tools=[tool]))
    assert members["tools"][0]["format"] == {"type": "grammar", **grammar}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (ToolChoice("auto"), "auto"),
        (ToolChoice("none"), "none"),
        (ToolChoice("required"), "required"),
        (ToolChoice("tool", "f"), {"type": "function", "name": "f"}),
        (ToolChoice("tool", "p"), {"type": "custom", "name": "p"}),
        (
            ToolChoice("allowed", names=("f", "p"), is_required=True),
            {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "function", "name": "f"}, {"type": "custom", "name": "p"}],
            },
        ),
    ],
)
def test_which_tool_to_use(choice: ToolChoice, expected: Any) -> None:
    tools = [Tool("f"), Tool("p", is_custom=True)]
    assert written(Conversation([], tools=tools, tool_choice=choice))[0]["tool_choice"] == expected


@pytest.mark.parametrize(("mode", "lost"), [("required", ["tool_choice"]), ("auto", [])])
def test_there_is_no_choice_without_tools(mode: Any, lost: list[str]) -> None:
    members, found = written(
        Conversation([], tool_choice=ToolChoice(mode), settings=Settings(parallel_tool_calls=False))
    )
    assert "tool_choice" not in members
    assert "parallel_tool_calls" not in members
    assert found == lost


def test_settings_with_the_same_name() -> None:
    given = {
        "temperature": 0.5,
        "top_p": 0.9,
        "service_tier": "flex",
        "user": "u",
        "safety_identifier": "s",
        "metadata": {"a": "b"},
        "prompt_cache_key": "k",
        "prompt_cache_retention": "24h",
    }
    assert settled(**given) == ({**given, "store": False}, [])


@pytest.mark.parametrize(("given", "told"), [(1, 16), (16, 16), (4000, 4000)])
def test_the_api_takes_no_less_than_sixteen_tokens(given: int, told: int) -> None:
    assert settled(max_tokens=given)[0]["max_output_tokens"] == told


def test_long_ids_of_users_are_shortened() -> None:
    members, lost = settled(user="u" * 200, prompt_cache_key="k" * 65)
    assert len(members["user"]) == len(members["prompt_cache_key"]) == 64
    assert lost == []


def test_what_the_api_does_not_have_is_told() -> None:
    members, lost = settled(
        top_k=5,
        stop=["x"],
        seed=1,
        n=2,
        frequency_penalty=0.1,
        presence_penalty=0.1,
        logit_bias={"1": 2.0},
        modalities=["text", "audio"],
    )
    assert members == {"store": False}
    assert set(lost) == {
        "top_k",
        "stop",
        "seed",
        "n",
        "frequency_penalty",
        "presence_penalty",
        "logit_bias",
        "modalities",
    }


def test_what_changes_nothing_is_no_loss() -> None:
    assert settled(n=1, modalities=["text"], stop=[], frequency_penalty=0)[1] == []


@pytest.mark.parametrize(
    ("thinking", "reasoning"),
    [
        (None, None),
        (Thinking(False), {"effort": "none"}),
        (Thinking(True, "high"), {"effort": "high"}),
        (Thinking(True, "low", shows="summary", summary="detailed"), {"effort": "low", "summary": "detailed"}),
        (Thinking(True, budget_tokens=10_000, shows="full"), {"effort": "medium", "summary": "auto"}),
        (Thinking(True, is_adaptive=True, shows="summary"), {"summary": "auto"}),
        (Thinking(True, "high", shows="none"), {"effort": "high"}),
    ],
)
def test_how_hard_to_think(thinking: Thinking | None, reasoning: Json | None) -> None:
    assert settled(thinking=thinking)[0].get("reasoning") == reasoning


@pytest.mark.parametrize(
    ("settings", "include"),
    [
        ({"thinking": Thinking(True, "low")}, ["reasoning.encrypted_content"]),
        ({"thinking": Thinking(True, is_adaptive=True)}, ["reasoning.encrypted_content"]),
        ({"thinking": Thinking(True, "low"), "store": True}, None),
        ({"thinking": Thinking(False)}, None),
        ({"thinking": None}, None),
        ({"logprobs": True, "top_logprobs": 3}, ["message.output_text.logprobs"]),
    ],
)
def test_thoughts_come_encrypted_where_nothing_is_kept(settings: Json, include: list[str] | None) -> None:
    members, _ = settled(**settings)
    assert members.get("include") == include
    assert members["store"] is bool(settings.get("store"))


def test_models_that_think_take_no_temperature() -> None:
    members, lost = settled(thinking=Thinking(True, "low"), temperature=1.0, top_p=0.5)
    assert "temperature" not in members
    assert lost == ["temperature", "top_p"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (OutputFormat(), {"type": "json_object"}),
        (
            OutputFormat({"type": "object"}, "n", "d", True),
            {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "description": "d", "strict": True},
        ),
        (OutputFormat({"type": "object"}), {"type": "json_schema", "name": "answer", "schema": {"type": "object"}}),
    ],
)
def test_the_shape_of_the_answer(given: OutputFormat, told: Json) -> None:
    assert settled(output_format=given, verbosity="low")[0]["text"] == {"format": told, "verbosity": "low"}


def test_members_nobody_knows_are_told_and_those_of_this_api_go_on() -> None:
    members, lost = written(Conversation([], unknown={"truncation": "auto", "safety_settings": []}))
    assert members["truncation"] == "auto"
    assert lost == ["safety_settings"]
