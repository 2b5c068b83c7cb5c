"""What is compiled must be worth it: ratios, which hold on any machine; times are for people.

The best of many rounds of both builds in turns, and up to two more tries: a busy machine delays a verdict, it does not
change it.
"""

from __future__ import annotations

import pytest

from bench.micro.cases import Case, all_cases, measured
from plano._speedups import TWINS, WANTED

TRIES = 3
SECONDS = 0.15


def test_every_compiled_module_is_measured() -> None:
    assert {module for case in all_cases() for module in case.modules} == set(TWINS)


if WANTED:  # Otherwise there is one build, and nothing to compare it with.

    @pytest.mark.parametrize("case", [case for case in all_cases() if case.at_least], ids=lambda case: case.operation)
    def test_the_compiled_build_is_faster(case: Case) -> None:
        ratios = []
        for attempt in range(TRIES):
            python, compiled = measured(case, SECONDS * (attempt + 1))
            ratios.append(python / compiled)
            if ratios[-1] >= case.at_least:
                return
        pytest.fail(f"{case.operation}: Python / compiled is {max(ratios):.2f}, not {case.at_least}")
