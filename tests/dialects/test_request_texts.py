"""What requests of every operation say, and how little of them changes with it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from plano.dialects.request_texts import RequestTexts
from plano.errors import BadRequest
from plano.http.wire.json_envelope import Envelope

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}}


def opened(operation: str, body: Any) -> tuple[RequestTexts, Envelope]:
    envelope = Envelope.open(body if isinstance(body, bytes) else msgspec.json.encode(body))
    return RequestTexts(operation, envelope), envelope


def found(operation: str, body: Any) -> list[tuple[str, str, str]]:
    return [(one.kind, one.role, one.text) for one in opened(operation, body)[0].passages]


def said(*content: Any, role: str = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": one} for one in content]}


def call(arguments: Any) -> dict[str, Any]:
    told = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": arguments}}
    return {"messages": [{"role": "assistant", "content": None, "tool_calls": [told]}]}


CHAT = [
    pytest.param(
        said("be kind", role="system") | {"model": "m", "stream": True, "temperature": 1.0},
        [("instructions", "system", "be kind")],
        id="system, and settings that say nothing",
    ),
    pytest.param(said("be kind", role="developer"), [("instructions", "system", "be kind")], id="developer"),
    pytest.param(said("hi", ""), [("text", "user", "hi")], id="an empty text is none"),
    pytest.param(said("hello", role="assistant"), [("text", "assistant", "hello")], id="assistant"),
    pytest.param(said("4 files", role="tool"), [("result", "tool", "4 files")], id="tool"),
    pytest.param(said("hm", role="critic"), [("text", "", "hm")], id="a role nobody knows"),
    pytest.param(
        said([{"type": "text", "text": "look"}, IMAGE, {"type": "input_audio", "input_audio": {"data": "AA=="}}]),
        [("text", "user", "look")],
        id="parts with an image and sound",
    ),
    pytest.param(
        said([{"type": "image_url", "image_url": "https://a/b.png"}, {"type": "input_image", "image_url": "data:x"}]),
        [],
        id="addresses of images",
    ),
    pytest.param(
        said([{"type": "file", "file": {"file_id": "f", "filename": "a.pdf", "file_data": "data:x"}}]), [], id="a file"
    ),
    pytest.param(
        said([{"type": "file", "file": {"file_id": "f", "caption": "of a cat"}}]),
        [("other", "", "of a cat")],
        id="a member nobody knows of a part without words",
    ),
    pytest.param(
        {"messages": [{"role": "assistant", "refusal": "no", "content": [{"type": "refusal", "refusal": "never"}]}]},
        [("refusal", "assistant", "no"), ("refusal", "assistant", "never")],
        id="refusals",
    ),
    pytest.param(
        {"messages": [{"role": "assistant", "reasoning_content": "hm", "reasoning": "hm hm", "content": "a"}]},
        [("reasoning", "assistant", "hm"), ("reasoning", "assistant", "hm hm"), ("text", "assistant", "a")],
        id="thoughts",
    ),
    pytest.param(
        {"messages": [{"role": "assistant", "function_call": {"name": "f", "arguments": '{"a":"b"}'}}]},
        [("arguments", "assistant", "a"), ("arguments", "assistant", "b")],
        id="the old function call",
    ),
    pytest.param(
        {"messages": [{"tool_calls": [{"type": "custom", "custom": {"name": "f", "input": "x=1"}}]}]},
        [("arguments", "assistant", "x=1")],
        id="a custom tool's input",
    ),
    pytest.param(
        said([{"type": "hologram", "caption": "of a cat", "id": "h1", "layers": [{"label": "top"}, "loose"]}]),
        [("other", "", "of a cat"), ("other", "", "top"), ("other", "", "loose")],
        id="a part of a kind nobody knows",
    ),
    pytest.param(
        said([{"type": "hologram", "data": {"note": "a cat"}, "name": "Ann Lee", "id": "h", "format": ["mp4"]}]),
        [("other", "", "a cat"), ("other", "", "Ann Lee")],
        id="names that mean something else to those who made the part",
    ),
    pytest.param(
        {"messages": [{"role": "user", "name": "Ann Lee", "content": [], "data": {"note": "x"}, "detail": "y"}]},
        [("other", "", "x")],
        id="an object under the name of something smaller",
    ),
    pytest.param(
        {"messages": [{"role": "user", "content": "hi", "note": {"to": "self", "id": "1"}}]},
        [("text", "user", "hi"), ("other", "", "self")],
        id="a member of a message nobody knows",
    ),
    pytest.param(
        said("hi") | {"mood": {"now": "sunny"}, "tools": [{"type": "function", "function": {"name": "f"}}]},
        [("text", "user", "hi"), ("other", "", "sunny")],
        id="a member of the request nobody knows",
    ),
    pytest.param(
        {"user": "u-1", "metadata": {"name": "Ann", "id": "7"}, "safety_identifier": "s"},
        [("metadata", "", text) for text in ("Ann", "7", "u-1", "s")],
        id="metadata",
    ),
    pytest.param(
        {"prediction": {"type": "content", "content": "x = 1"}}, [("text", "assistant", "x = 1")], id="a prediction"
    ),
]


@pytest.mark.parametrize(("body", "expected"), CHAT)
def test_chat(body: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert found("chat", body) == expected


def block(**members: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [members]}]}


MESSAGES = [
    pytest.param(
        {**said("hi"), "system": "be kind"},
        [("instructions", "system", "be kind"), ("text", "user", "hi")],
        id="instructions come first, wherever they stand",
    ),
    pytest.param(
        {"system": [{"type": "text", "text": "be kind", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
        [("instructions", "system", "be kind")],
        id="system blocks",
    ),
    pytest.param(
        block(type="tool_use", id="t", name="ls", input={"path": ["/a"], "n": 12345678, "few": 123, "": ""}),
        [("arguments", "assistant", text) for text in ("path", "/a", "n", "12345678", "few")],
        id="arguments, with keys and long numbers",
    ),
    pytest.param(
        block(type="tool_result", tool_use_id="t", content="4 files"), [("result", "tool", "4 files")], id="result"
    ),
    pytest.param(
        block(
            type="tool_result",
            content=[{"type": "text", "text": "a"}, {"type": "tool_result", "content": "b"}],
        ),
        [("result", "tool", "a"), ("result", "tool", "b")],
        id="results in results",
    ),
    pytest.param(
        block(type="bash_code_execution_tool_result", content={"type": "bash_code_execution_result", "stdout": "x"}),
        [("result", "tool", "x")],
        id="what a server's tool gave",
    ),
    pytest.param(block(type="thinking", thinking="hm"), [("reasoning", "user", "hm")], id="thoughts"),
    pytest.param(block(type="redacted_thinking", data="AA=="), [], id="thoughts nobody may read"),
    pytest.param(
        block(type="document", title="A", context="B", source={"type": "text", "data": "C"}),
        [("document", "user", "A"), ("document", "user", "B"), ("document", "user", "C")],
        id="a document of text",
    ),
    pytest.param(
        block(type="document", source={"type": "content", "content": [{"type": "text", "text": "C"}]}),
        [("document", "user", "C")],
        id="a document of blocks",
    ),
    pytest.param(
        block(type="document", source={"type": "base64", "media_type": "application/pdf", "data": "AA=="}),
        [],
        id="a document of data",
    ),
    pytest.param(
        block(type="search_result", source="https://a", title="T", content=[{"type": "text", "text": "x"}]),
        [("document", "user", "https://a"), ("document", "user", "T"), ("document", "user", "x")],
        id="a search result",
    ),
    pytest.param({"metadata": {"user_id": "ann@example.com"}}, [("metadata", "", "ann@example.com")], id="user id"),
]


@pytest.mark.parametrize(("body", "expected"), MESSAGES)
@pytest.mark.parametrize("operation", ["messages", "count_tokens"])
def test_messages(operation: str, body: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert found(operation, body) == expected


def listed(**item: Any) -> dict[str, Any]:
    return {"input": [item]}


RESPONSES = [
    pytest.param(
        {"input": "hi", "instructions": "be kind"},
        [("instructions", "system", "be kind"), ("text", "user", "hi")],
        id="texts",
    ),
    pytest.param(
        {
            "input": [
                {"role": "developer", "content": "d"},
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "b"}]},
            ]
        },
        [("instructions", "system", "d"), ("text", "user", "a"), ("text", "assistant", "b")],
        id="messages with and without a type",
    ),
    pytest.param(
        listed(type="function_call", call_id="c", name="f", arguments='{"a": ["b"]}'),
        [("arguments", "assistant", "a"), ("arguments", "assistant", "b")],
        id="function call",
    ),
    pytest.param(
        listed(type="function_call_output", call_id="c", output="x"), [("result", "tool", "x")], id="function output"
    ),
    pytest.param(
        listed(type="function_call_output", output=[{"type": "input_text", "text": "x"}]),
        [("result", "tool", "x")],
        id="function output in parts",
    ),
    pytest.param(
        listed(type="custom_tool_call", name="f", input="x=1"), [("arguments", "assistant", "x=1")], id="custom tool"
    ),
    pytest.param(
        listed(
            type="reasoning",
            id="r",
            summary=[{"type": "summary_text", "text": "s"}],
            content=[{"type": "reasoning_text", "text": "t"}],
            encrypted_content="AA",
        ),
        [("reasoning", "assistant", "s"), ("reasoning", "assistant", "t")],
        id="reasoning",
    ),
    pytest.param(
        listed(type="mcp_call", name="f", server_label="s", arguments='{"a":"b"}', output="o"),
        [("arguments", "assistant", "a"), ("arguments", "assistant", "b"), ("result", "tool", "o")],
        id="mcp call",
    ),
    pytest.param(
        listed(type="local_shell_call", action={"type": "exec", "command": ["ls", "-l"], "env": {"A": "b"}}),
        [("arguments", "assistant", text) for text in ("ls", "-l", "b")],
        id="shell call",
    ),
    pytest.param(
        listed(type="shell_call_output", output=[{"stdout": "x", "outcome": {"type": "exit"}}]),
        [("result", "tool", "x")],
        id="shell output",
    ),
    pytest.param(
        {"prompt": {"id": "p", "version": "2", "variables": {"name": "Ann", "b": {"type": "input_text", "text": "c"}}}},
        [("text", "user", "Ann"), ("text", "user", "c")],
        id="variables of a stored prompt",
    ),
]


@pytest.mark.parametrize(("body", "expected"), RESPONSES)
def test_responses(body: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert found("responses", body) == expected


@pytest.mark.parametrize(
    ("operation", "body", "expected"),
    [
        ("completions", {"prompt": "a", "suffix": "b"}, [("text", "user", "a"), ("text", "user", "b")]),
        ("completions", {"prompt": ["a", "b"]}, [("text", "user", "a"), ("text", "user", "b")]),
        ("completions", {"prompt": [[1, 2], [3]]}, []),
        ("embeddings", {"input": ["a", "b"]}, [("text", "user", "a"), ("text", "user", "b")]),
        ("moderations", {"input": [{"type": "text", "text": "a"}, IMAGE]}, [("text", "user", "a")]),
        ("images", {"prompt": "a cat", "size": "1024x1024"}, [("text", "user", "a cat")]),
        (
            "speech",
            {"input": "hi", "instructions": "softly", "voice": "alloy"},
            [("instructions", "system", "softly"), ("text", "user", "hi")],
        ),
        (
            "rerank",
            {"query": "q", "documents": ["a", {"name": "b", "text": "c"}]},
            [("text", "user", "q"), ("document", "", "a"), ("document", "", "b"), ("document", "", "c")],
        ),
        ("any", {"system": "s", "messages": ["a"]}, [("instructions", "system", "s"), ("text", "user", "a")]),
        ("any", {"input": "a", "prompt": "b"}, [("text", "user", "b"), ("text", "user", "a")]),
    ],
)
def test_other_operations(operation: str, body: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert found(operation, body) == expected


def test_what_codex_says_of_tools_and_of_itself_is_nobodys_speech() -> None:
    tools = [{"type": "namespace", "name": "n", "description": "all of it", "tools": [{"name": "exec"}]}]
    opening = {"type": "additional_tools", "role": "developer", "tools": tools}
    body = {"input": [opening, {"role": "user", "content": "hi"}], "client_metadata": {"turn_id": "1-2"}}
    assert found("responses", body) == [("text", "user", "hi"), ("metadata", "", "1-2")]


def test_arguments_know_their_tool() -> None:
    texts, _ = opened("chat", call('{"path":"/a"}'))
    assert [one.tool for one in texts.passages] == ["look", "look"]
    texts, _ = opened("messages", block(type="tool_use", name="ls", input={"a": "b"}))
    assert [one.tool for one in texts.passages] == ["ls", "ls"]


@pytest.mark.parametrize("arguments", ['{"a": "b"', "look at 1", "[" * 5000 + "]" * 5000, '{"a":tru}'])
def test_arguments_that_are_no_json_are_one_text(arguments: str) -> None:
    assert found("chat", call(arguments)) == [("arguments", "assistant", arguments)]


@pytest.mark.parametrize(
    "body",
    [
        {"messages": 5},
        {"messages": None},
        said(5, None, True, 1.5),
        {"messages": [5, None, [], {}]},
        {"messages": [{"role": 5, "content": {"type": []}}]},
        {"messages": [{"tool_calls": 5}, {"tool_calls": [None, {"function": 5}]}]},
        b'{"messages":[1e400,{"content":[1e400,-0,123456789012345678901234567890]}]}',
    ],
)
@pytest.mark.parametrize("operation", ["chat", "messages", "any"])
def test_nonsense_has_no_texts(operation: str, body: Any) -> None:
    assert found(operation, body) == []


@pytest.mark.parametrize(
    "body",
    [
        said({"a": "x"}),
        said([["x"]]),
        said([["x", {"b": "y"}]]),
        {"messages": {"content": "x"}},
        {"messages": "x"},
        {"messages": [{"role": "assistant", "tool_calls": "x"}]},
        {"messages": [{"role": "assistant", "tool_calls": [None, {"function": {"arguments": {"k": "x"}}}]}]},
        b'{"messages":[{"role":"user","content":[1e400, {"type":"text","text":"x"}]}]}',
        rb'{"messages":[{"role":"user","content":[{"type":"te\u0078t","text":"x"}]}]}',
        {"messages": [{"content": [{"type": "document", "source": "x"}]}]},
    ],
)
def test_what_is_odd_is_read_all_the_same(body: Any) -> None:
    assert "x" in [text for _, _, text in found("chat", body)]


def test_a_role_and_a_type_may_be_spelled_with_escapes() -> None:
    body = rb'{"messages":[{"role":"syst\u0065m","content":[{"type":"te\u0078t","text":"x"}]}]}'
    assert found("chat", body) == [("instructions", "system", "x")]


def test_bytes_that_are_no_utf8_are_a_bad_request() -> None:
    with pytest.raises(BadRequest) as caught:
        opened("chat", b'{"messages":[{"role":"user","content":"a\xff"}]}')
    assert caught.value.param == "messages"


def test_deep_nesting_is_read_to_its_end() -> None:
    body = b'{"messages":' + b'[{"content":' * 150 + b'"x"' + b"}]" * 150 + b"}"
    assert [text for _, _, text in found("chat", body)] == ["x"]


RAW = (
    b'{ "model":"m", "messages" : [ {"role":"user", "content":"one", "n":1.0, "n":1e400},'
    b'{"role":"user","weight":1.50,"content":[{"type":"text","text":"two"},'
    b' {"type":"image_url" , "image_url":{"url":"data:x"}}]} ], "seed":12345678901234567890123}'
)


def test_nothing_is_touched_where_nothing_changed() -> None:
    texts, envelope = opened("chat", RAW)
    assert not texts.write_back()
    assert not envelope.is_changed
    assert texts.is_of(envelope)


def test_what_did_not_change_keeps_its_bytes() -> None:
    texts, envelope = opened("chat", RAW)
    texts.passages[1].text = "zwei \u00e9\n"
    assert texts.write_back()
    assert envelope.raw("messages") == (
        b'[{"role":"user", "content":"one", "n":1.0, "n":1e400},'
        b'{"role":"user","weight":1.50,"content":[{"type":"text","text":"zwei \xc3\xa9\\n"},'
        b'{"type":"image_url" , "image_url":{"url":"data:x"}}]}]'
    )
    assert envelope.raw("seed") == b"12345678901234567890123"


@pytest.mark.parametrize(
    ("before", "changed", "after"),
    [
        ('{"a": "b", "f":1.0, "big":1e400}', {"b": "c"}, '{"a": "c", "f":1.0, "big":1e400}'),
        ('{"card" : 4111111111111111 , "n": 1}', {"4111111111111111": "[CARD]"}, '{"card" : "[CARD]" , "n": 1}'),
        ('{"ann@example.com": [1, -2]}', {"ann@example.com": "[EMAIL]"}, '{"[EMAIL]": [1, -2]}'),
        ('{"a":"b","a":"b"}', {"b": 'say "c"'}, '{"a":"say \\"c\\"","a":"say \\"c\\""}'),
        ('"b"', {"b": "c"}, '"c"'),
        ("no json: b", {"no json: b": "c"}, "c"),
    ],
)
def test_arguments_change_token_by_token(before: str, changed: dict[str, str], after: str) -> None:
    texts, envelope = opened("chat", call(before))
    for passage in texts.passages:
        passage.text = changed.get(passage.text, passage.text)
    assert texts.write_back()
    assert envelope.get("messages")[0]["tool_calls"][0]["function"]["arguments"] == after


def test_changes_can_follow_changes() -> None:
    texts, envelope = opened("messages", block(type="tool_use", name="ls", input={"a": "x", "b": ["y", 12345678]}))
    for round in ("a much longer text than before", "short"):
        for passage in texts.passages:
            passage.text = f"{round} {passage.text[-1:]}"
        assert texts.write_back()
        assert texts.is_of(envelope)
        assert not texts.write_back()
    (changed,) = envelope.get("messages")[0]["content"]
    assert changed["input"] == {"short a": "short x", "short b": ["short y", "short 8"]}
    assert [one.text for one in RequestTexts("messages", envelope).passages] == [one.text for one in texts.passages]


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("messages", block(type="thinking", thinking="hm", signature="AA")),
        ("chat", {"messages": [{"reasoning_details": [{"type": "reasoning.text", "text": "hm", "signature": "AA"}]}]}),
        ("responses", listed(type="reasoning", content=[{"type": "text", "text": "hm"}], encrypted_content="A")),
    ],
)
def test_thoughts_with_a_proof_can_be_read_but_not_changed(operation: str, body: dict[str, Any]) -> None:
    texts, envelope = opened(operation, body)
    (passage,) = texts.passages
    assert (passage.kind, passage.text) == ("reasoning", "hm")
    passage.text = "well"
    assert not texts.write_back()
    assert not envelope.is_changed
    assert passage.text == "hm"


@pytest.mark.parametrize("proof", [{}, {"signature": ""}, {"signature": None}])
def test_thoughts_without_a_proof_can_be_changed(proof: dict[str, Any]) -> None:
    texts, envelope = opened("messages", block(type="thinking", thinking="hm", **proof))
    texts.passages[0].text = "well"
    assert texts.write_back()
    assert envelope.get("messages")[0]["content"] == [{"type": "thinking", "thinking": "well", **proof}]


@pytest.mark.parametrize(
    ("name", "value", "is_of"),
    [("messages", [], False), ("instructions", "new", False), ("mood", "x", False), ("model", "n", True)],
)
def test_texts_are_those_of_a_request_until_what_they_were_read_from_is_set(name: str, value: Any, is_of: bool) -> None:
    texts, envelope = opened("responses", {"model": "m", "input": "hi", "mood": "sunny"})
    envelope.set(name, value)
    assert texts.is_of(envelope) == is_of


def test_texts_are_not_those_of_a_request_that_lost_a_member() -> None:
    texts, envelope = opened("messages", said("hi") | {"system": "s"})
    envelope.delete("system")
    assert not texts.is_of(envelope)


def test_a_text_must_stay_one() -> None:
    texts, envelope = opened("chat", said("hi"))
    texts.passages[0].text = None  # type: ignore[assignment]
    with pytest.raises(TypeError, match="must be a string, not NoneType"):
        texts.write_back()
    assert not envelope.is_changed


def test_a_member_that_was_set_stays_as_it_was_set() -> None:
    texts, envelope = opened("messages", said("hi") | {"system": "s", "user": "u"})
    for passage in texts.passages:
        passage.text += "!"
    envelope.set("messages", [])
    envelope.delete("user")
    texts.write_back()
    assert msgspec.json.decode(envelope.encoded()) == {"messages": [], "system": "s!"}


@pytest.mark.parametrize("operation", ["chat", "messages", "any"])
def test_a_message_is_one_whatever_type_it_says(operation: str) -> None:
    body = {"messages": [{"type": "mcp_list_tools", "role": "user", "content": "hi", "tools": ["x"]}]}
    assert found(operation, body) == [("text", "user", "hi"), ("other", "", "x")]


def test_who_sorts_the_texts_sorts_his_own_list() -> None:
    texts, envelope = opened("chat", said("b", "a"))
    for passage in sorted(texts.passages, key=lambda one: one.text):
        passage.text += "!"
    texts.passages.sort(key=lambda one: one.text)
    texts.passages.clear()
    texts.write_back()
    assert [one["content"] for one in envelope.get("messages")] == ["b!", "a!"]


def test_half_a_surrogate_pair_is_written_as_a_replacement() -> None:
    texts, envelope = opened("chat", said("hi"))
    texts.passages[0].text = "a\ud800b\U0001f600\0"
    texts.write_back()
    assert envelope.get("messages")[0]["content"] == "a\ufffdb\U0001f600\0"


def test_arguments_with_half_a_surrogate_pair_are_read() -> None:
    texts, _ = opened("chat", call(r'{"a":"x\ud83d","b":"\u0031"}'))
    assert [one.text for one in texts.passages] == ["a", "x\ufffd", "b", "1"]
    assert not texts.write_back()
