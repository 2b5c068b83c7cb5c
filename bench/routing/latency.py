"""How long the shipped encoder takes, on one thread: `python -m bench.routing.latency [FOLDER]`.

Start, memory, questions of several lengths one after the other, and 200 questions a second beside a loop whose worst
gap is watched. uvloop, as in production.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop

from plano.dialects.said import Said
from plano.intent import Route, RouterTools, RouteSet
from plano.routing.router_models.encoder.router import EncoderRouter, EncoderSettings

ROUTES = RouteSet(
    tuple(
        Route(name, description)
        for name, description in (
            ("code generation", "generating new code, writing functions, implementing features, creating boilerplate"),
            ("code understanding", "reading and reviewing existing code, tracing execution flow, explaining code"),
            ("troubleshooting", "analyzing exceptions, diagnosing bugs, investigating errors, root cause analysis"),
            ("analysis", "analyzing data, complex reasoning, evaluating tradeoffs, comparing options"),
            ("documentation", "writing documentation, README files, API docs, technical writing, user guides"),
            ("web browsing", "browsing websites, fetching web content, searching the internet, reading URLs"),
            ("quick tasks", "simple questions, factual lookups, translations, format conversions, short answers"),
        )
    )
)
WORDS = ("please", "write", "a", "function", "that", "reads", "the", "file", "and", "returns", "every", "line", "list")


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def prompts(tokens: int, seed: int) -> Iterator[tuple[Said, ...]]:
    """Prompts of about so many tokens, no two alike."""
    chance = random.Random(seed)
    while True:
        yield (Said("user", " ".join(chance.choices(WORDS, k=tokens - 2))),)


async def nobody(model: str, body: bytes, timeout_s: float) -> bytes:
    raise AssertionError


async def main(folder: str | None) -> None:
    before_mb, began = resident_mb(), time.perf_counter()
    router = EncoderRouter(EncoderSettings(folder=folder, timeout=5.0), RouterTools(nobody, time.monotonic))
    await router.start()
    loaded = time.perf_counter()
    await router.prepare(ROUTES)
    prepared = time.perf_counter()
    print(f"load and first call {1e3 * (loaded - began):.0f} ms, 7 routes {1e3 * (prepared - loaded):.0f} ms")
    for tokens in (16, 64, 128, 4000):
        questions, cpu = prompts(tokens, 1), time.process_time()
        took = sorted([await one_takes(router, next(questions)) for _ in range(300)])
        cpu_ms = 1e3 * (time.process_time() - cpu) / len(took)
        print(f"{tokens:5} tokens: p50 {1e3 * took[150]:5.1f} ms  p99 {1e3 * took[297]:5.1f} ms  CPU {cpu_ms:.1f} ms")
    asked = next(prompts(64, 1))
    took = sorted([await one_takes(router, asked) for _ in range(2000)])
    print(f"remembered: p50 {1e6 * took[1000]:.0f} us  p99 {1e6 * took[1980]:.0f} us")
    print(f"memory: {resident_mb() - before_mb:.0f} MB more than before")
    await router.stop()
    for rate, tokens in ((1, 16), (200, 16), (200, 64)):
        await crowd(folder, tokens, rate)


async def one_takes(router: EncoderRouter, asked: tuple[Said, ...]) -> float:
    began = time.perf_counter()
    await router.judge(asked, ROUTES)
    return time.perf_counter() - began


async def crowd(folder: str | None, tokens: int, rate: int, seconds: float = 5.0) -> None:
    """New questions at a rate with the usual deadline, while a callback looks how late the loop is."""
    router = EncoderRouter(EncoderSettings(folder=folder), RouterTools(nobody, time.monotonic))
    await router.start()
    await router.prepare(ROUTES)
    gaps, told, loop = [], [], asyncio.get_running_loop()
    questions, due = prompts(tokens, 2), loop.time()
    last, tasks = time.perf_counter(), []
    end = loop.time() + seconds
    while loop.time() < end:
        if loop.time() >= due:
            due += 1 / rate
            tasks.append(loop.create_task(router.judge(next(questions), ROUTES)))
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        gaps.append(now - last - 0.001)
        last = now
    told = [await task for task in tasks]
    gaps.sort()
    reasons = {reason: sum(one.reason == reason for one in told) for reason in {one.reason for one in told}}
    print(
        f"{rate}/s of {tokens} tokens: loop late p99 {1e3 * gaps[int(len(gaps) * 0.99)]:.1f} "
        f"worst {1e3 * gaps[-1]:.1f} ms, {router.counts.batches} batches, {reasons}"
    )
    await router.stop()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1] if len(sys.argv) > 1 else None))
