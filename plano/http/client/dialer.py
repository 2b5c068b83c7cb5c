"""New connections: a proxy or none, name resolution, address racing, TLS, and one deadline over all of it."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import math
import os
import socket
import ssl
from collections.abc import Iterable
from typing import Any

from plano.errors import Overloaded, ProviderTimeout, ProviderUnreachable
from plano.http.client.proxy import Proxy, ProxySettings
from plano.http.client.resolver import DOCKER_HOST, Address, Resolver
from plano.http.client.tunnel import open_tunnel, open_tunnel_in_tls
from plano.http.wire.origin import Origin

#: RFC 8305 section 5: how long an address may keep the next one waiting.
RACE_STAGGER_S = 0.25
#: What a client is asked to wait when plano has no descriptor left, in seconds.
RETRY_AFTER_S = 1.0
_SHORTAGES = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))


class Dialer:
    """Opens connections to origins.

    `tls_ca_path`: a file or directory of trusted certificates instead of the system's; a path that cannot be read
    raises at construction. Left out: no proxy, and a resolver of its own.
    """

    def __init__(
        self,
        connect_timeout_s: float = 5.0,
        tls_ca_path: str | None = None,
        proxies: ProxySettings | None = None,
        *,
        resolver: Resolver | None = None,
    ) -> None:
        self.connect_timeout_s = connect_timeout_s
        self.proxies = ProxySettings() if proxies is None else proxies
        self._resolver = Resolver() if resolver is None else resolver
        self._tls_ca_path = tls_ca_path
        self._tls: ssl.SSLContext | None = None
        if tls_ca_path is not None:
            self._tls = self._tls_context()

    async def dial(
        self, origin: Origin, protocol: Any, within_s: float = math.inf, connect_timeout_s: float | None = None
    ) -> None:
        """Connect `protocol` to `origin`, within the connect timeout (left out: the dialer's) and the seconds given.

        Raises `ProviderUnreachable`, `ProviderTimeout` or `Overloaded`.
        """
        patience_s = self.connect_timeout_s if connect_timeout_s is None else connect_timeout_s
        limit_s = min(patience_s, max(within_s, 0.0))
        proxy = self.proxies.towards(origin)
        place = str(origin) if proxy is None else f"{origin} through the proxy {proxy}"
        try:
            async with asyncio.timeout(limit_s):
                sock = await self._connected(origin if proxy is None else proxy.origin)
                try:
                    await self._start(origin, proxy, sock, protocol)
                except BaseException:
                    sock.close()
                    raise
        except TimeoutError:
            raise ProviderTimeout(f"no connection to {place} within {limit_s:.3g} s", phase="connect") from None
        except ssl.SSLCertVerificationError as error:
            raise ProviderUnreachable(
                f"the TLS certificate of {origin} is not trusted: {error.verify_message}", detail=str(error)
            ) from None
        except OSError as error:
            if error.errno in _SHORTAGES:
                # Nothing is wrong with the provider: plano itself has no descriptor or memory left for a connection.
                raise Overloaded(
                    f"plano has too many connections open: {os.strerror(error.errno)}", retry_after_s=RETRY_AFTER_S
                ) from None
            reason = error.strerror or type(error).__name__
            if error.errno and not isinstance(error, ssl.SSLError | socket.gaierror):
                reason = os.strerror(error.errno)  # The loop says "Connect call failed", not why.
            raise ProviderUnreachable(f"cannot connect to {place}: {reason}", detail=str(error)) from None

    async def _connected(self, origin: Origin) -> socket.socket:
        return await self._race(await self._resolve(origin))

    async def _resolve(self, origin: Origin) -> list[Address]:
        try:
            address = ipaddress.ip_address(origin.host)
        except ValueError:
            pass
        else:
            family = socket.AF_INET if address.version == 4 else socket.AF_INET6
            return [(family, (origin.host, origin.port))]
        try:
            return _interleaved(await self._resolver.resolve(origin.host, origin.port))
        except socket.gaierror:
            if origin.host != DOCKER_HOST:
                raise
            return [(socket.AF_INET, ("127.0.0.1", origin.port))]

    async def _race(self, addresses: list[Address]) -> socket.socket:
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

    async def _start(self, origin: Origin, proxy: Proxy | None, sock: socket.socket, protocol: Any) -> None:
        """From a connected socket to a protocol that may speak to the origin."""
        loop = asyncio.get_running_loop()
        if self._tls is None and (origin.is_tls or (proxy is not None and proxy.origin.is_tls)):
            self._tls = self._tls_context()
        if proxy is not None:
            if proxy.origin.is_tls:
                assert self._tls is not None
                await open_tunnel_in_tls(sock, proxy, origin, protocol, self._tls)
                return
            await open_tunnel(sock, proxy, origin)
        if origin.is_tls:
            await loop.create_connection(lambda: protocol, sock=sock, ssl=self._tls, server_hostname=origin.host)
        else:
            await loop.create_connection(lambda: protocol, sock=sock)

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


def _interleaved(found: Iterable[Address]) -> list[Address]:
    """Address families in turn, the resolver's first preference first (RFC 8305 section 4)."""
    families: dict[int, list[Address]] = {}
    for entry in dict.fromkeys(found):
        families.setdefault(entry[0], []).append(entry)
    result: list[Address] = []
    queues = list(families.values())
    while any(queues):
        result += [queue.pop(0) for queue in queues if queue]
    return result
