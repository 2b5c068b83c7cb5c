"""`python -m bench.load run` measures and writes a report; `smoke` only checks that it works; `soak` looks for what
grows, is lost or goes wrong under minutes of mixed traffic.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import uvloop

from bench.load import bad_upstream, report, soak, soak_report
from bench.load.driver import Streams, request_bytes
from bench.load.proxies import LOAD_CORE, NAMES, NotInstalled, Running, free_port, running, running_provider
from bench.load.scenarios import (
    CONNECTIONS,
    IDLE_STREAMS,
    RATE,
    SCENARIOS,
    STREAMS,
    Numbers,
    Scale,
    Scenario,
)

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="measure and report")
    run.add_argument("--scenario", action="append", choices=list(SCENARIOS), help="all of them unless given")
    run.add_argument("--proxies", default=",".join(NAMES), help="comma-separated, of: %(default)s")
    run.add_argument("--seconds", type=float, default=4.0, help="measured seconds a round [%(default)s]")
    run.add_argument("--rounds", type=int, default=3)
    run.add_argument("--connections", type=int, default=CONNECTIONS)
    run.add_argument("--rate", type=int, default=RATE, help="requests/s of the open loop")
    run.add_argument("--streams", type=int, default=STREAMS)
    run.add_argument("--idle-streams", type=int, default=IDLE_STREAMS)
    run.add_argument("--out", type=Path, help="a folder [bench/load/results/<time>]")
    smoke = commands.add_parser("smoke", help="a few seconds; speed is not judged")
    smoke.add_argument("--proxies", default="direct,plano")
    soaking = commands.add_parser("soak", help="mixed traffic for minutes; what must stay flat is judged")
    soaking.add_argument("--seconds", type=float, default=600.0)
    soaking.add_argument("--workers", type=int, default=1)
    soaking.add_argument("--reload-every", type=float, metavar="S", help="reload another config every S seconds")
    soaking.add_argument("--out", type=Path, help="a folder [bench/load/results/<time>-soak]")
    options = parser.parse_args()
    if options.command == "soak":
        return _soak(options)
    names = _names(parser, options.proxies)
    _prepare()
    return _smoke(names) if options.command == "smoke" else _run(options, names)


def _names(parser: argparse.ArgumentParser, text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in NAMES:
            parser.error(f"unknown proxy {name!r}; there are {', '.join(NAMES)}")
    return names


def _prepare() -> None:
    """As many descriptors as allowed (children inherit the limit), and this process on the load's core."""
    _allow_many_files()
    if LOAD_CORE in os.sched_getaffinity(0):
        os.sched_setaffinity(0, {LOAD_CORE})


def _allow_many_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _run(options: argparse.Namespace, names: Sequence[str]) -> int:
    scale = Scale(
        seconds=options.seconds,
        connections=options.connections,
        rate=options.rate,
        streams=options.streams,
        idle_streams=options.idle_streams,
    )
    load_average = os.getloadavg()
    rounds: report.Rounds = {}
    versions: dict[str, str] = {}
    for name in options.scenario or list(SCENARIOS):
        scenario = SCENARIOS[name]
        found = _fresh if scenario.needs_fresh else _interleaved
        rounds[name] = found(scenario, scenario.proxies or names, scale, options.rounds, versions)
    directory = options.out or RESULTS / datetime.now().strftime("%Y%m%d-%H%M%S")
    path = report.write(directory, rounds, versions, scale, load_average)
    print(path.read_text())
    print(f"written to {path}", file=sys.stderr)
    return 0


def _interleaved(
    scenario: Scenario, names: Sequence[str], scale: Scale, rounds: int, versions: dict[str, str]
) -> dict[str, list[Numbers]]:
    """A B C A B C: noise of the machine falls on all of them alike."""
    found: dict[str, list[Numbers]] = {}
    with ExitStack() as stack:
        upstream = stack.enter_context(running_provider())
        proxies = [proxy for name in names if (proxy := _started(stack, name, upstream)) is not None]
        for number in range(rounds):
            for proxy in proxies:
                versions[proxy.name] = proxy.version
                _measure(scenario, proxy, scale, number, found)
    return found


