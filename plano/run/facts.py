"""What a worker knows about itself, for `planoai status`."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from plano.http.server.listener import Listener
from plano.routing.router import Router
from plano.run.app import App
from plano.run.control import (
    ListenerFacts,
    ProviderFacts,
    RouterFacts,
    SourceFacts,
    TargetFacts,
    WorkerFacts,
)


def facts_of(app: App) -> WorkerFacts:
    """The app's facts now. The supervisor knows the rest: number, state, restarts."""
    return WorkerFacts(
        number=0,
        pid=os.getpid(),
        state="ready",
        started_unix_s=app.started_unix_s,
        running=app.running(),
        served=app.served(),
        tasks=len(asyncio.all_tasks()),
        resident_bytes=_resident_bytes(),
        listeners=tuple(_listener(app, listener) for listener in app.listeners.values()),
        providers=_providers(app),
        targets=tuple(targets_of(app)),
        router=_router(app.setup.router),
        sources=tuple(
            SourceFacts(
                name=facts.title,
                models=facts.models,
                skipped=facts.skipped,
                age_s=facts.age_s,
                last_error=facts.last_error,
            )
            for facts in app.setup.metrics.facts()
        ),
        plugins=tuple(step.cost.facts(step.plugin, step.hook) for step in app.setup.plugins.plan.steps),
    )


def _router(router: Router) -> RouterFacts:
    return RouterFacts(kind=router.kind, state=router.state, counts=dict(router.counts), trouble=router.trouble)


def _listener(app: App, listener: Listener) -> ListenerFacts:
    settings = listener.settings
    place = settings.place
    kinds = {(one.address, one.port): str(one.__struct_config__.tag) for one in app.setup.config.listeners}
    return ListenerFacts(
        name=settings.name,
        kind=kinds.get(place, ""),
        address=settings.address,
        port=listener.port,
        tls=listener.is_tls,
        api_keys=0 if listener.access is None else listener.access.count,
        connections=len(listener.connections),
        refused=listener.caps.refused,
        running=len(app.setup.pipelines[place].running),
    )


def _providers(app: App) -> tuple[ProviderFacts, ...]:
    """A line per account: connections belong to an origin, which several accounts may share."""
    pool = app.pool
    idle = pool.idle_counts()
    open_to = Counter(connection.origin for connection in pool.open)
    providers = app.setup.plans[0].providers if app.setup.plans else ()
    return tuple(
        ProviderFacts(
            name=provider.name,
            origin=str(provider.origin),
            busy=open_to[provider.origin] - idle.get(provider.origin, 0),
            idle=idle.get(provider.origin, 0),
        )
        for provider in providers
    )


def targets_of(app: App) -> Iterable[TargetFacts]:
    """The models that this worker has asked, and how each is doing."""
    return [
        TargetFacts(
            name=facts.name,
            model=facts.model,
            state=facts.state,
            seconds_left=facts.seconds_left,
            failures=facts.failures,
            last_error=facts.last_error,
        )
        for facts in app.lasting.states.facts(app.clock.monotonic_s())
    ]


def _resident_bytes() -> int:
    """Memory in RAM; 0 where the kernel does not tell in Linux' way."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
