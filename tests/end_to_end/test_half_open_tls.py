"""Clients that open a TLS connection and never finish its handshake, or send anything but TLS."""

from __future__ import annotations

import os
import re
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from plano.testing import ScriptedProvider
from tests.end_to_end.conftest import StartGateway
from tests.end_to_end.crowd import crowd, drip, reset
from tests.end_to_end.gateway_process import Gateway, wait_for
from tests.end_to_end.test_failing_providers import providers
from tests.end_to_end.wire import Wire, chat
from tests.http.client.conftest import Authority, make_authority

MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


def config_text(port: int, authority: Authority, url: str) -> str:
    tls = f'tls: {{certificate: "{authority.certificate}", private_key: "{authority.key}"}}'
    limits = "request_timeout: 0.5s, keepalive_timeout: 0.5s"
    return f"""version: v0.4.0
listeners: [{{type: model, name: models, address: 127.0.0.1, port: {port}, {limits}, {tls}}}]
shutdown_delay: 1ms
shutdown_grace: 1s
{providers(url)}"""


@pytest.fixture
def secure(start_gateway: StartGateway, provider: ScriptedProvider, authority: Authority) -> Iterator[Gateway]:
    with start_gateway(lambda port: config_text(port, authority, provider.base_url)) as running:
        yield running
        assert not re.search("Traceback|[Ee]xception in callback|never retrieved", running.all_logs())


def served(gateway: Gateway, ca: Path) -> None:
    """A good client gets its answer, soon: attackers do not hold it up."""
    started = time.monotonic()
    with Wire(gateway) as wire:
        wire.socket = ssl.create_default_context(cafile=str(ca)).wrap_socket(wire.socket, server_hostname="localhost")
        assert wire.ask(chat("mock/hello", "connection: close")).status == 200
    assert time.monotonic() - started < 5.0


def hello(name: str = "localhost") -> bytes:
    """The first flight of a client (RFC 8446 section 4.1.2)."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def test_handshakes_that_do_not_end_keep_nobody_out(secure: Gateway, authority: Authority) -> None:
    served(secure, authority.ca)
    files = secure.open_files()
    before = secure.resident_bytes()
    first = hello()
    with crowd(secure, 400) as members:
        silent, begun, dripping = members[:150], members[150:300], members[300:]
        for member in begun:
            member.sendall(first)
        drip(dripping, first, 0.5)
        served(secure, authority.ca)
        grown = secure.resident_bytes() - before
        spent = secure.cpu_seconds()
        time.sleep(0.5)
        assert secure.cpu_seconds() - spent < 0.25
        for member in silent:
            reset(member)
    assert grown < 400 * 128 * 1024, f"{grown / 400 / 1024:.0f} KiB each"
    wait_for(lambda: secure.open_files() <= files)
    served(secure, authority.ca)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nhost: a\r\n\r\n",
        b"\x16\x03\x01\xff\xff" + b"\x00" * 70_000,
        os.urandom(5000),
        b"\x16\x03\x01\x00\x01\x00" * 1000,
    ],
    ids=["plain-http", "oversized-record", "noise", "tiny-records"],
)
def test_what_is_no_handshake_ends_the_connection(secure: Gateway, authority: Authority, data: bytes) -> None:
    served(secure, authority.ca)
    files = secure.open_files()
    with crowd(secure, 20) as members:
        for member in members:
            try:
                member.sendall(data)
                while member.recv(4096):
                    pass
            except ConnectionError:
                pass
    wait_for(lambda: secure.open_files() <= files)
    served(secure, authority.ca)


def test_a_client_that_leaves_in_the_middle_of_a_handshake_leaves_nothing(
    secure: Gateway, authority: Authority
) -> None:
    served(secure, authority.ca)
    files = secure.open_files()
    first = hello()
    for number in range(300):
        member = socket.create_connection((secure.host, secure.port))
        member.sendall(first[: number % len(first)])
        (reset if number % 2 else socket.socket.close)(member)
    wait_for(lambda: secure.open_files() <= files)
    served(secure, authority.ca)


def test_idle_clients_are_let_go_and_cost_a_bounded_memory(secure: Gateway, authority: Authority) -> None:
    served(secure, authority.ca)
    files = secure.open_files()
    before = secure.resident_bytes()
    context = ssl.create_default_context(cafile=str(authority.ca))
    with crowd(secure, 100) as members:
        secured = [context.wrap_socket(member, server_hostname="localhost") for member in members]
        grown = secure.resident_bytes() - before
        for member in secured:
            assert member.recv(100) == b""
            member.close()
    assert grown < 100 * 160 * 1024, f"{grown / 100 / 1024:.0f} KiB each"
    wait_for(lambda: secure.open_files() <= files)


def test_a_handshake_under_way_does_not_hold_up_a_stop(secure: Gateway) -> None:
    with crowd(secure, 20) as members:
        for member in members[:10]:
            member.sendall(hello()[:100])
        time.sleep(0.1)
        started = time.monotonic()
        assert secure.stop() == 0
        assert time.monotonic() - started < 4
