"""TLS towards clients: what is agreed on, who is let in, and which file is to blame when there is no context."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plano.config.listeners import ListenerTls
from plano.config.values import Secret
from plano.http.server.tls import UnusableTls, certificate_expiry, expiry_notice, server_context
from tests.http.client.conftest import Authority, make_authority
from tests.http.loopback import run

SECRET = "the-key-is-under-the-mat"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority's files, and some that are not what they should be."""
    folder = tmp_path_factory.mktemp("tls")
    make_authority(folder)
    openssl(folder, "pkey", "-in", "server.key", "-aes256", "-passout", f"pass:{SECRET}", "-out", "locked.key")
    openssl(folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "other.key")
    (folder / "empty.pem").write_text("")
    (folder / "garbage.pem").write_text(f"this is {SECRET}\n")
    half = (folder / "server.pem").read_text()
    (folder / "broken.pem").write_text(half[: len(half) // 2] + "\n-----END CERTIFICATE-----\n")
    (folder / "both.pem").write_text(half + (folder / "server.key").read_text())
    return folder


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("stranger"))


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=20)


def settings(folder: Path, certificate: str = "server.pem", key: str = "server.key", **more: Any) -> ListenerTls:
    return ListenerTls(certificate=str(folder / certificate), private_key=str(folder / key), **more)


def client(folder: Path, **attributes: Any) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    for name, value in attributes.items():
        setattr(context, name, value)
    return context


