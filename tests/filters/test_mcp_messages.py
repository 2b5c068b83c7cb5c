"""However a server's answer is cut into blocks, the same response is found."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plano.errors import ProviderProtocolError
from plano.filters.mcp_messages import Response, ResponseReader
from plano.http.wire.head import ResponseHead

NOTES = b': ping\r\n\r\nevent: message\ndata: {"jsonrpc": "2.0", "method": "notifications/message"}\n\n'
ANSWER = json.dumps({"jsonrpc": "2.0", "id": 3, "result": {"content": [], "text": "ü\u2028 \n"}}).encode()
FOUND = Response(result={"content": [], "text": "ü\u2028 \n"})


def head(content_type: bytes, status: int = 200) -> ResponseHead:
    made = ResponseHead(status)
    made.content_type = content_type
    return made


@given(st.lists(st.integers(1, 40)), st.sampled_from([b"\n", b"\r\n", b"\r"]), st.booleans())
def test_events_in_blocks(sizes: list[int], end: bytes, is_closed: bool) -> None:
    body = NOTES + b"id: 9" + end + b"data: " + ANSWER + (end + end if is_closed else b"")
    reader = ResponseReader(3)
    at = 0
    for size in [*sizes, len(body)]:
        reader.feed(head(b"text/event-stream; charset=utf-8"), body[at : at + size])
        at += size
    assert reader.finish(body) == FOUND


@pytest.mark.parametrize(
    "body", [ANSWER, b"[%b]" % ANSWER, b'[{"method": "x"}, %b]' % ANSWER, ANSWER.replace(b'"id": 3', b'"id": "3"')]
)
def test_documents(body: bytes) -> None:
    reader = ResponseReader(3)
    assert not reader.feed(head(b"application/json"), body)
    assert reader.finish(body) == FOUND


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b"1", b"[" * 10_000, ANSWER.replace(b"3", b"4", 1)])
def test_what_holds_no_response(body: bytes) -> None:
    with pytest.raises(ProviderProtocolError):
        ResponseReader(3).finish(body)


def test_an_error_reply_is_not_read_as_events() -> None:
    reader = ResponseReader(3)
    assert not reader.feed(head(b"text/event-stream", 500), b"data: " + ANSWER + b"\n\n")
    assert reader.found is None


def test_a_response_may_be_an_error() -> None:
    told = {"code": -32602, "message": "no"}
    assert ResponseReader(1).finish(json.dumps({"id": 1, "error": told}).encode()) == Response(error=told)
