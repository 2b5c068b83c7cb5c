"""The router's threshold by labelled prompts, and what it is worth on prompts it was not chosen by."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from plano.routing.assessment import NONE, STEPS, Assessment, best_step, shares

#: Fewer prompts say nothing about a threshold: one more or less would move it.
FEWEST: Final = 20
FEWEST_NONE: Final = 5
_PARTS: Final = 5
#: The prompts are parted so many times, since the luck of one parting is about as large as what is to be measured.
_ROUNDS: Final = 20


class Tuning(Struct, frozen=True):
    """`threshold` is by all prompts. `before`: the accuracy as it is; `after`: by thresholds of other prompts.

    `from_to`: between which thresholds nine in ten of the partings chose.
    """

    threshold: float
    before: float
    after: float
    from_to: tuple[float, float]


class Untunable(ValueError):
    """No threshold can be told from these prompts, or this router has none."""


def tuned(assessment: Assessment) -> Tuning:
    """Choose the threshold. Raises `Untunable`."""
    if not any(judgement.scores for judgement in assessment.judgements):
        raise Untunable("this router tells no scores: there is nothing to compare a threshold with")
    labels = [prompt.label for prompt in assessment.prompts]
    nones = labels.count(NONE)
    if len(labels) < FEWEST or nones < FEWEST_NONE or len(labels) - nones < FEWEST_NONE:
        raise Untunable(
            f"a threshold takes at least {FEWEST} prompts, {FEWEST_NONE} of them labelled `{NONE}` and {FEWEST_NONE} "
            f"with a route; there are {len(labels)}, {nones} of them `{NONE}`"
        )
    rows = assessment.rights()
    accuracies, chosen = _tried(rows, labels)
    chosen.sort()
    return Tuning(
        threshold=STEPS[best_step(shares(rows))],
        before=assessment.accuracy,
        after=sum(accuracies) / len(accuracies),
        from_to=(STEPS[chosen[len(chosen) // 20]], STEPS[chosen[-1 - len(chosen) // 20]]),
    )


def _tried(rows: Sequence[tuple[bool, ...]], labels: Sequence[str]) -> tuple[list[float], list[int]]:
    """The accuracy of every round, each prompt judged by the others' threshold; and the thresholds, as steps."""
    lots = random.Random(0)
    accuracies: list[float] = []
    chosen: list[int] = []
    for _ in range(_ROUNDS):
        parts = _parted(labels, lots)
        right = 0
        for part in range(_PARTS):
            others = [row for row, mine in zip(rows, parts, strict=True) if mine != part]
            step = best_step(shares(others))
            chosen.append(step)
            right += sum(row[step] for row, mine in zip(rows, parts, strict=True) if mine == part)
        accuracies.append(right / len(rows))
    return accuracies, chosen


def _parted(labels: Sequence[str], lots: random.Random) -> list[int]:
    """A part for every prompt, each label spread over all of them."""
    by_label: defaultdict[str, list[int]] = defaultdict(list)
    for place, label in enumerate(labels):
        by_label[label].append(place)
    parts = [0] * len(labels)
    dealt = 0
    for places in by_label.values():
        lots.shuffle(places)
        for place in places:
            parts[place] = dealt % _PARTS
            dealt += 1
    return parts
