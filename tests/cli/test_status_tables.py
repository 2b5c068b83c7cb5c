"""What `planoai status` makes of the facts of several workers."""

from __future__ import annotations

import pytest

from plano.cli.status import _routers, _show, _sources
from plano.run.control import RouterFacts, SourceFacts, Status, TargetFacts, WorkerFacts


def table(capsys: pytest.CaptureFixture[str], *workers: tuple[TargetFacts, ...]) -> list[str]:
    """The lines of the table of targets, as they are printed."""
    told = tuple(
        WorkerFacts(number=number, pid=number, state="ready", started_unix_s=0, targets=targets)
        for number, targets in enumerate(workers, 1)
    )
    _show(Status(version="1", pid=1, started_unix_s=0, config="c", loaded_unix_s=0, workers=told), now=0)
    lines = capsys.readouterr().out.splitlines()
    return lines[next((place for place, line in enumerate(lines) if line.startswith("TARGET")), len(lines)) :]


def test_nothing_is_shown_of_targets_before_one_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert table(capsys, (), ()) == []


def test_a_target_shows_its_state_and_what_went_wrong_last(capsys: pytest.CaptureFixture[str]) -> None:
    well = TargetFacts(name="openai/a", model="openai/a")
    resting = TargetFacts(
        name="second key", model="openai/a", state="cooling", seconds_left=11.2, failures=2, last_error="http_429"
    )
    assert table(capsys, (well, resting)) == [
        "TARGET      MODEL     STATE    LEFT  FAILURES  LAST ERROR  KEY",
        "openai/a    openai/a  ok       -     0         -           ok",
        "second key  openai/a  cooling  12s   2         http_429    ok",
    ]


def test_of_several_workers_the_worst_state_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    benched = TargetFacts(name="a", model="a", state="key benched", seconds_left=50, failures=1, last_error="http_401")
    opened = TargetFacts(name="a", model="a", state="open", seconds_left=4, failures=5, last_error="http_503")
    well = TargetFacts(name="a", model="a", failures=1)
    (_, line) = table(capsys, (well,), (benched,), (opened,))
    assert line.split() == ["a", "a", "open", "4s", "7", "http_503", "benched"]


def test_routers_and_sources_are_told() -> None:
    counts = {"matched": 7, "no_match": 2, "nothing_said": 1, "too_late": 3}
    busy = RouterFacts(kind="encoder", state="ready", counts=counts)
    broken = RouterFacts(kind="encoder", state="unusable", trouble="DamagedWeights: model.bin")
    source = SourceFacts(name="prices of models.dev", models=5000, age_s=61.2, last_error="it answers 503")
    workers = [
        WorkerFacts(number=0, pid=1, state="ready", started_unix_s=0, router=busy, sources=(source,)),
        WorkerFacts(number=1, pid=2, state="ready", started_unix_s=0, router=broken),
        WorkerFacts(number=2, pid=3, state="ready", started_unix_s=0, router=RouterFacts(kind="encoder", state="idle")),
    ]
    assert list(_routers(workers)) == [
        ("encoder", "ready", "7", "3", "3 too_late", "-"),
        ("encoder", "unusable", "0", "0", "-", "DamagedWeights: model.bin"),
    ]
    assert list(_sources(workers)) == [("prices of models.dev", "5000", "62s ago", "it answers 503")]
