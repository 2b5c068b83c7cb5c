"""What judging a prompt costs: what the event loop pays, and what the encoder's thread pays. One row, no twin in C."""

from __future__ import annotations

from collections.abc import Callable

from bench.micro.builds import Build
from bench.micro.cases import OPERATIONS, bench
from plano.dialects.said import Said
from plano.intent import Judgement, Route, RouteSet
from plano.routing.router_models.encoder.asked_text import asked_text
from plano.routing.router_models.encoder.folder import SHIPPED
from plano.routing.router_models.encoder.question import Question, question
from plano.routing.router_models.memory import Memory

ASKED = "why does this fail when both are strings?"
PASTED = "def add(a, b):\n    return a + b\n" * 40
ROUTES = RouteSet((Route("code", "writing code, fixing bugs"), Route("texts", "writing letters, translations")))
SAID = (Said("user", ASKED), Said("assistant", "Because of the types."), Said("user", "and now?"))


@bench("hear what is asked in a short conversation")
def test_bench_question(build: Build) -> Callable[[], object]:
    def run() -> Question | None:
        for _ in range(OPERATIONS):
            found = question(SAID)
        return found

    assert run() == Question("and now?", f"{ASKED}\nand now?")
    return run


@bench("tell a question from 80 lines of pasted code", operations=10)
def test_bench_pasted(build: Build) -> Callable[[], object]:
    def run() -> str:
        for _ in range(10):
            found = asked_text(f"{PASTED}\n\n{ASKED}")
        return found

    assert run().startswith(ASKED)
    return run


@bench("remember the judgement of an equal question")
def test_bench_remembered(build: Build) -> Callable[[], object]:
    memory: Memory[tuple[Question, RouteSet], Judgement] = Memory(4096)
    memory.put((Question(ASKED), ROUTES), Judgement("code", 0.9))

    def run() -> Judgement | None:
        for _ in range(OPERATIONS):
            found = memory.get((Question(ASKED), ROUTES))
        return found

    assert run() == Judgement("code", 0.9)
    return run


@bench("judge a prompt of 64 tokens among 7 routes", operations=1)
def test_bench_judge(build: Build) -> Callable[[], object]:
    from plano.routing.router_models.encoder.judge import Judge

    judge, number = Judge(SHIPPED, 1), 0
    routes = RouteSet(tuple(Route(f"task {place}", "writing, reading, asking, telling") for place in range(7)))

    def run() -> list[tuple[float, ...]]:
        nonlocal number
        number += 1  # What was judged before is remembered.
        return judge.judge([(Question(f"{number} " + "write a function that reads a file " * 9), routes)])

    assert len(run()[0]) == 7
    return run
