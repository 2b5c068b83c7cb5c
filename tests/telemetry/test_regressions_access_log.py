"""What clients send must not fill the memory, the disk or a field of the log that is not theirs."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path
from types import ModuleType

import pytest

from plano.telemetry._access_log import LONGEST_TEXT
from tests.telemetry.test_access_log import head, record
from tests.twins import both_builds


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access_llm.log"


@both_builds("access_log")
def test_long_paths_and_headers_are_cut_and_not_remembered(build: ModuleType, path: Path) -> None:
    """1024 of them were kept, each four times its size: 200 MB a client could fill."""
    log = build.AccessLog(path)
    tracemalloc.start()
    try:
        for number in range(600):
            text = f"/{number}" + '"' * 40_000
            log.add(record(path=text), head(user_agent=text.encode()))
        log.flush()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    log.close()
    assert kept < 1 << 20
    lines = path.read_text().splitlines()
    assert max(map(len, lines)) < 2 * 4 * LONGEST_TEXT + 500
    assert "..." in lines[0]


@both_builds("access_log")
def test_a_model_name_cannot_pose_as_another_field(build: ModuleType, path: Path) -> None:
    log = build.AccessLog(path)
    log.add(record(model="mock/a tokens=9/9 first_token_ms=1"), head())
    log.close()
    assert r"model=mock/a\x20tokens=9/9\x20first_token_ms=1 tokens=- " in path.read_text()


@both_builds("access_log")
def test_a_write_that_takes_a_part_is_continued(build: ModuleType, tmp_path: Path) -> None:
    """As on a disk that is nearly full; here a pipe that takes what it has room for."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    log = build.AccessLog(pipe)
    try:
        for _ in range(300):
            log.add(record(path="/" + "p" * 400), head())
        descriptors = [int(name) for name in os.listdir("/proc/self/fd")]
        for descriptor in descriptors:
            if descriptor != reader and _is_same_file(descriptor, reader):
                os.set_blocking(descriptor, False)
        log.flush()
        assert 0 < log.lost_lines < 300, "a pipe holds 64 KB"
        assert os.read(reader, 1 << 20).count(b"\n") + log.lost_lines == 300
    finally:
        log.close()
        os.close(reader)


def _is_same_file(descriptor: int, other: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.fstat(other))
    except OSError:
        return False
