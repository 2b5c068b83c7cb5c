"""A stream that broke off anywhere, joined to another answer: the client sees one valid stream, every word once."""

from __future__ import annotations

from typing import Any

import pytest

from plano.dialects.operation import Operation
from plano.dialects.registry import DIALECTS
from plano.http.wire.json_envelope import Envelope
from plano.testing.scripted_provider import ToolCall
from tests.dialects.transcripts import OPERATIONS, Reading, cut_anew, transcript

PIECES = ("The", " quick", " brown fox", " — naïve 🦊", "\n\njumps", " over", ' the "lazy" dog.', " {Twice", "} over.")
TEXT = "".join(PIECES)
every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def joined(
    operation: Operation, delivered_events: list[bytes], other: list[bytes], mode: str = "replay"
) -> tuple[bytes, str]:
    """What the client gets when `other` follows what was delivered, and the state in which that ends."""
    dialect = DIALECTS[operation.dialect]
    delivered = dialect.delivered()
    delivered.add(b"".join(delivered_events))
    assert delivered.obstacle == ""
    splice = dialect.splice(delivered, mode)  # type: ignore[arg-type]
    return b"".join([*delivered_events, *(splice.feed(event) for event in other)]), splice.state


def is_before_end(operation: Operation, events: list[bytes]) -> bool:
    delivered = DIALECTS[operation.dialect].delivered()
    delivered.add(b"".join(events))
    return not delivered.is_complete


@every_operation
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_wherever_a_stream_breaks_off_a_replay_completes_it(operation: Operation, line_end: str) -> None:
    events = [event.replace(b"\n", line_end.encode()) for event in transcript(operation, PIECES)]
    other = transcript(operation, cut_anew(TEXT, seed=3), number=2, model="second")
    cuts = [cut for cut in range(1, len(events)) if is_before_end(operation, events[:cut])]
    assert len(cuts) >= len(PIECES) - 1
    for cut in cuts:
        stream, state = joined(operation, events[:cut], other)
        reading = Reading(operation, stream)
        assert (reading.text, reading.ends, state) == (TEXT, 1, "spliced"), cut


@every_operation
def test_pieces_of_any_size_are_joined(operation: Operation) -> None:
    for seed in range(60):
        events = transcript(operation, cut_anew(TEXT, seed))
        other = transcript(operation, cut_anew(TEXT, seed + 1000), number=2)
        cut = 1 + seed % (len(events) - 2)
        if is_before_end(operation, events[:cut]):
            assert Reading(operation, joined(operation, events[:cut], other)[0]).text == TEXT


@every_operation
def test_a_stream_can_be_taken_up_twice(operation: Operation) -> None:
    events = transcript(operation, PIECES)
    dialect = DIALECTS[operation.dialect]
    delivered = dialect.delivered()
    sent = b"".join(events[:5])
    delivered.add(sent)
    second = dialect.splice(delivered, "replay")
    for event in transcript(operation, cut_anew(TEXT, 5), number=2)[:-6]:
        more = second.feed(event)
        delivered.add(more)
        sent += more
    third = dialect.splice(delivered, "replay")
    sent += b"".join(map(third.feed, transcript(operation, cut_anew(TEXT, 6), number=3)))
    assert Reading(operation, sent).text == TEXT


@every_operation
def test_another_answer_is_a_mismatch_and_nothing_of_it_is_sent(operation: Operation) -> None:
    events = transcript(operation, PIECES)[:7]
    for other_text in ("The quick red fox", "The qui", "Something else"):
        other = transcript(operation, cut_anew(other_text, 1), number=2)
        stream, state = joined(operation, events, other)
        assert (stream, state) == (b"".join(events), "mismatch"), other_text


