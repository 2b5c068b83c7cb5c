"""Reasons not to read: the transport hears of the first and of the last only."""

from __future__ import annotations

from types import ModuleType

from plano.testing import FakeTransport
from tests.twins import both_builds


@both_builds("read_holds")
def test_reading_stops_with_the_first_reason_and_goes_on_without_any(build: ModuleType) -> None:
    transport = FakeTransport()
    holds = build.ReadHolds(transport)
    holds.hold(build.PEER_IS_SLOW)
    assert not transport.is_reading
    holds.hold(build.NOBODY_READS)
    holds.release(build.PEER_IS_SLOW)
    assert not transport.is_reading
    assert holds.reasons == build.NOBODY_READS
    holds.release(build.NOBODY_READS)
    assert transport.is_reading
    assert (transport.pauses, transport.resumes, holds.reasons) == (1, 1, 0)


@both_builds("read_holds")
def test_a_reason_set_twice_is_released_once(build: ModuleType) -> None:
    transport = FakeTransport()
    holds = build.ReadHolds(transport)
    holds.hold(build.PEER_IS_SLOW)
    holds.hold(build.PEER_IS_SLOW)
    holds.release(build.PEER_IS_SLOW)
    assert (transport.pauses, transport.resumes) == (1, 1)


@both_builds("read_holds")
def test_releasing_what_does_not_hold_is_nothing(build: ModuleType) -> None:
    transport = FakeTransport()
    holds = build.ReadHolds(transport)
    holds.release(build.NOBODY_READS)
    assert (transport.pauses, transport.resumes) == (0, 0)
    holds.hold(build.PEER_IS_SLOW)
    holds.release(build.NOBODY_READS)
    assert not transport.is_reading


@both_builds("read_holds")
def test_a_transport_on_its_way_out_is_left_alone(build: ModuleType) -> None:
    """uvloop raises when a closing transport is paused or resumed."""
    transport = FakeTransport()
    holds = build.ReadHolds(transport)
    transport.close()
    holds.hold(build.PEER_IS_SLOW)
    holds.release(build.PEER_IS_SLOW)
    assert (transport.pauses, transport.resumes) == (0, 0)


@both_builds("read_holds")
def test_the_two_reasons_are_different(build: ModuleType) -> None:
    assert build.PEER_IS_SLOW & build.NOBODY_READS == 0
