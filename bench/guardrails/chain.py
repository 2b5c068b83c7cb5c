"""What guards cost through the gateway: three of them on a 4 kB prompt, and originals put back into streams.

`python -m bench.guardrails.chain`, with plano-pii, plano-jailbreak and plano-moderation installed, or on `PYTHONPATH`.

- *chain*: a worker with pii, moderation (a list of 1000 words) and jailbreak (rules), asked with prompts of 4 kB of
  ordinary prose, no two alike; the sum of the durations in `x-plano-filters`, after a warm-up.
- *first event*: time from a request to the first event of its answer, with pii and without plugins, in turns.
- *event*: CPU time of a streamed event in one process without sockets, as in `bench.micro`; the best of many runs.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any

from bench.micro.test_bench_connections import EVENTS, corridor
from bench.micro.transcripts import LAST_EVENTS, STREAM_HEAD
from plano.testing import ScriptedProvider
from tests.budgets.corridor import event, request
from tests.end_to_end.gateway_process import ROOT, Gateway, running_gateway
from tests.end_to_end.wire import Wire, chat

SENTENCES = (
    "The committee met on Tuesday to talk about the new library, and everybody had something to say about the roof.",
    "Please look over the following draft and tell me where the argument is weak, too long, or simply hard to follow.",
    "We moved the meeting because the trains were late again; half of the team joined from the platform in the rain.",
    "A good summary keeps the order of the text, leaves out examples, and never says more than the author did.",
    "In the second chapter the captain finds the letters, reads them aloud, and decides to sail before the storm.",
    "The garden behind the house had been left alone for years, and nobody remembered who planted the pear trees.",
    "Our customers write to us in the evening, mostly about deliveries, and expect an answer before the next morning.",
    "What is the difference between a lease and a rental contract, and which of them is usual for a small office?",
    "She kept the receipts in a tin box, sorted by month, and could say at once what the winter coat had cost.",
    "The bridge was closed for repairs, so the bus took the long way round through the villages along the river.",
    "Explain to a child of ten why the moon looks larger near the horizon, and suggest something to try at home.",
    "The recipe asks for two onions, a spoon of flour, and more patience than I usually have on a weekday.",
    "Sales went up in spring and down again in summer; the report does not say whether the weather had a part in it.",
    "He had promised to call when the train arrived, but the battery was empty and the station had no telephone.",
    "Compare the two offers in a table: price, time of delivery, guarantee, and what happens if something breaks.",
    "A museum for clocks opened in the old mill; on the first Sunday the queue reached all the way to the church.",
    "The teacher asked them to describe a room without naming a piece of furniture, which is harder than it sounds.",
    "Write a friendly letter to the neighbours about the building work, which will last from May until early autumn.",
    "In most of these towns the market is held twice a week, and the best cheese is gone by half past eight.",
    "The second draft is shorter and better, though the ending still comes too quickly for my taste.",
)
CONFIG = """
version: v0.4.0
listeners:
  - {{type: model, name: models, address: 127.0.0.1, port: {port}}}
