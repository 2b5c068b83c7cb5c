"""What interrupts plain hooks that do not return, with several in one process as after a reload."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator

import pytest

from plano.plugins.watch import HookEscapes, HookHangs, Watch

LIMIT_S = 0.05


@pytest.fixture(autouse=True)
def _left_as_it_was() -> Iterator[None]:
    # Whatever a defect leaves behind, the signal must not end the tests.
    former = signal.signal(signal.SIGALRM, lambda number, frame: None)
    yield
    signal.signal(signal.SIGALRM, former)


def hangs(watch: Watch) -> bool:
    """Whether a hook that hangs is interrupted."""
    try:
        watch.call(time.sleep, 1.0)
    except HookHangs:
        return True
    return False


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1), (1, 2, 0)])
def test_whoever_stops_leaves_the_others_their_signal(order: tuple[int, ...]) -> None:
    first = signal.getsignal(signal.SIGALRM)
    watches = [Watch(LIMIT_S) for _ in range(3)]
    for watch in watches:
        watch.start()
    left = set(range(3))
    for place in order:
        watches[place].stop()
        left.discard(place)
        assert all(hangs(watches[other]) for other in left)
    assert signal.getsignal(signal.SIGALRM) is first


@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyboardInterrupt(), GeneratorExit()])
def test_what_would_end_more_than_a_hook_is_a_fault_of_the_hook(error: BaseException) -> None:
    def call() -> None:
        raise error

    with pytest.raises(HookEscapes, match=type(error).__name__):
        Watch().call(call)
