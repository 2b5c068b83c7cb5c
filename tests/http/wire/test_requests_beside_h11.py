"""The corpus of requests read by h11 as well: what two readers of one chain make of the same bytes must not differ.

Request smuggling is nothing but such a difference. Plano may refuse more; where it takes what h11 refuses, the
transcript says why (`#! laxer_than_h11: ...`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus import REQUESTS, load
from tests.corpus.beside_h11 import by_h11, by_plano, same_meaning

CASES = sorted(REQUESTS.glob("*.http"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_no_request_means_another_thing_to_h11(path: Path) -> None:
    case = load(path)
    ours, our_word = by_plano(case.data, case.max_head_bytes, case.max_body_bytes)
    theirs, their_word = by_h11(case.data, case.max_head_bytes)
    for mine, other in zip(ours, theirs, strict=False):
        assert same_meaning(mine, other), f"plano: {mine}, h11: {other}"
    if len(ours) > len(theirs) and not their_word.startswith("h11 "):
        assert case.laxer_than_h11, f"plano read {ours[len(theirs)]}, h11 says: {their_word or 'there is more to come'}"
    else:
        assert not case.laxer_than_h11, "h11 takes it as well"
    if not their_word and not our_word:
        assert len(ours) == len(theirs)
