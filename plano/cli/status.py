"""`planoai status`: what the running instance says of itself."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import click

from plano.cli.container import answer_from_container
from plano.cli.home import find_home
from plano.cli.terminal import say, say_table, warn

if TYPE_CHECKING:
    from plano.run.control import ListenerFacts, ProviderFacts, Status, TargetFacts, WorkerFacts

#: What service managers expect for "is not running" (LSB, init script actions).
EXIT_NOT_RUNNING: Final = 3


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def status(as_json: bool) -> None:
    """Show the running instance: workers, listeners, providers, targets.

    Exit code 0 means that Plano is running, 3 that it is not.
    """
    from plano.run.control import NotRunning, ask_status

    home = find_home()
    try:
        facts = ask_status(home.run)
    except NotRunning:
        answer_from_container(home, "status", *["--json"] * as_json)
        say("Plano is not running")
        raise SystemExit(EXIT_NOT_RUNNING) from None
    if as_json:
        import msgspec

        say(msgspec.json.format(msgspec.json.encode(facts)).decode())
        return
    _show(facts, time.time())


def _show(facts: Status, now: float) -> None:
    say(f"Plano {facts.version} is running, PID {facts.pid}, since {_since(facts.started_unix_s, now)}")
    reloads = f", {facts.reloads} reloads" if facts.reloads else ""
    say(f"Config: {facts.config}, served since {_since(facts.loaded_unix_s, now)}{reloads}")
    if facts.refused:
        warn("The last reload was refused:")
        for problem in facts.refused:
            click.echo(f"  {problem}", err=True)
    say_table("WORKER", ("PID", "STATE", "SINCE", "RESTARTS", "RUNNING", "SERVED", "MEMORY"), _workers(facts, now))
    say_table("LISTENER", ("KIND", "URL", "KEYS", "CONNECTIONS", "RUNNING", "REFUSED"), _listeners(facts.workers))
    say_table("PROVIDER", ("ORIGIN", "BUSY", "IDLE"), _providers(facts.workers))
    say_table("TARGET", ("MODEL", "STATE", "LEFT", "FAILURES", "LAST ERROR", "KEY"), _targets(facts.workers))
    say_table("ROUTER", ("STATE", "MATCHED", "NO MATCH", "FAULTS", "TROUBLE"), _routers(facts.workers))
    say_table("SOURCE", ("MODELS", "READ", "TROUBLE"), _sources(facts.workers))


def _workers(facts: Status, now: float) -> Iterable[tuple[str, ...]]:
    for worker in facts.workers:
        yield (
            str(worker.number),
            str(worker.pid or "-"),
            worker.state,
            _since(worker.started_unix_s, now),
            str(worker.restarts),
            str(worker.running),
            str(worker.served),
            f"{worker.resident_bytes / 2**20:.0f} MiB" if worker.resident_bytes else "-",
        )


def _listeners(workers: Iterable[WorkerFacts]) -> Iterable[tuple[str, ...]]:
    """A line for each, its numbers summed over the workers."""
    from plano.cli.health import Door

    by_place: dict[tuple[str, int], list[ListenerFacts]] = {}
    for worker in workers:
        for listener in worker.listeners:
            by_place.setdefault((listener.address, listener.port), []).append(listener)
    for same in by_place.values():
        one = same[0]
        yield (
            one.name,
            one.kind,
            Door(one.name, one.kind, one.address, one.port, tls=one.tls).url,
            str(one.api_keys or "-"),
            str(sum(listener.connections for listener in same)),
            str(sum(listener.running for listener in same)),
            str(sum(listener.refused for listener in same)),
        )


def _providers(workers: Iterable[WorkerFacts]) -> Iterable[tuple[str, ...]]:
    by_name: dict[str, list[ProviderFacts]] = {}
    for worker in workers:
        for provider in worker.providers:
            by_name.setdefault(provider.name, []).append(provider)
    for name, same in by_name.items():
        busy, idle = sum(one.busy for one in same), sum(one.idle for one in same)
        yield name, same[0].origin, str(busy), str(idle)


def _targets(workers: Iterable[WorkerFacts]) -> Iterable[tuple[str, ...]]:
    """A line for each model that was asked. Each worker has found out for itself: the worst it knows is shown."""
    by_name: dict[tuple[str, str], list[TargetFacts]] = {}
    for worker in workers:
        for target in worker.targets:
            by_name.setdefault((target.name, target.model), []).append(target)
    for (name, model), same in by_name.items():
        worst = max(same, key=_badness)
        yield (
            name,
            model,
            worst.state,
            _seconds(worst.seconds_left),
            str(sum(target.failures for target in same)),
            worst.last_error or next((target.last_error for target in same if target.last_error), "-"),
            "benched" if any(target.state == "key benched" for target in same) else "ok",
        )


def _routers(workers: Iterable[WorkerFacts]) -> Iterable[tuple[str, ...]]:
    """A line per worker; none where nobody has asked a router."""
    from plano.intent import FAULTS, MATCHED

    for worker in workers:
        router = worker.router
        if router is None or router.state == "idle":
            continue
        faults = {reason: count for reason, count in router.counts.items() if reason in FAULTS}
        matched = router.counts.get(MATCHED, 0)
        yield (
            router.kind,
            router.state,
            str(matched),
            str(sum(router.counts.values()) - matched - sum(faults.values())),
            ", ".join(f"{count} {reason}" for reason, count in sorted(faults.items())) or "-",
            router.trouble or "-",
        )


def _sources(workers: Iterable[WorkerFacts]) -> Iterable[tuple[str, ...]]:
    """A line for each source of prices and response times; every worker reads them for itself, one is shown."""
    for source in next((worker.sources for worker in workers if worker.sources), ()):
        read = "never" if source.age_s is None else f"{_seconds(source.age_s)} ago"
        yield source.name, str(source.models), read, source.last_error or "-"


def _badness(target: TargetFacts) -> tuple[int, float]:
    from plano.run.control import TARGET_STATES

    return TARGET_STATES.index(target.state), target.seconds_left


def _seconds(seconds: float) -> str:
    return f"{math.ceil(seconds)}s" if seconds > 0 else "-"


def _since(unix_s: float, now: float) -> str:
    """A moment, and how long ago that is."""
    seconds = max(0, round(now - unix_s))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        ago = f"{days}d {hours}h"
    elif hours:
        ago = f"{hours}h {minutes}m"
    else:
        ago = f"{minutes}m {seconds % 60}s" if minutes else f"{seconds}s"
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(unix_s))} ({ago})"
