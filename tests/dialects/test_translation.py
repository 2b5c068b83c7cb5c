"""Streams on their way through the hub, cut wherever a network may cut them."""

from __future__ import annotations

import pytest

from plano.dialects.conversation import Text
from plano.dialects.operation import CHAT, CONVERSE, GENERATE, MESSAGES, RESPONSES
from plano.dialects.reply import Answer, Choice, ReplyTo
from plano.dialects.sides import CLIENT_SIDES, PROVIDER_SIDES, translation
from plano.dialects.telling import tell_whole
from plano.dialects.translation import Translation
from plano.dialects.usage import Usage
from plano.errors import ProviderProtocolError
from plano.http.wire.sse_splitter import MOST_EVENT_BYTES

TO = ReplyTo("m", "abc", 1_760_000_000)
EVENTS = (
    b'data: {"id":"a","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\r\n\r\n'
    b": still there\n\n"
    b'data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n'
    b'event: chunk\ndata: {"choices":[{"index":0,\ndata: "delta":{"content":"lo"},"finish_reason":"stop"}]}\n\n'
    b"data: [DONE]\n\n"
)


@pytest.fixture(params=sorted(CLIENT_SIDES))
def chat_to(request: pytest.FixtureRequest) -> Translation:
    return Translation(CLIENT_SIDES[request.param], PROVIDER_SIDES[CHAT.name])


def test_cuts_do_not_matter(chat_to: Translation) -> None:
    stream = chat_to.stream(TO)
    whole = stream.feed(EVENTS) + stream.close()
    assert whole.count(b'"Hel"') == 1
    for size in (1, 2, 3, 7, 50):
        stream = chat_to.stream(TO)
        pieces = [stream.feed(EVENTS[at : at + size]) for at in range(0, len(EVENTS), size)]
        assert b"".join(pieces) + stream.close() == whole
    for cut in range(len(EVENTS)):
        stream = chat_to.stream(TO)
        assert stream.feed(EVENTS[:cut]) + stream.feed(EVENTS[cut:]) + stream.close() == whole


def test_the_last_blank_line_may_be_missing(chat_to: Translation) -> None:
    stream = chat_to.stream(TO)
    whole = stream.feed(EVENTS) + stream.close()
    stream = chat_to.stream(TO)
    assert stream.feed(EVENTS[:-1]) + stream.close() == whole


def test_a_stream_cut_before_its_end_is_told_of(chat_to: Translation) -> None:
    stream = chat_to.stream(TO)
    stream.feed(EVENTS[: EVENTS.index(b"event: chunk")])
    with pytest.raises(ProviderProtocolError):
        stream.close()


def test_what_was_written_before_something_broken_is_not_lost(chat_to: Translation) -> None:
    stream = chat_to.stream(TO)
    with pytest.raises(ProviderProtocolError):
        stream.feed(EVENTS[: EVENTS.index(b"event: chunk")] + b"data: {broken\n\n")
    assert b'"Hel"' in stream.taken()


def test_an_event_without_an_end_is_given_up(chat_to: Translation) -> None:
    stream = chat_to.stream(TO)
    for _ in range(MOST_EVENT_BYTES >> 20):
        stream.feed(b"x" * (1 << 20))
    with pytest.raises(ProviderProtocolError, match="no end"):
        stream.feed(b"x")


def test_a_document_can_be_told_as_a_stream(chat_to: Translation) -> None:
    document = (
        b'{"id":"a","choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}],'
        b'"usage":{"prompt_tokens":3,"completion_tokens":4}}'
    )
    told = chat_to.document_as_stream(document, TO)
    writer = chat_to.client.writer(TO)
    tell_whole(Answer("a", "", [Choice([Text("Hello")])], Usage(3, 4)), writer)
    assert told == writer.take()
    assert b"Hello" in told


def test_who_can_be_translated_to_whom() -> None:
    for asked in (CHAT, RESPONSES, MESSAGES):
        for offered in (CHAT, RESPONSES, CONVERSE, GENERATE):
            found = translation(asked, offered)
            assert found is not None
            assert (found.client.name, found.provider.name) == (asked.dialect, offered.dialect)
            assert translation(asked, offered) is found
    assert translation(CONVERSE, CHAT) is None
