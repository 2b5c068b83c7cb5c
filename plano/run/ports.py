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
    """Sockets by worker (counted from 1) and place."""

    def __init__(self) -> None:
        self._held: dict[int, dict[Place, list[socket]]] = {}

    def of(self, worker: int) -> dict[Place, list[socket]]:
        """All sockets of one worker."""
        return self._held.setdefault(worker, {})

    def bind(self, listeners: Iterable[Listener], workers: int) -> dict[int, dict[Place, list[socket]]]:
        """Bind what is missing, and say what that is. Raises `CannotListen`; nothing new is held then."""
        added: dict[int, dict[Place, list[socket]]] = {}
        try:
            for listener in listeners:
                self._bind(listener, workers, added)
        except CannotListen:
            self.drop(added)
            raise
        return added

    def drop(self, added: dict[int, dict[Place, list[socket]]]) -> None:
        """Close what `bind` added."""
        for worker, places in added.items():
            for place in places:
                close_all(self._held[worker].pop(place))

    def keep(self, places: frozenset[Place], workers: int) -> None:
        """Close everything else."""
        for worker, held in self._held.items():
            for place in [place for place in held if worker > workers or place not in places]:
                close_all(held.pop(place))

    def close(self) -> None:
        """Close everything: once the workers have closed theirs, connections are refused."""
        self.keep(frozenset(), 0)

    def _bind(self, listener: Listener, workers: int, added: dict[int, dict[Place, list[socket]]]) -> None:
        place = (listener.address, listener.port)
        if not self._is_ours(listener.port) and (reason := refusal_to_bind(*place)) is not None:
            raise CannotListen(listener.name, place, reason)
        for worker in range(1, workers + 1):
            held = self.of(worker)
            if place not in held:
                held[place] = sockets_for(listener.name, place, shares_port=True)
                added.setdefault(worker, {})[place] = held[place]

    def _is_ours(self, port: int) -> bool:
        return any(held_port == port for held in self._held.values() for _, held_port in held)