@every_operation
def test_what_a_continuation_repeats_is_cut_off(operation: Operation) -> None:
    events = transcript(operation, PIECES)[:7]
    delivered = DIALECTS[operation.dialect].delivered()
    delivered.add(b"".join(events))
    had = delivered.text
    rest = TEXT[len(had) :]
    assert rest
    end = had[-40:]
    for repeated in (end, " ".join(end.split()), f"```\n{end}", f"…{end}", had):
        other = transcript(operation, cut_anew(repeated + rest, 2), number=2)
        reading = Reading(operation, joined(operation, events, other, "continue")[0])
        assert reading.text == TEXT, repeated


@every_operation
def test_a_continuation_that_repeats_nothing_is_joined_as_it_is(operation: Operation) -> None:
    events = transcript(operation, PIECES)[:7]
    other = transcript(operation, (" and", " more than that, at length, until it is clear enough." * 5), number=2)
    reading = Reading(operation, joined(operation, events, other, "continue")[0])
    assert reading.text.endswith(" and" + " more than that, at length, until it is clear enough." * 5)


@pytest.mark.parametrize("name", ["chat", "messages", "responses"])
def test_a_tool_call_that_had_begun_is_an_obstacle(name: str) -> None:
    operation = OPERATIONS[name]
    events = transcript(operation, () if name == "responses" else PIECES, calls=(ToolCall("look", '{"a":1}'),))
    obstacles = set()
    for cut in range(1, len(events)):
        delivered = DIALECTS[operation.dialect].delivered()
        delivered.add(b"".join(events[:cut]))
        obstacles.add(delivered.obstacle)
    assert "a tool call had begun" in obstacles


@pytest.mark.parametrize("name", ["chat", "messages"])
def test_a_tool_call_after_the_text_that_was_delivered_is_new(name: str) -> None:
    operation = OPERATIONS[name]
    other = transcript(operation, cut_anew(TEXT, 4), number=2, calls=(ToolCall("look", '{"a":1}'),))
    reading = Reading(operation, joined(operation, transcript(operation, PIECES)[:6], other)[0])
    assert (reading.text, reading.tools) == (TEXT, ["look"])


def test_reasoning_that_was_told_is_not_told_again() -> None:
    operation = OPERATIONS["messages"]
    thoughts = ("Let", " me", " see")
    events = transcript(operation, PIECES, thoughts=thoughts, thinking={"type": "enabled"})
    other = transcript(operation, cut_anew(TEXT, 7), number=2, thoughts=("Hm",), thinking={"type": "enabled"})
    text_at = next(number for number, event in enumerate(events) if b"text_delta" in event)
    reading = Reading(operation, joined(operation, events[: text_at + 2], other)[0])
    assert reading.text == TEXT
    assert sum(b"thinking_delta" in event for event in events[: text_at + 2]) == len(thoughts)


def test_reasoning_that_was_cut_is_an_obstacle() -> None:
    operation = OPERATIONS["messages"]
    events = transcript(operation, PIECES, thoughts=("Let", " me"), thinking={"type": "enabled"})
    delivered = DIALECTS[operation.dialect].delivered()
    delivered.add(b"".join(events[:4]))
    assert delivered.obstacle == "its reasoning was cut"


@pytest.mark.parametrize(
    ("members", "obstacle"),
    [({"n": 2}, "several choices were asked for"), ({"logprobs": True}, "log probabilities were asked for")],
)
def test_what_a_replay_cannot_give_is_an_obstacle(members: dict[str, Any], obstacle: str) -> None:
    operation = OPERATIONS["chat"]
    delivered = DIALECTS[operation.dialect].delivered()
    delivered.add(b"".join(transcript(operation, PIECES, **members)[:6]))
    assert delivered.obstacle == obstacle


def test_the_usage_is_the_sum_of_what_was_billed() -> None:
    operation = OPERATIONS["messages"]
    other = transcript(operation, cut_anew(TEXT, 4), number=2)
    whole = Reading(operation, b"".join(other))
    reading = Reading(operation, joined(operation, transcript(operation, PIECES)[:6], other)[0])
    assert reading.usage["output_tokens"] > whole.usage["output_tokens"]
    assert reading.usage["input_tokens"] > 0


