from __future__ import annotations

import logging

import pytest

from plano.plugins.fault_count import FaultCount, LogInterval
from plano.plugins.hook_plan import Step
from plano.testing.clock import FakeClock

STEP = Step("watcher", "post_response", lambda record: None, False)


def test_a_log_line_passes_at_once_and_then_once_a_minute() -> None:
    clock = FakeClock()
    interval = LogInterval(clock)
    assert interval.due()
    clock.advance(59.9)
    assert not interval.due()
    clock.advance(0.1)
    assert interval.due()


def test_failures_are_counted_and_logged_once_a_minute_with_the_plugins_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = FakeClock()
    faults = FaultCount(STEP, clock)
    for _ in range(3):
        faults.failed(ValueError("first"))
        faults.succeeded()
    clock.advance(60)
    faults.failed(ValueError("later"))
    assert (faults.calls, faults.failures) == (7, 4)
    assert [record.getMessage() for record in caplog.records] == [
        "plugin watcher: post_response failed, 1 failures so far",
        "plugin watcher: post_response failed, 4 failures so far",
    ]
    assert "ValueError: first" in caplog.text


def test_five_failures_in_a_row_switch_off_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    faults = FaultCount(STEP, FakeClock())
    for _ in range(4):
        faults.failed(OSError())
    assert not faults.switched_off
    caplog.clear()
    faults.failed(OSError())
    assert faults.switched_off
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.ERROR, "plugin watcher: post_response switched off after 5 failures in a row")
    ]


def test_a_success_ends_the_row() -> None:
    faults = FaultCount(STEP, FakeClock())
    for _ in range(4):
        faults.failed(OSError())
    faults.succeeded()
    for _ in range(4):
        faults.failed(OSError())
    assert not faults.switched_off
