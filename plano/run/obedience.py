"""A worker's side of the channel: it does what its supervisor asks, one thing after the other."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from plano.http.server.binding import close_all
from plano.run.app import App
from plano.run.channel import Answer, Channel, ChannelClosed, Commit, Discard, Done, Prepare, Prepared, Question, Told
from plano.run.facts import facts_of
from plano.run.loading import REFUSALS, reasons, servable
from plano.run.proxies import proxy_settings
from plano.run.setup import Setup

log: Final = logging.getLogger("plano.run")


async def obey(app: App, channel: Channel, stopping: asyncio.Event) -> None:
    """Answer questions until the supervisor is gone; then have the worker stop: nobody would hold its ports."""
    worker = _Obedience(app, channel)
    try:
        while True:
            await channel.send(await worker.answer(await channel.receive_question()))
    except ChannelClosed:
        if not stopping.is_set():
            log.error("the supervisor is gone")
        stopping.set()
    except Exception:
        # Half of a config may be served: the next worker starts with the whole of it.
        log.exception("the supervisor's wish could not be carried out")
        stopping.set()


class _Obedience:
    def __init__(self, app: App, channel: Channel) -> None:
        self._app = app
        self._channel = channel
        self._prepared: Setup | None = None

    async def answer(self, question: Question) -> Answer:
        if isinstance(question, Prepare):
            return await self._prepare(question)
        if isinstance(question, Commit) and self._prepared is not None:
            prepared, self._prepared = self._prepared, None
            await self._app.commit(prepared)
            return Done()
        if isinstance(question, Discard):
            await self._forget()
            return Done()
        return self._told()

    def _told(self) -> Answer:
        try:
            return Told(facts_of(self._app))
        except Exception:  # Whoever only asks must not end a worker.
            log.exception("the worker's facts could not be told")
            return Done()

    async def _prepare(self, question: Prepare) -> Prepared:
        sockets = self._channel.taken(question.sockets)
        await self._forget()
        try:
            loaded = servable(question.source)
            self._prepared = await self._app.prepare(
                loaded.config, sockets=sockets, workers=question.workers, proxies=proxy_settings(loaded)
            )
        except REFUSALS as error:
            problems = reasons(error)
        except Exception:
            log.exception("the new config could not be prepared")
            problems = ("plano failed to prepare the new config; plano.log tells more",)
        else:
            return Prepared()
        for several in sockets.values():
            close_all(several)
        return Prepared(problems)

    async def _forget(self) -> None:
        if self._prepared is not None:
            prepared, self._prepared = self._prepared, None
            await self._app.discard(prepared)
