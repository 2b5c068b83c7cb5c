"""Whatever order a client keeps, Bedrock gets the one it demands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plano.dialects.conversation import (
    CacheMark,
    Document,
    Foreign,
    Image,
    Part,
    Reasoning,
    Refusal,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)
from plano.dialects.proofs import sealed
from plano.errors import BadRequest
from tests.dialects.bedrock_converse.asking import asked, model, user

TOOL = Tool("f", parameters={"type": "object"})


def call(id: str, arguments: str = "{}") -> ToolCall:
    return ToolCall(id, "f", arguments)


def result(id: str, *content: Part, is_error: bool = False) -> ToolResult:
    return ToolResult(id, list(content) or [Text(f"of {id}")], is_error)


def shape(members: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Role and kinds of blocks, results and calls with their ids."""
    return [(message["role"], [_kind(block) for block in message["content"]]) for message in members["messages"]]


def _kind(block: dict[str, Any]) -> str:
    ((kind, told),) = block.items()
    return told if kind == "text" else f"{kind}:{told['toolUseId']}" if "toolUseId" in told else str(kind)


ORDERS: list[tuple[str, list[Turn], list[tuple[str, list[str]]]]] = [
    ("neighbours are merged", [user("a"), user("b"), model("c"), model("d"), user("e")],
     [("user", ["a", "b"]), ("assistant", ["c", "d"]), ("user", ["e"])]),
    ("a user begins", [model("a"), user("b")],
     [("user", ["Please begin."]), ("assistant", ["a"]), ("user", ["b"])]),
    ("blank texts are nothing", [user("a", "", "  \n"), model(" "), user("b")], [("user", ["a", "b"])]),
    ("results are in one message, first", [user("a"), model(call("1"), call("2")), user(result("2")),
                                           user(result("1"), "go")],
     [("user", ["a"]), ("assistant", ["toolUse:1", "toolUse:2"]),
      ("user", ["toolResult:2", "toolResult:1", "go"])]),
    ("a text before a result comes after it", [user("a"), model(call("1")), user("wait"), user(result("1"))],
     [("user", ["a"]), ("assistant", ["toolUse:1"]), ("user", ["toolResult:1", "wait"])]),
    ("a lacking result is made up", [user("a"), model(call("1"), call("2")), user(result("1"))],
     [("user", ["a"]), ("assistant", ["toolUse:1", "toolUse:2"]), ("user", ["toolResult:1", "toolResult:2"])]),
    ("a last call has a result", [user("a"), model(call("1"))],
     [("user", ["a"]), ("assistant", ["toolUse:1"]), ("user", ["toolResult:1"])]),
    ("a result without call is text", [user("a"), model("b"), user(result("9"), "c")],
     [("user", ["a"]), ("assistant", ["b"]), ("user", ["Result of a tool call (9):", "of 9", "c"])]),
    ("a second result of one call is text", [user("a"), model(call("1")), user(result("1"), result("1", Text("x")))],
     [("user", ["a"]), ("assistant", ["toolUse:1"]),
      ("user", ["toolResult:1", "Result of a tool call (1):", "x"])]),
    ("late instructions are marked", [user("a"), Turn("system", [Text("be brief")]), model("b"), user("c")],
     [("user", ["a", "<system>\nbe brief\n</system>"]), ("assistant", ["b"]), ("user", ["c"])]),
    ("a prefill ends without space", [user("a"), model("b \n")], [("user", ["a"]), ("assistant", ["b"])]),
    ("a document has a text beside it", [user(Document("application/pdf", data="QQ=="))],
     [("user", ["document", "See the attached documents."])]),
]  # fmt: skip


@pytest.mark.parametrize(("turns", "expected"), [case[1:] for case in ORDERS], ids=[case[0] for case in ORDERS])
def test_the_order_of_a_conversation(turns: list[Turn], expected: list[tuple[str, list[str]]]) -> None:
    assert shape(asked(*turns, tools=[TOOL])[0]) == expected


