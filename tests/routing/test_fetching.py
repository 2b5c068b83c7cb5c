"""Fetching a document: what may go wrong, and that nothing said about it shows an address."""

from __future__ import annotations

import gzip
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from plano.routing.fetching import Fetched, NotFetched, fetch

from ..http.client.conftest import Authority, make_authority
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


def test_the_proxy_of_the_environment_is_asked(server: CatalogServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    server.answer = Answer(b"{}")
    assert fetch("http://prices.example/api.json").body == b"{}"
    assert server.asked == ["http://prices.example/api.json"]


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
