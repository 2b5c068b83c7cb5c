from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from plano.cli.health import Door, is_healthy, unhealthy_doors


@contextmanager
def server_answering(*answers: bytes) -> Iterator[int]:
    """A server on loopback that gives each answer to one connection, the last one to all further ones."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        script = list(answers)
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(4096)
                connection.sendall(script.pop(0) if len(script) > 1 else script[0])

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
BUSY = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"


def test_healthy_is_a_200_and_nothing_else() -> None:
    with server_answering(OK) as port:
        assert is_healthy(_door(port))
    for answer in (BUSY, b"", b"SSH-2.0-OpenSSH\r\n"):
        with server_answering(answer) as port:
            assert not is_healthy(_door(port))


def test_a_closed_port_is_not_healthy(free_port: int) -> None:
    assert not is_healthy(_door(free_port))


def test_polls_until_every_door_is_healthy() -> None:
    with server_answering(BUSY, BUSY, OK) as late, server_answering(OK) as ready:
        doors = (_door(ready), _door(late))
        assert unhealthy_doors(doors, within_s=30, going_on=lambda: True, pause_s=0) == ()


def test_names_the_doors_that_never_were_healthy(free_port: int) -> None:
    with server_answering(OK) as ready:
        doors = (_door(ready), _door(free_port, name="closed"))
        unhealthy = unhealthy_doors(doors, within_s=0.05, going_on=lambda: True, pause_s=0)
    assert [door.name for door in unhealthy] == ["closed"]


def test_stops_polling_when_the_worker_is_gone(free_port: int) -> None:
    doors = (_door(free_port),)
    assert unhealthy_doors(doors, within_s=3600, going_on=lambda: False) == doors


def test_the_url_of_a_door_with_tls_says_so() -> None:
    assert Door("llm", "model", "::1", 443, tls=True).url == "https://[::1]:443"


@pytest.mark.parametrize(
    ("address", "reachable", "url"),
    [
        ("0.0.0.0", "127.0.0.1", "http://localhost:1234"),
        ("::", "::1", "http://localhost:1234"),
        ("127.0.0.1", "127.0.0.1", "http://127.0.0.1:1234"),
        ("10.1.2.3", "10.1.2.3", "http://10.1.2.3:1234"),
        ("::1", "::1", "http://[::1]:1234"),
    ],
)
def test_where_a_door_is_reached(address: str, reachable: str, url: str) -> None:
    door = Door("llm", "model", address, 1234)
    assert (door.reachable_host, door.url) == (reachable, url)


def _door(port: int, *, name: str = "llm") -> Door:
    return Door(name, "model", "127.0.0.1", port)
