from __future__ import annotations

import os
from pathlib import Path

import pytest

from plano.cli.tail import Followed, last_lines


@pytest.mark.parametrize(
    ("text", "count", "expected"),
    [
        (b"", 3, []),
        (b"a\nb\nc\n", 2, [b"b", b"c"]),
        (b"a\nb\nc", 2, [b"b", b"c"]),
        (b"a\n\nc\n", 2, [b"", b"c"]),
        (b"a\n", 5, [b"a"]),
        (b"a\rb\x0bc\n", 1, [b"a\rb\x0bc"]),
        (b"a\nb\n", 0, []),
    ],
)
def test_last_lines(tmp_path: Path, text: bytes, count: int, expected: list[bytes]) -> None:
    log = tmp_path / "log"
    log.write_bytes(text)
    assert last_lines(log, count) == expected


def test_last_lines_longer_than_one_block(tmp_path: Path) -> None:
    lines = [str(number).encode() * 5000 for number in range(40)]
    log = tmp_path / "log"
    log.write_bytes(b"\n".join(lines) + b"\n")
    assert last_lines(log, 7) == lines[-7:]


def test_follows_what_is_added(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"old\n")
    followed = Followed(log)
    assert followed.read_new() == b""
    _append(log, b"new\n")
    assert followed.read_new() == b"new\n"
    assert followed.read_new() == b""
    followed.close()


def test_follows_from_the_start_when_asked(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"first\n")
    followed = Followed(log, from_start=True)
    assert followed.read_new() == b"first\n"
    followed.close()


def test_follows_a_file_that_appears_later(tmp_path: Path) -> None:
    log = tmp_path / "log"
    followed = Followed(log)
    assert followed.read_new() == b""
    log.write_bytes(b"born\n")
    assert followed.read_new() == b"born\n"
    followed.close()


def test_follows_over_a_rotation_without_losing_a_line(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"")
    followed = Followed(log)
    _append(log, b"last of the old\n")
    os.rename(log, tmp_path / "log.1")
    log.write_bytes(b"first of the new\n")
    assert followed.read_new() == b"last of the old\nfirst of the new\n"
    followed.close()


def test_waits_while_the_file_is_gone(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"")
    followed = Followed(log)
    os.rename(log, tmp_path / "log.1")
    _append(tmp_path / "log.1", b"still written\n")
    assert followed.read_new() == b"still written\n"
    log.write_bytes(b"back\n")
    assert followed.read_new() == b"back\n"
    followed.close()


def test_starts_over_after_a_truncation(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"a long line that is cut away\n")
    followed = Followed(log)
    log.write_bytes(b"short\n")
    assert followed.read_new() == b"short\n"
    followed.close()


def _append(log: Path, text: bytes) -> None:
    with open(log, "ab") as out:
        out.write(text)
