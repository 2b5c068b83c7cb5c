from __future__ import annotations

from itertools import pairwise
from types import ModuleType
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from plano.http.wire import _sse_tap
from plano.http.wire.sse import SseMarks, event_data
from tests.twins import both_builds

MARKS = SseMarks(
    first_token=(b'"content":"', b'"content": "'), finish=b'"finish_reason"', terminal=(b"[DONE]",)
)
ROLE = b'data: {"choices":[{"delta":{"role":"assistant","content":""}}],"usage":null}\n\n'
WORD = b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}],"usage":null}\n\n'
STOP = b'data: {"choices":[{"delta":{},"finish_reason": "stop"}],"usage":null}\n\n'
USAGE = b'data: {"id":"x","choices": [ ],"usage" : {"prompt_tokens":3}}\n\n'
DONE = b"data: [DONE]\n\n"
STREAM = ROLE + WORD + b": ping\n\n" + WORD + STOP + USAGE + DONE


def run(build: ModuleType, pieces: list[bytes], *, withholds: bool) -> tuple[list[bytes], Any]:
    tap = build.SseTap(MARKS, withholds)
    return [tap.feed(piece) for piece in pieces] + [tap.end()], tap


def facts(tap: Any) -> tuple[object, ...]:
    return tap.events, tap.saw_first_token, tap.usage_events, tap.finish_event, tap.ended_properly(), tap.is_blind


@both_builds("sse_tap")
def test_a_block_is_given_back_as_the_very_same_object(build: ModuleType) -> None:
    tap = build.SseTap(MARKS, withholds_usage=False)
    assert tap.feed(STREAM) is STREAM
    assert facts(tap) == (6, True, [USAGE], STOP, True, False)


@both_builds("sse_tap")
def test_the_role_chunk_is_not_the_first_token(build: ModuleType) -> None:
    tap = build.SseTap(MARKS, withholds_usage=False)
    tap.feed(ROLE)
    assert not tap.saw_first_token
    tap.feed(WORD)
    assert tap.saw_first_token


@both_builds("sse_tap")
def test_every_cut_into_two_says_and_gives_the_same(build: ModuleType) -> None:
    expected = STREAM.replace(USAGE, b"")
    for line_end in (b"\n", b"\r\n", b"\r"):
        stream = STREAM.replace(b"\n", line_end)
        wanted = expected.replace(b"\n", line_end)
        for cut in range(len(stream) + 1):
            given_back, tap = run(build, [stream[:cut], stream[cut:]], withholds=True)
            assert b"".join(given_back) == wanted, (line_end, cut)
            assert tap.events == 6, (line_end, cut)
            assert tap.ended_properly()
            assert tap.usage_events == [USAGE.replace(b"\n", line_end)]


@both_builds("sse_tap")
def test_byte_by_byte_the_client_gets_every_content_byte_at_once(build: ModuleType) -> None:
    tap = build.SseTap(MARKS, withholds_usage=False)
    for byte in STREAM:
        assert tap.feed(bytes([byte])) == bytes([byte])


@both_builds("sse_tap")
def test_an_unfinished_event_is_released_once_it_cannot_be_usage_only(build: ModuleType) -> None:
    tap = build.SseTap(MARKS, withholds_usage=True)
    assert tap.feed(b'data: {"choices":') == b""
    assert tap.feed(b'[{"delta":') == b'data: {"choices":[{"delta":'
    assert tap.feed(b'{"content":"x"}}]}\n\n') == b'{"content":"x"}}]}\n\n'


@both_builds("sse_tap")
def test_a_stream_that_breaks_off_loses_nothing(build: ModuleType) -> None:
    tap = build.SseTap(MARKS, withholds_usage=True)
    assert tap.feed(WORD + b'data: {"id"') == WORD
    assert tap.end() == b'data: {"id"'
    assert not tap.ended_properly()


@both_builds("sse_tap")
def test_data_without_space_and_several_data_lines_are_understood(build: ModuleType) -> None:
    event = b'event: x\ndata:{"choices":[{}],\ndata: "usage":\t{"prompt_tokens":1}}\n\n'
    tap = build.SseTap(MARKS, withholds_usage=True)
    assert tap.feed(event) == event
    assert tap.usage_events == [event]
    assert event_data(event) == b'{"choices":[{}],\n"usage":\t{"prompt_tokens":1}}'


@both_builds("sse_tap")
def test_an_event_without_end_ends_the_watching_not_the_relaying(build: ModuleType) -> None:
    tap = build.SseTap(MARKS, withholds_usage=True)
    block = b"x" * 65536
    total = b"data: " + b"".join(tap.feed(block) for _ in range(20))
    assert tap.is_blind
    assert len(total) == 6 + 20 * 65536
    assert tap.feed(USAGE) == USAGE


@both_builds("sse_tap")
def test_only_a_few_usage_events_are_kept(build: ModuleType) -> None:
    tap = build.SseTap(MARKS, withholds_usage=False)
    events = [b'data: {"n":%d,"usage":{}}\n\n' % n for n in range(100)]
    for event in events:
        tap.feed(event)
    assert tap.usage_events[0] == events[0]
    assert tap.usage_events[-1] == events[-1]
    assert len(tap.usage_events) == 4


PARTS = st.sampled_from(
    [ROLE, WORD, STOP, USAGE, DONE, b"\n", b"\r\n", b"\r", b": c\n\n", b"data:\n\n", b'"usage":{', b'data: {"choices"',
     b": [", b"]", b"}", b"event: a\r\n", b"data: x\r\n\r\n", b"id: 1\n", b"\x00\xff"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PARTS, max_size=20), st.lists(st.integers(0, 400), max_size=12), st.booleans())
def test_the_twins_agree_on_anything(parts: list[bytes], cuts: list[int], withholds: bool) -> None:
    from plano._speedups import sse_tap as compiled

    stream = b"".join(parts)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    python_out, python_tap = run(_sse_tap, pieces, withholds=withholds)
    compiled_out, compiled_tap = run(compiled, pieces, withholds=withholds)
    assert python_out == compiled_out
    assert facts(python_tap) == facts(compiled_tap)
    if not withholds:
        assert b"".join(python_out) == stream
