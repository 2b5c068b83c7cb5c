"""One place for a worker: the process that has it now, and the next one when that dies."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from socket import socket
from typing import Final, Literal

from msgspec.structs import replace

from plano.http.server.binding import Place
from plano.run.channel import Answer, Channel, ChannelClosed, Question, Ready, Start, Tell, Told
from plano.run.control import WorkerFacts

log: Final = logging.getLogger("plano.run")

#: The wait before a worker is started again: none at first, then doubling from the first to the second, in seconds.
BACKOFF_S: Final = (0.1, 5.0)
#: A worker that served this long did not die of its start.
_PROVEN_S: Final = 10.0
_FACTS_LIMIT_S: Final = 2.0


class EndedAtStart(Exception):
    """A worker ended before it ever served; `code` is its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a worker could not start (exit code {code})")
        self.code = code


class WorkerSlot:
    """Keeps one worker running until `stop`.

    `start_message()` gives what a new worker is told first, and its sockets; `command` is the worker's command line
    without the channel.
    """

    def __init__(
        self,
        number: int,
        command: tuple[str, ...],
        start_message: Callable[[], tuple[Start, Mapping[Place, list[socket]]]],
    ) -> None:
        self.number = number
        self.state: Literal["starting", "ready", "stopping", "waiting"] = "starting"
        self.restarts = 0
        self.started_unix_s = time.time()
        self.was_ready = asyncio.Event()
        self._command = command
        self._start_message = start_message
        self._process: asyncio.subprocess.Process | None = None
        self._channel: Channel | None = None
        self._asking = asyncio.Lock()
        self._owed_answers = 0
        self._stop = asyncio.Event()

    @property
    def pid(self) -> int:
        """0 when no process is running."""
        return self._process.pid if self._process is not None else 0

    async def keep_running(self) -> None:
        """Until `stop`, and then until the process has ended. Raises `EndedAtStart` or `OSError`."""
        pause_s = 0.0
        while True:
            began_s = time.monotonic()
            code = await self._run_once()
            if self._stop.is_set():
                return
            if not self.was_ready.is_set():
                raise EndedAtStart(code)
            pause_s = 0.0 if time.monotonic() - began_s > _PROVEN_S else pause_s
            log.error("worker %d ended unasked (%s); it is started again in %.1f s", self.number, _how(code), pause_s)
            self.state = "waiting"
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pause_s or 0.001)
                return
            self.restarts += 1
            pause_s = min(max(pause_s * 2, BACKOFF_S[0]), BACKOFF_S[1])

    async def ask(
        self,
        question: Question,
        sockets: Mapping[Place, list[socket]] | None = None,
        *,
        limit_s: float,
    ) -> Answer:
        """Raises `ChannelClosed` if the worker is gone, `TimeoutError` if it takes too long."""
        async with self._asking:
            channel = self._channel
            if channel is None:
                raise ChannelClosed("no worker is running")
            async with asyncio.timeout(limit_s):
                await channel.send(question, sockets)
                self._owed_answers += 1
                while True:  # Answers to questions that were given up come first.
                    answer = await channel.receive_answer()
                    self._owed_answers -= 1
                    if self._owed_answers == 0:
                        return answer

    async def facts(self) -> WorkerFacts:
        """What the worker says of itself, or what is known without it."""
        told: WorkerFacts | None = None
        if self.state in ("ready", "stopping"):
            with suppress(ChannelClosed, TimeoutError):
                answer = await self.ask(Tell(), limit_s=_FACTS_LIMIT_S)
                told = answer.facts if isinstance(answer, Told) else None
        told = told or WorkerFacts(number=self.number, pid=self.pid, state=self.state, started_unix_s=0.0)
        return replace(
            told,
            number=self.number,
            pid=self.pid,
            state=self.state,
            started_unix_s=self.started_unix_s,
            restarts=self.restarts,
        )

    def stop(self) -> None:
        """Ask the worker to drain; the second time, to hurry."""
        self._stop.set()
        self.state = "stopping"
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the worker at once; unless it was asked to stop, another one follows."""
        self._signal(signal.SIGKILL)

    async def _run_once(self) -> int:
        """One process from start to end; its exit code, negative for a signal."""
        self.state = "starting"
        self.started_unix_s = time.time()
        self._owed_answers = 0
        channel, theirs = Channel.pair()
        try:
            with theirs:
                self._process = process = await asyncio.create_subprocess_exec(
                    *self._command,
                    "--channel",
                    str(theirs.fileno()),
                    stdin=asyncio.subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                )
            if self._stop.is_set():
                process.terminate()
            with suppress(ChannelClosed):
                await self._see_it_ready(channel)
            return await process.wait()
        finally:
            self._channel = None
            self._process = None
            channel.close()

    async def _see_it_ready(self, channel: Channel) -> None:
        message, sockets = self._start_message()
        await channel.send(message, sockets)
        answer = await channel.receive_answer()
        assert isinstance(answer, Ready)
        self._channel = channel
        if not self._stop.is_set():
            self.state = "ready"
        self.was_ready.set()
        if self._start_message()[0].source is not message.source:
            self.kill()  # The config was changed while this worker was on its way.

    def _signal(self, number: int) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)


def worker_command(config: Path, log_dir: Path | None, level: str) -> tuple[str, ...]:
    """How a worker is started; it finds plano where this process found it."""
    command = [sys.executable, "-P", "-m", "plano.run.worker", "--config", str(config), "--level", level]
    return (*command, "--log-dir", str(log_dir)) if log_dir is not None else tuple(command)


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
