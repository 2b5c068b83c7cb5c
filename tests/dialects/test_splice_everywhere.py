"""Streams of every kind, cut after every event and joined: what the vendors' SDKs make of them is the whole answer."""

from __future__ import annotations

import importlib
import json
import random
from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest

from plano.dialects.registry import DIALECTS
from plano.testing.scripted_provider import ToolCall
from tests.dialects.transcripts import OPERATIONS, Reading, cut_anew, transcript

#: Family and flag emoji fall apart into several characters, as do letters with combining marks.
TEXT = (
    "I see:\n\n```python\ndef f():\n\treturn 'né — e\u0301'\n```\n"
    '👩‍👩‍👧‍👦 🇫🇷 "quoted" \\ {braces}} and 中文, \u2028 end.  '
)
THINKS = {"thoughts": ("Let", " me", " 🤔"), "thinking": {"type": "enabled", "budget_tokens": 2000}}
CALLS = {"calls": (ToolCall("look", '{"at":"x"}'), ToolCall("see", "{}"))}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("chat", {}),
    "chat with usage": ("chat", {"stream_options": {"include_usage": True}}),
    "chat then tools": ("chat", CALLS),
    "completions": ("completions", {}),
    "messages": ("messages", {}),
    "messages after thinking": ("messages", THINKS),
    "messages then tools": ("messages", CALLS),
    "messages after thinking then tools": ("messages", THINKS | CALLS),
    "responses": ("responses", {}),
}
every_kind = pytest.mark.parametrize(("name", "members"), KINDS.values(), ids=KINDS)


class Client:
    """One client of a stream whose providers fail: `gets` is all it was sent."""

    def __init__(self, name: str) -> None:
        self.operation = OPERATIONS[name]
        self.dialect = DIALECTS[self.operation.dialect]
        self.delivered = self.dialect.delivered()
        self.gets = b""

    def take(self, events: bytes) -> None:
        self.gets += events
        self.delivered.add(events)

    def is_stuck(self) -> bool:
        return bool(self.delivered.obstacle) or self.delivered.is_complete

    def rescue(self, events: list[bytes], mode: str = "replay", late: bool = False) -> str:
        """Go on with another stream, or as much of it as there is; the state in which that ends.

        `late`: what the client got is looked at afterwards only.
        """
        splice = self.dialect.splice(self.delivered, mode)  # type: ignore[arg-type]
        told = []
        for event in events:
            told.append(splice.feed(event))
            if not late:
                self.take(told[-1])
        if late:
            self.take(b"".join(told))
        return splice.state


#: The HTTP library the SDKs are built on, whichever that is.
_http: Any = importlib.import_module(openai.DefaultHttpxClient.__bases__[0].__module__.partition(".")[0])
_answer = [b""]


def _answered(request: Any) -> Any:
    return _http.Response(200, headers={"content-type": "text/event-stream"}, content=_answer[0])


_transport = _http.MockTransport(_answered)
_openai = openai.OpenAI(api_key="k", http_client=openai.DefaultHttpxClient(transport=_transport))
_anthropic = anthropic.Anthropic(api_key="k", http_client=anthropic.DefaultHttpxClient(transport=_transport))


def chat_text(stream: bytes) -> str:
    _answer[0] = stream
    with _openai.chat.completions.stream(model="m", messages=[]) as events:
        return events.get_final_completion().choices[0].message.content or ""


def completions_text(stream: bytes) -> str:
    _answer[0] = stream
    return "".join(chunk.choices[0].text for chunk in _openai.completions.create(model="m", prompt="p", stream=True))


def messages_text(stream: bytes) -> str:
    _answer[0] = stream
    with _anthropic.messages.stream(model="m", max_tokens=9, messages=[]) as events:
        message = events.get_final_message()
    assert message.stop_reason
    return "".join(block.text for block in message.content if block.type == "text")


def responses_text(stream: bytes) -> str:
    _answer[0] = stream
    with _openai.responses.stream(model="m", input="hi") as events:
        return events.get_final_response().output_text


SDK_TEXT: dict[str, Callable[[bytes], str]] = {
    "chat": chat_text,
    "completions": completions_text,
    "messages": messages_text,
    "responses": responses_text,
}


@every_kind
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_the_sdks_read_the_whole_answer_wherever_the_first_stream_was_cut(
    name: str, members: dict[str, Any], line_end: str
) -> None:
    operation = OPERATIONS[name]
    events = [
        event.replace(b"\n", line_end.encode()) for event in transcript(operation, cut_anew(TEXT, 1), **members)
    ]
    rescued = 0
    for cut in range(1, len(events)):
        client = Client(name)
        client.take(b"".join(events[:cut]))
        if client.is_stuck():
            continue
        other = transcript(operation, cut_anew(TEXT, cut + 2), number=2, model="second", **members)
        assert client.rescue(other, late=bool(cut % 2)) == "spliced", cut
        assert SDK_TEXT[name](client.gets) == TEXT, cut
        reading = Reading(operation, client.gets)
        assert (reading.ends, reading.tools) == (1, [call.name for call in members.get("calls", ())]), cut
        assert client.gets.count(b"Let") <= 1, cut
        rescued += 1
    assert rescued >= len(cut_anew(TEXT, 1)) - 1


