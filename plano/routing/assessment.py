"""How well a router does on labelled prompts: counts, a confusion matrix, and what other thresholds would do."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from plano.dialects.said import heard
from plano.intent import Judgement, Route, Said

#: The label of prompts that no route is for.
NONE: Final = "none"
#: Thresholds that are compared.
STEPS: Final = tuple(step / 100 for step in range(101))


class Labelled(Struct, frozen=True):
    """A prompt, and the route it should take (`NONE` for no route)."""

    said: tuple[Said, ...]
    label: str


class Unreadable(ValueError):
    """Lines that are no labelled prompts; `problems` has one sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def read_labelled(text: str, routes: Sequence[str]) -> list[Labelled]:
    """One JSON object a line: `label`, and `text`, or `messages` or `input` as in a request. Raises `Unreadable`."""
    found: list[Labelled] = []
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                found.append(_labelled(line, routes))
            except (msgspec.MsgspecError, ValueError) as error:
                problems.append(f"line {number}: {error}")
    if problems:
        raise Unreadable(problems)
    return found


def _labelled(line: str, routes: Sequence[str]) -> Labelled:
    row = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    label = msgspec.json.decode(row["label"], type=str | None) if "label" in row else ""
    if label == "":
        raise ValueError("`label` is missing: a route's name, or `none`")
    if label is None:
        label = NONE
    if label != NONE and label not in routes:
        raise ValueError(f"`{label}` is no route of the config")
    if "messages" not in row and "text" in row:
        row = {"input": row["text"]}
    told = heard(row)
    if not told.said:
        raise ValueError("nobody says anything in `text`, `messages` or `input`")
    return Labelled(told.said, label)


class Assessment:
    """What came of it. `routes` in the order of the config; judgements in that of the prompts."""

    def __init__(self, routes: Sequence[Route], prompts: Sequence[Labelled], judgements: Sequence[Judgement]) -> None:
        self.routes = tuple(route.name for route in routes)
        self.names = (*self.routes, NONE)
        self.prompts = tuple(prompts)
        self.judgements = tuple(judgements)
        self._told = [judgement.route or NONE for judgement in judgements]
        self._own = {route.name: route.threshold for route in routes}

    @property
    def accuracy(self) -> float:
        """The share that was told rightly, `none` included."""
        return _share(prompt.label == told for prompt, told in self._pairs())

    @property
    def in_scope(self) -> float | None:
        """Of the prompts with a route, the share whose nearest route is the right one, whatever the threshold.

        Without scores: those that were told rightly. None where every prompt is `none`.
        """
        rights = [
            self._nearest(judgement) == prompt.label
            for prompt, judgement in zip(self.prompts, self.judgements, strict=True)
            if prompt.label != NONE
        ]
        return _share(rights) if rights else None

    @property
    def auroc(self) -> float | None:
        """How well scores tell prompts with a route from those without: 0.5 is chance. None without both kinds."""
        scored = [
            (max(judgement.scores), prompt.label)
            for prompt, judgement in zip(self.prompts, self.judgements, strict=True)
            if judgement.scores
        ]
        inside = [score for score, label in scored if label != NONE]
        outside = sorted(score for score, label in scored if label == NONE)
        if not inside or not outside:
            return None
        above = sum((bisect_left(outside, score) + bisect_right(outside, score)) / 2 for score in inside)
        return above / (len(inside) * len(outside))

    def matrix(self) -> list[list[int]]:
        """Rows are labels, columns what was told, both as `names`."""
        places = {name: place for place, name in enumerate(self.names)}
        counts = [[0] * len(self.names) for _ in self.names]
        for prompt, told in self._pairs():
            counts[places[prompt.label]][places[told]] += 1
        return counts

    def mistakes(self) -> list[tuple[Labelled, Judgement]]:
        """What was told wrongly, the surest first: a route by its score, no match by how little the best one had."""
        wrong = [
            (prompt, judgement)
            for prompt, judgement in zip(self.prompts, self.judgements, strict=True)
            if prompt.label != (judgement.route or NONE)
        ]
        return sorted(wrong, key=lambda pair: -_sureness(pair[1]))

    def rights(self) -> list[tuple[bool, ...]]:
        """For every prompt whether each of `STEPS`, as the router's threshold, would have it told rightly.

        Routes with a threshold of their own keep it, and what is told without scores stays as it is.
        """
        rows = []
        for prompt, judgement in zip(self.prompts, self.judgements, strict=True):
            if not judgement.scores:
                rows.append(((judgement.route or NONE) == prompt.label,) * len(STEPS))
                continue
            near, best = self._nearest(judgement), max(judgement.scores)
            own = self._own[near]
            is_near, is_none = near == prompt.label, prompt.label == NONE
            rows.append(tuple(is_near if best >= (step if own is None else own) else is_none for step in STEPS))
        return rows

    def sweep(self) -> list[tuple[float, float]]:
        """Thresholds from 0 to 1, and the accuracy each would give; empty without scores."""
        if not any(judgement.scores for judgement in self.judgements):
            return []
        return list(zip(STEPS, shares(self.rights()), strict=True))

    def suggestion(self) -> tuple[float, float] | None:
        """The threshold in the middle of the best ones, and its accuracy on these very prompts."""
        sweep = self.sweep()
        return sweep[best_step([accuracy for _, accuracy in sweep])] if sweep else None

    def document(self) -> dict[str, Any]:
        """For machines."""
        suggestion = self.suggestion()
        return {
            "prompts": len(self.prompts),
            "accuracy": self.accuracy,
            "in_scope": self.in_scope,
            "auroc": self.auroc,
            "labels": self.names,
            "confusion": self.matrix(),
            "sweep": self.sweep(),
            "suggested_threshold": None if suggestion is None else suggestion[0],
            "accuracy_there": None if suggestion is None else suggestion[1],
        }

    def _pairs(self) -> Iterable[tuple[Labelled, str]]:
        return zip(self.prompts, self._told, strict=True)

    def _nearest(self, judgement: Judgement) -> str:
        scores = judgement.scores
        return self.routes[max(range(len(scores)), key=scores.__getitem__)] if scores else judgement.route or NONE


def shares(rows: Sequence[tuple[bool, ...]]) -> list[float]:
    """For each of `STEPS` the share of rows that are right there."""
    return [_share(column) for column in zip(*rows, strict=True)]


def best_step(accuracies: Sequence[float]) -> int:
    """Which place is best: the middle of the longest run of the greatest, the one least near to being worse."""
    best, runs = max(accuracies), [0] * (len(accuracies) + 1)
    for place, accuracy in enumerate(accuracies):
        runs[place] = runs[place - 1] + 1 if accuracy == best else 0
    longest = max(runs)
    return runs.index(longest) - (longest - 1) // 2


def _sureness(judgement: Judgement) -> float:
    score = judgement.score or 0.0
    return score if judgement.route is not None else 1 - score


def _share(rights: Iterable[bool]) -> float:
    told = list(rights)
    return sum(told) / len(told) if told else 0.0
