"""A case: what is measured, on both builds, and the pytest-benchmark test made of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import pytest

from bench.micro.builds import Build, builds

#: How often the thing measured is done in one round; long enough for the clock, short enough to miss interruptions.
OPERATIONS = 100
ROUND_TRIES = 5


class Case(NamedTuple):
    """`prepare(build)` gives the callable that does the thing `operations` times, once its output has been asserted.

    `modules` are the compiled modules it is about. `at_least` is the ratio of Python to compiled time that must hold;
    0 asserts nothing. A case about no compiled module is there for comparison and measured once.
    """

    operation: str
    modules: tuple[str, ...]
    operations: int
    at_least: float
    prepare: Callable[[Build], Any]

    @contextmanager
    def prepared(self, build: Build) -> Iterator[Callable[[], object]]:
        manager: AbstractContextManager[Callable[[], object]]
        with build.active():
            made = self.prepare(build)
            manager = contextmanager(lambda: made)() if inspect.isgenerator(made) else nullcontext(made)
            run = manager.__enter__()
        try:
            yield run
        finally:
            with build.active():
                manager.__exit__(None, None, None)


CASES: list[Case] = []


def all_cases() -> list[Case]:
    """The cases of every `test_bench_*.py` beside this file."""
    for path in sorted(Path(__file__).parent.glob("test_bench_*.py")):
        import_module(f"bench.micro.{path.stem}")
    return CASES


def bench(
    operation: str, *modules: str, operations: int = OPERATIONS, at_least: float = 0.0
) -> Callable[[Callable[[Build], Any]], Any]:
    """Make a case and a test of a function that prepares it."""

    def made(prepare: Callable[[Build], Any]) -> Any:
        case = Case(operation, modules, operations, at_least, prepare)
        CASES.append(case)
        variants = builds() if modules else builds()[-1:]

        @pytest.mark.parametrize("build", variants, ids=repr)
        def test(build: Build, benchmark: Any) -> None:
            with case.prepared(build) as run:
                benchmark.group = operation
                benchmark.extra_info["operations"] = operations
                benchmark(run)

        test.__name__ = prepare.__name__
        test.__doc__ = prepare.__doc__
        test.__module__ = prepare.__module__
        return test

    return made


def best_us(runs: list[Callable[[], object]], operations: int, seconds: float) -> list[float]:
    """Microseconds per operation of each, the best of many rounds; taken in turns, so that noise meets all alike."""
    best = [float("inf")] * len(runs)
    for run in runs:
        run()
    until = perf_counter() + seconds
    rounds = 0
    while rounds < ROUND_TRIES or perf_counter() < until:
        rounds += 1
        for place, run in enumerate(runs):
            began = perf_counter()
            run()
            best[place] = min(best[place], perf_counter() - began)
    return [took / operations * 1e6 for took in best]


def measured(case: Case, seconds: float) -> list[float]:
    """Microseconds per operation: Python, then compiled; one number for a case that is there for comparison."""
    variants = builds() if case.modules else builds()[-1:]
    if len(variants) == 1:
        with case.prepared(variants[0]) as run:
            return best_us([run], case.operations, seconds)
    with case.prepared(variants[0]) as python, case.prepared(variants[1]) as compiled:
        return best_us([python, compiled], case.operations, seconds)
