"""Streams on their way through filters: nothing is lost, nothing is seen that should not be, however they are cut."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plano.dialects.passages import Place, TextFilter
from plano.dialects.stream_texts import StreamTexts
from plano.errors import ProviderProtocolError
from plano.http.wire.sse import event_data, split_events
from plano.testing.scripted_provider import ToolCall
from tests.dialects.sample_filters import MARK, NAME, none, restoring, same, seeing, words
from tests.dialects.transcripts import OPERATIONS, cut_anew, transcript

STREAMS = Path(__file__).parents[1] / "golden" / "streams"
GOLDEN = [
    (operation, path)
    for operation, dialect in (
        ("chat", "openai_chat"), ("messages", "anthropic_messages"), ("responses", "openai_responses")
    )
    for path in sorted(STREAMS.glob(f"{dialect}_*.sse"))
]  # fmt: skip
Open = Callable[[Place], TextFilter | None]


def through(operation: str, stream: bytes, open: Open, size: int = 1 << 30) -> bytes:
    texts = StreamTexts(operation, open)
    out = [texts.feed(stream[at : at + size]) for at in range(0, len(stream), size)]
    return b"".join(out) + texts.end()


def documents(stream: bytes) -> list[dict[str, Any]]:
    found = [event_data(event) for event in split_events(stream)]
    return [json.loads(data) for data in found if data.startswith(b"{")]


def said(operation: str, stream: bytes) -> dict[Any, str]:
    """The texts of a stream as a client joins them."""
    texts: dict[Any, str] = {}
    for told in documents(stream):
        for key, text in SAID[operation](told):
            texts[key] = texts.get(key, "") + text
    return texts


def _chat(told: dict[str, Any]) -> list[tuple[Any, str]]:
    found = []
    for choice in told.get("choices", ()):
        delta = choice.get("delta", choice)
        names = ("content", "text", "refusal", "reasoning_content")
        found += [((choice["index"], name), delta.get(name) or "") for name in names]
        for call in delta.get("tool_calls", ()):
            arguments = call.get("function", {}).get("arguments", "")
            found.append(((choice["index"], call["index"], "arguments"), arguments))
    return [(key, text) for key, text in found if text]


def _messages(told: dict[str, Any]) -> list[tuple[Any, str]]:
    delta = told.get("delta", {}) if told["type"] == "content_block_delta" else {}
    names = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
    name = names.get(delta.get("type", ""))
    return [((told["index"], delta["type"]), delta[name])] if name and delta[name] else []


def _responses(told: dict[str, Any]) -> list[tuple[Any, str]]:
    place = (told.get("output_index"), told.get("content_index"), told.get("summary_index"))
    return [((*place, told["type"]), told["delta"])] if isinstance(told.get("delta"), str) else []


SAID: dict[str, Callable[[dict[str, Any]], list[tuple[Any, str]]]] = {
    "chat": _chat, "completions": _chat, "messages": _messages, "responses": _responses
}  # fmt: skip


def leaves(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, list) else []


def stream_of(operation: str, pieces: tuple[str, ...], thoughts: tuple[str, ...] = (), arguments: str = "") -> bytes:
    calls = (ToolCall("look", arguments),) if arguments and operation != "completions" else ()
    thoughts = thoughts if operation != "completions" else ()
    return b"".join(transcript(OPERATIONS[operation], pieces, thoughts=thoughts, calls=calls))


@pytest.mark.parametrize(("operation", "path"), GOLDEN, ids=lambda value: getattr(value, "name", value))
@pytest.mark.parametrize("open", [same, none])
def test_a_stream_in_which_nothing_changes_stays_as_it_is_byte_for_byte(
    operation: str, path: Path, open: Open
) -> None:
    stream = path.read_bytes()
    for size in (1, 7, 64, 1 << 20):
        assert through(operation, stream, open, size) == stream
    with_returns = stream.replace(b"\n", b"\r\n")
    for size in (1, 2, 64, 1 << 20):
        assert through(operation, with_returns, open, size) == with_returns


@pytest.mark.parametrize(("operation", "path"), GOLDEN, ids=lambda value: getattr(value, "name", value))
def test_the_cutting_of_blocks_makes_no_difference(operation: str, path: Path) -> None:
    stream = path.read_bytes()
    whole = through(operation, stream, words)
    for size in (1, 3, 50, 1000):
        assert through(operation, stream, words, size) == whole
    if operation == "responses":
        _assert_repeats(whole, said(operation, whole))


text_parts = st.lists(
    st.sampled_from([MARK, "[X", "_1]", "[", "]", " ", "é", "\U0001f600", '"', "\\", "\n", "word", "{}"]), max_size=12
).map("".join)
json_values = st.recursive(
    text_parts | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text_parts, inner, max_size=3),
    max_leaves=6,
)


def restored(value: Any) -> Any:
    """What a filter of the whole document would make of it."""
    if isinstance(value, str):
        return value.replace(MARK, NAME)
    if isinstance(value, dict):
        return {restored(name): restored(one) for name, one in value.items()}
    return [restored(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=60, deadline=None)
@given(
    text=text_parts, thoughts=text_parts, arguments=st.dictionaries(text_parts, json_values, max_size=3),
    ascii_only=st.booleans(), seed=st.integers(0, 999), size=st.sampled_from([1, 5, 33, 1 << 20])
)  # fmt: skip
def test_texts_are_the_same_however_they_come(
    operation: str, text: str, thoughts: str, arguments: Any, ascii_only: bool, seed: int, size: int
) -> None:
    told = json.dumps(arguments, ensure_ascii=ascii_only)
    for stream in (
        stream_of(operation, cut_anew(text, seed), cut_anew(thoughts, seed + 1)),
        stream_of(operation, cut_anew(text, seed), (), told),
    ):
        _assert_restored(operation, stream, size)


def _assert_restored(operation: str, stream: bytes, size: int) -> None:
    out = through(operation, stream, restoring, size)
    before, after = said(operation, stream), said(operation, out)
    for key, came in before.items():
        is_json = "arguments" in str(key) or "input_json" in str(key)
        if is_json:
            assert json.loads(after[key]) == restored(json.loads(came))
        elif "thinking_delta" in str(key):  # Signed: nobody may change it.
            assert after[key] == came
        else:
            assert after[key] == came.replace(MARK, NAME)
    assert set(after) == set(before)
    assert out == through(operation, stream, restoring)
    if operation == "responses":
        _assert_repeats(out, after)


def _assert_repeats(stream: bytes, after: dict[Any, str]) -> None:
    """The closing events say what the deltas said, and the numbers have no gaps."""
    told = documents(stream)
    assert [one["sequence_number"] for one in told] == list(range(len(told)))
    texts = set(after.values())
    for one in told:
        if one["type"].endswith(".done"):
            for name in ("text", "arguments", "refusal"):
                assert not one.get(name) or one[name] in texts
    for item in told[-1]["response"]["output"]:
        for part in (*item.get("content", ()), *item.get("summary", ())):
            assert not part.get("text") or part["text"] in texts
        assert item.get("arguments", "") in (*texts, "")


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "pieces", [("a long ", "text of words"), ("alo", "ng tex", "t of w", "ords"), tuple("words held")]
)
def test_what_is_held_is_said_before_its_text_ends(operation: str, pieces: tuple[str, ...]) -> None:
    out = through(operation, stream_of(operation, pieces, ("so I th", "ink")), words)
    after = said(operation, out)
    assert " ".join(word[::-1] for word in "".join(pieces).split(" ")) in after.values()
    assert ("so I think" in after.values()) == (operation == "messages")
    kinds = [one.get("type") for one in documents(out)]
    if operation == "messages":
        assert kinds[-2:] == ["message_delta", "message_stop"]
        assert ("content_block_stop", "content_block_delta") not in pairwise(kinds)
    if operation == "responses":
        _assert_repeats(out, after)


@pytest.mark.parametrize("operation", ["chat", "messages", "responses"])
def test_arguments_of_tools_stay_json(operation: str) -> None:
    out = through(operation, stream_of(operation, (), (), '{"a key": "some value", "n": [1, 7654321]}'), words)
    after = said(operation, out)
    assert [json.loads(text) for text in after.values()] == [{"a yek": "emos eulav", "n": [1, "1234567"]}]
    if operation == "responses":
        _assert_repeats(out, after)


def spaced(stream: bytes) -> bytes:
    """The same stream, no two events of which are spelled alike."""
    events = split_events(stream)
    return b"".join(event.replace(b"data: {", b"data: {" + b" " * at, 1) for at, event in enumerate(events, 1))


_deltas = st.one_of(
    *(text_parts.map(lambda text, name=name: {name: text}) for name in ("content", "reasoning_content", "refusal")),  # type: ignore[misc]
    st.tuples(st.integers(0, 1), text_parts).map(
        lambda one: {"tool_calls": [{"index": one[0], "function": {"arguments": one[1]}}]}
    ),
    st.just({}),
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1), _deltas, st.sampled_from([None, None, None, "stop"])), max_size=12),
    st.sampled_from([restoring, words]), st.integers(1, 300)
)  # fmt: skip
def test_events_known_by_their_spelling_are_the_same_as_events_that_are_read(
    told: list[tuple[int, dict[str, Any], str | None]], open: Open, size: int
) -> None:
    stream = b"".join(chunk(delta, finish, index=index) for index, delta, finish in told)
    out = through("chat", stream, open, size)
    assert documents(out) == documents(through("chat", spaced(stream), open))
    assert through("chat", stream, same) == stream or "tool_calls" in str(told)


@pytest.mark.parametrize(("operation", "path"), GOLDEN, ids=lambda value: getattr(value, "name", value))
def test_reading_every_event_makes_no_difference(operation: str, path: Path) -> None:
    stream = path.read_bytes()
    assert documents(through(operation, spaced(stream), words)) == documents(through(operation, stream, words))


def data(told: dict[str, Any]) -> bytes:
    return b"data: %b\n\n" % json.dumps(told).encode()


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, **more}
    return data({"id": "c", "created": 1, "model": "m", "choices": [choice]})


DONE = b"data: [DONE]\n\n"


def test_chat_texts_end_where_another_kind_begins() -> None:
    stream = chunk({"reasoning_content": "th"}) + chunk({"content": "wo"}) + chunk({"content": "rd"}, "stop") + DONE
    told = [one["choices"][0] for one in documents(through("chat", stream, words))]
    assert [one["delta"] for one in told] == [{"reasoning_content": "ht"}, {"content": "drow"}]
    assert told[-1]["finish_reason"] == "stop"


def test_choices_and_tool_calls_have_texts_of_their_own() -> None:
    def both(one: str, other: str) -> bytes:
        calls = [{"index": n, "function": {"arguments": text}} for n, text in enumerate((one, other))]
        return chunk({"tool_calls": calls})

    out = through("chat", both('["[X', '["[X_') + both('_1]"]', '2]"]') + chunk({}, "tool_calls") + DONE, restoring)
    after = said("chat", out)
    assert [json.loads(after[0, n, "arguments"]) for n in (0, 1)] == [[NAME], ["[X_2]"]]


def test_what_vendors_repeat_beside_a_delta_is_filtered_too() -> None:
    stream = chunk({"content": "[X"}, message={"content": "[X"}) + chunk({"content": "_1]"}, message={"content": MARK})
    told = [one["choices"][0] for one in documents(through("chat", stream, restoring))]
    assert [one["delta"]["content"] for one in told] == ["", NAME]
    assert [one["message"]["content"] for one in told] == ["[X", NAME]


def test_logprobs_of_changed_text_are_removed() -> None:
    probabilities = {"content": [{"token": MARK, "logprob": -1.0}]}
    stream = chunk({"content": MARK}, logprobs=probabilities) + chunk({"content": "same"}, logprobs=probabilities)
    told = [one["choices"][0]["logprobs"] for one in documents(through("chat", stream, restoring))]
    assert told == [None, probabilities]


def test_a_pair_of_surrogates_cut_in_two_is_one_character() -> None:
    halves = (rb"a\ud83d", rb"\ude00b", rb"\ud83d")
    event = b'data: {"choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n'
    stream = b"".join(event % text for text in halves)
    seen: list[str] = []
    out = through("chat", stream, seeing(seen))
    assert "".join(seen) == "a\U0001f600b\ud83d"
    assert said("chat", out)[0, "content"] == "a\U0001f600b\ud83d"


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("broken", [b"{", b"nonsense", b"[]", b'"text"', b'{"a":1,"a":2}', b'{"a":\xff}', b"[DONE"])
def test_what_cannot_be_read_does_not_pass(operation: str, broken: bytes) -> None:
    with pytest.raises(ProviderProtocolError):
        StreamTexts(operation, same).feed(b"data: %b\n\n" % broken)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "event",
    [b": so\n\n", b"\n\n", b"event: ping\ndata:\n\n", b"retry: 5\r\n\r\n", b'data: {"type":"new","x":"y"}\n\n'],
)
def test_what_says_nothing_known_goes_on_untouched(operation: str, event: bytes) -> None:
    assert through(operation, b"\xef\xbb\xbf" + event, words) == b"\xef\xbb\xbf" + event


def test_what_came_before_a_fault_is_not_lost() -> None:
    def refusing(place: Place) -> TextFilter:
        class Refusing:
            def feed(self, piece: str) -> str:
                if piece == "bad":
                    raise LookupError(piece)
                return piece

            def finish(self) -> str:
                return ""

        return Refusing()

    for fault, error in ((chunk({"content": "bad"}), LookupError), (b"data: nonsense\n\n", ProviderProtocolError)):
        texts = StreamTexts("chat", refusing)
        with pytest.raises(error):
            texts.feed(chunk({"content": "good"}) * 2 + fault + chunk({"content": "after"}))
        assert texts.taken() == chunk({"content": "good"}) * 2
        assert texts.taken() == b""


ERRORS = {
    "chat": b'data: {"error":{"message":"over"}}\n\n',
    "completions": b'data: {"error":{"message":"over"}}\n\n',
    "messages": b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"over"}}\n\n',
    "responses": b'event: error\ndata: {"type":"error","sequence_number":9,"message":"over"}\n\n',
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_error_comes_after_what_was_held(operation: str) -> None:
    events = split_events(stream_of(operation, ("wo", "rd")))
    last = max(at for at, event in enumerate(events) if "rd" in said(operation, event).values())
    out = through(operation, b"".join(events[: last + 1]) + ERRORS[operation], words)
    assert b'"over"' in split_events(out)[-1]
    assert "drow" in said(operation, out).values()


def test_data_in_several_lines_is_one_document() -> None:
    event = b'data: {"choices":[\r\ndata: {"index":0,"delta":{"content":"[X_1]"}}]}\r\n\r\n'
    assert through("chat", event, same) == event
    assert said("chat", through("chat", event, restoring)) == {(0, "content"): NAME}


def test_a_last_event_without_its_blank_line_is_read_and_half_an_event_is_not_sent() -> None:
    event = chunk({"content": MARK})
    assert said("chat", through("chat", event[:-2] + b"\n", restoring)) == {(0, "content"): NAME}
    assert through("chat", event + event[:60], same) == event


def test_members_around_a_text_stay_as_they_are() -> None:
    event = b'data: { "choices" : [ {"delta":{"content" : "[X_1]","x":1.0},"n":1e400} ] , "big":12345678901234567 }\n\n'
    new = json.dumps(NAME, ensure_ascii=False).encode()
    for stream in (event, event + event):
        assert through("chat", stream, restoring) == stream.replace(b'"[X_1]"', new)


@pytest.mark.parametrize("index", [0, 3])
def test_items_that_come_whole_are_filtered(index: int) -> None:
    part = {"type": "output_text", "text": MARK, "logprobs": [{"token": "["}]}
    item = {"type": "message", "id": "m", "content": [part]}
    call = {"type": "function_call", "id": "f", "name": "look", "arguments": json.dumps({"a": [MARK, 5]})}
    custom = {"type": "custom_tool_call", "id": "c", "name": "run", "input": f"echo {MARK}"}
    events = [{"type": "response.output_item.done", "output_index": index, "item": one} for one in (item, call, custom)]
    events.append({"type": "response.completed", "response": {"output": [item, call, custom]}})
    out = through("responses", b"".join(map(data, events)), restoring)
    assert MARK not in leaves(documents(out))
    told = documents(out)
    assert told[-1]["response"]["output"] == [one["item"] for one in told[:3]]
    assert told[0]["item"]["content"][0] == {"type": "output_text", "text": NAME, "logprobs": []}
    assert json.loads(told[1]["item"]["arguments"]) == {"a": [NAME, 5]}


def test_what_a_providers_own_tools_say_is_filtered() -> None:
    shell = {"type": "local_shell_call", "id": "l", "action": {"type": "exec", "command": ["echo", MARK]}}
    called = {"type": "mcp_call", "name": "find", "arguments": json.dumps({"a": MARK}), "output": f"was {MARK}"}
    unknown = {"type": "new_call", "id": MARK, "words": [f"some {MARK}", {"n": 1.0}]}
    items = (shell, called, unknown)
    events = [{"type": "response.output_item.done", "output_index": at, "item": one} for at, one in enumerate(items)]
    events.append({"type": "response.completed", "response": {"output": items, "output_text": f"all {MARK}"}})
    stream = b"".join(map(data, events))
    assert through("responses", stream, same) == stream
    told = documents(through("responses", stream, restoring))
    assert [leaf for leaf in leaves(told) if MARK in leaf] == [MARK, MARK]  # The ids.
    assert told[-1]["response"]["output"] == [one["item"] for one in told[:3]]
    found = {"type": "web_search_tool_result", "content": [{"type": "new", "title": MARK, "text": f"on {MARK}"}]}
    event = data({"type": "content_block_start", "index": 1, "content_block": found})
    assert through("messages", event, same) == event
    assert MARK not in str(documents(through("messages", event, restoring)))


def test_a_block_that_begins_with_text_goes_on_in_its_deltas() -> None:
    events = [
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "a [X"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "_1]"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "input": {MARK: 1}}},
    ]
    told = documents(through("messages", b"".join(map(data, events)), restoring))
    assert told[0]["content_block"]["text"] + told[1]["delta"]["text"] == f"a {NAME}"
    assert told[-1]["content_block"]["input"] == {NAME: 1}


def test_filters_are_told_where_their_texts_stand() -> None:
    places: dict[str, list[Place]] = {}
    for operation in OPERATIONS:
        seen = places.setdefault(operation, [])
        stream = stream_of(operation, ("hi",), ("hm",)) + stream_of(operation, (), (), '{"a":1}')
        through(operation, stream, seen.append)
    text, thought = Place("text", "assistant"), Place("reasoning", "assistant")
    asked = Place("arguments", "assistant", "look")
    assert set(places["completions"]) == {text}
    for operation in ("chat", "messages", "responses"):
        assert {text, asked} <= set(places[operation]) <= {text, thought, asked}
