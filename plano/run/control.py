"""What a running plano tells about itself, and the socket it is asked through.

The supervisor listens on a Unix socket in its run directory, which only its owner may enter. One connection is one
question: a JSON line with the name of a command, answered by one JSON line.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, get_args

import msgspec
from msgspec import Struct

from plano.plugins.hook_cost import StepCost

SOCKET_NAME: Final = "control.sock"
#: A reload waits until every worker has compiled the new config.
ANSWER_LIMIT_S: Final = 60.0
_LONGEST_ANSWER: Final = 16 * 1024 * 1024


class ListenerFacts(Struct, frozen=True, kw_only=True):
    """A listener as one worker sees it: `connections` are open, `refused` were turned away for a cap since start."""

    name: str
    kind: str
    address: str
    port: int
    tls: bool = False
    api_keys: int = 0
    connections: int = 0
    refused: int = 0
    running: int = 0


class ProviderFacts(Struct, frozen=True, kw_only=True):
    """The connections of one worker to one origin: in a call, and waiting for one."""

    name: str
    origin: str
    busy: int = 0
    idle: int = 0


#: From well to worst; several workers have each their own.
TargetStateWord = Literal["ok", "slow", "cooling", "half-open", "key benched", "open"]
TARGET_STATES: Final[tuple[TargetStateWord, ...]] = get_args(TargetStateWord)


class TargetFacts(Struct, frozen=True, kw_only=True):
    """One model that has been asked, as one worker knows it.

    `seconds_left` until it is asked again where that is known, else 0; `failures` among the last requests that the
    breaker counts; `last_error` as in logs (`http_503`, `timeout`), empty when there was none.
    """

    name: str
    model: str
    state: TargetStateWord = "ok"
    seconds_left: float = 0.0
    failures: int = 0
    last_error: str = ""


class RouterFacts(Struct, frozen=True, kw_only=True):
    """Who judges prompts, as one worker knows it. `counts`: judgements by their reason (`matched`, `no_match`,
    `too_late` ...); `trouble`: why it cannot be used, empty if it can."""

    kind: str
    state: Literal["idle", "loading", "ready", "unusable"]
    counts: dict[str, int] = {}
    trouble: str = ""


class SourceFacts(Struct, frozen=True, kw_only=True):
    """A source of prices or response times. `age_s`: since it was last read, None for never; `last_error` of the last
    reading, empty if it was well."""

    name: str
    models: int = 0
    skipped: int = 0
    age_s: float | None = None
    last_error: str = ""


class WorkerFacts(Struct, frozen=True, kw_only=True):
    """One worker. `restarts` counts how often it had to be started again; `served` the exchanges since its start;
    `tasks` are those of its event loop, which grow with nothing but dialing and asynchronous hooks."""

    number: int
    pid: int
    state: Literal["starting", "ready", "stopping", "waiting"]
    started_unix_s: float
    restarts: int = 0
    running: int = 0
    served: int = 0
    tasks: int = 0
    resident_bytes: int = 0
    listeners: tuple[ListenerFacts, ...] = ()
    providers: tuple[ProviderFacts, ...] = ()
    targets: tuple[TargetFacts, ...] = ()
    router: RouterFacts | None = None
    sources: tuple[SourceFacts, ...] = ()
    plugins: tuple[StepCost, ...] = ()


class Status(Struct, frozen=True, kw_only=True):
    """The whole instance. `loaded_unix_s`: since when this config is served; `refused`: why the last reload was not."""

    version: str
    pid: int
    started_unix_s: float
    config: str
    loaded_unix_s: float
    reloads: int = 0
    refused: tuple[str, ...] = ()
    workers: tuple[WorkerFacts, ...] = ()


class Reloaded(Struct, frozen=True, kw_only=True):
    """What a reload came to: `changes` say what is different, `problems` why nothing was changed."""

    accepted: bool
    changes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


class NotRunning(Exception):
    """Nobody answers at the control socket."""


def ask_status(run_directory: Path) -> Status:
    """The running instance's facts. Raises `NotRunning`."""
    return msgspec.json.decode(_ask(run_directory, "status"), type=Status)


def ask_reload(run_directory: Path) -> Reloaded:
    """Have the config file read again. Raises `NotRunning`."""
    return msgspec.json.decode(_ask(run_directory, "reload"), type=Reloaded)


def _ask(run_directory: Path, command: str) -> bytes:
    try:
        with reachable(run_directory) as address, socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_LIMIT_S)
            connection.connect(address)
            connection.sendall(msgspec.json.encode({"command": command}) + b"\n")
            answer = bytearray()
            while (piece := connection.recv(65536)) and len(answer) < _LONGEST_ANSWER:
                answer += piece
    except OSError as error:
        raise NotRunning(f"nothing answers at {run_directory / SOCKET_NAME}: {error.strerror or error}") from None
    if not answer:
        raise NotRunning(f"{run_directory / SOCKET_NAME} was closed without an answer")
    return bytes(answer)


@contextmanager
def reachable(run_directory: Path) -> Iterator[str]:
    """An address of the socket that is short enough, however deep the directory lies (`sun_path` holds 107 bytes)."""
    direct = str(run_directory / SOCKET_NAME)
    if len(os.fsencode(direct)) < 100 or not os.path.exists("/proc/self/fd"):
        yield direct
        return
    directory = os.open(run_directory, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{SOCKET_NAME}"
    finally:
        os.close(directory)
