"""Streams of the Responses API, as the official SDK and Codex read them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from plano.dialects.conversation import Tool
from plano.dialects.openai_responses.stream_writer import StreamWriter
from plano.dialects.proofs import sealed
from plano.dialects.reply import Annotation, ReplyTo, StopReason
from plano.dialects.usage import Usage
from plano.http.wire.sse_splitter import SseSplitter
from tests.dialects.openai_responses.assembling import assembled, events_in, kinds_in

WITH_PROOFS = {"include": ["reasoning.encrypted_content"], "store": False}


def reply_to(declared: dict[str, Tool] | None = None, /, **request: Any) -> ReplyTo:
    return ReplyTo("claude", "abc", 1_700_000_000, declared or {}, 0, request)


def begun(to: ReplyTo | None = None) -> StreamWriter:
    writer = StreamWriter(to or reply_to())
    writer.start("msg_01", "claude-inner")
    return writer


def ended(writer: StreamWriter, stop: StopReason = "end") -> dict[str, Any]:
    writer.stop(stop)
    writer.usage(Usage(100, 20, 40, 5, 7))
    writer.end()
    return assembled(writer.take())


def test_text_goes_through_every_step_of_its_life() -> None:
    writer = begun()
    writer.text("Hel")
    writer.text("lo \u00e4\n")
    writer.stop("end")
    writer.usage(Usage(10, 2))
    writer.end()
    stream = writer.take()
    assert kinds_in(stream) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    whole = assembled(stream)
    assert whole["status"] == "completed"
    assert whole["model"] == "claude"
    assert whole["id"] == "resp_abc"
    assert whole["created_at"] == 1_700_000_000
    assert whole["output"][0]["content"][0]["text"] == "Hello \u00e4\n"


def test_nothing_is_written_twice() -> None:
    writer = begun()
    assert writer.take() != b""
    assert writer.take() == b""


def test_what_was_asked_for_is_repeated() -> None:
    tools = [{"type": "function", "name": "f", "parameters": {"type": "object"}}, {"type": "local_shell"}]
    asked = {
        "instructions": "Be brief.",
        "tools": tools,
        "tool_choice": {"type": "function", "name": "f"},
        "temperature": 0.5,
        "metadata": {"a": "b"},
        "parallel_tool_calls": False,
        "reasoning": {"effort": "high", "summary": "auto"},
        "text": {"verbosity": "low"},
        "max_output_tokens": 99,
        "store": False,
        "user": "u",
    }
    whole = ended(begun(reply_to(**asked)))
    for name, value in asked.items():
        if name not in ("tools", "text"):
            assert whole[name] == value
    assert whole["tools"][0]["name"] == "f"
    assert whole["tools"][1] == {"type": "local_shell"}
    assert whole["text"] == {"format": {"type": "text"}, "verbosity": "low"}


def test_usage_has_its_details() -> None:
    assert ended(begun())["usage"] == {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 5},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 7},
        "total_tokens": 120,
    }


def test_items_stand_in_the_order_they_began() -> None:
    writer = begun(reply_to(**WITH_PROOFS))
    writer.reasoning("hm")
    writer.reasoning_proof(sealed("anthropic_messages", "SIG"))
    writer.text("a")
    writer.tool_call(0, "c0", "f")
    writer.arguments(0, "{}")
    writer.text("b")
    writer.reasoning("again")
    writer.tool_call(1, "c1", "g")
    whole = ended(writer, "tool_calls")
    kinds = ["reasoning", "message", "function_call", "message", "reasoning", "function_call"]
    assert [item["type"] for item in whole["output"]] == kinds
    assert len({item["id"] for item in whole["output"]}) == 6


def test_calls_may_take_turns() -> None:
    writer = begun()
    writer.tool_call(3, "call_a", "f")
    writer.tool_call(9, "call_b", "g")
    for key, piece in ((3, '{"x"'), (9, '{"y":'), (3, ":1}"), (9, "2}")):
        writer.arguments(key, piece)
    first, second = ended(writer, "tool_calls")["output"]
    assert (first["call_id"], first["name"], first["arguments"]) == ("call_a", "f", '{"x":1}')
    assert (second["call_id"], second["name"], second["arguments"]) == ("call_b", "g", '{"y":2}')


def test_a_complete_call_is_told_at_once() -> None:
    writer = begun()
    writer.tool_call(0, "c", "f")
    writer.arguments(0, "{}")
    writer.close_block()
    assert kinds_in(writer.take())[-1] == "output_item.done"


def test_a_call_without_arguments_has_an_empty_object() -> None:
    writer = begun()
    writer.tool_call(0, "c", "f")
    assert ended(writer, "tool_calls")["output"][0]["arguments"] == "{}"


def test_a_custom_tool_gets_its_text_back_while_it_is_written() -> None:
    writer = begun(reply_to({"apply_patch": Tool("apply_patch", is_custom=True)}))
    writer.tool_call(0, "c", "apply_patch")
    for piece in ('{"inp', 'ut": "*** Begin', " Patch\\", 'n+\\"x\\""}'):
        writer.arguments(0, piece)
    writer.stop("tool_calls")
    writer.end()
    stream = writer.take()
    deltas = [event["delta"] for event in events_in(stream) if event["type"].endswith("input.delta")]
    assert deltas == ["*** Begin", " Patch", '\n+"x"']
    (item,) = assembled(stream)["output"]
    assert item["type"] == "custom_tool_call"
    assert item["input"] == '*** Begin Patch\n+"x"'
    assert item["name"] == "apply_patch"


def test_a_custom_tool_given_other_arguments_gets_them_in_the_end() -> None:
    writer = begun(reply_to({"apply_patch": Tool("apply_patch", is_custom=True)}))
    writer.tool_call(0, "c", "apply_patch")
    writer.arguments(0, '{"patch": "p"}')
    assert ended(writer, "tool_calls")["output"][0]["input"] == "p"


def test_a_provider_with_custom_tools_gives_text_as_it_is() -> None:
    writer = begun()
    writer.tool_call(0, "c", "apply_patch", is_custom=True)
    writer.arguments(0, '{"input": "no JSON to us"}')
    assert ended(writer, "tool_calls")["output"][0]["input"] == '{"input": "no JSON to us"}'


def test_a_namespaced_tool_is_called_by_the_names_it_was_declared_with() -> None:
    writer = begun(reply_to({"mcp__fs__read": Tool("read", namespace="mcp__fs")}))
    writer.tool_call(0, "c", "mcp__fs__read")
    (item,) = ended(writer, "tool_calls")["output"]
    assert (item["name"], item["namespace"]) == ("read", "mcp__fs")


def test_a_search_for_tools_is_the_clients_own_item() -> None:
    search = {"type": "tool_search", "execution": "client", "description": "d", "parameters": {"type": "object"}}
    writer = begun(reply_to(tools=[search]))
    writer.tool_call(0, "c", "tool_search")
    writer.arguments(0, '{"query": ')
    writer.arguments(0, '"x"}')
    (item,) = ended(writer, "tool_calls")["output"]
    assert item["type"] == "tool_search_call"
    assert item["execution"] == "client"
    assert item["arguments"] == {"query": "x"}
    assert item["call_id"] == "c"


@pytest.mark.parametrize(
    ("declared", "arguments", "call"),
    [
        (
            "local_shell",
            '{"command":["ls"]}',
            {"type": "local_shell_call", "action": {"type": "exec", "command": ["ls"], "env": {}}},
        ),
        ("shell", '{"commands":["ls"]}', {"type": "shell_call", "action": {"commands": ["ls"]}}),
        (
            "apply_patch",
            '{"type":"delete_file","path":"a","diff":""}',
            {"type": "apply_patch_call", "operation": {"type": "delete_file", "path": "a", "diff": ""}},
        ),
    ],
)
def test_a_tool_the_client_runs_is_called_by_its_own_item(declared: str, arguments: str, call: dict[str, Any]) -> None:
    writer = begun(reply_to(tools=[{"type": declared}]))
    writer.tool_call(0, "c", declared)
    writer.arguments(0, arguments)
    (item,) = ended(writer, "tool_calls")["output"]
    assert item.pop("id")
    assert item == {**call, "call_id": "c", "status": "completed"}


def test_a_function_of_the_same_name_is_a_function() -> None:
    writer = begun(reply_to(tools=[{"type": "function", "name": "shell"}]))
    writer.tool_call(0, "c", "shell")
    assert ended(writer, "tool_calls")["output"][0]["type"] == "function_call"


def test_visible_thinking_is_a_summary() -> None:
    writer = begun()
    writer.reasoning("first ")
    writer.reasoning("part")
    writer.close_block()
    writer.reasoning("second")
    writer.reasoning_proof(sealed("anthropic_messages", "SIG"))
    (item,) = ended(writer)["output"]
    assert [part["text"] for part in item["summary"]] == ["first part", "second"]
    assert "encrypted_content" not in item, "nobody asked for it"


@pytest.mark.parametrize(
    ("word", "id", "told", "item_id"),
    [
        (sealed("anthropic_messages", "SIG"), "", "plano:anthropic_messages::SIG", "rs_abc_0"),
        (sealed("openai_responses", "ENC", "rs_9"), "", "ENC", "rs_abc_0"),
    ],
)
def test_proofs_are_kept_for_clients_that_bring_them_back(word: str, id: str, told: str, item_id: str) -> None:
    writer = begun(reply_to(**WITH_PROOFS))
    writer.reasoning("hm")
    writer.reasoning_proof(word, id=id)
    (item,) = ended(writer)["output"]
    assert item["encrypted_content"] == told
    assert item["id"] == item_id


def test_thinking_without_words_is_an_item_with_a_proof() -> None:
    writer = begun(reply_to(**WITH_PROOFS))
    writer.reasoning("said")
    writer.reasoning_proof(sealed("anthropic_messages", "DATA"), is_redacted=True)
    writer.reasoning_proof(sealed("openai_responses", "ENC", "rs_9"), is_redacted=True)
    first, second, third = ended(writer)["output"]
    assert first["summary"]
    assert "encrypted_content" not in first
    assert second["summary"] == []
    assert second["encrypted_content"] == "plano:anthropic_messages:redacted:DATA"
    assert (third["id"], third["encrypted_content"]) == ("rs_9", "ENC")


def test_no_proof_ends_the_thinking() -> None:
    writer = begun(reply_to(**WITH_PROOFS))
    writer.reasoning("one")
    writer.reasoning_proof("")
    writer.reasoning("two")
    assert len(ended(writer)["output"]) == 2


def test_the_proof_of_a_call_stands_before_it() -> None:
    writer = begun(reply_to(**WITH_PROOFS))
    writer.tool_call(0, "c", "f", proof=sealed("gemini", "SIG"))
    thought, call = ended(writer, "tool_calls")["output"]
    assert thought["encrypted_content"] == "plano:gemini:call:SIG"
    assert call["type"] == "function_call"


def test_annotations_belong_to_their_text() -> None:
    writer = begun()
    writer.text("see this")
    writer.annotation(Annotation("url", "https://a", "A", start=4, end=8))
    writer.annotation(Annotation("quote", quote="q"))
    writer.annotation(Annotation("file", file_id="f1", title="a.pdf", index=2))
    writer.close_block()
    writer.text("more")
    first, second = ended(writer)["output"][0]["content"]
    assert [one["type"] for one in first["annotations"]] == ["url_citation", "file_citation"]
    assert first["annotations"][0]["start_index"] == 4
    assert second["annotations"] == []


def test_log_probabilities_are_told_with_the_text_and_in_the_end() -> None:
    entry = {"token": "a", "logprob": -0.1, "bytes": [97], "top_logprobs": []}
    writer = begun()
    writer.text("a", logprobs=[entry])
    writer.text("b")
    assert ended(writer)["output"][0]["content"][0]["logprobs"] == [entry]


def test_a_refusal_is_a_part_of_its_own() -> None:
    writer = begun()
    writer.text("Well. ")
    writer.refusal("I ca")
    writer.refusal("n't.")
    whole = ended(writer, "refusal")
    assert whole["status"] == "completed"
    assert [part["type"] for part in whole["output"][0]["content"]] == ["output_text", "refusal"]
    assert whole["output"][0]["content"][1]["refusal"] == "I can't."


@pytest.mark.parametrize(
    ("stop", "status", "reason"),
    [
        ("end", "completed", None),
        ("tool_calls", "completed", None),
        ("stop_sequence", "completed", None),
        ("paused", "completed", None),
        ("length", "incomplete", "max_output_tokens"),
        ("filtered", "incomplete", "content_filter"),
        ("refusal", "incomplete", "content_filter"),
    ],
)
def test_why_it_stopped(stop: StopReason, status: str, reason: str | None) -> None:
    writer = begun()
    writer.text("a")
    whole = ended(writer, stop)
    assert whole["status"] == status
    assert (whole["incomplete_details"] or {}).get("reason") == reason
    assert whole["output"][0]["status"] == status


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (429, "", "rate_limit_exceeded"),
        (529, "overloaded_error", "server_error"),
        (400, "invalid_request_error", "invalid_prompt"),
        (401, "x", "server_error"),
        (0, "", "server_error"),
    ],
)
def test_an_error_ends_the_response(status: int, code: str, told: str) -> None:
    writer = begun()
    writer.text("a")
    writer.tool_call(0, "c", "f")
    writer.arguments(0, '{"cut')
    writer.error(status, code, "it broke")
    stream = writer.take()
    whole = assembled(stream)
    assert kinds_in(stream)[-2:] == ["error", "failed"]
    assert whole["status"] == "failed"
    assert whole["error"] == {"code": told, "message": "it broke"}
    assert [item["status"] for item in whole["output"]] == ["completed", "incomplete"]


def test_the_official_sdk_raises_on_an_error() -> None:
    writer = begun()
    writer.error(500, "", "it broke")
    error = next(event for event in events_in(writer.take()) if event["type"] == "error")
    assert error["error"]["message"] == error["message"] == "it broke"


@pytest.mark.parametrize("code", ["context_length_exceeded", "insufficient_quota", "server_is_overloaded"])
def test_codes_that_codex_acts_on_stay_as_they_are(code: str) -> None:
    writer = begun()
    writer.error(400, code, "it broke")
    name, data = SseSplitter().feed(writer.take())[-1]
    assert name == "response.failed"
    assert msgspec.json.decode(data)["response"]["error"]["code"] == code


def test_an_error_before_anything_else_is_still_a_response() -> None:
    writer = StreamWriter(reply_to())
    writer.error(503, "", "gone")
    assert kinds_in(writer.take())[-1] == "failed"


def test_other_choices_are_not_told() -> None:
    writer = begun()
    writer.text("a")
    writer.text("b", 1)
    writer.reasoning("c", 1)
    writer.tool_call(0, "c", "f", 1)
    writer.arguments(0, "{}", 1)
    writer.stop("end", choice=1)
    assert len(ended(writer)["output"]) == 1


def test_items_of_the_own_dialect_are_passed_on_and_others_are_not() -> None:
    writer = begun()
    item = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "q"}}
    writer.foreign("openai_responses", "web_search_call", item)
    writer.foreign("anthropic_messages", "server_tool_use", {"type": "server_tool_use"})
    assert ended(writer)["output"] == [item]


def test_silence_is_a_comment() -> None:
    writer = begun()
    writer.take()
    writer.ping()
    assert writer.take() == b": ping\n\n"


def test_an_answer_without_content_has_no_items() -> None:
    assert ended(begun())["output"] == []
