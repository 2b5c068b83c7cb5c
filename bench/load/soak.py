"""`python -m bench.load soak`: mixed traffic for minutes through a supervisor and its workers; memory, descriptors and
tasks must stay flat, every client must get what it has to, and nothing may be left when the clients are gone.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.load import cpu
from bench.load.proxies import ROOT, free_port
from bench.load.soak_clients import KINDS, World
from plano.run.control import NotRunning, Status, ask_reload, ask_status

_START_S: Final = 20.0
_LEFT_S: Final = 8.0
#: Names clients invent: in a short run they must all have been seen when the judging begins.
_FEW_NAMES: Final = 300
_MANY_NAMES: Final = 1_000_000
_LONG_S: Final = 300.0
_MOST_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the workers, all of them together. `descriptors` leave out those of connections that `status` counts:
    clients' and providers'."""

    at_s: float
    resident_mib: float
    descriptors: int
    open_files: int
    tasks: int
    running: int
    connections: int
    busy: int
    idle: int
    served: int
    cpu_s: float


@dataclass(slots=True)
class Result:
    """What a soak saw."""

    seconds: float
    workers: int
    version: str = ""
    before: Sample | None = None
    after: Sample | None = None
    samples: list[Sample] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)
    latencies_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    reloads: int = 0
    refused_reloads: list[str] = field(default_factory=list)
    restarts: int = 0
    logged: list[str] = field(default_factory=list)

    def note(self, kind: str, wrong: str, took_s: float) -> None:
        self.done[kind] += 1
        kept = self.latencies_s[kind]
        if len(kept) < 20_000:
            kept.append(took_s)
        else:  # A sample of all: a soak must not grow itself.
            kept[random.randrange(20_000)] = took_s
        if wrong:
            self.wrong[kind] += 1
            if len(self.told) < _MOST_TOLD:
                self.told.append(f"{kind}: {wrong}")


@dataclass(frozen=True, slots=True)
class Instance:
    """A running supervisor."""

    directory: Path
    port: int
    config: Path

    def status(self) -> Status:
        return ask_status(self.directory)


async def soak(
    instance: Instance, result: Result, *, every_s: float, reload_every_s: float | None, texts: tuple[str, str]
) -> None:
    """Load it for `result.seconds`, look at it every `every_s`."""
    await asyncio.sleep(0.5)
    result.before = await _looked(instance, 0.0)
    result.version = (await asyncio.to_thread(instance.status)).version
    world = World(instance.port, _MANY_NAMES if result.seconds >= _LONG_S else _FEW_NAMES)
    began = time.monotonic()
    over = asyncio.Event()
    clients = [
        asyncio.create_task(_client(world, kind, over, result))
        for kind, (_, count, _) in KINDS.items()
        for _ in range(count)
    ]
    reloading = asyncio.create_task(_reload(instance, result, reload_every_s, over, texts))
    while (passed := time.monotonic() - began) < result.seconds:
        await asyncio.sleep(min(every_s, result.seconds - passed))
        result.samples.append(await _looked(instance, time.monotonic() - began))
    over.set()
    await asyncio.gather(*clients, reloading)
    if result.reloads % 2:  # Back to the config of the start: another listener holds descriptors of its own.
        await _reload_once(instance, result, texts)
    result.after = await _left_alone(instance, time.monotonic() - began)
    result.restarts = sum(worker.restarts for worker in (await asyncio.to_thread(instance.status)).workers)


async def _client(world: World, kind: str, over: asyncio.Event, result: Result) -> None:
    act, _, pause_s = KINDS[kind]
    while not over.is_set():
        began = time.monotonic()
        try:
            wrong = await act(world)
        except Exception as error:
            wrong = repr(error)
        result.note(kind, wrong, time.monotonic() - began)
        await asyncio.sleep(pause_s * (0.5 + random.random()))


async def _reload(
    instance: Instance, result: Result, every_s: float | None, over: asyncio.Event, texts: tuple[str, str]
) -> None:
    while every_s is not None:
        try:
            await asyncio.wait_for(over.wait(), every_s)
            return
        except TimeoutError:
            pass
        await _reload_once(instance, result, texts)


async def _reload_once(instance: Instance, result: Result, texts: tuple[str, str]) -> None:
    result.reloads += 1
    instance.config.write_text(texts[result.reloads % 2], "utf-8")
    reloaded = await asyncio.to_thread(ask_reload, instance.directory)
    if not reloaded.accepted or not reloaded.changes:
        result.refused_reloads.append(f"{reloaded.problems} {reloaded.changes}")


