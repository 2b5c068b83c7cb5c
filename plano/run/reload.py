"""Reading the config again in a worker that has no supervisor."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Final

from plano.config.load import read_source
from plano.run.app import App
from plano.run.loading import REFUSALS, reasons, servable
from plano.run.proxies import proxy_settings

log: Final = logging.getLogger("plano.run")


class Reload:
    """One at a time; a signal that comes during one asks for another after it."""

    def __init__(self, app: App, path: Path) -> None:
        self._app = app
        self._path = path
        self._running: asyncio.Task[None] | None = None
        self._again = False

    def begin(self) -> None:
        """For a signal handler."""
        if self._running is not None:
            self._again = True
            return
        self._running = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            while True:
                self._again = False
                await self._once()
                if not self._again:
                    return
        finally:
            self._running = None

    async def _once(self) -> None:
        try:
            loaded = servable(read_source(self._path))
            setup = await self._app.prepare(loaded.config, proxies=proxy_settings(loaded))
        except REFUSALS as error:
            log.error("the new config is refused, the old one stays: %s", "; ".join(reasons(error)))
            return
        await self._app.commit(setup)
        for notice in loaded.notices:
            log.warning("%s", notice)
        log.info("the new config is served")
