"""Header fields -> bytes: what is dropped, what is refused, and that the twins agree."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plano.http.wire import _head_writer
from tests.twins import both_builds

DROPPED = frozenset((b"connection", b"host"))
FAMILIES = (b"x-plano-", b"x-arch-")


def join(build: ModuleType, *headers: tuple[bytes, bytes]) -> bytes:
    return bytes(
        build.join_fields(b"GET / HTTP/1.1\r\n", list(headers), DROPPED, FAMILIES, (b"a: b\r\n", b"\r\n"))
    )


@both_builds("head_writer")
def test_fields_are_written_in_order_between_first_and_last(build: ModuleType) -> None:
    assert join(build, (b"accept", b"*/*"), (b"x-a", b"1"), (b"x-a", b""), (b"y", b" \xff\t")) == (
        b"GET / HTTP/1.1\r\naccept: */*\r\nx-a: 1\r\nx-a: \r\ny:  \xff\t\r\na: b\r\n\r\n"
    )
    assert build.join_fields(b"", [], frozenset(), (), ()) == b""


@both_builds("head_writer")
def test_named_fields_and_families_are_dropped(build: ModuleType) -> None:
    written = join(
        build,
        (b"host", b"h"), (b"x-plano-route", b"r"), (b"x-arch-", b"r"), (b"x-plan", b"kept"), (b"x-", b"kept"),
    )  # fmt: skip
    assert written == b"GET / HTTP/1.1\r\nx-plan: kept\r\nx-: kept\r\na: b\r\n\r\n"
    assert build.join_fields(b"", [(b"x-a", b"1")], frozenset(), (), ()) == b"x-a: 1\r\n"


@both_builds("head_writer")
@pytest.mark.parametrize(
    ("connection", "left"),
    [
        (b"keep-alive", [b"te", b"x-hop", b"close", b"keep-alive"]),
        (b"Close", [b"te", b"x-hop", b"close", b"keep-alive"]),
        (b"X-Hop", [b"te", b"close", b"keep-alive"]),
        (b"close, TE ,x-hop", [b"keep-alive"]),
        (b",, te,", [b"x-hop", b"close", b"keep-alive"]),
        (b"", [b"te", b"x-hop", b"close", b"keep-alive"]),
    ],
)
def test_fields_that_connection_nominates_are_dropped(
    build: ModuleType, connection: bytes, left: list[bytes]
) -> None:
    """RFC 9110 section 7.6.1."""
    fields = [(name, b"v") for name in (b"te", b"x-hop", b"close", b"keep-alive")]
    for headers in ([(b"connection", connection), *fields], [*fields, (b"connection", connection)]):
        written = join(build, *headers).removeprefix(b"GET / HTTP/1.1\r\n").removesuffix(b"a: b\r\n\r\n")
        assert [line.partition(b":")[0] for line in written.splitlines()] == left


@both_builds("head_writer")
def test_several_connection_fields_add_up(build: ModuleType) -> None:
    written = join(
        build,
        (b"connection", b"x-a"),
        (b"x-a", b"1"),
        (b"connection", b"x-b"),
        (b"x-b", b"2"),
        (b"x-c", b"3"),
    )
    assert written == b"GET / HTTP/1.1\r\nx-c: 3\r\na: b\r\n\r\n"


@both_builds("head_writer")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"x-a", b"1\r\nx-evil: 1"), (b"x-a", b"1\nx"), (b"x-a", b"1\rx"), (b"x-a", b"\0"), (b"x-a", b"\n"),
        (b"x-a\r\nx-evil: 1\r\nx", b"1"), (b"x\n", b"1"), (b"\rx", b"1"), (b"x\0", b"1"), (b"", b"1"), (b"", b""),
    ],
)  # fmt: skip
def test_injection_is_refused(build: ModuleType, name: bytes, value: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be written safely") as raised:
        join(build, (b"accept", b"*/*"), (name, value))
    assert "evil: 1'" not in str(raised.value), "values may be secrets"


@both_builds("head_writer")
def test_a_dropped_field_is_not_looked_at(build: ModuleType) -> None:
    assert join(build, (b"host", b"\r\n"), (b"x-plano-a", b"\0")) == b"GET / HTTP/1.1\r\na: b\r\n\r\n"


NAMES = st.sampled_from(
    [
        b"connection",
        b"host",
        b"x-plano-a",
        b"x-arch-",
        b"x-a",
        b"x-",
        b"x",
        b"te",
        b"",
        b"keep-alive",
        b"a" * 300,
    ]
) | st.binary(max_size=6)
VALUES = st.sampled_from([b"close", b"Keep-Alive", b"x-a, te", b"TE", b"v" * 5000, b"a\r\nb: c"]) | st.binary(
    max_size=6
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=8), st.lists(st.binary(max_size=4), max_size=3))
@example([(b"connection", b"x-a"), (b"x-a", b"\n")], [])
def test_the_twins_agree_on_anything(headers: list[tuple[bytes, bytes]], last: list[bytes]) -> None:
    from plano._speedups import head_writer

    def outcome(module: Any) -> bytes | str:
        try:
            return bytes(module.join_fields(b"first", headers, DROPPED, FAMILIES, tuple(last)))
        except ValueError as error:
            return str(error)

    assert outcome(head_writer) == outcome(_head_writer)