async def _looked(instance: Instance, at_s: float) -> Sample:
    status = await asyncio.to_thread(instance.status)
    workers = status.workers
    pids = [worker.pid for worker in workers]
    connections = sum(one.connections for worker in workers for one in worker.listeners)
    # Accounts of one origin tell the same connections.
    origins = {(worker.number, one.origin): one for worker in workers for one in worker.providers}
    busy = sum(one.busy for one in origins.values())
    idle = sum(one.idle for one in origins.values())
    open_files = sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)
    return Sample(
        at_s=at_s,
        resident_mib=cpu.resident_mib(pids),
        descriptors=open_files - connections - busy - idle,
        open_files=open_files,
        tasks=sum(worker.tasks for worker in workers),
        running=sum(worker.running for worker in workers),
        connections=connections,
        busy=busy,
        idle=idle,
        served=sum(worker.served for worker in workers),
        cpu_s=cpu.cpu_time(pids).total_s,
    )


async def _left_alone(instance: Instance, at_s: float) -> Sample:
    """A look once everything that was under way has ended, or should have."""
    deadline = time.monotonic() + _LEFT_S
    while True:
        sample = await _looked(instance, at_s)
        is_quiet = sample.running == sample.connections == sample.busy == 0
        if is_quiet or time.monotonic() > deadline:
            return sample
        await asyncio.sleep(0.1)


@contextmanager
def instance_running(workers: int, text: str, port: int) -> Iterator[Instance]:
    """A supervisor with `workers`, until the block ends; it must then stop as asked."""
    with tempfile.TemporaryDirectory(prefix="plano-soak-") as temporary:
        directory = Path(temporary)
        config = directory / "config.yaml"
        config.write_text(text, "utf-8")
        command = [sys.executable, "-P", "-m", "plano.run.supervisor", "--config", str(config)]
        command += ["--log-dir", str(directory), "--run-dir", str(directory), "--workers", str(workers)]
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "SOAK_KEY": "soak-key"}
        output = directory / "output.txt"
        with output.open("wb") as told:
            process = subprocess.Popen(command, env=environ, stdout=told, stderr=told, start_new_session=True)
        instance = Instance(directory, port, config)
        try:
            _wait_until_ready(instance, process, output)
            yield instance
        finally:
            process.terminate()
            try:
                code = process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        if code != 0:
            raise RuntimeError(f"the supervisor ended with {code}: {output.read_text()[-2000:]}")


def _wait_until_ready(instance: Instance, process: subprocess.Popen[bytes], output: Path) -> None:
    give_up_s = time.monotonic() + _START_S
    while time.monotonic() < give_up_s and process.poll() is None:
        try:
            if all(worker.state == "ready" for worker in instance.status().workers):
                return
        except NotRunning:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"plano did not start: {output.read_text()[-2000:]}")


def config_texts(port: int, upstream: int, bad: int, nobody: int) -> tuple[str, str]:
    """The config, and the same with another listener and another alias: what reloads go to and fro between."""
    rows = [("mock/*", upstream), ("bad/*", bad), ("lost/*", nobody)]
    providers = [
        {
            "model": model,
            "base_url": f"http://127.0.0.1:{to}",
            "provider_interface": "openai",
            "access_key": "$SOAK_KEY",
        }
        for model, to in rows
    ]
    listener = {"type": "model", "name": "models", "address": "127.0.0.1", "port": port}
    config = {"version": "v0.4.0", "listeners": [listener], "model_providers": providers}
    more = {**config, "listeners": [listener, {**listener, "name": "more", "port": free_port()}]}
    more["model_aliases"] = {"soaked": {"target": "mock/hello"}}
    return json.dumps(config), json.dumps(more)


async def run(instance: Instance, result: Result, texts: tuple[str, str], reload_every_s: float | None) -> None:
    """The whole of it; `texts` are what `config_texts` gives."""
    every_s = max(1.0, min(5.0, result.seconds / 40))
    await soak(instance, result, every_s=every_s, reload_every_s=reload_every_s, texts=texts)


def crashes(directory: Path) -> list[str]:
    """Lines of the logs that tell of a defect of plano's own."""
    signs = ("Traceback", "could not be", "never retrieved", "Exception in", "Task was destroyed")
    found: list[str] = []
    for path in sorted(directory.glob("*.*")):
        if path.suffix in (".log", ".txt") and "access" not in path.name:
            lines = path.read_text("utf-8", "replace").splitlines()
            found += [f"{path.name}: {line[:300]}" for line in lines if any(sign in line for sign in signs)]
    return found[:_MOST_TOLD]
