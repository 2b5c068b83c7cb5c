"""Dialling on loopback: names, racing addresses, TLS, and one deadline over all of it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from plano.errors import PlanoError, ProviderTimeout, ProviderUnreachable
from plano.http.client import dialer as dialer_module
from plano.http.client.dialer import Dialer, _interleaved
from plano.http.client.resolver import Address, Resolver
from plano.http.wire.origin import Origin
from tests.http.client.conftest import Authority
from tests.http.loopback import Peers, run, until

V4, V6 = socket.AF_INET, socket.AF_INET6


class Made(asyncio.Protocol):
    """Keeps its transport."""

    transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport


async def dial(origin: Origin, dialer: Dialer | None = None) -> Made:
    """Connect, say a word, and be gone."""
    made = Made()
    await (dialer or Dialer(2.0)).dial(origin, made)
    return made


async def refusal(origin: Origin, dialer: Dialer | None = None) -> PlanoError:
    with pytest.raises(PlanoError) as raised:
        await dial(origin, dialer)
    return raised.value


def resolve_to(*found: tuple[int, str, int] | Exception) -> Resolver:
    """A resolver that answers this for every name."""

    def lookup(host: str, port: int) -> list[Address]:
        for entry in found:
            if isinstance(entry, Exception):
                raise entry
        return [(entry[0], (entry[1], entry[2])) for entry in found if not isinstance(entry, Exception)]

    return Resolver(lookup=lookup)


def unused_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def full_port() -> Iterator[int]:
    """A port that neither accepts nor refuses: its backlog is full."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(listening.getsockname())
        yield listening.getsockname()[1]


# Names and addresses.


@pytest.mark.parametrize(("host", "bind"), [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("localhost", "127.0.0.1")])
def test_a_listening_port_is_connected(host: str, bind: str) -> None:
    async def story() -> None:
        async with Peers.listen(bind) as peers:
            made = await dial(Origin("http", host, peers.port))
            made.transport.write(b"hello")
            await until(lambda: [peer.received for peer in peers.connections] == [b"hello"])
            made.transport.abort()

    run(story())


def test_a_port_nobody_listens_on_is_unreachable() -> None:
    async def story() -> None:
        origin = Origin("http", "127.0.0.1", unused_port())
        error = await refusal(origin)
        assert type(error) is ProviderUnreachable
        assert error.message == f"cannot connect to {origin}: Connection refused"

    run(story())


