"""A thousand phrases looked for in 4 kB of prose that has none of them, and some."""

from __future__ import annotations

from collections.abc import Callable

from bench.micro.builds import Build
from bench.micro.cases import bench

WORDS = ("committee", "library", "roof", "draft", "argument", "train", "rain", "summary", "chapter", "captain")
PHRASES = [f"{word} {number}" for word in WORDS for number in range(100)]
PROSE = " ".join(f"The {word} was late again, and nobody said why." for word in WORDS * 9)[:4096]
SOME = PROSE.replace("late", "draft 7", 4)


def _searching(build: Build, text: str) -> Callable[[], object]:
    table = build("dialects.phrases").Phrases(PHRASES)
    return lambda: table.find(text)


@bench("1000 phrases, none of them in 4 kB", "phrases", at_least=3.0)
def test_bench_none_of_them(build: Build) -> Callable[[], object]:
    return _searching(build, PROSE)


@bench("1000 phrases, four of them in 4 kB", "phrases", at_least=3.0)
def test_bench_some_of_them(build: Build) -> Callable[[], object]:
    return _searching(build, SOME)