async def spoken(context: ssl.SSLContext, asking: ssl.SSLContext) -> ssl.SSLObject:
    """A word to an echoing server and back; how it was spoken. Raises what the client's side raises."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(5))
        await writer.drain()
        writer.close()

    def on_accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.ensure_future(echo(reader, writer)))

    tasks: list[asyncio.Future[None]] = []
    server = await asyncio.start_server(on_accept, "127.0.0.1", 0, ssl=context, ssl_handshake_timeout=5)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("localhost", port, ssl=asking)
        try:
            writer.write(b"hello")
            answer = await reader.read()  # TLS 1.3 clients learn of a refusal here only.
            assert answer == b"hello", "the server hung up"
            agreed: ssl.SSLObject = writer.get_extra_info("ssl_object")
            return agreed
        finally:
            writer.transport.abort()
            await asyncio.gather(*tasks, return_exceptions=True)


def refused(tls: ListenerTls) -> UnusableTls:
    with pytest.raises(UnusableTls) as caught:
        server_context(tls)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


# What is agreed on.


def test_https_is_served_and_http_1_1_agreed_on(folder: Path) -> None:
    async def story() -> None:
        asking = client(folder)
        asking.set_alpn_protocols(["h2", "http/1.1"])
        agreed = await spoken(server_context(settings(folder)), asking)
        assert agreed.version() == "TLSv1.3"
        assert agreed.selected_alpn_protocol() == "http/1.1"
        assert agreed.compression() is None

    run(story())


def test_a_client_that_asks_for_nothing_is_served_all_the_same(folder: Path) -> None:
    async def story() -> None:
        assert (await spoken(server_context(settings(folder)), client(folder))).selected_alpn_protocol() is None

    run(story())


def test_tls_1_2_is_spoken_with_forward_secrecy_and_authenticated_encryption(folder: Path) -> None:
    async def story() -> None:
        asking = client(folder, maximum_version=ssl.TLSVersion.TLSv1_2)
        agreed = await spoken(server_context(settings(folder)), asking)
        cipher = agreed.cipher()
        assert cipher is not None
        assert cipher[0].startswith("ECDHE-")
        weak = client(folder, maximum_version=ssl.TLSVersion.TLSv1_2)
        weak.set_ciphers("ECDHE-ECDSA-AES128-SHA256:AES128-GCM-SHA256")
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            await spoken(server_context(settings(folder)), weak)

    run(story())


def test_older_versions_than_the_config_allows_are_refused(folder: Path) -> None:
    async def story() -> None:
        context = server_context(settings(folder, min_version="1.3"))
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            await spoken(context, client(folder, maximum_version=ssl.TLSVersion.TLSv1_2))
        assert (await spoken(context, client(folder))).version() == "TLSv1.3"
        assert server_context(settings(folder)).minimum_version == ssl.TLSVersion.TLSv1_2

    run(story())


def test_nobody_may_renegotiate(folder: Path) -> None:
    options = server_context(settings(folder)).options
    assert options & ssl.OP_NO_RENEGOTIATION
    assert options & ssl.OP_NO_COMPRESSION


def test_a_session_is_resumed_with_a_ticket_of_its_own_context_alone(folder: Path) -> None:
    def session(context: ssl.SSLContext, asking: ssl.SSLContext, before: Any = None) -> Any:
        """A handshake in memory, TLS 1.2, where the ticket is part of it."""
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        ours = asking.wrap_bio(to_client, to_server, server_hostname="localhost", session=before)
        theirs = context.wrap_bio(to_server, to_client, server_side=True)
        for _ in range(4):
            for side in (ours, theirs):
                with contextlib.suppress(ssl.SSLWantReadError):
                    side.do_handshake()
        return ours

    asking = client(folder, maximum_version=ssl.TLSVersion.TLSv1_2)
    context = server_context(settings(folder))
    first = session(context, asking)
    assert first.session.has_ticket
    assert session(context, asking, first.session).session_reused
    assert not session(server_context(settings(folder)), asking, first.session).session_reused
    assert context.session_stats()["number"] == 0, "no memory is held for clients that are gone"


# Clients that must show a certificate.


def test_with_client_ca_only_its_clients_are_served(folder: Path, stranger: Authority) -> None:
    async def story() -> None:
        context = server_context(settings(folder, client_ca=str(folder / "ca.pem")))
        known = client(folder)
        known.load_cert_chain(folder / "server.pem", folder / "server.key")
        await spoken(context, known)
        unknown = client(folder)
        unknown.load_cert_chain(stranger.certificate, stranger.key)
        for other in (client(folder), unknown):
            with pytest.raises((OSError, AssertionError)):
                await spoken(context, other)

    run(story())


def test_a_folder_of_client_authorities_will_do(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "ca.pem", tmp_path)
    openssl(tmp_path, "rehash", ".")

    async def story() -> None:
        context = server_context(settings(folder, client_ca=str(tmp_path)))
        known = client(folder)
        known.load_cert_chain(folder / "server.pem", folder / "server.key")
        await spoken(context, known)
        with pytest.raises((OSError, AssertionError)):
            await spoken(context, client(folder))

    run(story())


# Files.


def test_an_encrypted_key_is_opened_with_its_password(folder: Path) -> None:
    async def story() -> None:
        context = server_context(settings(folder, key="locked.key", private_key_password=Secret(SECRET)))
        await spoken(context, client(folder))

    run(story())


def test_certificate_and_key_may_stand_in_one_file(folder: Path) -> None:
    async def story() -> None:
        await spoken(server_context(settings(folder, "both.pem", "both.pem")), client(folder))

    run(story())


@pytest.mark.parametrize(
    ("changes", "key", "reason"),
    [
        ({"certificate": "nowhere.pem"}, "certificate", "nowhere.pem: No such file or directory"),
        ({"certificate": "."}, "certificate", "Is a directory"),
        ({"certificate": "empty.pem"}, "certificate", "empty.pem: holds no certificate in PEM form"),
        ({"certificate": "garbage.pem"}, "certificate", "garbage.pem: holds no certificate in PEM form"),
        ({"certificate": "broken.pem"}, "certificate", "broken.pem: holds no certificate in PEM form"),
        ({"certificate": "server.key"}, "certificate", "server.key: holds no certificate in PEM form"),
        ({"key": "nowhere.key"}, "private_key", "nowhere.key: No such file or directory"),
        ({"key": "empty.pem"}, "private_key", "empty.pem: holds no private key in PEM form"),
        ({"key": "garbage.pem"}, "private_key", "garbage.pem: holds no private key in PEM form"),
        ({"key": "server.pem"}, "private_key", "server.pem: holds no private key in PEM form"),
        ({"key": "other.key"}, "private_key", "is not the key of the certificate in"),
        ({"key": "locked.key"}, "private_key", "is encrypted, and `private_key_password` is not set"),
        (
            {"key": "locked.key", "private_key_password": Secret(SECRET + "!")},
            "private_key_password",
            "cannot be decrypted with `private_key_password`",
        ),
        (
            {"key": "locked.key", "private_key_password": Secret(SECRET * 100)},
            "private_key_password",
            "`private_key_password` is longer than any password may be",
        ),
        ({"client_ca": "nowhere.pem"}, "client_ca", "nowhere.pem: No such file or directory"),
        ({"client_ca": "garbage.pem"}, "client_ca", "garbage.pem: holds no certificate in PEM form"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(
    folder: Path, changes: dict[str, Any], key: str, reason: str
) -> None:
    if "client_ca" in changes:
        changes = {"client_ca": str(folder / changes["client_ca"])}
    fault = refused(settings(folder, **changes))
    assert fault.key == key
    assert reason in str(fault)


def test_a_file_that_may_not_be_read_is_named(folder: Path, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden.key"
    shutil.copy(folder / "server.key", hidden)
    hidden.chmod(0)
    if os.access(hidden, os.R_OK):  # Root reads everything; a name that cannot be opened will do for root.
        hidden.unlink()
        hidden.symlink_to(hidden)
    fault = refused(ListenerTls(certificate=str(folder / "server.pem"), private_key=str(hidden)))
    assert fault.file == str(hidden)
    assert fault.reason in ("Permission denied", "Too many levels of symbolic links")


def test_a_key_that_is_too_short_to_be_safe_is_refused(tmp_path: Path) -> None:
    openssl(
        tmp_path, "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", "server.key", "-out", "server.pem",
        "-subj", "/CN=localhost", "-days", "2",
    )  # fmt: skip
    fault = refused(settings(tmp_path))
    assert (fault.key, fault.reason) == ("certificate", "its key is too short to be safe")


# Until when.


def test_the_expiry_is_what_openssl_says(folder: Path) -> None:
    told = subprocess.run(
        ["openssl", "x509", "-in", "server.pem", "-noout", "-enddate"], cwd=folder, capture_output=True, check=True
    )
    seconds = ssl.cert_time_to_seconds(told.stdout.decode().strip().removeprefix("notAfter="))
    assert certificate_expiry(str(folder / "server.pem")) == datetime.fromtimestamp(seconds, UTC)


def test_dates_beyond_2049_are_written_differently(tmp_path: Path) -> None:
    openssl(
        tmp_path, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.pem",
        "-subj", "/CN=localhost", "-days", "20000",
    )  # fmt: skip
    assert certificate_expiry(str(tmp_path / "server.pem")).year > 2075


def test_a_notice_comes_before_the_end_and_after_it(folder: Path) -> None:
    tls = settings(folder)
    expiry = certificate_expiry(tls.certificate)

    def notice(before: timedelta) -> str | None:
        return expiry_notice(tls, (expiry - before).timestamp())

    assert notice(timedelta(days=15)) is None
    soon = notice(timedelta(days=13))
    assert soon is not None
    assert "server.pem expires soon: it is valid until" in soon
    late = notice(timedelta(seconds=-1))
    assert late is not None
    assert "server.pem has expired" in late
    assert f"{expiry:%Y-%m-%d}" in late


def test_an_expired_certificate_is_served(tmp_path: Path) -> None:
    for name in ("index.txt", "serial"):
        (tmp_path / name).write_text("" if name == "index.txt" else "01\n")
    (tmp_path / "ca.cnf").write_text(
        "[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n"
        "policy=any\n[any]\ncommonName=supplied\n"
    )
    make_authority(tmp_path)
    openssl(
        tmp_path, "ca", "-config", "ca.cnf", "-batch", "-in", "server.csr", "-cert", "ca.pem", "-keyfile", "ca.key",
        "-startdate", "20200101000000Z", "-enddate", "20200201000000Z", "-out", "server.pem", "-notext",
    )  # fmt: skip
    tls = settings(tmp_path)
    server_context(tls)
    notice = expiry_notice(tls, datetime(2026, 1, 1, tzinfo=UTC).timestamp())
    assert notice is not None
    assert "has expired: it was valid until 2020-02-01 00:00 UTC" in notice


def test_no_prefix_of_a_certificate_is_mistaken_for_one(folder: Path, tmp_path: Path) -> None:
    import base64

    der = ssl.PEM_cert_to_DER_cert((folder / "server.pem").read_text().strip())
    file = tmp_path / "cut.pem"
    for size in range(len(der)):
        body = base64.encodebytes(der[:size]).decode()
        file.write_text(f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n")
        with pytest.raises(UnusableTls, match="holds no certificate"):
            certificate_expiry(str(file))
