"""Connections that end, or speak, at the one moment nobody looks: between being handed out and sending."""

from __future__ import annotations

from types import ModuleType

import pytest

from plano.errors import ProviderUnreachable
from plano.http.client._provider_connection import StaleConnection as TwinStale
from tests.http.client.test_provider_connection import HEAD, REQUEST, Line
from tests.http.fakes import Waiter
from tests.twins import both_builds

every_build = both_builds("provider_connection")


@every_build
def test_a_call_on_a_connection_lost_since_it_was_dialed_fails_at_once(build: ModuleType) -> None:
    """It is in no ticker any more: no deadline would ever end the wait."""
    line = Line(build)
    line.transport.lose(None)
    waiter = line.call()
    assert isinstance(waiter.error, ProviderUnreachable)
    assert line.transport.writes == line.transport.late_writes == []


@every_build
@pytest.mark.parametrize("idle_words", [b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n", b"?"])
def test_what_a_server_says_to_an_idle_connection_is_not_taken_for_an_answer(
    build: ModuleType, idle_words: bytes
) -> None:
    line = Line(build)
    line.call()
    line.transport.receive(HEAD + b"hello")
    line.attach()
    again = line.pool.take_idle(line.connection.origin)
    waiter = Waiter()
    again.call(REQUEST, waiter, 1e9, 1e9, 1e9)
    line.transport.receive(idle_words)
    line.rounds.run()
    assert type(waiter.error).__name__ == TwinStale.__name__, "the request never left: it may be asked again"
    assert len(line.transport.writes) == 1
    assert line.transport.state == "aborted"
