"""The end of an answer, looked at on its way."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from types import ModuleType
from typing import Any

import pytest

from tests.twins import both_builds

END = b'"usage":{"prompt_tokens":1}}'
TAIL_BYTES = 4096


def fed(build: ModuleType, body: bytes, encoding: bytes = b"", size: int = 1000) -> Any:
    tap = build.AnswerTap(encoding)
    for at in range(0, len(body), size):
        block = body[at : at + size]
        assert tap.feed(block) is block
    assert tap.end() == b""
    return tap


@both_builds("answer_tap")
@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
def test_the_end_is_kept_however_the_body_is_cut(build: ModuleType, size: int) -> None:
    body = b'{"x":"' + b"y" * 9000 + b'",' + END
    assert fed(build, body, size=size).tail() == body[-TAIL_BYTES:]


@both_builds("answer_tap")
def test_a_short_body_is_its_own_end(build: ModuleType) -> None:
    assert fed(build, END).tail() == END
    assert build.AnswerTap(b"").tail() == b""


@both_builds("answer_tap")
@pytest.mark.parametrize("encoding", [b"gzip", b"GZIP", b"x-gzip"])
def test_a_packed_body_is_unpacked_for_a_look(build: ModuleType, encoding: bytes) -> None:
    body = b"y" * 9000 + END
    assert fed(build, gzip.compress(body), encoding).tail() == body[-TAIL_BYTES:]


@both_builds("answer_tap")
def test_deflate_is_understood(build: ModuleType) -> None:
    assert fed(build, zlib.compress(END), b"deflate").tail() == END


@both_builds("answer_tap")
@pytest.mark.parametrize("encoding", [b"br", b"zstd", b"gzip, gzip"])
def test_what_is_not_understood_is_not_looked_at(build: ModuleType, encoding: bytes) -> None:
    assert fed(build, b"whatever", encoding).tail() == b""


@both_builds("answer_tap")
def test_a_broken_packing_is_no_error(build: ModuleType) -> None:
    assert fed(build, b"no gzip at all", b"gzip").tail() == b""
    assert fed(build, gzip.compress(END)[:10], b"gzip").tail() == b""


@both_builds("answer_tap")
def test_a_first_block_is_a_first_token(build: ModuleType) -> None:
    tap = build.AnswerTap(b"")
    assert not tap.saw_first_token
    tap.feed(b"{")
    assert tap.saw_first_token


@both_builds("answer_tap")
def test_the_middle_of_what_unpacks_to_too_much_is_not_taken_for_its_end(build: ModuleType) -> None:
    body = b'{"x":"' + b'\\"usage\\":{} ' * 1_000_000 + b'",' + END
    assert fed(build, gzip.compress(body), b"gzip").tail() == b""


@both_builds("answer_tap")
def test_a_large_packed_body_is_not_kept(build: ModuleType) -> None:
    tap = build.AnswerTap(b"gzip")
    block = bytes(1 << 18)
    tracemalloc.start()
    try:
        for _ in range(64):
            tap.feed(bytes(bytearray(block)))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 2 << 20
    assert tap.tail() == b""
