"""The named behaviours: model `mock/<name>` (or just `<name>`) chooses one, on every dialect.

`mock/<name>@<label>` is the same behaviour under another name, with a count of its own.

A table; to add a behaviour, add a row. Names that are not in it behave like `hello`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct

from plano.testing.scripted_provider import troubles
from plano.testing.scripted_provider.agent_loop import agent
from plano.testing.scripted_provider.answer import (
    STAMP_MARK,
    Answer,
    End,
    Pause,
    Stamped,
    Step,
    delayed,
    nothing,
    paced,
)
from plano.testing.scripted_provider.ask import Ask
from plano.testing.scripted_provider.faults import error, malformed, stopped_midway, without_end
from plano.testing.scripted_provider.reply import Reply, reply_saying, reply_to
from plano.testing.scripted_provider.voices import saying

_FIRST_TOKEN_S = 2.0
_BETWEEN_S = 0.2
_ANSWER_BYTES = 700
_EVENT_BYTES = 220
_STREAM_S = 30
_S = r"(\d+(?:\.\d+)?)"
_OPTIONAL_MEMBERS = (
    b'"service_tier":"default",',
    b'"system_fingerprint":"fp_scripted",',
    b'"logprobs":null,',
    b',"logprobs":[]',
    b',"refusal":null',
)


class Behaviour(Struct, frozen=True):
    """One row. `pattern` matches the name; its groups are handed to `play` as text."""

    name: str
    summary: str
    play: Callable[..., Answer]
    pattern: re.Pattern[str]


def hello(ask: Ask) -> Answer:
    """A good answer at once."""
    return saying(reply_to(ask))


def slow_first_token(ask: Ask) -> Answer:
    """A stream's head comes at once, its first event late; a whole answer comes late."""
    answer = hello(ask)
    if answer.framing != "chunked":
        return delayed(answer, _FIRST_TOKEN_S)
    return msgspec.structs.replace(answer, body=(Pause(_FIRST_TOKEN_S), *answer.body))


def slow(ask: Ask) -> Answer:
    answer = hello(ask)
    return paced(answer, _BETWEEN_S) if answer.framing == "chunked" else delayed(answer, _FIRST_TOKEN_S)


def status_error(ask: Ask, status: str) -> Answer:
    retry_after = "1" if status in ("429", "503", "529") else None
    return error(int(status), retry_after=retry_after)(ask)


def bench_700(ask: Ask) -> Answer:
    """A JSON body of exactly 700 bytes (streams are not padded)."""
    answer = saying(reply_saying(ask, ""))
    if answer.framing == "length" and isinstance(answer.body[0], bytes):
        # An empty text may be written as null; one letter shows what the frame around a text weighs.
        frame = sum(len(step) for step in saying(_flat(ask, "x")).body if isinstance(step, bytes)) - 1
        answer = saying(_flat(ask, "x" * max(1, _ANSWER_BYTES - frame)))
    return msgspec.structs.replace(answer, repeatable=True)


def bench_stream(ask: Ask, rate: str, count: str | None) -> Answer:
    """`count` text events, `rate` a second, each stamped with the moment it was written.

    They are 220 bytes long, or as long as the dialect makes them without what it allows to leave out.
    """
    wanted = int(count) if count else int(rate) * _STREAM_S
    ask.body["stream"] = True
    probe = next(filter(_is_one_stamp, _lean(saying(_flat(ask, STAMP_MARK)).body)), b"")
    padding = "." * (_EVENT_BYTES - len(probe)) if probe else ""
    answer = saying(Reply(ask=ask, pieces=(STAMP_MARK + padding,) * wanted))
    body = tuple(_on_schedule(_lean(answer.body), 1 / int(rate)))
    return msgspec.structs.replace(answer, body=body, repeatable=True)


def idle(ask: Ask) -> Answer:
    """One event and then silence, the connection left open; a whole answer never comes."""
    answer = hello(ask)
    if answer.framing != "chunked":
        return nothing(End.HANG)
    return msgspec.structs.replace(answer, body=(answer.body[0], End.HANG), repeatable=True)


def _flat(ask: Ask, text: str) -> Reply:
    return Reply(ask=ask, pieces=(text,))


def _lean(steps: tuple[Step, ...]) -> Iterator[bytes]:
    """The events without members that vendors need not send."""
    for step in steps:
        if isinstance(step, bytes):
            for optional in _OPTIONAL_MEMBERS:
                step = step.replace(optional, b"")
            yield step


def _is_one_stamp(event: bytes) -> bool:
    return event.count(STAMP_MARK.encode()) == 1


def _on_schedule(events: Iterator[bytes], interval_s: float) -> Iterator[Step]:
    pause = Pause(interval_s)
    for event in events:
        if _is_one_stamp(event) and not event.startswith(b"\0"):
            before, _, after = event.partition(STAMP_MARK.encode())
            yield pause
            yield Stamped(before, after)
        elif _is_one_stamp(event):
            yield pause
            yield event  # A frame with a checksum cannot be stamped when it is written.
        else:
            yield event


def _row(name: str, summary: str, play: Callable[..., Answer], pattern: str = "") -> Behaviour:
    return Behaviour(name, summary, play, re.compile(pattern or re.escape(name)))


