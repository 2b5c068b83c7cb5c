"""One line per exchange."""

from __future__ import annotations

import os
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from plano.dialects.usage import Usage
from plano.exchange import Record
from plano.http.wire.head import RequestHead
from tests.twins import both_builds


def head(**more: Any) -> RequestHead:
    made = RequestHead(b"POST", b"/v1/messages", b"", 1, [], True)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def record(**more: Any) -> Record:
    made = Record("req-1", "models", "POST", "/v1/messages", "10.0.0.1", 1_760_000_000.25, 100.0)
    for name, value in more.items():
        setattr(made, name, value)
    return made


FULL: dict[str, Any] = {
    "model": "openai/gpt-4o",
    "provider": "openai/gpt-4o",
    "origin": "https://api.openai.com",
    "status": 200,
    "attempts": 2,
    "bytes_in": 12,
    "bytes_out": 345,
    "sent_at": 100.001,
    "head_at": 100.5009,
    "first_token_at": 100.6009,
    "finished_at": 101.2509,
    "usage": Usage(11, 22),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access_llm.log"


@both_builds("access_log")
def test_a_full_line(build: ModuleType, path: Path) -> None:
    log = build.AccessLog(path)
    log.add(record(**FULL), head(forwarded_for=b"1.2.3.4", user_agent=b"curl/8", host=b"localhost:12000"))
    log.close()
    assert path.read_text() == (
        '[2025-10-09T08:53:20.250Z] "POST /v1/messages HTTP/1.1" 200 - 12 345 1250 499 "1.2.3.4" "curl/8" "req-1" '
        '"localhost:12000" "https://api.openai.com" "openai/gpt-4o" '
        "attempts=2 model=openai/gpt-4o tokens=11/22 first_token_ms=600\n"
    )


@both_builds("access_log")
def test_what_never_happened_is_a_dash(build: ModuleType, path: Path) -> None:
    log = build.AccessLog(path)
    log.add(record(status=404, error_code="model_not_found", finished_at=100.0), head())
    log.close()
    assert path.read_text().partition("Z] ")[2] == (
        '"POST /v1/messages HTTP/1.1" 404 model_not_found 0 0 0 - "-" "-" "req-1" "-" "-" "-" '
        "attempts=0 model=- tokens=- first_token_ms=-\n"
    )


@both_builds("access_log")
def test_who_used_a_key_stands_at_the_end_of_the_line(build: ModuleType, path: Path) -> None:
    log = build.AccessLog(path)
    log.add(record(api_key="team-blue"), head())
    log.add(record(api_key='blue "team" x=1\n'), head())
    log.close()
    [first, second] = path.read_text().splitlines()
    assert first.endswith(" tokens=- first_token_ms=- api_key=team-blue")
    assert second.endswith(" first_token_ms=- api_key=blue\\x20\\x22team\\x22\\x20x=1\\x0a")


@both_builds("access_log")
def test_the_route_is_told_where_the_prompt_chose_one(build: ModuleType, path: Path) -> None:
    log = build.AccessLog(path)
    routed = record(api_key="ci")
    routed.route = "writing code"
    log.add(routed, head())
    log.close()
    assert path.read_text().endswith(" first_token_ms=- route=writing\\x20code api_key=ci\n")


@both_builds("access_log")
@pytest.mark.parametrize("evil", ['"', "\n", "\r\n", "\\", "\x00", "\x1b[31m", "\x7f", "\x85", 'a" "b'])
def test_no_value_can_end_its_field_or_its_line(build: ModuleType, path: Path, evil: str) -> None:
    log = build.AccessLog(path)
    raw = evil.encode("latin-1")
    log.add(
        record(model=f"mock/{evil}", provider=evil), head(user_agent=raw, forwarded_for=raw, host=b"a" + raw + b"b")
    )
    log.close()
    [line] = path.read_text("utf-8").split("\n")[:-1]
    assert line.count('"') == 14
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", line)
    assert "\\x" in line


@both_builds("access_log")
def test_text_of_any_language_is_written(build: ModuleType, path: Path) -> None:
    log = build.AccessLog(path)
    log.add(record(model="mock/\u00e4\U0001f600"), head(user_agent="\u00e4".encode()))
    log.add(record(model="mock/\ud800"), head())
    log.close()
    first, second = path.read_text("utf-8").splitlines()
    assert "model=mock/\u00e4\U0001f600 " in first
    assert "model=mock/\\ud800 " in second


@both_builds("access_log")
def test_lines_wait_for_a_flush_or_a_full_batch(build: ModuleType, path: Path) -> None:
    log = build.AccessLog(path)
    log.add(record(), head())
    assert path.read_text() == ""
    log.flush()
    assert len(path.read_text().splitlines()) == 1
    for _ in range(build.BATCH_LINES):
        log.add(record(), head())
    assert len(path.read_text().splitlines()) == 1 + build.BATCH_LINES
    log.close()


@both_builds("access_log")
def test_the_second_of_a_line_is_its_own(build: ModuleType, path: Path) -> None:
    log = build.AccessLog(path)
    for unix_s in (0.0, 0.9996, 1.001, 1_760_000_000.0, 59.0):
        log.add(record(started_unix_s=unix_s), head())
    log.close()
    starts = [line.partition(" ")[0] for line in path.read_text().splitlines()]
    assert starts == [
        "[1970-01-01T00:00:00.000Z]",
        "[1970-01-01T00:00:00.999Z]",
        "[1970-01-01T00:00:01.000Z]",
        "[2025-10-09T08:53:20.000Z]",
        "[1970-01-01T00:00:59.000Z]",
    ]


@both_builds("access_log")
def test_a_rotated_file_is_left_alone(build: ModuleType, path: Path) -> None:
    log = build.AccessLog(path)
    log.reopen_if_moved()
    log.add(record(request_id="old"), head())
    rotated = path.with_suffix(".1")
    path.rename(rotated)
    log.reopen_if_moved()
    log.add(record(request_id="new"), head())
    log.close()
    assert '"old"' in rotated.read_text()
    assert '"new"' in path.read_text()
    assert '"new"' not in rotated.read_text()


@both_builds("access_log")
def test_a_file_that_is_still_in_its_place_is_kept_open(build: ModuleType, path: Path) -> None:
    log = build.AccessLog(path)
    log.add(record(request_id="old"), head())
    log.reopen_if_moved()
    assert path.read_text() == ""  # Not even the batch is cut short.
    log.close()
    assert '"old"' in path.read_text()


@both_builds("access_log")
def test_what_is_there_is_not_overwritten_and_not_for_everybody(build: ModuleType, path: Path) -> None:
    path.write_text("before\n")
    log = build.AccessLog(path)
    log.add(record(), head())
    log.close()
    assert path.read_text().startswith("before\n[")
    path.unlink()
    build.AccessLog(path).close()
    assert os.stat(path).st_mode & 0o137 == 0


@both_builds("access_log")
def test_a_full_disk_costs_lines_and_nothing_else(build: ModuleType) -> None:
    log = build.AccessLog(Path("/dev/full"))
    log.add(record(), head())
    log.add(record(), head())
    log.flush()
    assert log.lost_lines == 2
    log.close()
