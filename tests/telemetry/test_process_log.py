"""The process's own log."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from plano.telemetry.process_log import start_process_log, stop_process_log

LINE = r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\]"


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    root, own = logging.getLogger(), logging.getLogger("plano")
    before = root.handlers[:], root.level, own.level
    yield tmp_path / "plano.log"
    stop_process_log()
    logging.captureWarnings(False)
    root.handlers[:], root.level, own.level = before


def test_lines_have_time_and_level(path: Path) -> None:
    start_process_log(path, "info")
    logging.getLogger("plano.gateway").info("listener %s is open", "models")
    assert re.fullmatch(LINE + r"\[info\] listener models is open\n", path.read_text())


def test_a_message_stays_one_line(path: Path) -> None:
    start_process_log(path, "info")
    logging.getLogger("plano.x").warning("%s", "a\r\n[2020-01-01 00:00:00.000][info] forged")
    assert re.fullmatch(LINE + r"\[warning\] a\\r\\n\[2020-.*forged\n", path.read_text())


def test_a_file_that_was_rotated_away_is_left_alone(path: Path) -> None:
    start_process_log(path, "info")
    logging.getLogger("plano.x").warning("old")
    path.rename(path.with_suffix(".1"))
    logging.getLogger("plano.x").warning("new")
    assert "old" not in path.read_text()
    assert path.read_text().endswith("[warning] new\n")


def test_an_exception_is_told_with_its_traceback(path: Path) -> None:
    start_process_log(path, "info")
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("plano.x").exception("request_id=r could not be served")
    lines = path.read_text().splitlines()
    assert lines[0].endswith("[error] request_id=r could not be served")
    assert lines[-1] == "ValueError: why"


@pytest.mark.parametrize(
    ("level", "written"),
    [
        ("debug", ["d", "i", "w", "e"]),
        ("INFO", ["i", "w", "e"]),
        ("warn", ["w", "e"]),
        ("warning", ["w", "e"]),
        ("error", ["e"]),
        ("nonsense", ["i", "w", "e"]),
    ],
)
def test_the_level_chooses_what_is_written(path: Path, level: str, written: list[str]) -> None:
    start_process_log(path, level)
    log = logging.getLogger("plano.x")
    log.debug("d")
    log.info("i")
    log.warning("w")
    log.error("e")
    assert [line[-1] for line in path.read_text().splitlines()] == written


def test_libraries_are_heard_when_they_warn(path: Path) -> None:
    start_process_log(path, "debug")
    logging.getLogger("asyncio").info("chatter")
    logging.getLogger("asyncio").warning("trouble")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("deprecated", DeprecationWarning, stacklevel=1)
    text = path.read_text()
    assert "chatter" not in text
    assert "trouble" in text
    assert "deprecated" in text


def test_without_a_file_it_goes_to_stderr(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start_process_log(None, "info")
    logging.getLogger("plano.x").info("hello")
    assert capsys.readouterr().err.endswith("[info] hello\n")
