"""The corpus of requests read by h11 as well: what two readers of one chain make of the same bytes must not differ.

Request smuggling is nothing but such a difference. Plano may refuse more; where it takes what h11 refuses, the
transcript says why (`#! laxer_than_h11: ...`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import h11
import pytest

from plano.errors import BadRequest
from plano.http.wire.request_reader import RequestReader
from tests.corpus import REQUESTS, load

CASES = sorted(REQUESTS.glob("*.http"))


class Read(NamedTuple):
    """One complete request: the raw target for h11, what plano keeps of it here."""

    method: bytes
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Kept:
    def __init__(self) -> None:
        self.requests: list[Read] = []

    def on_head(self, head: Any, expects_continue: bool) -> None:
        """Read with the body."""

    def on_request(self, head: Any, body: bytes) -> None:
        target = head.path + (b"?" + head.query if head.query else b"")
        self.requests.append(Read(head.method, target, tuple(head.headers), body))


def by_plano(data: bytes, max_head_bytes: int, max_body_bytes: int) -> tuple[list[Read], str]:
    kept = Kept()
    reader = RequestReader(kept, max_head_bytes, max_body_bytes)
    try:
        reader.feed(data)
    except BadRequest as error:
        return kept.requests, error.message
    return kept.requests, ""


def by_h11(data: bytes, max_head_bytes: int) -> tuple[list[Read], str]:
    """Complete requests, and why h11 refused what followed ("" when it did not)."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=max_head_bytes)
    connection.receive_data(data)
    requests: list[Read] = []
    head: Any = None
    body = b""
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError as error:
            return requests, str(error) or "refused"
        if isinstance(event, h11.Request):
            head, body = event, b""
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            requests.append(Read(head.method, head.target, tuple(head.headers), body))
            if connection.their_state is h11.MIGHT_SWITCH_PROTOCOL:
                return requests, "h11 offers to switch"
            connection.send(h11.Response(status_code=200, headers=[(b"content-length", b"0")]))
            connection.send(h11.EndOfMessage())
            if connection.our_state is h11.MUST_CLOSE:
                return requests, "h11 closes"
            connection.start_next_cycle()
        else:
            if event is h11.PAUSED:
                return requests, "h11 pauses"
            return requests, ""


def path_and_query(target: bytes) -> bytes:
    """A target as plano keeps it: without scheme and host, and without an empty query."""
    path, _, query = target.partition(b"?")
    if not path.startswith((b"/", b"*")):
        _, slash, rest = path.partition(b"://")[2].partition(b"/")
        path = slash + rest if slash else b"/"
    return path + (b"?" + query if query else b"")


def with_plain_coding(headers: tuple[tuple[bytes, bytes], ...]) -> list[tuple[bytes, bytes]]:
    """h11 writes the name of a coding in lower case (RFC 9112 section 7: it has none)."""
    return [(name, value.lower() if name == b"transfer-encoding" else value) for name, value in headers]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_no_request_means_another_thing_to_h11(path: Path) -> None:
    case = load(path)
    ours, our_word = by_plano(case.data, case.max_head_bytes, case.max_body_bytes)
    theirs, their_word = by_h11(case.data, case.max_head_bytes)
    for mine, other in zip(ours, theirs, strict=False):
        assert mine.method == other.method
        assert mine.target == path_and_query(other.target)
        assert mine.body == other.body
        if other.target.startswith((b"/", b"*")):
            assert with_plain_coding(mine.headers) == with_plain_coding(other.headers)
    if len(ours) > len(theirs) and not their_word.startswith("h11 "):
        assert case.laxer_than_h11, f"plano read {ours[len(theirs)]}, h11 says: {their_word or 'there is more to come'}"
    else:
        assert not case.laxer_than_h11, "h11 takes it as well"
    if not their_word and not our_word:
        assert len(ours) == len(theirs)
