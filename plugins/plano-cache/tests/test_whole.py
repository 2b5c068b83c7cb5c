from __future__ import annotations

import pytest
from plano_cache.whole import says_its_end

CHAT = b'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n'
DONE = b"data: [DONE]\n\n"
START = b'event: message_start\ndata: {"type":"message_start"}\n\n'
STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


@pytest.mark.parametrize(
    ("body", "is_whole"),
    [
        (CHAT + DONE, True),
        (CHAT.replace(b"\n", b"\r\n") + DONE.replace(b"\n", b"\r\n"), True),
        (b": ping\n\n" + CHAT + DONE, True),
        (CHAT, False),
        (CHAT + b"data: {\"choices\":[\n\n" + DONE, False),
        (CHAT + b'data: {"error":{"message":"overloaded"}}\n\n' + DONE, False),
        (b'data: {"error":null,"choices":[]}\n\n' + DONE, True),
        (START + STOP, True),
        (START, False),
        (START + b'event: error\ndata: {"type":"error","error":{}}\n\n' + STOP, False),
        (b'data: {"type":"response.created"}\n\ndata: {"type":"response.completed"}\n\n', True),
        (b'data: {"type":"response.incomplete"}\n\n', True),
        (b'data: {"type":"response.failed"}\n\n', False),
        (b'data: {"type":"speech.audio.done"}\n\n', True),
        (b'data: {"type":7}\n\n', False),
        (b"", False),
    ],
)
def test_a_stream_is_whole_with_its_last_event_and_without_an_error(body: bytes, is_whole: bool) -> None:
    assert says_its_end(body, "text/event-stream; charset=utf-8") == is_whole


@pytest.mark.parametrize(
    ("body", "content_type", "is_whole"),
    [
        (b'{"id":"a"}', "application/json", True),
        (b'{"id":"a', "Application/JSON; charset=utf-8", False),
        (b'{"id":"\xff"}', "application/json", True),  # What is inside of members is not looked at.
        (b"[1]", "application/json", False),
        (b"\xff\xfb", "audio/mpeg", True),
    ],
)
def test_a_document_is_whole_when_it_can_be_read(body: bytes, content_type: str, is_whole: bool) -> None:
    assert says_its_end(body, content_type) == is_whole