def test_instructions_alone_make_a_request() -> None:
    members, _ = asked(instructions=[Text("Say hello."), Text(" ")])

    assert members["system"] == [{"text": "Say hello."}]


def test_no_conversation_is_none() -> None:
    from plano.dialects.bedrock_converse.write_request import write_request
    from plano.dialects.conversation import Conversation
    from plano.dialects.losses import Losses

    with pytest.raises(BadRequest, match="empty"):
        write_request(Conversation([]), Losses())


def test_cache_points_stay_behind_their_results() -> None:
    marked = result("1")
    marked.cache = CacheMark()
    members, _ = asked(user("a"), model(call("1"), call("2")), user(marked), user(result("2"), "b"), tools=[TOOL])

    kinds = [next(iter(block)) for block in members["messages"][-1]["content"]]
    assert kinds == ["toolResult", "cachePoint", "toolResult", "text"]


def test_arguments_cut_off_are_told_as_text() -> None:
    members, _ = asked(user("a"), model(call("1", '{"a": [1')), user(result("1")), tools=[TOOL])

    assert members["messages"][1]["content"][0]["toolUse"]["input"] == {"arguments": '{"a": [1'}


@pytest.mark.parametrize("id", ["a" * 65, "call 1/ü", "toolu_" + "é" * 80, ""])
def test_ids_that_bedrock_refuses_are_changed_alike_in_call_and_result(id: str) -> None:
    members, _ = asked(user("a"), model(call(id), call("other")), user(result("other"), result(id)), tools=[TOOL])

    (called, _), (_, answered) = members["messages"][1]["content"], members["messages"][2]["content"]
    changed = called["toolUse"]["toolUseId"]
    assert answered["toolResult"]["toolUseId"] == changed != id
    assert 0 < len(changed) <= 64
    assert changed.isascii()


def test_a_result_tells_its_error_and_is_never_empty() -> None:
    told = [result("1", is_error=True), result("2", Text(" "))]
    members, _ = asked(user("a"), model(call("1"), call("2")), user(*told), tools=[TOOL])

    first, second = (block["toolResult"] for block in members["messages"][2]["content"])
    assert (first["status"], second["status"]) == ("error", "success")
    assert second["content"] == [{"text": "(no output)"}]


PARTS = st.one_of(
    st.sampled_from(["", " ", "hello", "x "]).map(Text),
    st.sampled_from(["1", "2", "3", "ü"]).map(lambda id: ToolCall(id, "f", '{"a":1}', cache=CacheMark())),
    st.sampled_from(["1", "2", "3", "ü"]).map(lambda id: ToolResult(id, [Text("r"), Image("image/png", "QQ==")])),
    st.sampled_from(["image/png", "image/tiff"]).map(lambda kind: Image(kind, "QQ==", cache=CacheMark("1h"))),
    st.sampled_from(["a.pdf", "b_c.md", ""]).map(lambda name: Document("application/pdf", "QQ==", name=name)),
    st.just(Reasoning("thought", sealed("bedrock_converse", "SIG"))),
    st.just(Reasoning("thought", sealed("openai_responses", "SIG"))),
    st.just(Refusal("no")),
    st.just(Foreign("openai_responses", "web_search_call", {"a": 1})),
)
TURNS = st.lists(
    st.builds(Turn, st.sampled_from(["user", "assistant", "system"]), st.lists(PARTS, max_size=4)),
    min_size=1,
    max_size=7,
)


@settings(max_examples=400, deadline=None)
@given(turns=TURNS, has_tools=st.booleans(), name=st.sampled_from(["", "amazon.nova-pro-v1:0", "meta.llama3-v1"]))
def test_no_conversation_makes_a_request_that_bedrock_refuses(turns: list[Turn], has_tools: bool, name: str) -> None:
    members, _ = asked(*turns, user("go on"), tools=[TOOL] if has_tools else [], model=name)

    assert members["messages"][-1]["content"][-1] == {"text": "go on"}
