"""The named behaviours: model `mock/<name>` (or just `<name>`) chooses one, on every dialect.

`mock/<name>@<label>` is the same behaviour under another name, with a count of its own.

A table; to add a behaviour, add a row. Names that are not in it behave like `hello`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct

from plano.testing.scripted_provider import sixty_faults as sixty
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
_TIME = r"(\d+(?:\.\d+)?)"
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
        if _is_one_stamp(event):
            before, _, after = event.partition(STAMP_MARK.encode())
            yield pause
            yield Stamped(before, after)
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
    _row("sixty[-<s>]", "the sixty words, <s> seconds between them", sixty.sixty_paced, rf"sixty(?:-{_TIME})?"),
    _row(
        "<status>-once[-<s>]",
        "that status for the first request, with Retry-After <s> (429: 2), then sixty",
        sixty.status_once,
        rf"([45]\d\d)-once(?:-{_TIME})?",
    ),
    _row(
        "<status>-always[-<s>]",
        "that status, with Retry-After only where <s> says so",
        sixty.status_always,
        rf"([45]\d\d)-always(?:-{_TIME})?",
    ),
    _row("reset-once", "the first request is reset, then sixty", sixty.reset_once),
    _row("close-once", "the first request is closed, then sixty", sixty.close_once),
    _row("silent[-<s>]", "no answer at all; closed after <s>", sixty.silent, rf"silent(?:-{_TIME})?"),
    _row("slow-head-<s>", "sixty, head and all after <s>", sixty.slow_head, rf"slow-head-{_TIME}"),
    _row(
        "slow-first-token-<s>",
        "sixty, the head at once, the first event after <s>",
        sixty.slow_first_token,
        rf"slow-first-token-{_TIME}",
    ),
    _row("cut-<n>-of-60", "closed after <n> words", sixty.cut, r"cut-(\d+)-of-60"),
    _row("reset-<n>-of-60", "reset after <n> words", sixty.reset_midway, r"reset-(\d+)-of-60"),
    _row(
        "stall[-<n>-of-60][-<s>]",
        "silence after <n> words (20); closed after <s>",
        sixty.stall,
        rf"stall(?:-(\d+)-of-60)?(?:-{_TIME})?",
    ),
    _row(
        "pause-<n>-of-60-<s>",
        "silence of <s> after <n> words, then the rest",
        sixty.hesitate,
        rf"pause-(\d+)-of-60-{_TIME}",
    ),
    _row("malformed-<n>-of-60", "an event of broken JSON after <n> words", sixty.garbled, r"malformed-(\d+)-of-60"),
    _row(
        "error-after-<n>[-<status>]",
        "an error event after <n> words (0: before the first)",
        sixty.error_midway,
        r"error-after-(\d+)(?:-([45]\d\d))?",
    ),
    _row("sixty-no-done", "sixty without the last event of a stream", sixty.no_done),
    _row("empty", "status 200, no body", sixty.empty),
    _row("hollow", "all frames of an answer, no content", sixty.hollow),
    _row("comments[-<s>]", "a comment every <s> (0.2), never an event", sixty.comments, rf"comments(?:-{_TIME})?"),
    _row("context-length", "400: the prompt is too long", sixty.context_length),
    _row("content-filter", "400: refused by the content policy", sixty.content_filter),
    _row("insufficient-quota", "429 (Anthropic: 402): nothing left to spend", sixty.insufficient_quota),
    _row("no-prefill", "400 where the assistant's turn is last, otherwise sixty", sixty.no_prefill),
    _row(
        "flap-<bad>[-<good>]",
        "503 for <bad> seconds from the first request on, then sixty (for <good>, then again)",
        sixty.flap,
        rf"flap-{_TIME}(?:-{_TIME})?",
    ),
    _row("differs-after-<n>", "the first <n> of the sixty, then other words", sixty.differs, r"differs-after-(\d+)"),
    _row("bills-<prompt>-<completion>", "sixty, with this usage", sixty.bills, r"bills-(\d+)-(\d+)"),
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
