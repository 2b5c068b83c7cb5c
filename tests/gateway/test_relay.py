"""The pump when something goes wrong in it: whoever waits for the end hears of it."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import pytest

from plano._speedups import TWINS
from plano.gateway.walk import Signal
from tests.http.server.test_response_sink import open_sink
from tests.twins import both_builds


class BrokenTap:
    """Raises in the middle of an answer, as a defect would."""

    saw_first_token = False

    def feed(self, block: bytes) -> bytes:
        raise MemoryError

    def end(self) -> bytes:
        raise MemoryError


def of_the_build(build: ModuleType, name: str) -> ModuleType:
    """Another module of the same build: compiled ones refuse objects of their twins."""
    return import_module(TWINS[name] if build.__name__ == TWINS["relay"] else f"plano._speedups.{name}")


@both_builds("relay")
@pytest.mark.parametrize(("data", "ended"), [(b"a", False), (b"", True)])
def test_what_breaks_while_bytes_pass_is_told_to_who_waits(build: ModuleType, data: bytes, ended: bool) -> None:
    _, _, sink = open_sink(of_the_build(build, "client_connection"))
    record = of_the_build(build, "exchange").Record("id", "models", "POST", "/", "", 0.0, 0.0)
    relay = build.Relay(sink, BrokenTap(), record, lambda: 1.0)
    relay.waiter = Signal()
    with pytest.raises(MemoryError):
        relay.on_block(data, ended)
    assert relay.is_done
    assert relay.waiter.done()
    assert isinstance(relay.failure, MemoryError)
