"""What is measured. Each scenario drives one proxy once and returns plain numbers; rounds and medians come
later.
"""

from __future__ import annotations

import asyncio
import gc
import math
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from bench.load import cpu
from bench.load.driver import ClosedLoop, OpenLoop, Streams, Tally, percentile, request_bytes
from bench.load.proxies import GUARDED, TRANSLATING, WORKERS, Running

Numbers = dict[str, float]

CONNECTIONS: Final = 64
RATE: Final = 2000
STREAMS: Final = 500
EVENTS_A_SECOND: Final = 20
IDLE_STREAMS: Final = 5000


@dataclass(frozen=True, slots=True)
class Scale:
    """How big a scenario is; smoke runs make it small."""

    seconds: float = 4.0
    warm_s: float = 0.7
    connections: int = CONNECTIONS
    rate: int = RATE
    streams: int = STREAMS
    idle_streams: int = IDLE_STREAMS


@dataclass(frozen=True, slots=True)
class Scenario:
    """`measure` is run once a round; `needs_fresh` ones get a newly started proxy every time."""

    name: str
    summary: str
    headline: str
    unit: str
    measure: Callable[[Running, Scale], Coroutine[Any, Any, Numbers]]
    needs_fresh: bool = False
    proxies: tuple[str, ...] = ()
    """Only these, whatever was asked for."""


async def requests(proxy: Running, scale: Scale) -> Numbers:
    """Closed loop: CPU time per answered request."""
    load = ClosedLoop(
        proxy.port, request_bytes(proxy.port, "mock/bench-700", streams=False), scale.connections
    )
    await load.start()
    await asyncio.sleep(scale.warm_s)
    spent, answered = await _window(proxy, lambda: load.tally.completed, scale.seconds)
    await load.stop()
    return {
        "cpu_us": _per(spent.total_s, answered),
        "user_us": _per(spent.user_s, answered),
        "system_us": _per(spent.system_s, answered),
        "per_s": answered / scale.seconds,
        "core_share": spent.total_s / scale.seconds,
        "waited_share": spent.waited_s / scale.seconds,
        "resident_mib": cpu.resident_mib(proxy.pids()),
        "errors": _errors(load.tally, answered),
    }


async def latency(proxy: Running, scale: Scale) -> Numbers:
    """Open loop at a fixed rate: latency from the moment each request was due."""
    request = request_bytes(proxy.port, "mock/bench-700", streams=False)
    load = OpenLoop(proxy.port, request, scale.connections, scale.rate)
    await load.start()
    await asyncio.sleep(scale.warm_s)
    load.tally.latencies_s.clear()
    spent, answered = await _window(proxy, lambda: load.tally.completed, scale.seconds)
    latencies_s = list(load.tally.latencies_s)
    await load.stop()
    return {
        **_spread("", latencies_s),
        "cpu_us": _per(spent.total_s, answered),
        "waited_share": spent.waited_s / scale.seconds,
        "per_s": answered / scale.seconds,
        "errors": _errors(load.tally, answered),
    }


async def streams(proxy: Running, scale: Scale) -> Numbers:
    """Many streams at a fixed rate: CPU time per event, and how late each event comes."""
    count = math.ceil((scale.seconds + scale.warm_s + 3) * EVENTS_A_SECOND)
    model = f"mock/bench-stream-{EVENTS_A_SECOND}-{count}"
    load = Streams(proxy.port, request_bytes(proxy.port, model, streams=True), scale.streams)
    await load.start()
    await load.until_begun()
    await asyncio.sleep(scale.warm_s)
    load.tally.event_delays_s.clear()
    spent, events = await _window(proxy, lambda: load.tally.events, scale.seconds)
    delays_s = list(load.tally.event_delays_s)
    resident = cpu.resident_mib(proxy.pids())
    await load.stop()
    return {
        "cpu_us": _per(spent.total_s, events),
        "user_us": _per(spent.user_s, events),
        "system_us": _per(spent.system_s, events),
        "per_s": events / scale.seconds,
        "core_share": spent.total_s / scale.seconds,
        "waited_share": spent.waited_s / scale.seconds,
        **_spread("", delays_s),
        "first_p50_us": percentile(load.tally.first_event_s, 0.5) * 1e6,
        "first_p99_us": percentile(load.tally.first_event_s, 0.99) * 1e6,
        "resident_mib": resident,
        "errors": _errors(load.tally, events),
    }