def test_what_follows_names_the_model_that_finished() -> None:
    operation = OPERATIONS["chat"]
    other = transcript(operation, cut_anew(TEXT, 4), number=2, model="second")
    reading = Reading(operation, joined(operation, transcript(operation, PIECES)[:6], other)[0])
    assert (reading.models[0], reading.models[-1]) == ("first", "second")


@every_operation
def test_a_stream_that_lacks_only_its_last_frame_is_complete(operation: Operation) -> None:
    dialect = DIALECTS[operation.dialect]
    events = transcript(operation, PIECES)
    delivered = dialect.delivered()
    delivered.add(b"".join(events[:-1]))
    assert delivered.is_complete is bool(dialect.last_frame)
    if dialect.last_frame:
        assert Reading(operation, b"".join(events[:-1]) + dialect.last_frame).text == TEXT


@pytest.mark.parametrize("name", ["chat", "messages", "responses"])
def test_a_continuation_is_asked_for_by_the_user(name: str) -> None:
    dialect = DIALECTS[OPERATIONS[name].dialect]
    key = "input" if name == "responses" else "messages"
    turns = '[{"role":"system","content":"be kind"},{"role":"user","content":[{"type":"text","text":"hi"}]}]'
    envelope = Envelope.open(b'{"model":"m","%b":%b,"extra":1}' % (key.encode(), turns.encode()))
    assert dialect.continuation(envelope, "The quick brown fox ")
    asked = envelope.get(key)
    assert [turn["role"] for turn in asked] == ["system", "user", "assistant", "user"]
    assert asked[2]["content"].startswith("The quick brown fox")
    assert "The quick brown fox" in asked[3]["content"]
    assert envelope.get("extra") == 1


def test_an_input_of_one_text_can_be_continued_too() -> None:
    envelope = Envelope.open(b'{"model":"m","input":"hi"}')
    assert DIALECTS["openai_responses"].continuation(envelope, "The quick")
    assert [turn["role"] for turn in envelope.get("input")] == ["user", "assistant", "user"]


def test_text_completions_cannot_be_continued() -> None:
    assert not DIALECTS["openai_chat"].continuation(Envelope.open(b'{"model":"m","prompt":"hi"}'), "The")


@pytest.mark.parametrize(
    ("dialect", "event", "status", "word"),
    [
        ("openai_chat", b'data: {"error":{"message":"no","type":"server_error","code":null}}\n\n', 500, "server_error"),
        ("openai_chat", b'data: {"error":{"message":"no","code":502}}\n\n', 502, ""),
        ("openai_chat", b'data: {"error":"no"}\n\n', 0, ""),
        (
            "anthropic_messages",
            b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"no"}}\n\n',
            529,
            "overloaded_error",
        ),
        ("openai_responses", b'data: {"type":"error","code":"rate_limit_exceeded","message":"no"}\n\n', 429, None),
        (
            "openai_responses",
            b'data: {"type":"response.failed","response":{"error":{"code":"server_error","message":"no"}}}\n\n',
            500,
            "server_error",
        ),
    ],
)
def test_an_error_told_in_a_stream_is_found(dialect: str, event: bytes, status: int, word: str | None) -> None:
    failure = DIALECTS[dialect].failure_in(event)
    assert failure is not None
    assert (failure.message, failure.provider_status) == ("no", status)
    assert word is None or failure.word == word


@every_operation
def test_words_about_errors_are_no_errors_and_an_envelope_is_no_content(operation: Operation) -> None:
    dialect = DIALECTS[operation.dialect]
    events = transcript(operation, ('an "error": {"message"', " failed"))
    assert [event for event in events if dialect.failure_in(event) is not None] == []
    first = next(number for number, event in enumerate(events) if dialect.has_content(event))
    assert all(b"an \\" not in event for event in events[:first])
    assert b"an \\" in events[first]
