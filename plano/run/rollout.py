"""One reload over all workers: everybody is ready for the new config before anybody serves it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from plano.config.diff import differences
from plano.config.load import ConfigSource, LoadedConfig, read_source
from plano.http.server.binding import Place
from plano.run.channel import Answer, ChannelClosed, Commit, Discard, Prepare, Prepared, described
from plano.run.control import Reloaded
from plano.run.loading import REFUSALS, reasons, servable

if TYPE_CHECKING:
    from plano.run.supervisor import Supervisor
    from plano.run.worker_slot import WorkerSlot

log: Final = logging.getLogger("plano.run")

#: Loading plugins and compiling a large config may take a while; serving it is a matter of milliseconds.
_PREPARE_LIMIT_S: Final = 30.0
_COMMIT_LIMIT_S: Final = 10.0


class Rollout:
    """Reads, binds, prepares, commits. Whatever fails before the commit leaves everything as it was."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._slots = [slot for slot in supervisor.slots if slot.state == "ready"]
        self._added: dict[Place, int] = {}

    async def run(self) -> Reloaded:
        supervisor = self._supervisor
        try:
            source = read_source(supervisor.path)
            loaded = servable(source)
            count = supervisor.worker_count(loaded.config)
            self._added = supervisor.ports.bind(loaded.config.listeners, count)
        except REFUSALS as error:
            return Reloaded(accepted=False, problems=reasons(error))
        changes = differences(supervisor.config, loaded.config)
        answers = await asyncio.gather(*(self._prepared(slot, source, count) for slot in self._slots))
        problems = tuple(dict.fromkeys(problem for answer in answers for problem in answer.problems))
        if problems:
            await self._give_up()
            return Reloaded(accepted=False, problems=problems)
        supervisor.adopt(source, loaded)
        await asyncio.gather(*(self._commit(slot) for slot in self._slots))
        self._settle(loaded, count)
        return Reloaded(accepted=True, changes=changes, notices=loaded.notices)

    async def _prepared(self, slot: WorkerSlot, source: ConfigSource, count: int) -> Prepared:
        """A worker that dies over a config is a reason against it: its successor would die as well."""
        supervisor = self._supervisor
        is_leaving = slot.number > count
        sockets = supervisor.ports.of(slot.number, len(supervisor.slots) if is_leaving else count)
        question = Prepare(source, count, described(sockets))
        try:
            answer: Answer = await slot.ask(question, sockets, limit_s=_PREPARE_LIMIT_S)
        except ChannelClosed:
            return Prepared((f"worker {slot.number} ended while it prepared the new config; plano.log tells more",))
        except TimeoutError:
            return Prepared((f"worker {slot.number} was not ready for the new config in {_PREPARE_LIMIT_S:g} s",))
        assert isinstance(answer, Prepared)
        return answer

    async def _commit(self, slot: WorkerSlot) -> None:
        try:
            await slot.ask(Commit(), limit_s=_COMMIT_LIMIT_S)
        except ChannelClosed:
            pass  # Its successor is started with the new config.
        except TimeoutError:
            log.error("worker %d did not change to the new config in time and is started again", slot.number)
            slot.kill()

    async def _give_up(self) -> None:
        await asyncio.gather(*(self._discard(slot) for slot in self._slots))
        self._supervisor.ports.drop(self._added)

    async def _discard(self, slot: WorkerSlot) -> None:
        try:
            await slot.ask(Discard(), limit_s=_COMMIT_LIMIT_S)
        except (ChannelClosed, TimeoutError):
            log.warning("worker %d could not be told to forget a refused config", slot.number)

    def _settle(self, loaded: LoadedConfig, count: int) -> None:
        """Let go of ports nobody listens on any more, and have the number of workers the config asks for."""
        supervisor = self._supervisor
        supervisor.set_workers(count)
        supervisor.ports.keep(frozenset((one.address, one.port) for one in loaded.config.listeners))