async def idle(proxy: Running, scale: Scale) -> Numbers:
    """Memory after a start and one request."""
    load = ClosedLoop(proxy.port, request_bytes(proxy.port, "mock/bench-700", streams=False), 1)
    await load.start()
    await asyncio.sleep(0.1)
    await load.stop()
    await asyncio.sleep(0.5)
    return {"resident_mib": cpu.resident_mib(proxy.pids()), "errors": load.tally.errors}


async def idle_streams(proxy: Running, scale: Scale) -> Numbers:
    """Memory while many streams are open and nothing moves."""
    request = request_bytes(proxy.port, "mock/idle", streams=True)
    before = cpu.resident_mib(proxy.pids())
    load = Streams(proxy.port, request, scale.idle_streams, spread_s=scale.idle_streams / 2000)
    await load.start()
    await load.until_begun()
    await asyncio.sleep(1.0)
    pids = proxy.pids()
    resident, began = cpu.resident_mib(pids), cpu.cpu_time(pids)
    await asyncio.sleep(1.0)
    spent = cpu.cpu_time(pids) - began
    await load.stop()
    return {
        "resident_mib": resident,
        "kib_each": (resident - before) * 1024 / scale.idle_streams,
        "core_share": spent.total_s,
        "errors": load.tally.errors + scale.idle_streams - len(load.tally.first_event_s),
    }


SCENARIOS: dict[str, Scenario] = {
    one.name: one
    for one in (
        Scenario(
            "requests", "270-byte requests, 700-byte answers, closed loop", "cpu_us", "CPU µs", requests
        ),
        Scenario("latency", "the same at a fixed rate, open loop", "p50_us", "µs", latency),
        Scenario("streams", "220-byte events, 20 a second on every stream", "cpu_us", "CPU µs", streams),
        Scenario(
            "workers",
            "the load of `requests` on one worker and on two",
            "cpu_us",
            "CPU µs",
            requests,
            proxies=WORKERS,
        ),
        Scenario(
            "policy",
            "the load of `requests` without and with a `retry_policy` that is never needed",
            "cpu_us",
            "CPU µs",
            requests,
            proxies=GUARDED,
        ),
        Scenario(
            "policy-streams",
            "the load of `streams`, likewise",
            "cpu_us",
            "CPU µs",
            streams,
            proxies=GUARDED,
        ),
        Scenario(
            "translated",
            "the load of `requests`, to providers of other dialects",
            "cpu_us",
            "CPU µs",
            requests,
            proxies=TRANSLATING,
        ),
        Scenario(
            "translated-streams",
            "the load of `streams`, likewise",
            "cpu_us",
            "CPU µs",
            streams,
            proxies=TRANSLATING,
        ),
        Scenario("idle", "memory after one request", "resident_mib", "MiB", idle, needs_fresh=True),
        Scenario(
            "idle-streams", "memory with streams open", "resident_mib", "MiB", idle_streams, needs_fresh=True
        ),
    )
}


async def _window(proxy: Running, count: Callable[[], int], seconds: float) -> tuple[cpu.CpuTime, int]:
    """CPU time spent and things counted while the load goes on for `seconds`."""
    pids = proxy.pids()
    gc.collect()
    gc.disable()
    began, counted = cpu.cpu_time(pids), count()
    await asyncio.sleep(seconds)
    spent, done = cpu.cpu_time(pids) - began, count() - counted
    gc.enable()
    return spent, done


def _errors(tally: Tally, counted: int) -> int:
    """Failures so far; a window in which nothing came at all is one too."""
    if tally.first_error:
        print(f"  first error: {tally.first_error}", file=sys.stderr)
    return tally.errors + (counted == 0)


def _per(seconds: float, count: int) -> float:
    return seconds * 1e6 / count if count else float("nan")


def _spread(prefix: str, values_s: list[float]) -> Numbers:
    shares = {"p50": 0.5, "p99": 0.99, "p999": 0.999}
    return {f"{prefix}{name}_us": percentile(values_s, share) * 1e6 for name, share in shares.items()}
