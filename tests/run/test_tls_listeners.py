"""Listeners with TLS in a running instance: served, reloaded, refused."""

from __future__ import annotations

import shutil
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from plano.testing import ScriptedProvider
from tests.end_to_end.gateway_process import free_port
from tests.end_to_end.wire import Wire, chat
from tests.http.client.conftest import Authority, make_authority
from tests.run.instance import Instance, running_instance, spawned


@pytest.fixture
def files(tmp_path: Path, authority: Authority) -> Path:
    """A folder with the certificate and the key in use."""
    folder = tmp_path / "files"
    folder.mkdir()
    install(authority, folder)
    return folder


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def renewed(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("renewed"))


def install(authority: Authority, folder: Path) -> None:
    shutil.copy(authority.certificate, folder / "server.pem")
    shutil.copy(authority.key, folder / "server.key")


def config(files: Path, url: str = "http://127.0.0.1:9") -> Callable[[int], str]:
    tls = f'tls: {{certificate: "{files}/server.pem", private_key: "{files}/server.key"}}'
    return lambda port: f"""version: v0.4.0
listeners: [{{type: model, name: models, address: 127.0.0.1, port: {port}, {tls}}}]
model_providers: [{{model: mock/*, base_url: "{url}", provider_interface: openai}}]
shutdown_delay: 1ms
"""


class SecureWire(Wire):
    """One TLS connection, to a server that must have a certificate of `ca`."""

    def __init__(self, instance: Instance, ca: Path) -> None:
        super().__init__(instance)
        context = ssl.create_default_context(cafile=str(ca))
        try:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        except BaseException:
            self.socket.close()
            raise


def test_requests_and_streams_are_served_by_tls(tmp_path: Path, files: Path, authority: Authority) -> None:
    with (
        ScriptedProvider.in_thread() as provider,
        running_instance(tmp_path / "instance", config(files, provider.base_url), "--workers", "2") as instance,
        SecureWire(instance, authority.ca) as wire,
    ):
        assert wire.ask(chat("mock/hello")).status == 200
        streamed = wire.ask(chat("mock/hello", stream=True))
        assert streamed.is_whole
        assert b"[DONE]" in streamed.body
        assert instance.status().workers[0].listeners[0].tls
        # Plain HTTP to a TLS port is a broken handshake, and nothing else breaks.
        with Wire(instance) as plain:
            plain.send(chat("mock/hello"))
            assert b"HTTP/1.1 200" not in plain.rest()
        assert wire.ask(chat("mock/hello")).status == 200


def test_a_reload_greets_with_the_new_certificate_and_keeps_connections(
    tmp_path: Path, files: Path, authority: Authority, renewed: Authority
) -> None:
    with (
        ScriptedProvider.in_thread() as provider,
        running_instance(tmp_path / "instance", config(files, provider.base_url)) as instance,
        SecureWire(instance, authority.ca) as old,
    ):
        assert old.ask(chat("mock/hello")).status == 200
        install(renewed, files)
        assert instance.reload().accepted
        with SecureWire(instance, renewed.ca) as new:
            assert new.ask(chat("mock/hello")).status == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            SecureWire(instance, authority.ca)
        assert old.ask(chat("mock/hello")).status == 200


def test_a_certificate_that_cannot_be_used_refuses_the_reload(
    tmp_path: Path, files: Path, authority: Authority, renewed: Authority
) -> None:
    with running_instance(tmp_path / "instance", config(files)) as instance:
        shutil.copy(renewed.key, files / "server.key")
        result = instance.reload()
        assert not result.accepted
        assert "is not the key of the certificate" in result.problems[0]
        assert "listeners[0].tls.private_key" in result.problems[0]
        with SecureWire(instance, authority.ca):
            pass


def test_tls_is_taken_up_and_given_up_by_reload(tmp_path: Path, files: Path, authority: Authority) -> None:
    with (
        ScriptedProvider.in_thread() as provider,
        running_instance(tmp_path / "instance", config(files, provider.base_url)) as instance,
    ):
        text = instance.config.read_text()
        plain = text[: text.index(", tls:")] + text[text.index("}}]") + 1 :]
        for _ in range(2):
            assert instance.reload(plain).accepted
            with Wire(instance) as wire:
                assert wire.ask(chat("mock/hello")).status == 200
            assert instance.reload(text).accepted
            with SecureWire(instance, authority.ca) as wire:
                assert wire.ask(chat("mock/hello")).status == 200


def test_a_certificate_that_cannot_be_used_ends_the_start(tmp_path: Path, files: Path, renewed: Authority) -> None:
    shutil.copy(renewed.key, files / "server.key")
    (tmp_path / "instance" / "logs").mkdir(parents=True)
    instance = spawned(tmp_path / "instance", config(files)(free_port()), (), {})
    assert instance.process.wait(timeout=20) == 2
    text = (tmp_path / "instance" / "logs" / "stderr.log").read_text()
    assert "is not the key of the certificate" in text
    assert "Traceback" not in text


def test_a_client_that_never_finishes_its_handshake_is_not_a_connection(tmp_path: Path, files: Path) -> None:
    with running_instance(tmp_path / "instance", config(files)) as instance:
        silent = [socket.create_connection(("127.0.0.1", instance.port)) for _ in range(50)]
        assert instance.status().workers[0].listeners[0].connections == 0
        for one in silent:
            one.close()