@every_kind
def test_any_text_in_any_pieces_is_whole_after_any_number_of_rescues(name: str, members: dict[str, Any]) -> None:
    operation = OPERATIONS[name]
    for seed in range(80):
        chance = random.Random(seed)
        text = "".join(chance.choices("ab \n\t`é👍🏽\u200d中\"\\{}[]", k=chance.randint(1, 60)))
        client = Client(name)
        for number in range(1, 5):
            events = transcript(operation, cut_anew(text, seed * 9 + number), number=number, **members)
            last = number == 4
            events = events if last else events[: chance.randint(1, len(events) - 1)]
            if number == 1:
                client.take(b"".join(events))
            else:
                state = client.rescue(events, late=chance.random() < 0.5)
                assert state == "spliced" or (state == "matching" and not last)
            if client.is_stuck():
                break
        else:
            assert SDK_TEXT[name](client.gets) == text, seed


@every_kind
def test_any_continuation_that_repeats_the_end_is_joined(name: str, members: dict[str, Any]) -> None:
    operation = OPERATIONS[name]
    text = "It was the best of times, it was the worst.\n\n    an indented line\n\n- a list 👍\n- of two, the end"
    for seed in range(80):
        chance = random.Random(seed)
        cut = chance.randint(12, len(text) - 1)
        client = Client(name)
        events = transcript(operation, cut_anew(text, seed), **members)
        for event in events:
            if len(client.delivered.text) < cut and not client.delivered.is_complete:
                client.take(event)
        had = client.delivered.text
        if client.is_stuck() or had == text:
            continue
        repeated = had[-chance.randint(20, 40) :]
        pieces = cut_anew(chance.choice(("", "```\n", "… ", '"')) + repeated + text[len(had) :], seed + 99)
        other = transcript(operation, pieces, number=2, **members)
        assert client.rescue(other, "continue", late=chance.random() < 0.5) == "spliced", seed
        assert SDK_TEXT[name](client.gets) == text, (seed, had, repeated)


@every_kind
def test_a_text_that_differs_anywhere_is_a_mismatch(name: str, members: dict[str, Any]) -> None:
    operation = OPERATIONS[name]
    events = transcript(operation, cut_anew(TEXT, 1), **members)
    for seed in range(40):
        client = Client(name)
        for event in events:
            if len(client.delivered.text) < len(TEXT) // 2:
                client.take(event)
        had, before = client.delivered.text, client.gets
        place = random.Random(seed).randrange(len(had))
        unlike = TEXT[:place] + "#" + TEXT[place + 1 :] if seed % 2 else TEXT[:place]
        if unlike:
            assert client.rescue(transcript(operation, cut_anew(unlike, seed), number=2, **members)) == "mismatch"
            assert client.gets == before


def chunk(**members: Any) -> bytes:
    document = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", **members}
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def delta(index: int = 0, finish: str | None = None, **members: Any) -> bytes:
    return chunk(choices=[{"index": index, "delta": members, "finish_reason": finish}])


def test_a_second_choice_that_begins_late_is_never_mixed_into_the_first() -> None:
    client = Client("chat")
    client.take(delta(role="assistant", content="One"))
    other = [delta(role="assistant", content="On"), delta(index=1, content="e"), delta(content=" Two")]
    assert client.rescue(other) == "mismatch"
    assert b"Two" not in client.gets


def test_an_answer_of_two_choices_is_complete_when_both_are() -> None:
    client = Client("chat")
    client.take(delta(content="a") + delta(index=1, content="b") + delta(finish="stop"))
    assert not client.delivered.is_complete
    client.take(delta(index=1, finish="stop"))
    assert client.delivered.is_complete


