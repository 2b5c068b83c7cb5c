"""Requests as h11 reads them and as plano does, side by side: what a second reader in one chain would see."""

from __future__ import annotations

from typing import Any, NamedTuple

import h11

from plano.errors import BadRequest
from plano.http.wire.request_reader import RequestReader


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


def same_meaning(mine: Read, other: Read) -> bool:
    """`other` is h11's."""
    if (mine.method, mine.target, mine.body) != (other.method, path_and_query(other.target), other.body):
        return False
    if not other.target.startswith((b"/", b"*")):
        return True  # The target's host stands in the place of Host.
    return with_plain_coding(mine.headers) == with_plain_coding(other.headers)
