"""The verdict of a soak: it must be able to say no."""

from __future__ import annotations

from typing import Any

import pytest

from bench.load.soak import Result, Sample
from bench.load.soak_clients import KINDS
from bench.load.soak_report import checks, slope


def sample(at_s: float, **members: Any) -> Sample:
    facts: dict[str, Any] = {
        "resident_mib": 40.0,
        "descriptors": 18,
        "open_files": 60,
        "tasks": 2,
        "running": 0,
        "connections": 0,
        "busy": 0,
        "idle": 0,
        "served": 0,
        "cpu_s": 0.0,
    }
    return Sample(at_s=at_s, **{**facts, **members})


def ten_minutes(**growing: float) -> Result:
    """Samples every five seconds; `growing` says by how much a minute."""
    result = Result(600.0, 1)
    result.before = sample(0.0)
    result.after = sample(600.0)
    for at_s in range(5, 601, 5):
        members = {name: getattr(result.before, name) + rate * at_s / 60 for name, rate in growing.items()}
        result.samples.append(sample(float(at_s), **members))
    for kind in KINDS:
        result.done[kind] = 100
    return result


def failed(result: Result) -> list[str]:
    return [check.name for check in checks(result) if not check.is_fine]


def test_a_run_in_which_nothing_grew_is_fine() -> None:
    assert failed(ten_minutes()) == []


@pytest.mark.parametrize(
    ("grows", "name"),
    [
        ({"resident_mib": 1.5}, "memory after warm-up"),
        ({"descriptors": 2}, "descriptors beside connections"),
        ({"tasks": 2}, "tasks"),
    ],
)
def test_what_grows_is_told(grows: dict[str, float], name: str) -> None:
    assert failed(ten_minutes(**grows)) == [name]


def test_what_comes_and_goes_is_no_growth() -> None:
    result = ten_minutes()
    result.samples[-3:] = [sample(one.at_s, descriptors=40, tasks=9) for one in result.samples[-3:]]
    assert failed(result) == []


def test_growth_of_the_warm_up_is_forgiven() -> None:
    result = ten_minutes()
    result.samples[:40] = [sample(one.at_s, resident_mib=one.at_s / 10) for one in result.samples[:40]]
    assert failed(result) == []


@pytest.mark.parametrize(
    ("left", "name"),
    [
        ({"running": 1}, "exchanges left"),
        ({"connections": 1}, "client connections left"),
        ({"busy": 1}, "provider connections in a call left"),
        ({"descriptors": 19}, "descriptors back at the start value"),
        ({"tasks": 3}, "tasks back at the start value"),
    ],
)
def test_what_is_left_is_told(left: dict[str, int], name: str) -> None:
    result = ten_minutes()
    result.after = sample(600.0, **left)
    assert failed(result) == [name]


def test_a_wrong_answer_is_told() -> None:
    result = ten_minutes()
    result.note("kept", "status 500", 0.1)
    assert failed(result) == ["clients that got what they had to"]
    assert result.told == ["kept: status 500"]


def test_a_defect_in_the_logs_is_told() -> None:
    result = ten_minutes()
    result.logged = ["plano.log: Traceback"]
    assert failed(result) == ["defects in the logs"]


def test_a_slope_is_that_of_the_line_through_the_points() -> None:
    assert slope([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]) == pytest.approx(2.0)
    assert slope([(0.0, 1.0), (1.0, 1.0), (2.0, 1.0)]) == 0.0
