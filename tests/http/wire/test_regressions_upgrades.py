"""Upgrades and lengths made to hurt."""

from __future__ import annotations

import tracemalloc
from types import ModuleType

import pytest

from plano.errors import BodyTooLarge
from tests.http.wire.test_request_reader import Kept
from tests.twins import both_builds

UPGRADE = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"


@both_builds("request_reader")
def test_a_block_full_of_upgrades_costs_no_stack_and_no_copies(build: ModuleType) -> None:
    """It nested a call and kept a copy of the rest for each: 550 MB for one read."""
    outlet = Kept()
    reader = build.RequestReader(outlet, 65536, 1 << 20)
    block = UPGRADE * 4000
    tracemalloc.start()
    try:
        reader.feed(block)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(outlet.bodies) == 4000
    assert peak < 20 << 20


@both_builds("request_reader")
@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 10**19 - 1])
def test_a_length_beyond_63_bits_is_refused_as_too_large(build: ModuleType, length: int) -> None:
    reader = build.RequestReader(Kept(), 65536, 1 << 20)
    with pytest.raises(BodyTooLarge):
        reader.feed(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % length)