model_providers:
  - {{model: mock/*, base_url: "{url}", provider_interface: openai, access_key: k}}
{sections}
"""
OFF = "plugins: {pii: {enabled: false}}\n"
PII = "plugins: {pii: {}}\n"
GUARDS = """
plugins:
  pii: {}
  moderation: {blocklists: [{name: words, words: WORDS, action: refuse, apply: [request]}]}
  jailbreak: {rules_only: true}
"""
MASKED = "My address is ann@example.com; say in one sentence what a gateway does, please."
WARM_UP, ROUNDS = 100, 400


def prose(number: int, length: int = 4096) -> str:
    """Of `length` characters; another text for each number."""
    return (f"Note {number}. " + " ".join(SENTENCES * 3))[:length]


def guards() -> str:
    """The plugins of the chain; the thousand words stand in none of the prompts."""
    return GUARDS.replace("WORDS", json.dumps([f"qu{number}zzling thing" for number in range(1000)]))


class Bench:
    """Workers in front of one scripted provider."""

    def __init__(self, provider: ScriptedProvider, folder: Path) -> None:
        self._provider = provider
        self._folder = folder

    def gateway(self, name: str, sections: str) -> Any:
        path = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
        url = self._provider.base_url
        return running_gateway(
            self._folder / name,
            lambda port: CONFIG.format(port=port, url=url, sections=sections),
            {"PYTHONPATH": path},
        )


WORDY = (
    "The previous version of the assembly instructions left out the rules for new users, and nobody told us which "
    "system the password belongs to."
)


def full_of_words(number: int, length: int = 4096) -> str:
    """Harmless, and full of words that attacks are made of: there the rules look closer."""
    return (f"Note {number}. " + " ".join([WORDY] * 40))[:length]


def chain_us(gateway: Gateway, text: Callable[[int], str]) -> tuple[list[float], dict[str, float]]:
    """All guards together for each prompt, in microseconds; each guard's median."""
    sums: list[float] = []
    single: dict[str, list[float]] = {}
    with Wire(gateway) as wire:
        for number in range(WARM_UP + ROUNDS):
            reply = wire.ask(chat("mock/bench-700", messages=[{"role": "user", "content": text(number)}]))
            told = reply.header("x-plano-filters") or ""
            costs = {part.partition(";")[0]: _us(part) for part in told.split(", ")}
            assert (reply.status, set(costs)) == (200, {"pii", "moderation", "jailbreak"}), (reply.status, told)
            if number >= WARM_UP:
                sums.append(sum(costs.values()))
                for name, cost in costs.items():
                    single.setdefault(name, []).append(cost)
    return sums, {name: median(costs) for name, costs in single.items()}


def _us(part: str) -> float:
    return float(part.partition("dur=")[2].partition(";")[0]) * 1000


def first_event_us(gateways: Sequence[Gateway], text: str) -> list[list[float]]:
    """Of each gateway, asked in turns."""
    times: list[list[float]] = [[] for _ in gateways]
    wires = [Wire(gateway) for gateway in gateways]
    asked = chat("mock/words", stream=True, messages=[{"role": "user", "content": text}])
    for number in range(WARM_UP + ROUNDS):
        for wire, taken in zip(wires, times, strict=True):
            started = perf_counter()
            wire.socket.sendall(asked)
            got = wire.socket.recv(65536)
            while b"data: " not in got:
                got += wire.socket.recv(65536)
            if number >= WARM_UP:
                taken.append((perf_counter() - started) * 1e6)
            while not got.endswith(b"\r\n0\r\n\r\n"):
                got += wire.socket.recv(65536)
    for wire in wires:
        wire.socket.close()
    return times


def event_us(kinds: Sequence[tuple[str, tuple[bytes, ...]]], times: int = 40, operations: int = 40) -> list[float]:
    """CPU time of one event under each of these sections, whose events are these: what twenty more events cost."""
    asked = request({"model": "openai/gpt-4o", "stream": True, "messages": [{"role": "user", "content": MASKED}]})
    runs: list[tuple[Callable[[], object], Iterator[Any]]] = []
    for sections, events in kinds:
        for blocks in ((STREAM_HEAD, events[0], LAST_EVENTS), (STREAM_HEAD, *events, LAST_EVENTS)):
            made = corridor(_build, asked, blocks, operations, sections=sections)
            runs.append((next(made), made))
    best = [float("inf")] * len(runs)
    for _ in range(times):
        for place, (run, _) in enumerate(runs):
            started = process_time()
            run()
            best[place] = min(best[place], (process_time() - started) / operations * 1e6)
    for _, made in runs:
        made.close()  # type: ignore[attr-defined]
    return [(best[at + 1] - best[at]) / (EVENTS - 1) for at in range(0, len(runs), 2)]


def _build(module: str) -> Any:
    return import_module(f"plano.{module}")


def told(times: Sequence[float]) -> str:
    parts = quantiles(times, n=20)
    return f"p50 {median(times):.0f}, p5 {parts[0]:.0f}, p95 {parts[-1]:.0f}"


def main() -> None:
    plain = tuple(event(" word") for _ in range(EVENTS))
    placeholders = tuple(event(word) for _ in range(EVENTS // 5) for word in (" to", " [EM", "AIL_1", "]", " now"))
    without, with_words, with_all = event_us(((OFF, plain), (PII, plain), (PII, placeholders)))
    print(f"event: {without:.2f} us without plugins, with pii {with_words - without:+.2f}, ", end="")
    print(f"of placeholders in three pieces {with_all - without:+.2f}")
    with tempfile.TemporaryDirectory() as folder, ScriptedProvider.in_thread() as provider:
        bench = Bench(provider, Path(folder))
        with bench.gateway("guards", guards()) as gateway:
            for name, kind in (("prose", prose), ("prose full of telling words", full_of_words)):
                sums, single = chain_us(gateway, kind)
                print(f"chain of three, 4 kB of {name}: {told(sums)} us; {single}")
        with bench.gateway("off", OFF) as off, bench.gateway("pii", PII) as pii:
            for name, text in (("a sentence", MASKED), ("4 kB", prose(0) + MASKED)):
                alone, masked = first_event_us((off, pii), text)
                print(f"first event, {name}: without {told(alone)} us; with pii {told(masked)} us")
                print(f"  added: {median(masked) - median(alone):+.0f} us")


if __name__ == "__main__":
    main()
