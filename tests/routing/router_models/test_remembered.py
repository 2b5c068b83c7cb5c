"""Judgements are remembered by their use, faults never."""

from __future__ import annotations

import pytest

from plano.intent import FAULTS, MATCHED, NO_MATCH, Judgement
from plano.routing.router_models.remembered import Remembered


def test_what_is_remembered_says_so() -> None:
    remembered = Remembered()
    remembered.keep("q", Judgement("a", 0.5, (0.5, 0.1), MATCHED))
    assert remembered.get("q") == Judgement("a", 0.5, (0.5, 0.1), MATCHED, is_remembered=True)
    assert remembered.get("other") is None


def test_what_was_asked_longest_ago_is_forgotten() -> None:
    remembered = Remembered(2)
    for question in ("a", "b"):
        remembered.keep(question, Judgement(None))
    assert remembered.get("a") is not None
    remembered.keep("c", Judgement(None))
    assert [question for question in "abc" if remembered.get(question)] == ["a", "c"]
    assert len(remembered) == 2


@pytest.mark.parametrize("reason", sorted(FAULTS))
def test_faults_are_not_remembered(reason: str) -> None:
    remembered = Remembered()
    remembered.keep("q", Judgement(None, reason=reason))
    assert remembered.get("q") is None


def test_nothing_is_remembered_where_nothing_shall_be() -> None:
    remembered = Remembered(0)
    remembered.keep("q", Judgement(None, reason=NO_MATCH))
    assert len(remembered) == 0
