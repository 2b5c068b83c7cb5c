"""Listening sockets."""

from __future__ import annotations

import socket

import pytest

from plano.http.server.binding import bound_sockets, close_all, refusal_to_bind


def reason(address: str, port: int) -> str | None:
    refusal = refusal_to_bind(address, port)
    return None if refusal is None else refusal.strerror


def test_a_taken_port_is_refused_with_the_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert reason("127.0.0.1", port) == "Address already in use"
        assert reason("0.0.0.0", port) == "Address already in use"


def test_a_port_that_others_share_is_taken() -> None:
    sockets = bound_sockets("127.0.0.1", 0, shares_port=True)
    try:
        assert reason("127.0.0.1", sockets[0].getsockname()[1]) == "Address already in use"
    finally:
        close_all(sockets)


def test_a_free_port_and_one_just_closed_are_not_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        with socket.create_connection(address), listening.accept()[0]:
            pass
    assert reason(*address) is None


def test_an_address_of_another_machine_is_refused() -> None:
    assert reason("192.0.2.1", 12000) == "Cannot assign requested address"


def test_a_name_that_nobody_knows_is_an_os_error() -> None:
    with pytest.raises(OSError, match="known"):
        bound_sockets("no-such-host.invalid", 1)


def test_sockets_of_a_shared_port_are_many() -> None:
    first = bound_sockets("127.0.0.1", 0, shares_port=True)
    second = bound_sockets("127.0.0.1", first[0].getsockname()[1], shares_port=True)
    assert first[0].getsockname() == second[0].getsockname()
    close_all(first)
    close_all(second)
    assert (first, second) == ([], [])
