"""The corpus of responses: every file, both builds, cut at every byte."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from tests.corpus import RESPONSES, cuts, load
from tests.corpus.responses_read import read_response
from tests.twins import both_builds

CASES = sorted(RESPONSES.glob("*.http"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
@both_builds("response_reader")
def test_an_answer_cut_anywhere_is_read_as_expected(build: ModuleType, path: Path) -> None:
    case = load(path)
    expected = path.with_suffix(".expect").read_text(encoding="ascii").splitlines()
    body: bytes | None = None
    for pieces in cuts(case.data):
        answer = read_response(build.ResponseReader, pieces, case.max_head_bytes, bool(case.closes))
        assert answer.lines == expected, f"cut into {[len(piece) for piece in pieces][:4]}: {case.about}"
        assert body is None or answer.body == body
        body = answer.body


def test_every_expectation_has_its_transcript() -> None:
    assert {path.stem for path in RESPONSES.glob("*.expect")} == {path.stem for path in CASES}
    assert len(CASES) >= 180
