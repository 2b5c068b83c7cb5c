"""Fetching a document: what may go wrong, and that nothing said about it shows an address."""

from __future__ import annotations

import gzip
import socket
import subprocess
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from plano.http.client.proxy import ProxySettings
from plano.routing.fetching import Fetched, NotFetched, fetch

from ..http.client.conftest import Authority, make_authority
from ..http.client.connect_proxy import ConnectProxy
from .catalog_server import Answer, CatalogServer, catalog_server

SECRET = "/catalog-9f8e7d"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


def test_a_document_is_fetched(server: CatalogServer) -> None:
    server.answer = Answer(b'{"a": 1}', headers={"etag": '"v1"'})
    assert fetch(server.url + SECRET) == Fetched(b'{"a": 1}', '"v1"')
    assert server.asked == [SECRET]
    assert "plano" in server.headers["user-agent"]
    assert "authorization" not in server.headers


def test_a_document_may_be_packed(server: CatalogServer) -> None:
    body = b"x" * 1_000_000
    server.answer = Answer(gzip.compress(body), headers={"content-encoding": "gzip"})
    assert fetch(server.url).body == body
    assert server.headers["accept-encoding"] == "gzip"


def test_a_document_that_has_not_changed_is_not_sent_again(server: CatalogServer) -> None:
    server.answer = Answer(status=304)
    assert fetch(server.url, etag='"v1"') == Fetched(None, '"v1"')
    assert server.headers["if-none-match"] == '"v1"'


def test_a_redirect_is_followed(server: CatalogServer) -> None:
    server.answer = lambda path: Answer(b"here") if path == "/new" else Answer(status=302, headers={"location": "/new"})
    assert fetch(server.url).body == b"here"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "gopher://x/"])
def test_a_redirect_leads_to_other_web_servers_only(server: CatalogServer, target: str) -> None:
    server.answer = Answer(status=302, headers={"location": target})
    with pytest.raises(NotFetched):
        fetch(server.url)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "/etc/passwd", ""])
def test_only_web_servers_are_asked(url: str) -> None:
    with pytest.raises(NotFetched, match="only http and https"):
        fetch(url)


def trickle() -> Iterator[bytes]:
    while True:
        yield b"x" * 65536


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(b"secret words", status=503), "status 503"),
        (Answer(status=304), "status 304"),
        (Answer(b"x" * 2000), "larger than 1000 bytes"),
        (Answer(gzip.compress(b"x" * 10_000_000), headers={"content-encoding": "gzip"}), "larger than 1000 bytes"),
        (Answer(pieces=trickle), "larger than 1000 bytes"),
        (Answer(b"half", length=10), "breaks off"),
        (Answer(gzip.compress(b"x" * 500)[:-4], headers={"content-encoding": "gzip"}), "breaks off"),
        (Answer(b"no gzip", headers={"content-encoding": "gzip"}), "cannot be read"),
        (Answer(b"zz", headers={"transfer-encoding": "chunked"}), "cannot be read"),
        (Answer(status=302, headers={"location": "/again"}), "status 302"),
    ],
)
def test_what_cannot_be_fetched_is_told_without_the_address(server: CatalogServer, answer: Answer, words: str) -> None:
    server.answer = answer
    with pytest.raises(NotFetched, match=words) as raised:
        fetch(server.url + SECRET, max_bytes=1000)
    assert SECRET not in str(raised.value)
    assert "127.0.0.1" not in str(raised.value)


def test_a_packed_bomb_takes_no_memory(server: CatalogServer) -> None:
    server.answer = Answer(gzip.compress(b"x" * 30_000_000, 1), headers={"content-encoding": "gzip"})
    tracemalloc.start()
    try:
        with pytest.raises(NotFetched, match="larger"):
            fetch(server.url, max_bytes=100_000)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


def test_a_silent_server_is_waited_for_no_longer_than_the_limit(server: CatalogServer) -> None:
    server.answer = lambda _: Answer(b"late" if server.released.wait() else b"")
    with pytest.raises(NotFetched, match="takes too long"):
        fetch(server.url, total_s=0.05)


def test_neither_is_one_that_never_ends(server: CatalogServer) -> None:
    def drops() -> Iterator[bytes]:
        while not server.released.wait(0.01):
            yield b"."

    server.answer = Answer(pieces=drops)
    with pytest.raises(NotFetched, match="takes too long"):
        fetch(server.url, total_s=0.1)


