"""What a scripted provider sends: an `Answer` is a status, headers and steps; `wire_steps` puts it into
HTTP/1.1.

Steps are played in order by the connection. Nothing here knows a dialect.
"""

from __future__ import annotations

import asyncio
import enum
import zlib
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Literal

import msgspec
from msgspec import Struct

Headers = tuple[tuple[str, str], ...]


class End(enum.Enum):
    """Ways to stop in the middle."""

    CLOSE = "close"  # FIN after what was written so far
    RESET = "reset"  # RST
    HANG = "hang"  # nothing more until the client leaves


class Pause(Struct, frozen=True):
    """Seconds of silence. Several in a row keep their schedule: lateness of one is taken off the next."""

    seconds: float


class Repeat(Struct, frozen=True):
    """The same bytes many times, without holding them all in memory."""

    data: bytes
    times: int


class Stamped(Struct, frozen=True):
    """Bytes around the moment they are written: 16 digits, microseconds of `time.monotonic`."""

    before: bytes
    after: bytes


class Gate:
    """Playing stops here until the test calls `open()`, from any thread."""

    __slots__ = ("_is_open", "_waiting")

    def __init__(self) -> None:
        self._is_open = False
        self._waiting: list[tuple[asyncio.AbstractEventLoop, Callable[[], None]]] = []

    def open(self) -> None:
        self._is_open = True
        waiting, self._waiting = self._waiting, []
        for loop, resume in waiting:
            loop.call_soon_threadsafe(resume)

    def passes(self, loop: asyncio.AbstractEventLoop, resume: Callable[[], None]) -> bool:
        """True when open; otherwise `resume` is called on `loop` once it opens."""
        if not self._is_open:
            self._waiting.append((loop, resume))
        return self._is_open


Step = bytes | Pause | Repeat | Stamped | Gate | End
Framing = Literal["length", "chunked", "until_close", "raw"]

_REASONS = {int(status): status.phrase for status in HTTPStatus}

STAMP_MARK = "@" * 16  # Stands where `Stamped` puts its digits.


class Answer(Struct, frozen=True, kw_only=True):
    """One response.

    `body` steps are framed as `framing` says ("raw": `body` is the whole response, head included, written as
    it is).
    `before_head` steps come before the status line (pauses, 1xx heads). A `content-length` given in `headers`
    wins,
    also when it lies. `closes` ends the connection afterwards. `repeatable`: equal requests may get the same
    bytes.
    """

    status: int = 200
    reason: str | None = None
    headers: Headers = ()
    body: tuple[Step, ...] = ()
    framing: Framing = "length"
    before_head: tuple[Step, ...] = ()
    closes: bool = False
    repeatable: bool = False


def json_answer(body: object, *, status: int = 200, headers: Headers = (), repeatable: bool = False) -> Answer:
    """A JSON body with its length announced."""
    encoded = body if isinstance(body, bytes) else msgspec.json.encode(body)
    head = (("content-type", "application/json"), *headers)
    return Answer(status=status, headers=head, body=(encoded,), repeatable=repeatable)


def event_answer(events: Iterable[Step], *, headers: Headers = (), repeatable: bool = False) -> Answer:
    """An event stream; every piece of bytes is one HTTP chunk."""
    head = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"), *headers)
    return Answer(headers=head, body=tuple(events), framing="chunked", repeatable=repeatable)


def raw_answer(*pieces: Step, closes: bool = True) -> Answer:
    """Literal bytes; each piece is its own write where a `Pause(0)` stands between them."""
    return Answer(body=pieces, framing="raw", closes=closes)


def nothing(end: End, *, after_s: float = 0.0) -> Answer:
    """No answer at all: close, reset or silence, optionally after a while."""
    return Answer(body=(Pause(after_s), end) if after_s else (end,), framing="raw", closes=True)


def delayed(answer: Answer, seconds: float) -> Answer:
    """`answer`, its head held back for `seconds`."""
    return msgspec.structs.replace(answer, before_head=(Pause(seconds), *answer.before_head))


