from __future__ import annotations

import pytest

from plano.clock import Clock
from plano.testing import FakeClock


def test_a_fake_clock_stands_still_until_advanced() -> None:
    clock: Clock = FakeClock(monotonic_s=5.0, unix_s=100.0)
    assert (clock.monotonic_s(), clock.unix_s()) == (5.0, 100.0)
    assert (clock.monotonic_s(), clock.unix_s()) == (5.0, 100.0)


def test_advancing_moves_both_faces_together() -> None:
    clock = FakeClock(monotonic_s=5.0, unix_s=100.0)
    clock.advance(2.5)
    assert (clock.monotonic_s(), clock.unix_s()) == (7.5, 102.5)


def test_a_fake_clock_never_goes_back() -> None:
    with pytest.raises(ValueError, match="does not go back"):
        FakeClock().advance(-1)