def test_nobody_listening_is_told() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(NotFetched, match="cannot be reached: Connection refused"):
            fetch(f"http://127.0.0.1:{unused.getsockname()[1]}{SECRET}")


def test_a_server_without_tls_is_told(server: CatalogServer) -> None:
    with pytest.raises(NotFetched) as raised:
        fetch(server.url.replace("http:", "https:") + SECRET)
    assert SECRET not in str(raised.value)


def through(server: CatalogServer, **more: str) -> ProxySettings:
    return ProxySettings.from_environ({"http_proxy": server.url.replace("://", "://me:word@"), **more})


def test_a_proxy_leads_there(server: CatalogServer) -> None:
    server.answer = Answer(b"{}")
    assert fetch("http://prices.example/api.json", proxies=through(server)).body == b"{}"
    assert server.asked == ["http://prices.example/api.json"]
    assert server.headers["host"] == "prices.example"
    assert server.headers["proxy-authorization"] == "Basic bWU6d29yZA=="


def test_a_redirect_goes_through_the_proxy_too(server: CatalogServer) -> None:
    server.answer = lambda path: (
        Answer(b"there") if path.endswith("/b") else Answer(status=307, headers={"location": "http://b.example/b"})
    )
    assert fetch("http://a.example/a", proxies=through(server)).body == b"there"
    assert server.asked == ["http://a.example/a", "http://b.example/b"]


def test_this_machine_is_asked_directly(server: CatalogServer) -> None:
    server.answer = Answer(b"{}")
    fetch(server.url + "/x", proxies=ProxySettings.from_environ({"http_proxy": "http://127.0.0.1:1"}))
    assert server.asked == ["/x"]
    assert "proxy-authorization" not in server.headers


def test_the_environment_itself_says_nothing(server: CatalogServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was read at the start; `HTTP_PROXY` may come from a request there."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.answer = Answer(b"{}")
    assert fetch(server.url).body == b"{}"


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("is_folder", [False, True], ids=["file", "folder"])
def test_a_private_authority_is_trusted_where_the_config_says_so(
    authority: Authority, tmp_path: Path, is_folder: bool
) -> None:
    with catalog_server(authority.server_context()) as secure:
        secure.answer = Answer(b"{}")
        path = authority.ca
        if is_folder:
            name = subprocess.run(
                ["openssl", "x509", "-hash", "-noout", "-in", path], capture_output=True, text=True, check=True
            ).stdout.strip()
            (tmp_path / f"{name}.0").write_bytes(path.read_bytes())
            path = tmp_path
        assert fetch(secure.url, tls_ca_path=str(path)).body == b"{}"


@pytest.mark.usefixtures("server")
def test_a_stranger_is_not_trusted(authority: Authority) -> None:
    with catalog_server(authority.server_context()) as secure:
        with pytest.raises(NotFetched, match="its certificate is not trusted: "):
            fetch(secure.url + SECRET)
        assert secure.asked == []


def test_a_tunnel_of_a_proxy_leads_to_a_server_with_tls(authority: Authority) -> None:
    with (
        catalog_server(authority.server_context()) as secure,
        ConnectProxy.in_thread(int(secure.url.rpartition(":")[2]), user="me:word") as proxy,
    ):
        secure.answer = Answer(b"{}")
        proxies = ProxySettings.from_environ({"https_proxy": f"http://me:word@127.0.0.1:{proxy.port}"})
        fetched = fetch("https://provider.test/x", proxies=proxies, tls_ca_path=str(authority.ca))
        assert fetched.body == b"{}"
        assert proxy.heads[0].startswith(b"CONNECT provider.test:443 ")
        assert secure.asked == ["/x"]
        assert secure.headers["host"] == "provider.test"
        assert "proxy-authorization" not in secure.headers


def test_a_proxy_that_refuses_is_told() -> None:
    with ConnectProxy.in_thread(1, user="somebody:else") as proxy:
        proxies = ProxySettings.from_environ({"https_proxy": f"http://me:word@127.0.0.1:{proxy.port}"})
        with pytest.raises(NotFetched) as raised:
            fetch("https://provider.test" + SECRET, proxies=proxies)
        assert str(raised.value) == "the proxy answers with status 407"