def _fresh(
    scenario: Scenario, names: Sequence[str], scale: Scale, rounds: int, versions: dict[str, str]
) -> dict[str, list[Numbers]]:
    """A newly started proxy for every measurement: memory does not come back."""
    found: dict[str, list[Numbers]] = {}
    for number in range(rounds):
        for name in names:
            with ExitStack() as stack:
                upstream = stack.enter_context(running_provider())
                proxy = _started(stack, name, upstream) if name != "direct" else None
                if proxy is not None:
                    versions[name] = proxy.version
                    _measure(scenario, proxy, scale, number, found)
    return found


def _started(stack: ExitStack, name: str, upstream: int) -> Running | None:
    try:
        return stack.enter_context(running(name, upstream))
    except NotInstalled as exc:
        print(f"left out, not installed: {exc}", file=sys.stderr)
        return None


def _measure(
    scenario: Scenario, proxy: Running, scale: Scale, number: int, found: dict[str, list[Numbers]]
) -> None:
    numbers: Numbers = uvloop.run(scenario.measure(proxy, scale))
    found.setdefault(proxy.name, []).append(numbers)
    headline = numbers[scenario.headline]
    told = f"{headline:.1f} {scenario.unit}, {numbers['errors']:.0f} errors"
    print(f"{scenario.name} round {number + 1} {proxy.name}: {told}", file=sys.stderr)


def _soak(options: argparse.Namespace) -> int:
    _allow_many_files()
    load_average = os.getloadavg()
    result = soak.Result(options.seconds, options.workers)
    with running_provider(core=None) as upstream:
        uvloop.run(_soaked(result, upstream, options.reload_every))
    directory = options.out or soak_report.directory_for(RESULTS)
    path = soak_report.write(directory, result, load_average)
    print(path.read_text())
    print(f"written to {path}", file=sys.stderr)
    return 0 if all(check.is_fine for check in soak_report.checks(result)) else 1


async def _soaked(result: soak.Result, upstream: int, reload_every_s: float | None) -> None:
    server, bad = await bad_upstream.start()
    port = free_port()
    texts = soak.config_texts(port, upstream, bad, nobody=free_port())
    async with server:
        with soak.instance_running(result.workers, texts[0], port) as instance:
            await soak.run(instance, result, texts, reload_every_s)
            result.logged = soak.crashes(instance.directory)


def _smoke(names: Sequence[str]) -> int:
    """Asserts that every answer and every event arrives, whatever the speed."""
    scale = Scale(seconds=0.3, warm_s=0.1, connections=8, rate=200)
    problems: list[str] = []
    with ExitStack() as stack:
        upstream = stack.enter_context(running_provider())
        for name in names:
            proxy = stack.enter_context(running(name, upstream))
            for scenario in ("requests", "latency"):
                numbers: Numbers = uvloop.run(SCENARIOS[scenario].measure(proxy, scale))
                if numbers["errors"] or numbers["per_s"] < 50:
                    problems.append(f"{name} {scenario}: {numbers}")
            problems += uvloop.run(_smoke_streams(proxy))
    for problem in problems:
        print(problem, file=sys.stderr)
    print("smoke: " + ("FAILED" if problems else f"fine ({', '.join(names)})"))
    return 1 if problems else 0


async def _smoke_streams(proxy: Running) -> list[str]:
    count, events = 20, 10
    request = request_bytes(proxy.port, f"mock/bench-stream-20-{events}", streams=True)
    load = Streams(proxy.port, request, count, spread_s=0.2)
    await load.start()
    await load.until_ended(timeout_s=10)
    await load.stop()
    tally = load.tally
    seen = (tally.events, tally.streams_ended, tally.errors)
    return [] if seen == (count * events, count, 0) else [f"{proxy.name} streams: {seen} {tally.first_error}"]


if __name__ == "__main__":
    sys.exit(main())