def paced(answer: Answer, seconds: float) -> Answer:
    """`answer` with `seconds` before every piece of its body but the first."""
    steps: list[Step] = []
    for step in answer.body:
        if steps and not isinstance(step, (Pause, End)):
            steps.append(Pause(seconds))
        steps.append(step)
    return msgspec.structs.replace(answer, body=tuple(steps))


def compressed(answer: Answer, coding: Literal["gzip", "deflate"] = "gzip") -> Answer:
    """`answer` with its body compressed (RFC 9110 section 8.4.1), flushed after every piece so that streams
    flow.
    """
    packer = zlib.compressobj(wbits=31 if coding == "gzip" else 15)
    steps = [
        packer.compress(step) + packer.flush(zlib.Z_SYNC_FLUSH) if isinstance(step, bytes) else step
        for step in answer.body
    ]
    steps.append(packer.flush())
    headers = (*answer.headers, ("content-encoding", coding))
    return msgspec.structs.replace(answer, body=tuple(steps), headers=headers)


def with_early_hints(answer: Answer) -> Answer:
    """`answer` after a `103 Early Hints` head (RFC 8297)."""
    hints = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n"
    return msgspec.structs.replace(answer, before_head=(*answer.before_head, hints, Pause(0)))


def wire_steps(answer: Answer, *, keeps_alive: bool, is_http10: bool = False) -> tuple[Step, ...]:
    """The answer as steps to write. To an HTTP/1.0 client a chunked body becomes one that ends with the
    connection.
    """
    if answer.framing == "raw":
        return (*answer.before_head, *answer.body)
    framing: Framing = "until_close" if is_http10 and answer.framing == "chunked" else answer.framing
    closes = answer.closes or not keeps_alive or framing == "until_close"
    head = _head(answer, framing, closes=closes, is_http10=is_http10)
    if framing != "chunked":
        return (*answer.before_head, head, *answer.body)
    framed = [_chunk(step) for step in answer.body]
    ends_early = bool(answer.body) and isinstance(answer.body[-1], End)
    return (*answer.before_head, head, *framed, *(() if ends_early else (b"0\r\n\r\n",)))


def closes_after(answer: Answer, *, keeps_alive: bool, is_http10: bool) -> bool:
    """Whether the connection ends with this answer."""
    streams_to_10 = is_http10 and answer.framing == "chunked"
    return answer.closes or not keeps_alive or answer.framing == "until_close" or streams_to_10


def _head(answer: Answer, framing: Framing, *, closes: bool, is_http10: bool) -> bytes:
    reason = answer.reason if answer.reason is not None else _REASONS.get(answer.status, "Scripted")
    lines = [f"HTTP/1.{0 if is_http10 else 1} {answer.status} {reason}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    given = {name.lower() for name, _ in answer.headers}
    if framing == "chunked":
        lines.append("transfer-encoding: chunked")
    elif framing == "length" and "content-length" not in given and answer.status != 204:
        lines.append(f"content-length: {sum(map(_size, answer.body))}")
    if "connection" not in given and (closes or is_http10):
        lines.append("connection: close" if closes else "connection: keep-alive")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _size(step: Step) -> int:
    if isinstance(step, bytes):
        return len(step)
    if isinstance(step, Repeat):
        return len(step.data) * step.times
    if isinstance(step, Stamped):
        return len(step.before) + len(STAMP_MARK) + len(step.after)
    return 0


def _chunk(step: Step) -> Step:
    """One chunk (RFC 9112 section 7.1); an empty one would end the body, so it is left out."""
    if isinstance(step, bytes):
        return b"%x\r\n%b\r\n" % (len(step), step) if step else b""
    if isinstance(step, Repeat):
        return Repeat(b"%x\r\n%b\r\n" % (len(step.data), step.data), step.times)
    if isinstance(step, Stamped):
        return Stamped(b"%x\r\n%b" % (_size(step), step.before), step.after + b"\r\n")
    return step