BEHAVIOURS: tuple[Behaviour, ...] = (
    _row("hello", "a good answer at once", hello),
    _row("slow-first-token", "the first event, or the whole answer, after 2 s", slow_first_token),
    _row("slow", "200 ms between events; a whole answer after 2 s", slow),
    _row("error-<status>", "that status, the dialect's error body", status_error, r"error-([45]\d\d)"),
    _row("reset", "the connection is reset before an answer", lambda ask: nothing(End.RESET)),
    _row("close", "the connection is closed before an answer", lambda ask: nothing(End.CLOSE)),
    _row("cut", "closed in the middle of the body", lambda ask: stopped_midway(hello(ask), End.CLOSE)),
    _row("stall", "silence in the middle of the body", lambda ask: stopped_midway(hello(ask), End.HANG)),
    _row("no-done", "a stream without its last event", lambda ask: without_end(hello(ask))),
    _row("malformed", "broken JSON in the middle", lambda ask: malformed(hello(ask))),
    _row("idle", "one event, then silence", idle),
    _row("bench-700", "a body of exactly 700 bytes", bench_700),
    _row("agent", "reads a file and edits it with a coding agent's tools, then tells what they said", agent),
    # The bad minutes. What they answer in the end is always the same sixty words.
    _row("words[-<s>]", "the sixty words, <s> seconds between them", troubles.words_paced, rf"words(?:-{_S})?"),
    _row(
        "<status>-once[-<s>]",
        "that status the first time, with Retry-After <s> (429: 2); good from then on",
        troubles.status_once,
        rf"([45]\d\d)-once(?:-{_S})?",
    ),
    _row(
        "<status>-always[-<s>]",
        "that status, with Retry-After only where <s> says so",
        troubles.status_always,
        rf"([45]\d\d)-always(?:-{_S})?",
    ),
    _row("reset-once", "reset the first time, good from then on", troubles.reset_once),
    _row("close-once", "closed the first time, good from then on", troubles.close_once),
    _row("silent[-<s>]", "no answer at all; closed after <s>", troubles.silent, rf"silent(?:-{_S})?"),
    _row("slow-head-<s>", "everything after <s>", troubles.slow_head, rf"slow-head-{_S}"),
    _row("late-<s>", "the first token, or the whole answer, after <s>", troubles.late, rf"late-{_S}"),
    _row("cut-<n>", "closed after <n> words", troubles.cut, r"cut-(\d+)"),
    _row("reset-<n>", "reset after <n> words", troubles.reset_midway, r"reset-(\d+)"),
    _row("stall-<n>[-<s>]", "silence after <n> words; closed after <s>", troubles.stall, rf"stall-(\d+)(?:-{_S})?"),
    _row("pause-<n>-<s>", "<n> words, silence of <s>, the rest", troubles.hesitate, rf"pause-(\d+)-{_S}"),
    _row("malformed-<n>", "<n> words, an event that is no JSON, the rest", troubles.garbled, r"malformed-(\d+)"),
    _row(
        "stream-error-<n>[-<status>]",
        "<n> words, then an error told in the stream (503, Anthropic: 529)",
        troubles.stream_error,
        r"stream-error-(\d+)(?:-([45]\d\d))?",
    ),
    _row("no-last-frame", "a stream that lacks its last event", troubles.no_last_frame),
    _row("empty", "a good head and nothing else", troubles.empty),
    _row("hollow", "all frames of an answer, no content", troubles.hollow),
    _row("comments[-<s>]", "comments for so long, then the words", troubles.comments, rf"comments(?:-{_S})?"),
    _row("context-length", "400: the prompt is too long for the model", troubles.context_length),
    _row("content-filter", "400: the prompt is refused", troubles.content_filter),
    _row("quota", "429 `insufficient_quota`, or 400 in Anthropic's words", troubles.quota),
    _row("billing-error", "402", troubles.billing_error),
    _row("no-prefill", "400 if the last turn is the assistant's", troubles.no_prefill),
    _row(
        "flapping-<bad>[-<good>]",
        "503 for <bad> seconds from the first request on, then good (for <good>, then again)",
        troubles.flap,
        rf"flapping-{_S}(?:-{_S})?",
    ),
    _row("differs-<n>", "the first <n> of the words, then others", troubles.differs, r"differs-(\d+)"),
    _row("bills-<prompt>-<completion>", "the words, with this usage", troubles.bills, r"bills-(\d+)-(\d+)"),
    _row(
        "troubled-<percent>",
        "so many of a hundred requests fail: 429, 500, a reset or a cut",
        troubles.troubled,
        r"troubled-(100|\d\d?)",
    ),
    _row(
        "bench-stream-<rate>[-<count>]",
        "events of 220 bytes, so many a second, for 30 s or so many events",
        bench_stream,
        r"bench-stream-([1-9]\d*)(?:-(\d+))?",
    ),
)

_cached: dict[str, tuple[Behaviour, tuple[str | None, ...]]] = {}


def behaviour_of(model: str) -> tuple[Behaviour, tuple[str | None, ...]]:
    """The row for a model name and what its pattern caught; `hello` for every other name."""
    found = _cached.get(model)
    if found is None:
        found = _find(model.removeprefix("mock/").partition("@")[0])
        if len(_cached) < 1000:
            _cached[model] = found
    return found


def _find(name: str) -> tuple[Behaviour, tuple[str | None, ...]]:
    for row in BEHAVIOURS:
        match = row.pattern.fullmatch(name)
        if match:
            return row, match.groups()
    return BEHAVIOURS[0], ()