@pytest.mark.parametrize("data", [rb'{"choices":[{"delta":{"content":"\ud83e"}}]}', b'{"a":"\xff"}', b"[1]", b"{"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_what_nobody_can_read_is_an_obstacle(name: str, data: bytes) -> None:
    client = Client(name)
    client.take(b"data: " + data + b"\n\n")
    assert client.delivered.obstacle == "an event could not be read"


@pytest.mark.parametrize("name", OPERATIONS)
def test_comments_and_pings_say_nothing(name: str) -> None:
    client = Client(name)
    client.take(b": ping\n\n:\r\n\r\n" + client.dialect.ping + b"data: [DONE]\n\n")
    assert (client.delivered.text, client.delivered.obstacle) == ("", "")


@pytest.mark.parametrize("name", OPERATIONS)
def test_members_of_any_type_are_survived(name: str) -> None:
    operation = OPERATIONS[name]
    junk = ("null", '"x"', "1.5", "[]", "[1]", "{}", '{"type": 1, "delta": 2}', "true", "-3")
    for seed in range(300):
        chance = random.Random(seed)
        client = Client(name)
        events = transcript(operation, ("a", "b"), **({} if name == "responses" else CALLS))
        for event in events:
            head, _, data = event.partition(b"data: ")
            document = json.loads(data) if data.startswith(b"{") else {}
            for _ in range(chance.randint(0, 2)):
                holder = chance.choice([document, *(value for value in document.values() if isinstance(value, dict))])
                if holder:
                    holder[chance.choice(list(holder))] = json.loads(chance.choice(junk))
            broken = head + b"data: " + json.dumps(document).encode() + b"\n\n"
            client.dialect.failure_in(broken)
            client.dialect.has_content(broken)
            client.take(broken)
            other = Client(name)
            other.take(events[0])
            other.rescue([broken])


def test_a_content_of_parts_cannot_be_joined() -> None:
    client = Client("chat")
    client.take(delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]))
    assert client.delivered.obstacle == "more than text had begun"


def test_reasoning_that_was_told_in_chunks_is_not_told_again() -> None:
    client = Client("chat")
    client.take(delta(role="assistant", reasoning_content="Let me"))
    other = [delta(role="assistant", reasoning_content="Well"), delta(content="Hi"), delta(finish="stop")]
    assert client.rescue([*other, b"data: [DONE]\n\n"]) == "spliced"
    assert b"Well" not in client.gets
    assert Reading(client.operation, client.gets).text == "Hi"


def test_what_a_continuation_held_back_is_told_even_without_a_finish() -> None:
    client = Client("chat")
    client.take(delta(content="The quick brown fox jumps"))
    assert client.rescue([delta(content="brown fox jumps over"), b"data: [DONE]\n\n"], "continue") == "spliced"
    assert Reading(client.operation, client.gets).text == "The quick brown fox jumps over"


def test_running_counts_are_of_all_attempts_and_counted_once() -> None:
    client = Client("chat")

    def counted(text: str, count: int) -> bytes:
        usage = {"prompt_tokens": 10, "completion_tokens": count, "total_tokens": 10 + count}
        return chunk(choices=[{"index": 0, "delta": {"content": text}, "finish_reason": None}], usage=usage)

    client.take(counted("a", 1) + counted("b", 2))
    client.rescue([counted("ab", 2), counted("c", 3)])
    assert client.delivered.usage is not None
    assert (client.delivered.usage.input_tokens, client.delivered.usage.output_tokens) == (10, 3)
    client.rescue([counted("abc", 3), counted("d", 4), delta(finish="stop"), b"data: [DONE]\n\n"])
    usage = Reading(client.operation, client.gets).usage
    assert usage == {"prompt_tokens": 30, "completion_tokens": 9, "total_tokens": 39}


def test_the_cost_of_an_attempt_that_differed_is_counted_too() -> None:
    client = Client("messages")
    client.take(b"".join(transcript(client.operation, ("The", " quick"))[:4]))
    alone = client.delivered.usage
    assert alone is not None
    assert client.rescue(transcript(client.operation, ("Another",), number=2)) == "mismatch"
    last = transcript(client.operation, ("The quick", " fox"), number=3)
    assert client.rescue(last) == "spliced"
    usage, own = Reading(client.operation, client.gets).usage, Reading(client.operation, b"".join(last)).usage
    assert usage["input_tokens"] == 3 * alone.input_tokens
    assert usage["output_tokens"] > own["output_tokens"]


@pytest.mark.parametrize("name", ["messages", "responses"])
def test_nothing_follows_a_text_that_was_told_to_be_over(name: str) -> None:
    operation = OPERATIONS[name]
    events = transcript(operation, ("The", " end."))
    done = next(number for number, event in enumerate(events) if b"block_stop" in event or b"text.done" in event)
    for mode in ("replay", "continue"):
        client = Client(name)
        client.take(b"".join(events[: done + 1]))
        before = client.gets
        other = transcript(operation, ("The end.", " Or is it?"), number=2)
        assert client.rescue(other, mode) == "mismatch"
        assert client.gets == before


@pytest.mark.parametrize("name", ["messages", "responses"])
def test_a_text_without_a_word_is_closed_before_a_tool_is_called(name: str) -> None:
    operation = OPERATIONS[name]
    opening = {"messages": 2, "responses": 4}[name]
    client = Client(name)
    client.take(b"".join(transcript(operation, ("The",))[:opening]))
    other = transcript(operation, (), number=2, **CALLS)
    assert client.rescue(other) == "spliced"
    reading = Reading(operation, client.gets)
    assert (reading.text, reading.tools) == ("", ["look", "see"])
    assert SDK_TEXT[name](client.gets) == ""
