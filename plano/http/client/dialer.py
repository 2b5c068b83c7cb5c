"""New connections: name resolution, address racing, TLS, and one deadline over all three."""

from __future__ import annotations

import asyncio
import ipaddress
import math
import os
import socket
import ssl
from collections.abc import Iterable
from typing import Any

from plano.errors import ProviderTimeout, ProviderUnreachable
from plano.http.wire.origin import Origin

#: RFC 8305 section 5: how long an address may keep the next one waiting.
RACE_STAGGER_S = 0.25
#: Docker's name for the machine itself; without Docker that is loopback.
DOCKER_HOST = "host.docker.internal"


class Dialer:
    """Opens connections to origins.

    `tls_ca_path`: a file or directory of trusted certificates instead of the system's; a path that cannot be read
    raises at construction.
    """

    def __init__(self, connect_timeout_s: float = 5.0, tls_ca_path: str | None = None) -> None:
        self.connect_timeout_s = connect_timeout_s
        self._tls_ca_path = tls_ca_path
        self._tls: ssl.SSLContext | None = None
        if tls_ca_path is not None:
            self._tls = self._tls_context()

    async def dial(self, origin: Origin, protocol: Any, within_s: float = math.inf) -> None:
        """Connect `protocol` to `origin`, within the connect timeout and the seconds given.

        Raises `ProviderUnreachable` or `ProviderTimeout`.
        """
        limit_s = min(self.connect_timeout_s, max(within_s, 0.0))
        try:
            async with asyncio.timeout(limit_s):
                addresses = await self._resolve(origin)
                sock = await self._race(addresses)
                await self._start(origin, sock, protocol)
        except TimeoutError:
            raise ProviderTimeout(f"no connection to {origin} within {limit_s:.3g} s", phase="connect") from None
        except ssl.SSLCertVerificationError as error:
            raise ProviderUnreachable(
                f"the TLS certificate of {origin} is not trusted: {error.verify_message}", detail=str(error)
            ) from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            if error.errno and not isinstance(error, ssl.SSLError | socket.gaierror):
                reason = os.strerror(error.errno)  # The loop says "Connect call failed", not why.
            raise ProviderUnreachable(f"cannot connect to {origin}: {reason}", detail=str(error)) from None

    async def _resolve(self, origin: Origin) -> list[tuple[int, tuple[Any, ...]]]:
        loop = asyncio.get_running_loop()
        try:
            address = ipaddress.ip_address(origin.host)
        except ValueError:
            pass
        else:
            family = socket.AF_INET if address.version == 4 else socket.AF_INET6
            return [(family, (origin.host, origin.port))]
        try:
            found = await loop.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
        except socket.gaierror:
            if origin.host != DOCKER_HOST:
                raise
            return [(socket.AF_INET, ("127.0.0.1", origin.port))]
        return _interleaved((family, sockaddr) for family, _, _, _, sockaddr in found)

    async def _race(self, addresses: list[tuple[int, tuple[Any, ...]]]) -> socket.socket:
        """The first address that answers; each gets a head start over the next (RFC 8305)."""
        if len(addresses) == 1:
            return await _connect(*addresses[0])
        attempts: list[asyncio.Task[socket.socket]] = []
        failure: BaseException = OSError("the name has no address")
        waiting = list(reversed(addresses))
        pending: set[asyncio.Task[socket.socket]] = set()
        winner: socket.socket | None = None
        try:
            while (waiting or pending) and winner is None:
                if waiting:
                    task = asyncio.ensure_future(_connect(*waiting.pop()))
                    attempts.append(task)
                    pending.add(task)
                done, pending = await asyncio.wait(
                    pending,
                    timeout=RACE_STAGGER_S if waiting else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for task in done:
                    error = task.exception()
                    if error is not None:
                        failure = error
                    elif winner is None:
                        winner = task.result()
        finally:
            for task in attempts:
                if not task.cancel() and not task.cancelled() and task.exception() is None:
                    loser = task.result()
                    if loser is not winner:
                        loser.close()
        if winner is None:
            raise failure
        return winner

    async def _start(self, origin: Origin, sock: socket.socket, protocol: Any) -> None:
        loop = asyncio.get_running_loop()
        try:
            if origin.is_tls:
                if self._tls is None:
                    self._tls = self._tls_context()
                await loop.create_connection(lambda: protocol, sock=sock, ssl=self._tls, server_hostname=origin.host)
            else:
                await loop.create_connection(lambda: protocol, sock=sock)
        except BaseException:
            sock.close()
            raise

    def _tls_context(self) -> ssl.SSLContext:
        path = self._tls_ca_path
        context = ssl.create_default_context()
        if path is not None:
            # Only the given authorities: the point of a private CA is that no other is trusted.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            try:
                if os.path.isdir(path):
                    context.load_verify_locations(capath=path)
                else:
                    context.load_verify_locations(cafile=path)
            except OSError as error:  # The ssl module's own does not say which file it is about.
                raise OSError(error.errno, error.strerror or str(error), path) from None
        context.set_alpn_protocols(["http/1.1"])
        return context


async def _connect(family: int, address: tuple[Any, ...]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


def _interleaved(found: Iterable[tuple[int, tuple[Any, ...]]]) -> list[tuple[int, tuple[Any, ...]]]:
    """Address families in turn, the resolver's first preference first (RFC 8305 section 4)."""
    families: dict[int, list[tuple[int, tuple[Any, ...]]]] = {}
    for entry in dict.fromkeys(found):
        families.setdefault(entry[0], []).append(entry)
    result: list[tuple[int, tuple[Any, ...]]] = []
    queues = list(families.values())
    while any(queues):
        result += [queue.pop(0) for queue in queues if queue]
    return result
