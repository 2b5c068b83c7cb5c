"""Dialling through a proxy on loopback: CONNECT, TLS inside, everything a proxy may do wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from plano.errors import PlanoError, ProviderTimeout, ProviderUnreachable
from plano.http.client.dialer import Dialer
from plano.http.client.pool import Pool
from plano.http.client.proxy import Proxy, ProxySettings
from plano.http.client.resolver import Address, Resolver
from plano.http.client.tunnel import MAX_ANSWER_BYTES, TunnelAnswer, connect_request
from plano.http.wire.origin import Origin
from plano.http.wire.outbox import Outbox
from plano.http.wire.ticker import Ticker
from tests.http.client.conftest import Authority
from tests.http.client.connect_proxy import ConnectProxy
from tests.http.client.test_dialer import Made, full_port, unused_port
from tests.http.loopback import Peers, run, until

PROVIDER = Origin("https", "provider.test", 443)
PLAIN = Origin("http", "provider.test", 8080)
SECRETS = ("hunter2", "somebody", "c29tZWJvZHk6aHVudGVyMg")


def nothing_is_resolved(host: str, port: int) -> list[Address]:
    raise AssertionError(f"{host} was looked up: that is the proxy's business")


def dialer_through(
    port: int, authority: Authority | None = None, *, scheme: str = "http", limit_s: float = 5.0, user: str = ""
) -> Dialer:
    settings = ProxySettings.from_environ(
        {"all_proxy": f"{scheme}://{user + '@' if user else ''}127.0.0.1:{port}", "no_proxy": "direct.test"}
    )
    ca = None if authority is None else str(authority.ca)
    return Dialer(limit_s, ca, proxies=settings, resolver=Resolver(lookup=nothing_is_resolved))


async def refusal(origin: Origin, dialer: Dialer) -> PlanoError:
    with pytest.raises(PlanoError) as caught:
        await dialer.dial(origin, Made())
    error = caught.value
    assert f"http://127.0.0.1:{dialer.proxies.towards(origin).origin.port}" in error.message.replace("https:", "http:")  # type: ignore[union-attr]
    for secret in SECRETS:
        assert secret not in f"{error.message} {error.detail} {error!r}"
    return error


@pytest.fixture
def proxy() -> Iterator[ConnectProxy]:
    with ConnectProxy.in_thread() as proxy:
        yield proxy


@pytest.fixture
def tls_proxy(authority: Authority) -> Iterator[ConnectProxy]:
    with ConnectProxy.in_thread(tls=authority.server_context()) as proxy:
        yield proxy


@pytest.fixture(params=["http", "https"])
def either(request: pytest.FixtureRequest) -> tuple[str, ConnectProxy]:
    """A proxy that is spoken to plainly, and one that is spoken to by TLS."""
    name = "proxy" if request.param == "http" else "tls_proxy"
    return request.param, request.getfixturevalue(name)


# The request.


def test_connect_names_host_and_port_and_nothing_else() -> None:
    proxy = Proxy(Origin("http", "proxy", 3128))
    assert connect_request(proxy, PROVIDER) == (
        b"CONNECT provider.test:443 HTTP/1.1\r\nHost: provider.test:443\r\nUser-Agent: plano\r\n\r\n"
    )
    assert connect_request(proxy, Origin("https", "2001:db8::1", 8443)).startswith(
        b"CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n"
    )


def test_credentials_are_sent_to_the_proxy_alone(authority: Authority, either: tuple[str, ConnectProxy]) -> None:
    scheme, proxy = either
    proxy.user = "somebody:hunter2"

    async def story() -> None:
        async with Peers.listen(tls=authority.server_context()) as peers:
            proxy.leads_to = peers.port
            made = Made()
            dialer = dialer_through(proxy.port, authority, scheme=scheme, user="somebody:hunter2")
            await dialer.dial(PROVIDER, made)
            made.transport.write(b"GET / HTTP/1.1\r\n\r\n")
            await until(lambda: [peer.received for peer in peers.connections] == [b"GET / HTTP/1.1\r\n\r\n"])
            made.transport.abort()

    run(story())
    assert b"Proxy-Authorization: Basic c29tZWJvZHk6aHVudGVyMg==\r\n" in proxy.heads[0]
    assert b"c29tZWJvZHk6" not in proxy.passed


# The tunnel.


def test_the_provider_is_verified_inside_the_tunnel(authority: Authority, either: tuple[str, ConnectProxy]) -> None:
    scheme, proxy = either

    async def story() -> None:
        names: list[str | None] = []
        context = authority.server_context()
        context.sni_callback = lambda sock, name, _: names.append(name)
        async with Peers.listen(tls=context) as peers:
            proxy.leads_to = peers.port
            made = Made()
            await dialer_through(proxy.port, authority, scheme=scheme).dial(PROVIDER, made)
            assert made.transport.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
            made.transport.write(b"hello")
            await until(lambda: [peer.received for peer in peers.connections] == [b"hello"])
            made.transport.close()
            await until(lambda: bool(peers.connections[0].lost_at))
        assert names == ["provider.test"]
        assert b"hello" not in proxy.passed

    run(story())
    assert proxy.heads[0].startswith(b"CONNECT provider.test:443 HTTP/1.1\r\n")


def test_a_proxy_that_leads_to_somebody_else_is_found_out(
    authority: Authority, stranger: Authority, either: tuple[str, ConnectProxy]
) -> None:
    scheme, proxy = either

    async def story() -> None:
        async with Peers.listen(tls=stranger.server_context()) as peers:
            proxy.leads_to = peers.port
            with pytest.raises(ProviderUnreachable, match=r"certificate of https://provider\.test is not trusted"):
                await dialer_through(proxy.port, authority, scheme=scheme).dial(PROVIDER, Made())
            await until(lambda: not proxy.open)
        async with Peers.listen(tls=authority.server_context()) as peers:
            proxy.leads_to = peers.port
            dialer = dialer_through(proxy.port, authority, scheme=scheme)
            with pytest.raises(ProviderUnreachable, match="Hostname mismatch"):
                await dialer.dial(Origin("https", "api.example", 443), Made())
            await until(lambda: not proxy.open)

    run(story())


def test_plain_origins_are_reached_through_a_tunnel_too(authority: Authority, either: tuple[str, ConnectProxy]) -> None:
    scheme, proxy = either

    async def story() -> None:
        async with Peers.listen() as peers:
            proxy.leads_to = peers.port
            made = Made()
            await dialer_through(proxy.port, authority, scheme=scheme).dial(PLAIN, made)
            made.transport.write(b"hello")
            await until(lambda: [peer.received for peer in peers.connections] == [b"hello"])
            made.transport.abort()

    run(story())
    assert proxy.heads[0].startswith(b"CONNECT provider.test:8080 HTTP/1.1\r\n")


def test_much_passes_through_tls_in_tls_and_reading_can_be_held(authority: Authority, tls_proxy: ConnectProxy) -> None:
    class Counts(Made):
        size = 0

        def data_received(self, data: bytes) -> None:
            self.size += len(data)

    async def story() -> None:
        async with Peers.listen(tls=authority.server_context()) as peers:
            tls_proxy.leads_to = peers.port
            made = Counts()
            await dialer_through(tls_proxy.port, authority, scheme="https").dial(PROVIDER, made)
            peers.on_data = lambda peer: peer.transport.write(b"y" * 4_000_000) if peer.received == b"go" else None
            made.transport.write(b"go")
            await until(lambda: made.size == 4_000_000)
            made.transport.write(b"x" * 4_000_000)
            await until(lambda: len(peers.connections[0].received) == 4_000_002)
            made.transport.abort()
            await until(lambda: bool(peers.connections[0].lost_at))

    run(story())


def test_an_exempt_host_and_this_machine_are_dialled_directly(proxy: ConnectProxy) -> None:
    async def story() -> None:
        async with Peers.listen() as peers:
            settings = ProxySettings.from_environ(
                {"all_proxy": f"http://127.0.0.1:{proxy.port}", "no_proxy": "direct.test"}
            )
            resolver = Resolver(lookup=lambda host, port: [(2, ("127.0.0.1", peers.port))])
            for host in ("direct.test", "127.0.0.1", "localhost"):
                made = Made()
                await Dialer(2.0, proxies=settings, resolver=resolver).dial(Origin("http", host, peers.port), made)
                made.transport.abort()
            await until(lambda: len(peers.connections) == 3)

    run(story())
    assert proxy.heads == []


def test_a_pooled_connection_is_a_tunnel_used_again(authority: Authority, either: tuple[str, ConnectProxy]) -> None:
    scheme, proxy = either

    async def story() -> None:
        loop = asyncio.get_running_loop()
        async with Peers.listen(tls=authority.server_context()) as peers:
            peers.on_data = lambda peer: peer.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")
            proxy.leads_to = peers.port
            dialer = dialer_through(proxy.port, authority, scheme=scheme)
            pool = Pool(dialer, Ticker(), Outbox(loop.call_soon), loop.time)
            for _ in range(3):
                connection = pool.take_idle(PROVIDER) or await pool.dial(PROVIDER)
                head = loop.create_future()
                connection.call(b"GET / HTTP/1.1\r\n\r\n", head, loop.time() + 5, loop.time() + 5, 5)
                assert (await head).status == 200
                taken = Taken()
                connection.attach(taken)
                await until(lambda taken=taken: taken.whole == b"hi")  # type: ignore[misc]
            assert len(proxy.heads) == 1
            pool.close()
            await until(lambda: not pool.open)

    run(story())


@pytest.mark.parametrize("way", ["plain", "tls", "tunnel", "tls in tls"])
@pytest.mark.parametrize("takes_all", [True, False])
def test_a_connection_that_still_holds_half_a_request_is_not_used_again(
    authority: Authority, proxy: ConnectProxy, tls_proxy: ConnectProxy, way: str, takes_all: bool
) -> None:
    def answer(peer: Any) -> None:
        if takes_all and len(peer.received) < 8_000_000:
            return
        peer.transport.pause_reading()
        peer.transport.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno")
        if takes_all:
            peer.received = b""
            peer.transport.resume_reading()

    async def story() -> None:
        loop = asyncio.get_running_loop()
        context = None if way == "plain" else authority.server_context()
        async with Peers.listen(tls=context) as peers:
            peers.on_data = answer
            proxy.leads_to = tls_proxy.leads_to = peers.port
            if way in ("plain", "tls"):
                origin = Origin("http" if way == "plain" else "https", "127.0.0.1", peers.port)
                dialer = Dialer(5.0, str(authority.ca))
            else:
                origin = PROVIDER
                between = proxy if way == "tunnel" else tls_proxy
                dialer = dialer_through(between.port, authority, scheme="http" if way == "tunnel" else "https")
            pool = Pool(dialer, Ticker(), Outbox(loop.call_soon), loop.time)
            connection = await pool.dial(origin)
            head = loop.create_future()
            connection.call(b"x" * 8_000_000, head, loop.time() + 5, loop.time() + 5, 5)
            assert (await head).status == 413
            taken = Taken()
            connection.attach(taken)
            await until(lambda: taken.whole == b"no")
            assert pool.idle_count() == takes_all
            pool.close()
            await until(lambda: not pool.open)

    run(story())


class Taken:
    """A body, once it is whole."""

    whole: bytes | None = None
    data = b""

    def on_block(self, data: bytes, ended: bool) -> None:
        self.data += data
        if ended:
            self.whole = self.data

    def on_failure(self, error: PlanoError) -> None:
        raise AssertionError(error)


# What a proxy may do wrong.


def test_a_proxy_nobody_is_at(authority: Authority) -> None:
    async def story() -> None:
        port = unused_port()
        error = await refusal(PROVIDER, dialer_through(port, authority, user="somebody:hunter2"))
        assert type(error) is ProviderUnreachable
        assert error.message == (
            f"cannot connect to https://provider.test through the proxy http://127.0.0.1:{port}: Connection refused"
        )

    run(story())


def test_a_proxy_that_does_not_accept(authority: Authority) -> None:
    async def story() -> None:
        with full_port() as port:
            error = await refusal(PROVIDER, dialer_through(port, authority, limit_s=0.1, user="somebody:hunter2"))
            assert isinstance(error, ProviderTimeout)
            assert error.phase == "connect"

    run(story())


def test_a_proxy_whose_name_is_not_found() -> None:
    async def story() -> None:
        settings = ProxySettings.from_environ({"https_proxy": "http://somebody:hunter2@proxy.test:3128"})
        dialer = Dialer(2.0, proxies=settings, resolver=Resolver(lookup=lambda host, port: []))
        with pytest.raises(ProviderUnreachable) as caught:
            await dialer.dial(PROVIDER, Made())
        assert "through the proxy http://proxy.test:3128: " in caught.value.message
        assert "hunter2" not in caught.value.message

    run(story())


def test_a_proxy_that_never_answers_is_given_up_in_time(authority: Authority, either: tuple[str, ConnectProxy]) -> None:
    scheme, proxy = either
    proxy.falls_silent = True

    async def story() -> None:
        dialer = dialer_through(proxy.port, authority, scheme=scheme, limit_s=0.5, user="somebody:hunter2")
        error = await refusal(PROVIDER, dialer)
        assert isinstance(error, ProviderTimeout)
        assert error.phase == "connect"
        await until(lambda: not proxy.open)

    run(story())
    assert len(proxy.heads) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "closed the connection without an answer"),
        (b"HTTP/1.1 200 OK\r\n", "closed the connection without an answer"),
        (b"HTTP/1.1 403 Forbidden hunter2\r\n\r\n", "refused the connection with status 403"),
        (b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 3\r\n\r\nno!", "refused the connection with status 502"),
        (b"HTTP/1.1 302 Found\r\nlocation: https://evil.test/\r\n\r\n", "refused the connection with status 302"),
        (b"HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n", "refused the connection with status 101"),
        (b"HTTP/1.1 407 No\r\n\r\n", "does not accept its credentials (407)"),
        (b"SSH-2.0-OpenSSH_9.6\r\n<stay>", "did not answer in HTTP/1"),
        (b"\x15\x03\x01\x00\x02\x02\x16<stay>", "did not answer in HTTP/1"),
        (b"HTTP/2 200\r\n\r\n<stay>", "did not answer in HTTP/1"),
        (b"HTTP/1.1 abc\r\n\r\n<stay>", "did not answer in HTTP/1"),
        (b"HTTP/1.1 200 OK\r\nbad\nline\r\n\r\n<stay>", "did not answer in HTTP/1"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n<stay>", "did not answer in HTTP/1"),
        (b"HTTP/1.1 200 OK\r\nx: a\x00b\r\n\r\n<stay>", "did not answer in HTTP/1"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * MAX_ANSWER_BYTES + b"<stay>", "answered with a head over 8192 bytes"),
        (b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n<stay>", "sent more than its answer"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 400 + b"<stay>", "answered with a head over 8192 bytes"),
    ],
)
def test_an_answer_that_opens_no_tunnel(
    authority: Authority, either: tuple[str, ConnectProxy], answer: bytes, reason: str
) -> None:
    scheme, proxy = either
    proxy.answer = answer

    async def story() -> None:
        dialer = dialer_through(proxy.port, authority, scheme=scheme, user="somebody:hunter2")
        error = await refusal(PROVIDER, dialer)
        assert type(error) is ProviderUnreachable
        assert reason in error.message
        await until(lambda: not proxy.open)

    run(story())


def test_a_proxy_that_wants_credentials_nobody_gave(authority: Authority, proxy: ConnectProxy) -> None:
    proxy.user = "somebody:hunter2"

    async def story() -> None:
        error = await refusal(PROVIDER, dialer_through(proxy.port, authority))
        assert error.message.endswith("asks for credentials (407)")

    run(story())


def test_a_tls_proxy_nobody_vouches_for(authority: Authority, stranger: Authority) -> None:
    with ConnectProxy.in_thread(tls=stranger.server_context()) as proxy:

        async def story() -> None:
            dialer = dialer_through(proxy.port, authority, scheme="https", user="somebody:hunter2")
            error = await refusal(PROVIDER, dialer)
            assert error.message.startswith(
                f"the TLS certificate of the proxy https://127.0.0.1:{proxy.port} is not trusted: "
            )

        run(story())
        assert proxy.heads == []


def test_a_tunnel_that_is_cut_in_the_inner_handshake(authority: Authority, either: tuple[str, ConnectProxy]) -> None:
    scheme, proxy = either

    async def story() -> None:
        async with Peers.listen() as peers:
            peers.on_data = lambda peer: peer.transport.abort()
            proxy.leads_to = peers.port
            error = await refusal(PROVIDER, dialer_through(proxy.port, authority, scheme=scheme))
            assert type(error) is ProviderUnreachable
            await until(lambda: not proxy.open)

    run(story())


def test_a_dial_that_is_cancelled_leaves_no_tunnel_behind(
    authority: Authority, either: tuple[str, ConnectProxy]
) -> None:
    scheme, proxy = either
    proxy.falls_silent = True

    async def story() -> None:
        task: asyncio.Future[Any] = asyncio.ensure_future(
            dialer_through(proxy.port, authority, scheme=scheme).dial(PROVIDER, Made())
        )
        await until(lambda: len(proxy.heads) == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: not proxy.open)

    run(story())


# The answer, cut everywhere.


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 Connection established\r\nVia: 1.1 x\r\n\r\n",
        b"HTTP/1.0 200\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 204 \r\ncontent-length: 9\r\n\r\n",
    ],
)
def test_an_answer_may_come_in_any_pieces(data: bytes) -> None:
    for cut in range(1, len(data)):
        answer = TunnelAnswer(Proxy(Origin("http", "proxy", 1)), PROVIDER)
        assert not answer.feed(data[:cut])
        assert answer.feed(data[cut:])
    answer = TunnelAnswer(Proxy(Origin("http", "proxy", 1)), PROVIDER)
    assert [answer.feed(data[at : at + 1]) for at in range(len(data))] == [False] * (len(data) - 1) + [True]
