"""Header lines: what is rendered, what is refused, what is shared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plano.providers.headers import DROPPED, DROPPED_PREFIXES, checked, dropped, rendered

from .rows import lines


@given(name=st.text(max_size=12), value=st.text(max_size=20))
def test_whatever_is_accepted_renders_to_exactly_one_line(name: str, value: str) -> None:
    try:
        pair = checked(name, value)
    except ValueError:
        return

    written = rendered(dict([pair]))

    assert written.count(b"\r") == written.count(b"\n") == 1
    assert lines(written) == dict([pair])


@pytest.mark.parametrize("name", ["", "x a", "x:a", "x\r\n", "ключ", "content-length", "Connection", "TE"])
def test_names_that_would_break_a_request_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"header name|written by plano"):
        checked(name, "v")


def test_names_are_lowered_and_values_stripped() -> None:
    assert checked("X-Team", " a\tb ") == ("x-team", "a\tb")


def test_targets_that_are_alike_share_one_set() -> None:
    first = dropped(frozenset({b"host", b"authorization"}), passthrough=False)

    assert first is dropped(frozenset({b"authorization", b"host"}), passthrough=False)
    assert first == DROPPED


@pytest.mark.parametrize(
    "name", [b"x-plano-anything", b"x-arch-anything", b"x-forwarded-prefix", b"x-envoy-peer"]
)
def test_families_are_dropped_by_their_beginning(name: bytes) -> None:
    assert name.startswith(DROPPED_PREFIXES)


@pytest.mark.parametrize(
    "name", [b"x-stainless-lang", b"x-request-id", b"x-claude-code-session-id", b"accept"]
)
def test_what_belongs_to_the_vendors_own_clients_goes_through(name: bytes) -> None:
    assert name not in DROPPED
    assert not name.startswith(DROPPED_PREFIXES)
