"""The control socket's listening side: one question, one answer, for whoever may enter the run directory."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from plano.run.control import SOCKET_NAME, reachable

log: Final = logging.getLogger("plano.run")

_QUESTION_LIMIT_S: Final = 5.0


class _Question(Struct):
    command: str


class ControlServer:
    """Answers `{"command": NAME}` with what `commands[NAME]()` gives, as JSON; closes without a word otherwise."""

    def __init__(self, run_directory: Path, commands: Mapping[str, Callable[[], Awaitable[Struct]]]) -> None:
        self._directory = run_directory
        self._commands = commands
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Raises `OSError`."""
        # Whoever held it is gone: only one instance is started for a directory.
        (self._directory / SOCKET_NAME).unlink(missing_ok=True)
        former = os.umask(0o177)
        try:
            with reachable(self._directory) as address:
                self._server = await asyncio.start_unix_server(self._answer, address)
        finally:
            os.umask(former)

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            (self._directory / SOCKET_NAME).unlink(missing_ok=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_QUESTION_LIMIT_S):
                line = await reader.readline()
            command = self._commands.get(msgspec.json.decode(line, type=_Question).command)
            if command is not None:
                writer.write(msgspec.json.encode(await command()))
                await writer.drain()
        except (OSError, TimeoutError, ValueError) as error:
            log.debug("a question at the control socket was not answered: %s", error)
        finally:
            writer.close()