def test_a_name_that_is_not_found_is_unreachable() -> None:
    async def story() -> None:
        resolver = resolve_to(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
        error = await refusal(Origin("https", "nowhere.example", 443), Dialer(2.0, resolver=resolver))
        assert type(error) is ProviderUnreachable
        assert error.message == "cannot connect to https://nowhere.example: Name or service not known"

    run(story())


def test_a_port_that_says_nothing_is_given_up_in_time() -> None:
    async def story() -> None:
        with full_port() as port:
            origin = Origin("http", "127.0.0.1", port)
            error = await refusal(origin, Dialer(0.1))
            assert isinstance(error, ProviderTimeout)
            assert (error.phase, error.message) == ("connect", f"no connection to {origin} within 0.1 s")

    run(story())


def test_a_slow_resolver_counts_towards_the_deadline() -> None:
    answered = threading.Event()

    def lookup(host: str, port: int) -> list[Address]:
        answered.wait(10)
        return []

    async def story() -> None:
        error = await refusal(Origin("http", "slow.example", 80), Dialer(0.05, resolver=Resolver(lookup=lookup)))
        assert isinstance(error, ProviderTimeout)

    run(story())
    answered.set()


def test_dockers_name_for_the_machine_is_loopback_without_docker() -> None:
    async def story() -> None:
        async with Peers.listen() as peers:
            resolver = resolve_to(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
            made = await dial(Origin("http", "host.docker.internal", peers.port), Dialer(2.0, resolver=resolver))
            await until(lambda: bool(peers.connections))
            made.transport.abort()

    run(story())


def test_dockers_name_is_believed_where_it_resolves() -> None:
    async def story() -> None:
        async with Peers.listen() as peers:
            resolver = resolve_to((V4, "127.0.0.1", peers.port))
            made = await dial(Origin("http", "host.docker.internal", 1), Dialer(2.0, resolver=resolver))
            made.transport.abort()

    run(story())


# The race (RFC 8305).


def test_families_take_turns_in_the_resolvers_order() -> None:
    six = [(V6, (f"::{n}", 1)) for n in range(3)]
    four = [(V4, (f"127.0.0.{n}", 1)) for n in range(2)]
    assert _interleaved([*six, *four]) == [six[0], four[0], six[1], four[1], six[2]]
    assert _interleaved([*four, *six]) == [four[0], six[0], four[1], six[1], six[2]]
    assert _interleaved([four[0], four[0], six[0]]) == [four[0], six[0]], "each address once"
    assert _interleaved([]) == []


def test_the_first_address_wins_while_it_answers() -> None:
    async def story() -> None:
        async with Peers.listen("::1") as six, Peers.listen() as four:
            resolver = resolve_to((V6, "::1", six.port), (V4, "127.0.0.1", four.port))
            made = await dial(Origin("http", "both.example", 80), Dialer(2.0, resolver=resolver))
            await until(lambda: bool(six.connections))
            assert four.connections == []
            made.transport.abort()

    run(story())


def test_a_refused_address_makes_way_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialer_module, "RACE_STAGGER_S", 60.0)

    async def story() -> None:
        async with Peers.listen() as peers:
            resolver = resolve_to((V6, "::1", unused_port()), (V4, "127.0.0.1", peers.port))
            made = await dial(Origin("http", "half.example", 80), Dialer(2.0, resolver=resolver))
            await until(lambda: bool(peers.connections))
            made.transport.abort()

    run(story())


def test_an_address_that_says_nothing_is_overtaken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialer_module, "RACE_STAGGER_S", 0.01)

    async def story() -> None:
        async with Peers.listen() as peers:
            with full_port() as port:
                resolver = resolve_to((V4, "127.0.0.1", port), (V4, "127.0.0.1", peers.port))
                made = await dial(Origin("http", "slow.example", 80), Dialer(2.0, resolver=resolver))
                await until(lambda: bool(peers.connections))
                made.transport.abort()

    run(story())


def test_the_deadline_holds_for_all_addresses_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialer_module, "RACE_STAGGER_S", 0.01)

    async def story() -> None:
        with full_port() as one, full_port() as two:
            resolver = resolve_to((V4, "127.0.0.1", one), (V4, "127.0.0.1", two))
            error = await refusal(Origin("http", "dead.example", 80), Dialer(0.1, resolver=resolver))
            assert isinstance(error, ProviderTimeout)

    run(story())


def test_when_every_address_refuses_the_reason_is_told() -> None:
    async def story() -> None:
        resolver = resolve_to((V6, "::1", unused_port()), (V4, "127.0.0.1", unused_port()))
        error = await refusal(Origin("http", "down.example", 80), Dialer(2.0, resolver=resolver))
        assert type(error) is ProviderUnreachable
        assert error.message.endswith("Connection refused")

    run(story())


def test_a_dial_that_is_cancelled_leaves_no_socket_behind() -> None:
    async def story() -> None:
        with full_port() as port:
            task = asyncio.ensure_future(dial(Origin("http", "127.0.0.1", port)))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(story())


# TLS.


