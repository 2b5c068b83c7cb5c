"""The corpus of event streams: every file, both builds, cut at every byte."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from tests.corpus import STREAMS, cuts, load
from tests.corpus.streams_seen import see_stream
from tests.twins import both_builds

CASES = sorted(STREAMS.glob("*.sse"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
@both_builds("sse_tap")
def test_a_stream_cut_anywhere_is_seen_as_expected(build: ModuleType, path: Path) -> None:
    case = load(path)
    expected = path.with_suffix(".expect").read_text(encoding="ascii").splitlines()
    for pieces in cuts(case.data):
        seen = see_stream(build.SseTap, pieces, bool(case.withholds))
        assert seen.lines == expected, f"cut into {[len(piece) for piece in pieces][:4]}: {case.about}"


def test_every_expectation_has_its_transcript() -> None:
    assert {path.stem for path in STREAMS.glob("*.expect")} == {path.stem for path in CASES}
    assert len(CASES) >= 40
