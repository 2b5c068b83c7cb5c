"""The corpus of requests: every file, both builds, cut at every byte."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from tests.corpus import REQUESTS, cuts, load, unescape
from tests.corpus.requests_read import read_requests
from tests.twins import both_builds

CASES = sorted(REQUESTS.glob("*.http"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
@both_builds("request_reader")
def test_a_transcript_cut_anywhere_is_read_as_expected(build: ModuleType, path: Path) -> None:
    case = load(path)
    expected = path.with_suffix(".expect").read_text(encoding="ascii").splitlines()
    bodies: list[bytes] | None = None
    for pieces in cuts(case.data):
        notes = read_requests(build.RequestReader, pieces, case.max_head_bytes, case.max_body_bytes)
        assert notes.lines == expected, f"cut into {[len(piece) for piece in pieces][:4]}: {case.about}"
        assert bodies is None or notes.bodies == bodies
        bodies = notes.bodies


def test_every_expectation_has_its_transcript() -> None:
    assert {path.stem for path in REQUESTS.glob("*.expect")} == {path.stem for path in CASES}
    assert len(CASES) >= 600


def test_the_format_says_what_it_does_not_understand(tmp_path: Path) -> None:
    assert unescape(rb"a\r\n\t\0\\\x7f\(3*xy)\(2*a|)") == b"a\r\n\t\0\\\x7fxyxyxya\r\na\r\n"
    with pytest.raises(ValueError, match="backslash"):
        unescape(rb"\q")
    path = tmp_path / "case.http"
    path.write_text("GET / HTTP/1.1\\r\\n\n")
    with pytest.raises(ValueError, match="must say what the case shows"):
        load(path)
    path.write_text("# About.\n#! max_size=3\n")
    with pytest.raises(ValueError, match="no setting 'max_size'"):
        load(path)
