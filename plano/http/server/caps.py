"""How much a listener takes on at a time: connections, requests, and requests of one client.

What is counted outlives a reload: numbers may change under running requests, and each still counts until it ends. One
process is one share of an instance; nothing is counted across processes.
"""

from __future__ import annotations

import logging
import resource
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from plano.config.listeners import SharedListenerKeys
from plano.errors import Overloaded, TooManyRequests

log: Final = logging.getLogger("plano.http")

_BODY: Final = (
    b'{"error":{"message":"too many connections are open","type":"server_error","param":null,"code":"overloaded"}}'
)
#: When a refused client may come back, in seconds.
RETRY_AFTER_S: Final = 1.0
#: Open files that are neither a client's connection nor a provider's: sockets that listen, logs, pipes, plugins'.
RESERVED_FILES: Final = 64
#: Connections turned away that may stay open for a moment: a client that is still sending could lose its answer.
MOST_LEAVING: Final = 32
#: How often overload is written to the log at most, in seconds.
LOG_INTERVAL_S: Final = 1.0

#: The whole answer to a connection that is turned away: nothing is known of whoever is there, so in OpenAI's shape.
TURNED_AWAY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%b"
) % (
    len(_BODY),
    _BODY,
)

CallLater = Callable[[float, Callable[[], None]], Any]


class CapNumbers(Struct, frozen=True):
    """One process's caps of one listener; None is no cap, and for connections the process's `Room`."""

    connections: int | None = None
    requests: int | None = None
    requests_per_client: int | None = None


def cap_numbers(listener: SharedListenerKeys, workers: int) -> CapNumbers:
    """What is in the config, as one of so many workers keeps it."""
    return CapNumbers(
        share_of(listener.max_connections, workers),
        share_of(listener.max_concurrent_requests, workers),
        share_of(listener.max_concurrent_requests_per_client, workers),
    )


def share_of(cap: int | None, workers: int) -> int | None:
    """One worker's part of a cap, rounded up: never 0. None, no cap, stays None."""
    return None if cap is None else -(-cap // workers)


class Room:
    """The client connections of the whole process. `most` is what listeners without a cap of their own share.

    Left out, it is half of what the open-file limit allows: every exchange needs a connection to a provider too.
    """

    __slots__ = ("leaving", "most", "taken")

    def __init__(self, most: int | None = None) -> None:
        self.most = _connections_by_open_files() if most is None else most
        self.taken = 0
        #: Connections that were turned away and are not closed yet; they are not among `taken`.
        self.leaving = 0


class Caps:
    """The caps of one listener and what is taken of them.

    `refused` counts connections and requests turned away. `call_later` is the loop's.
    """

    def __init__(self, name: str, numbers: CapNumbers, room: Room, call_later: CallLater) -> None:
        self.name = name
        self.numbers = numbers
        self.room = room
        self.connections = 0
        self.requests = 0
        #: Running requests by client; nobody is in it with 0.
        self.by_client: dict[str, int] = {}
        self.refused = 0
        self._call_later = call_later
        self._unlogged: Counter[str] = Counter()

    def change(self, name: str, numbers: CapNumbers) -> None:
        """Go on with other numbers. Nothing that runs is ended."""
        self.name = name
        self.numbers = numbers

    # Connections.

    def has_room(self) -> bool:
        """One more connection may be opened."""
        most = self.numbers.connections
        return self.room.taken < self.room.most if most is None else self.connections < most

    def opened(self) -> None:
        self.connections += 1
        self.room.taken += 1

    def closed(self) -> None:
        self.connections -= 1
        self.room.taken -= 1

    def turned_away(self) -> None:
        """A connection was not taken."""
        self._refuse("connections (max_connections)")

    # Requests.

    @property
    def limits_requests(self) -> bool:
        """Whether there is anything to count; without it `enter` and `leave` need not be called."""
        return self.numbers.requests is not None or self.numbers.requests_per_client is not None

    def enter(self, client: str) -> None:
        """One more request runs, until `leave`. Raises `TooManyRequests` or `Overloaded`; it does not count then."""
        own = self.by_client.get(client, 0)
        numbers = self.numbers
        if numbers.requests_per_client is not None and own >= numbers.requests_per_client:
            self._refuse("requests of one client (max_concurrent_requests_per_client)")
            raise TooManyRequests(
                f"this client has {own} requests running already, as many as one client may",
                retry_after_s=RETRY_AFTER_S,
            )
        if numbers.requests is not None and self.requests >= numbers.requests:
            self._refuse("requests (max_concurrent_requests)")
            raise Overloaded(f"{self.requests} requests are running, no more fit in", retry_after_s=RETRY_AFTER_S)
        self.by_client[client] = own + 1
        self.requests += 1

    def leave(self, client: str) -> None:
        """A request that had entered has ended."""
        self.requests -= 1
        left = self.by_client[client] - 1
        if left:
            self.by_client[client] = left
        else:
            del self.by_client[client]

    # The log.

    def _refuse(self, what: str) -> None:
        self.refused += 1
        if not self._unlogged:
            self._call_later(LOG_INTERVAL_S, self._write_log)
        self._unlogged[what] += 1

    def _write_log(self) -> None:
        listing = ", ".join(f"{count} {what}" for what, count in self._unlogged.items())
        self._unlogged.clear()
        log.warning("listener %s is over its caps; refused: %s", self.name, listing)


def _connections_by_open_files() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = 2**20 if soft == resource.RLIM_INFINITY else soft
    return max((files - RESERVED_FILES) // 2, 1)