def test_a_private_authority_is_trusted_when_it_is_named(authority: Authority) -> None:
    async def story() -> None:
        names: list[str | None] = []
        context = authority.server_context()
        context.sni_callback = lambda sock, name, _: names.append(name)
        dialer = Dialer(2.0, str(authority.ca))
        async with Peers.listen(tls=context) as peers:
            for host in ("localhost", "127.0.0.1"):
                made = await dial(Origin("https", host, peers.port), dialer)
                tls = made.transport.get_extra_info("ssl_object")
                assert tls.selected_alpn_protocol() == "http/1.1"
                assert tls.version() in ("TLSv1.2", "TLSv1.3")
                made.transport.write(b"hello")
                await until(lambda: any(peer.received == b"hello" for peer in peers.connections))
                made.transport.abort()
        assert names == ["localhost", None], "an address is no server name (RFC 6066 section 3)"

    run(story())


def test_tls_over_ipv6(authority: Authority) -> None:
    async def story() -> None:
        async with Peers.listen("::1", authority.server_context()) as peers:
            made = await dial(Origin("https", "::1", peers.port), Dialer(2.0, str(authority.ca)))
            made.transport.abort()

    run(story())


def test_a_folder_of_authorities_is_trusted(authority: Authority) -> None:
    import subprocess

    subprocess.run(["openssl", "rehash", str(authority.ca.parent)], check=True, capture_output=True)

    async def story() -> None:
        async with Peers.listen(tls=authority.server_context()) as peers:
            made = await dial(Origin("https", "localhost", peers.port), Dialer(2.0, str(authority.ca.parent)))
            made.transport.abort()

    run(story())


@pytest.mark.parametrize("trusts_stranger", [True, False], ids=["another authority", "the system's"])
def test_an_unknown_authority_is_refused_and_named(
    authority: Authority, stranger: Authority, trusts_stranger: bool
) -> None:
    async def story() -> None:
        async with Peers.listen(tls=authority.server_context()) as peers:
            origin = Origin("https", "localhost", peers.port)
            error = await refusal(origin, Dialer(2.0, str(stranger.ca) if trusts_stranger else None))
            assert type(error) is ProviderUnreachable
            assert error.message.startswith(f"the TLS certificate of {origin} is not trusted: ")
            assert "certificate" in error.message.partition("trusted: ")[2]

    run(story())


def test_a_certificate_of_somebody_else_is_refused(authority: Authority) -> None:
    async def story() -> None:
        async with Peers.listen(tls=authority.server_context()) as peers:
            resolver = resolve_to((V4, "127.0.0.1", peers.port))
            error = await refusal(
                Origin("https", "api.example", 443), Dialer(2.0, str(authority.ca), resolver=resolver)
            )
            assert type(error) is ProviderUnreachable
            assert "Hostname mismatch" in error.message
            assert "api.example" in error.message

    run(story())


def test_a_port_that_does_not_speak_tls_is_unreachable(authority: Authority) -> None:
    async def story() -> None:
        async with Peers.listen() as peers:
            peers.on_data = lambda peer: peer.transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            error = await refusal(Origin("https", "localhost", peers.port), Dialer(2.0, str(authority.ca)))
            assert type(error) is ProviderUnreachable

    run(story())


def test_a_handshake_that_is_not_answered_is_given_up_in_time(authority: Authority) -> None:
    async def story() -> None:
        async with Peers.listen() as peers:
            error = await refusal(Origin("https", "localhost", peers.port), Dialer(0.1, str(authority.ca)))
            assert isinstance(error, ProviderTimeout)
            assert error.phase == "connect"

    run(story())


def test_authorities_that_cannot_be_read_are_refused_at_once(tmp_path: Any) -> None:
    with pytest.raises(OSError, match="No such file"):
        Dialer(2.0, str(tmp_path / "nowhere.pem"))


def test_the_exchanges_own_time_ends_a_dial_too() -> None:
    async def story() -> None:
        with full_port() as port:
            with pytest.raises(ProviderTimeout) as caught:
                await Dialer(5.0).dial(Origin("http", "127.0.0.1", port), asyncio.Protocol(), 0.05)
            assert caught.value.phase == "connect"

    run(story())
