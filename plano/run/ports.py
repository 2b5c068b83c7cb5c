"""The listening sockets of an instance, held apart from whoever serves them.

Every worker has sockets of its own (SO_REUSEPORT), and the supervisor keeps a copy of each: when a worker dies, what
the kernel has completed for it waits in the socket until the next worker takes it over.
"""

from __future__ import annotations

from collections.abc import Iterable
from socket import socket

from plano.config.listeners import Listener
from plano.http.server.binding import Place, bound_sockets, close_all, refusal_to_bind


class CannotListen(Exception):
    """A listener's address cannot be had; the message names both."""

    def __init__(self, name: str, place: Place, reason: OSError) -> None:
        super().__init__(f"listener {name!r} cannot listen on {place[0]}:{place[1]}: {reason.strerror or reason}")


def sockets_for(name: str, place: Place, *, shares_port: bool = False) -> list[socket]:
    """Listening sockets of a listener. Raises `CannotListen`."""
    try:
        return bound_sockets(*place, shares_port=shares_port)
    except OSError as error:
        raise CannotListen(name, place, error) from None


class Ports:
    """Sockets by place, a list of shares each: as many as there ever were workers.

    A share is never closed while its place is served, since what waits in it would be reset: with fewer workers, each
    serves several.
    """

    def __init__(self) -> None:
        self._shares: dict[Place, list[list[socket]]] = {}

    def of(self, worker: int, workers: int) -> dict[Place, list[socket]]:
        """What one of so many workers serves; they are counted from 1."""
        return {
            place: [sock for share in shares[worker - 1 :: workers] for sock in share]
            for place, shares in self._shares.items()
        }

    def bind(self, listeners: Iterable[Listener], workers: int) -> dict[Place, int]:
        """Bind what is missing; how many shares of which places that was.

        Raises `CannotListen`; nothing is new then.
        """
        added: dict[Place, int] = {}
        try:
            for listener in listeners:
                self._bind(listener, workers, added)
        except CannotListen:
            self.drop(added)
            raise
        return added

    def drop(self, added: dict[Place, int]) -> None:
        """Close what `bind` added."""
        for place, count in added.items():
            shares = self._shares[place]
            for _ in range(count):
                close_all(shares.pop())
            if not shares:
                del self._shares[place]

    def keep(self, places: frozenset[Place]) -> None:
        """Close all other places."""
        for place in self._shares.keys() - places:
            for share in self._shares.pop(place):
                close_all(share)

    def close(self) -> None:
        """Close everything: once the workers have closed theirs, connections are refused."""
        self.keep(frozenset())

    def _bind(self, listener: Listener, workers: int, added: dict[Place, int]) -> None:
        place = (listener.address, listener.port)
        if not self._is_ours(listener.port) and (reason := refusal_to_bind(*place)) is not None:
            raise CannotListen(listener.name, place, reason)
        shares = self._shares.setdefault(place, [])
        added[place] = 0
        while len(shares) < workers:
            shares.append(sockets_for(listener.name, place, shares_port=True))
            added[place] += 1

    def _is_ours(self, port: int) -> bool:
        return any(held == port for _, held in self._shares)
