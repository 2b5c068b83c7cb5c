"""From names to addresses: one lookup per name at a time, each on a thread of its own, answers kept for a while.

`loop.getaddrinfo` is not used: uvloop runs it on libuv's thread pool, of whose four threads only two may be busy with
lookups, so that two names whose server is silent stop every dial. glibc asks each server for 5 s, twice, and cannot be
interrupted; nobody waits for such a thread here, and at exit it is left behind. Names come from the config alone, never
from a client: where they lead is the operator's word, and no address is refused.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from plano.clock import Clock, SystemClock

log: Final = logging.getLogger("plano.http.client")

#: How long an answer is taken as it is, in seconds. glibc does not hand on the record's own lifetime.
FRESH_S: Final = 30.0
#: How long it may stand in for one that cannot be had (RFC 8767).
STALE_S: Final = 300.0
#: How long a new answer is waited for while an old one is there (RFC 8767 section 5, "client response timer").
PATIENCE_S: Final = 1.0
#: How long a failure is believed: so much that a burst of dials asks once, so little that nobody notices the cure.
FAILURE_S: Final = 1.0
#: Docker's name for the machine itself; without Docker that is loopback.
DOCKER_HOST: Final = "host.docker.internal"
MAX_THREADS: Final = 64
MAX_NAMES: Final = 1024

Address: TypeAlias = tuple[int, tuple[Any, ...]]
Lookup: TypeAlias = Callable[[str, int], list[Address]]
_Place: TypeAlias = tuple[str, int]


class Resolver:
    """Addresses by host and port. Belongs to one event loop; `lookup` blocks, and raises `OSError`."""

    def __init__(self, clock: Clock | None = None, lookup: Lookup | None = None) -> None:
        self._now = (SystemClock() if clock is None else clock).monotonic_s
        self._lookup = system_lookup if lookup is None else lookup
        self._answers: dict[_Place, tuple[float, list[Address]]] = {}
        self._failures: dict[_Place, tuple[float, OSError]] = {}
        self._asked: dict[_Place, asyncio.Future[list[Address] | OSError]] = {}
        self._overdue: set[_Place] = set()
        self._queue: deque[_Place] = deque()
        self._threads = 0

    async def resolve(self, host: str, port: int) -> list[Address]:
        """Family and socket address, in the system's order of preference; never empty. Raises `OSError`.

        Waits as long as it takes, unless an answer that is not too old can stand in.
        """
        place = (host, port)
        now = self._now()
        answered_at, answer = self._answers.get(place, (now - STALE_S, []))
        if now - answered_at < FRESH_S:
            return answer
        is_usable = now - answered_at < STALE_S
        failed_at, failure = self._failures.get(place, (now - FAILURE_S, None))
        if failure is None or now - failed_at >= FAILURE_S:
            asked = self._ask(place)
            if is_usable and place in self._overdue:
                return answer
            # Not awaited itself: whoever gives up must not end the lookup for the others.
            await asyncio.wait((asked,), timeout=PATIENCE_S if is_usable else None)
            if not asked.done():
                if place not in self._overdue:
                    self._overdue.add(place)
                    log.warning("looking up %s takes long: an answer %.0f s old is used", host, now - answered_at)
                return answer
            found = asked.result()
            if not isinstance(found, OSError):
                return found
            failure = found
        if is_usable:
            return answer
        raise type(failure)(*failure.args)  # Each its own: a shared one would gather everybody's traceback.

    def _ask(self, place: _Place) -> asyncio.Future[list[Address] | OSError]:
        """The lookup under way, or a new one."""
        asked = self._asked.get(place)
        if asked is None:
            asked = self._asked[place] = asyncio.get_running_loop().create_future()
            self._queue.append(place)
            self._start_threads()
        return asked

    def _start_threads(self) -> None:
        while self._queue and self._threads < MAX_THREADS:
            self._threads += 1
            loop = asyncio.get_running_loop()
            place = self._queue.popleft()
            # A daemon, and no executor: Python would wait for those at exit.
            thread = threading.Thread(target=self._run, args=(place, loop), name="plano-lookup", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                loop.call_soon(self._finish, place, OSError(str(error)))

    def _run(self, place: _Place, loop: asyncio.AbstractEventLoop) -> None:
        found: list[Address] | OSError
        try:
            found = self._lookup(*place) or OSError("the name has no address")
        except OSError as error:
            found = error
        except ValueError:  # A label that is empty or over 63 bytes (UnicodeError): no resolver is asked then.
            found = socket.gaierror(socket.EAI_NONAME, "the name is no host name")
        try:
            loop.call_soon_threadsafe(self._finish, place, found)
        except RuntimeError:
            return  # The loop is closed: nobody waits any more.

    def _finish(self, place: _Place, found: list[Address] | OSError) -> None:
        self._threads -= 1
        self._overdue.discard(place)
        asked = self._asked.pop(place)
        if isinstance(found, OSError):
            self._failures[place] = (self._now(), found)
            self._note_failure(place, found)
        else:
            self._failures.pop(place, None)
            self._answers.pop(place, None)  # The newest stand last.
            self._answers[place] = (self._now(), found)
        for kept in (self._answers, self._failures):
            if len(kept) > MAX_NAMES:
                del kept[next(iter(kept))]
        asked.set_result(found)
        self._start_threads()

    def _note_failure(self, place: _Place, error: OSError) -> None:
        answered_at = self._answers.get(place, (0.0, []))[0]
        age_s = self._now() - answered_at
        if place in self._answers and age_s < STALE_S:
            reason = error.strerror or error
            log.warning("%s cannot be looked up (%s): an answer %.0f s old is used", place[0], reason, age_s)


def system_lookup(host: str, port: int) -> list[Address]:
    """What the system's resolver says, numbers and /etc/hosts included."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]
