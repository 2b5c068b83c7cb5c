"""Streams of providers that speak the Responses API, and of those that nearly do."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from plano.dialects.openai_responses.stream_reader import StreamReader
from plano.dialects.usage import Usage
from plano.errors import ProviderProtocolError
from tests.dialects.openai_responses.telling import Noting

Json = dict[str, Any]
START = {"type": "response.created", "response": {"id": "resp_1", "model": "gpt"}}
DONE = {"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "output": []}}
AT = {"item_id": "x_1", "output_index": 0}
CALL = {"id": "x_1", "type": "function_call", "call_id": "c1", "name": "f", "arguments": ""}


def told(*events: Json, between: bool = True) -> list[Any]:
    """What a writer is told; `between`: of the items only."""
    writer = Noting()
    reader = StreamReader(writer)
    for event in ([START, *events, DONE] if between else events):
        reader.event(str(event.get("type", "")), msgspec.json.encode(event))
    reader.close()
    return writer.told[1:-2] if between else writer.told


def added(item: Json, index: int = 0) -> Json:
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(item: Json, index: int = 0) -> Json:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def event(kind: str, **members: Any) -> Json:
    return {"type": f"response.{kind}", **AT, **members}


def message(*content: Json) -> Json:
    return {"id": "x_1", "type": "message", "role": "assistant", "content": list(content)}


TEXT = {"type": "output_text", "text": "Hello", "annotations": []}
SOURCE = {"type": "url_citation", "url": "https://a", "title": "A", "start_index": 0, "end_index": 1}
BOOK = {"type": "file_citation", "file_id": "f1", "filename": "a.pdf", "index": 0}


def test_a_text_from_its_first_event_to_its_last() -> None:
    details = {"cached_tokens": 4, "cache_write_tokens": 1}
    usage = {"input_tokens": 9, "output_tokens": 3, "input_tokens_details": details}
    assert told(
        START,
        {"type": "response.in_progress", "response": {}},
        added(message()),
        event("content_part.added", content_index=0, part={"type": "output_text", "text": ""}),
        event("output_text.delta", content_index=0, delta="Hel"),
        event("output_text.delta", content_index=0, delta="lo"),
        event("output_text.done", content_index=0, text="Hello"),
        event("content_part.done", content_index=0, part=TEXT),
        done(message(TEXT)),
        {"type": "response.completed", "response": {"status": "completed", "output": [message(TEXT)], "usage": usage}},
        between=False,
    ) == [
        ("start", "resp_1", "gpt"),
        ("text", "Hello"),
        ("close",),
        ("usage", Usage(9, 3, 4, 1, 0)),
        ("stop", "end"),
        ("end",),
    ]


@pytest.mark.parametrize(
    "events",
    [
        [event("output_text.done", text="Hello")],
        [event("content_part.added"), done(message(TEXT))],
        [done(message(TEXT))],
        [added(message()), event("output_text.delta", delta="Hello"), done(message(TEXT))],
        [event("output_text.delta", delta="Hello"), event("output_text.done", text="Hello"), done(message(TEXT))],
        [{"type": "response.output_text.delta", "delta": "Hello"}],
        [
            {"type": "response.output_text.delta", "delta": "Hel"},
            {"type": "response.output_text.delta", "delta": "lo"},
            {"type": "response.output_text.done", "text": "Hello"},
        ],
    ],
)
def test_a_text_is_told_once_however_it_comes(events: list[Json]) -> None:
    assert [what for what in told(*events) if what != ("close",)] == [("text", "Hello")]


def test_a_response_that_was_not_streamed_at_all_is_told_in_the_end() -> None:
    output = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        message(TEXT),
        {**CALL, "id": "fc", "arguments": "{}"},
    ]
    response = {"id": "resp_1", "model": "gpt", "status": "completed", "output": output}
    assert told({"type": "response.completed", "response": response}, between=False) == [
        ("start", "resp_1", "gpt"),
        ("summary", "hm"),
        ("proof", "", "", False),
        ("text", "Hello"),
        ("close",),
        ("call", 2, "c1", "f", False),
        ("arguments", 2, "{}"),
        ("close",),
        ("stop", "tool_calls"),
        ("end",),
    ]


def test_what_was_streamed_is_not_told_again_in_the_end() -> None:
    """Some servers count places differently, or give an item another id every time."""
    output = [{**CALL, "id": "other", "arguments": "{}"}, message(TEXT)]
    heard = told(
        START,
        added(CALL),
        {"type": "response.function_call_arguments.delta", "item_id": "again", "output_index": 0, "delta": "{}"},
        done({**CALL, "id": "third", "arguments": "{}"}),
        {"type": "response.completed", "response": {"output": output}},
        between=False,
    )
    assert [what[0] for what in heard] == ["start", "call", "arguments", "close", "stop", "end"]


def test_a_refusal() -> None:
    assert told(
        START,
        event("refusal.delta", delta="I ca"),
        event("refusal.delta", delta="n't"),
        event("refusal.done", refusal="I can't"),
        done(message({"type": "refusal", "refusal": "I can't"})),
        DONE,
        between=False,
    )[1:] == [("refusal", "I can't"), ("stop", "refusal"), ("end",)]


def test_a_refusal_without_deltas() -> None:
    assert told(done(message({"type": "refusal", "refusal": "no"})))[0] == ("refusal", "no")


@pytest.mark.parametrize("are_told", [0, 1, 2])
def test_annotations_are_told_once(are_told: int) -> None:
    part = {**TEXT, "annotations": [SOURCE, BOOK]}
    events = [event("output_text.annotation.added", annotation=one) for one in (SOURCE, BOOK)][:are_told]
    assert told(
        event("output_text.delta", delta="Hello"), *events, event("content_part.done", part=part), done(message(part))
    ) == [("text", "Hello"), ("annotation", "url", "https://a"), ("annotation", "file", "f1"), ("close",)]


def test_annotations_of_a_whole_message() -> None:
    part = {**TEXT, "annotations": [SOURCE]}
    assert told(done(message(part))) == [("text", "Hello"), ("annotation", "url", "https://a"), ("close",)]


def test_parts_of_a_message_are_told_apart() -> None:
    assert told(
        event("output_text.delta", content_index=0, delta="a"),
        event("content_part.done", content_index=0, part=TEXT),
        event("output_text.delta", content_index=1, delta="b"),
        event("content_part.done", content_index=1, part=TEXT),
    ) == [("text", "a"), ("close",), ("text", "b"), ("close",)]


def test_log_probabilities_come_with_their_text() -> None:
    entries = [{"token": "a", "logprob": -0.1}]
    assert told(event("output_text.delta", delta="a", logprobs=entries)) == [("logprobs", entries), ("text", "a")]


def test_thoughts_as_a_summary_with_their_proof() -> None:
    item = {
        "id": "x_1",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "one"}, {"type": "summary_text", "text": "two"}],
        "encrypted_content": "ENC",
    }
    assert told(
        added({**item, "summary": [], "encrypted_content": "EARLY"}),
        event("reasoning_summary_part.added", summary_index=0, part={}),
        event("reasoning_summary_text.delta", summary_index=0, delta="o"),
        event("reasoning_summary_text.delta", summary_index=0, delta="ne"),
        event("reasoning_summary_text.done", summary_index=0, text="one"),
        event("reasoning_summary_part.done", summary_index=0, part={}),
        event("reasoning_summary_text.delta", summary_index=1, delta="two"),
        event("reasoning_summary_text.done", summary_index=1, text="two"),
        done(item),
    ) == [("summary", "one\n\ntwo"), ("proof", "plano:openai_responses:x_1:ENC", "x_1", False)]


def test_thoughts_in_full() -> None:
    assert told(
        event("reasoning_text.delta", content_index=0, delta="hm"),
        event("reasoning_text.done", content_index=0, text="hm"),
        done({"id": "x_1", "type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]}),
    ) == [("reasoning", "hm"), ("proof", "", "x_1", False)]


@pytest.mark.parametrize(
    "events",
    [
        [event("reasoning_summary_text.done", summary_index=0, text="hm")],
        [done({"id": "x_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]})],
    ],
)
def test_thoughts_without_deltas(events: list[Json]) -> None:
    assert told(*events)[0] == ("summary", "hm")


def test_thoughts_without_words() -> None:
    item = {"id": "x_1", "type": "reasoning", "summary": []}
    assert told(added(item), done(item)) == []
    assert told(added(item), done({**item, "encrypted_content": "ENC"})) == [
        ("proof", "plano:openai_responses:x_1:ENC", "x_1", True)
    ]


@pytest.mark.parametrize(
    "events",
    [
        [
            added(CALL),
            event("function_call_arguments.delta", delta='{"a"'),
            event("function_call_arguments.delta", delta=":1}"),
            event("function_call_arguments.done", arguments='{"a":1}'),
            done({**CALL, "arguments": '{"a":1}'}),
        ],
        [
            added(CALL),
            event("function_call_arguments.done", arguments='{"a":1}'),
            done({**CALL, "arguments": '{"a":1}'}),
        ],
        [added(CALL), done({**CALL, "arguments": '{"a":1}'})],
        [done({**CALL, "arguments": '{"a":1}'})],
        [done({**CALL, "arguments": {"a": 1}})],
        [done({**CALL, "id": None, "arguments": '{"a":1}'})],
    ],
)
def test_arguments_are_told_once_however_they_come(events: list[Json]) -> None:
    assert told(*events) == [("call", 0, "c1", "f", False), ("arguments", 0, '{"a":1}'), ("close",)]


def test_a_custom_tool_gets_text() -> None:
    item = {"id": "x_1", "type": "custom_tool_call", "call_id": "c1", "name": "apply_patch", "input": ""}
    assert told(
        added(item),
        event("custom_tool_call_input.delta", delta="*** "),
        event("custom_tool_call_input.delta", delta="Begin"),
        event("custom_tool_call_input.done", input="*** Begin"),
        done({**item, "input": "*** Begin"}),
    ) == [("call", 0, "c1", "apply_patch", True), ("arguments", 0, "*** Begin"), ("close",)]


def test_items_may_come_without_any_place() -> None:
    item = {"type": "message", "role": "assistant", "content": [TEXT]}
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    events = [{"type": "response.output_item.done", "item": one} for one in (item, call, call)]
    a_call = ["call", "arguments", "close"]
    assert [what[0] for what in told(*events)] == ["text", "close", *a_call, *a_call]


@pytest.mark.parametrize("by", ["item_id", "output_index"])
def test_calls_beside_each_other_are_found_by_what_there_is(by: str) -> None:
    first, second = ({**CALL, "id": f"fc_{n}", "call_id": f"c{n}"} for n in (0, 1))

    def piece(number: int, delta: str) -> Json:
        place = {"item_id": f"fc_{number}"} if by == "item_id" else {"output_index": number}
        return {"type": "response.function_call_arguments.delta", **place, "delta": delta}

    assert told(added(first, 0), added(second, 1), piece(0, "{"), piece(1, "["), piece(0, "}"), piece(1, "]")) == [
        ("call", 0, "c0", "f", False),
        ("call", 1, "c1", "f", False),
        ("arguments", 0, "{"),
        ("arguments", 1, "["),
        ("arguments", 0, "}"),
        ("arguments", 1, "]"),
    ]


def test_the_end_of_one_call_does_not_close_another() -> None:
    first, second = ({**CALL, "id": f"fc_{n}", "call_id": f"c{n}", "arguments": "{}"} for n in (0, 1))
    delta = {"type": "response.function_call_arguments.delta", "delta": "{}"}
    heard = told(
        added(first, 0),
        added(second, 1),
        {**delta, "item_id": "fc_0"},
        {**delta, "item_id": "fc_1"},
        done(first, 0),
        done(second, 1),
    )
    assert heard.count(("close",)) == 1
    assert heard[-1] == ("close",)


@pytest.mark.parametrize("kind", ["web_search_call", "image_generation_call", "mcp_call", "some_new_item"])
def test_items_nobody_else_has_come_whole(kind: str) -> None:
    item = {"id": "x_1", "type": kind, "status": "completed"}
    assert told(added({**item, "status": "in_progress"}), event(f"{kind}.searching"), done(item)) == [
        ("foreign", "openai_responses", kind, item)
    ]


@pytest.mark.parametrize(
    ("response", "stop"),
    [
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"incomplete_details": {"reason": "content_filter"}}, "filtered"),
        ({}, "length"),
    ],
)
def test_an_incomplete_response(response: Json, stop: str) -> None:
    assert told(START, {"type": "response.incomplete", "response": response}, between=False)[1:] == [
        ("stop", stop),
        ("end",),
    ]


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (
            {"type": "response.failed", "response": {"error": {"code": "rate_limit_exceeded", "message": "m"}}},
            (429, "rate_limit_exceeded", "m"),
        ),
        (
            {"type": "response.failed", "response": {"error": {"code": "context_length_exceeded", "message": "m"}}},
            (400, "context_length_exceeded", "m"),
        ),
        ({"type": "response.failed", "response": {}}, (500, "", "the provider's response failed")),
        ({"type": "response.failed"}, (500, "response.failed", "the provider's response failed")),
        ({"type": "error", "code": "server_error", "message": "m", "param": None}, (500, "server_error", "m")),
        ({"type": "error", "message": "m"}, (500, "", "m")),
        (
            {"type": "error", "error": {"type": "invalid_request_error", "code": None, "message": "m"}},
            (400, "invalid_request_error", "m"),
        ),
        ({"error": {"message": "m", "code": "insufficient_quota"}}, (429, "insufficient_quota", "m")),
    ],
)
def test_a_failure_is_the_last_thing_told(failure: Json, expected: tuple[int, str, str]) -> None:
    assert told(START, failure, DONE, between=False)[1:] == [("error", *expected)]


def test_what_a_failed_response_cost_is_told() -> None:
    failed = {"type": "response.failed", "response": {"usage": {"input_tokens": 1, "output_tokens": 2}, "error": {}}}
    assert ("usage", Usage(1, 2)) in told(START, failed, between=False)


@pytest.mark.parametrize(
    "strange",
    [
        {"type": "response.brand_new.delta", "delta": "x"},
        {"type": "keepalive"},
        {"type": None},
        {"type": {"a": 1}},
        {"type": ["a"]},
        {},
        {"type": "response.output_item.added", "item": None},
        {"type": "response.output_item.done"},
        {"type": "response.output_item.done", "item": []},
        {"type": "response.output_text.delta", "delta": None},
        {"type": "response.output_text.delta", "delta": ""},
        {"type": "response.output_text.delta", "delta": {"a": 1}},
        {"type": "response.output_text.annotation.added", "annotation": None},
        {"type": "response.output_text.annotation.added", "annotation": {"type": "other"}},
        {"type": "response.function_call_arguments.delta", "delta": "nobody's"},
        {"type": "response.function_call_arguments.done", "arguments": None},
        {"type": "response.reasoning_summary_text.delta", "delta": 3},
        {"type": "response.content_part.done", "part": None},
    ],
)
def test_what_cannot_be_understood_is_skipped(strange: Json) -> None:
    assert told(strange) == []


@pytest.mark.parametrize("place", [{"item_id": {}}, {"item_id": None}, {"output_index": []}, {"output_index": "0"}])
def test_places_that_are_none_cost_nothing(place: Json) -> None:
    assert told({"type": "response.output_text.delta", "delta": "a", **place}) == [("text", "a")]


def test_the_name_of_an_event_may_stand_for_its_type() -> None:
    writer = Noting()
    reader = StreamReader(writer)
    reader.event("response.output_text.delta", b'{"delta":"a"}')
    assert writer.told == [("start", "", ""), ("text", "a")]


@pytest.mark.parametrize("data", [b"", b"[DONE]", b"[]", b"3", b"null"])
def test_data_that_is_no_event_is_skipped(data: bytes) -> None:
    writer = Noting()
    StreamReader(writer).event("", data)
    assert writer.told == []


def test_broken_json_is_an_error() -> None:
    with pytest.raises(ProviderProtocolError):
        StreamReader(Noting()).event("response.output_text.delta", b'{"delta":')


def test_a_stream_without_its_last_event_is_an_error() -> None:
    reader = StreamReader(Noting())
    reader.event("", msgspec.json.encode(START))
    reader.event("", msgspec.json.encode(done(message(TEXT))))
    with pytest.raises(ProviderProtocolError):
        reader.close()
