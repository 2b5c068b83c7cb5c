"""Labelled prompts are read, and what a router said of them is counted."""

from __future__ import annotations

import json
import random

import pytest

from plano.intent import MATCHED, NO_MATCH, NONSENSE, Judgement, Route, Said
from plano.routing.assessment import STEPS, Assessment, Labelled, Unreadable, best_step, read_labelled

ROUTES = (Route("code", "writing code"), Route("mail", "answering mail"))
NAMES = ("code", "mail")


def asked(label: str, text: str = "hi") -> Labelled:
    return Labelled((Said("user", text),), label)


def told(code: float, mail: float, threshold: float = 0.5) -> Judgement:
    best = max(code, mail)
    route = ("code" if code >= mail else "mail") if best >= threshold else None
    return Judgement(route, best, (code, mail), MATCHED if route else NO_MATCH)


def assessed(*rows: tuple[str, Judgement], routes: tuple[Route, ...] = ROUTES) -> Assessment:
    return Assessment(routes, [asked(label) for label, _ in rows], [judgement for _, judgement in rows])


MIXED = assessed(
    ("code", told(0.9, 0.1)),
    ("code", told(0.4, 0.2)),
    ("mail", told(0.7, 0.6)),
    ("mail", told(0.1, 0.8)),
    ("none", told(0.3, 0.2)),
    ("none", told(0.1, 0.6)),
)


@pytest.mark.parametrize(
    ("line", "label", "texts"),
    [
        ({"text": "fix it", "label": "code"}, "code", ["fix it"]),
        ({"input": "fix it", "label": "none"}, "none", ["fix it"]),
        ({"text": "fix it", "label": None}, "none", ["fix it"]),
        ({"text": "?", "label": "mail", "messages": [{"role": "user", "content": "a"}]}, "mail", ["a"]),
        (
            {
                "label": "code",
                "source": "anybody",
                "messages": [
                    {"role": "system", "content": "You are kind."},
                    {"role": "user", "content": "write a poem"},
                    {"role": "assistant", "content": "Roses"},
                    {"role": "user", "content": [{"type": "text", "text": "in C"}]},
                ],
            },
            "code",
            ["write a poem", "Roses", "in C"],
        ),
    ],
)
def test_a_line_is_a_prompt_as_a_request_would_have_it(line: dict[str, object], label: str, texts: list[str]) -> None:
    [found] = read_labelled(f"\n{json.dumps(line)}\n\n", NAMES)
    assert (found.label, [one.text for one in found.said]) == (label, texts)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"text": "a"}', "`label` is missing"),
        ('{"text": "a", "label": ""}', "`label` is missing"),
        ('{"text": "a", "label": "cooking"}', "`cooking` is no route of the config"),
        ('{"label": "code"}', "nobody says anything"),
        ('{"text": "  ", "label": "code"}', "nobody says anything"),
        ('{"text": "a", "label": 3}', "Expected `str | null`"),
        ('["a", "code"]', "Expected `object`"),
        ("text,label", "JSON is malformed"),
    ],
)
def test_every_line_that_is_no_labelled_prompt_is_told_by_its_number(line: str, problem: str) -> None:
    good = '{"text": "a", "label": "code"}'
    with pytest.raises(Unreadable) as raised:
        read_labelled(f"{good}\n{line}\n{good}\n{line}\n", NAMES)
    assert [one.partition(": ")[0] for one in raised.value.problems] == ["line 2", "line 4"]
    assert problem in raised.value.problems[0]


def test_what_was_told_is_counted() -> None:
    assert MIXED.names == ("code", "mail", "none")
    assert MIXED.matrix() == [[1, 0, 1], [1, 1, 0], [0, 1, 1]]
    assert MIXED.accuracy == 3 / 6
    assert MIXED.in_scope == 3 / 4  # 0.4 is below the threshold, and the right route is the nearest all the same.


def test_scores_tell_prompts_with_a_route_from_those_without() -> None:
    # Inside 0.9 0.4 0.7 0.8, outside 0.3 0.6: of the eight pairs one is the wrong way round.
    assert MIXED.auroc == 7 / 8
    assert assessed(("code", told(0.5, 0)), ("none", told(0.5, 0))).auroc == 0.5
    assert assessed(("code", told(0.5, 0))).auroc is None
    assert assessed(("none", told(0.5, 0))).auroc is None


def test_auroc_is_the_share_of_pairs_in_the_right_order() -> None:
    chance = random.Random(1)
    rows = [(chance.choice(("code", "none")), told(chance.randrange(6) / 5, 0)) for _ in range(80)]
    inside = [judgement.score or 0.0 for label, judgement in rows if label == "code"]
    outside = [judgement.score or 0.0 for label, judgement in rows if label == "none"]
    pairs = [(one > other) + (one == other) / 2 for one in inside for other in outside]
    assert assessed(*rows).auroc == pytest.approx(sum(pairs) / len(pairs))


def test_mistakes_begin_with_the_surest() -> None:
    rows = [("code", told(0.1, 0.6)), ("mail", told(0.02, 0.01)), ("code", told(0.2, 0.9)), ("code", told(0.9, 0))]
    wrong = assessed(*rows).mistakes()
    assert [(prompt.label, judgement.score) for prompt, judgement in wrong] == [
        ("mail", 0.02),  # As sure of no route as of a route with 0.98.
        ("code", 0.9),
        ("code", 0.6),
    ]


def test_a_sweep_says_what_every_threshold_would_give() -> None:
    sweep = dict(MIXED.sweep())
    assert sweep[0.0] == 3 / 6  # Nothing is none: the two right ones, and the one that was below.
    assert sweep[0.35] == 4 / 6
    assert sweep[0.5] == MIXED.accuracy
    assert sweep[1.0] == 2 / 6
    assert MIXED.suggestion() == (0.71, 4 / 6)  # Of 0.31 to 0.40 and 0.61 to 0.80 the longer run.


def test_a_route_keeps_the_threshold_it_has() -> None:
    routes = (ROUTES[0], Route("mail", "answering mail", threshold=0.9))
    sweep = dict(assessed(("mail", told(0.1, 0.8)), ("none", told(0.1, 0.8)), routes=routes).sweep())
    assert set(sweep.values()) == {0.5}


def test_a_prompt_without_scores_stays_as_it_was_told() -> None:
    matched, failed = Judgement("code", reason=MATCHED), Judgement(None, reason=NONSENSE)
    rows = [("code", matched), ("none", told(0.6, 0)), ("code", failed)]
    found = assessed(*rows)
    assert found.in_scope == 1 / 2
    assert found.sweep()[0] == (0.0, pytest.approx(1 / 3))
    assert found.sweep()[-1] == (1.0, pytest.approx(2 / 3))


def test_without_any_scores_there_is_nothing_to_sweep() -> None:
    found = assessed(("code", Judgement("code", reason=MATCHED)), ("none", Judgement(None)))
    assert (found.sweep(), found.suggestion(), found.auroc) == ([], None, None)
    assert found.document()["suggested_threshold"] is None


@pytest.mark.parametrize(
    ("accuracies", "best"),
    [([0, 1, 0], 1), ([1, 0, 1, 1, 1, 0], 3), ([1, 1], 1), ([0, 0, 1], 2), ([1, 0, 1, 1], 3)],
)
def test_the_best_threshold_is_the_one_furthest_from_worse_ones(accuracies: list[float], best: int) -> None:
    assert best_step(accuracies) == best


def test_thresholds_are_written_as_people_write_them() -> None:
    assert [str(step) for step in STEPS[:4]] == ["0.0", "0.01", "0.02", "0.03"]
    assert len(STEPS) == 101
