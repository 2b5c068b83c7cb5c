"""A client that leaves is noticed in every phase."""

from __future__ import annotations

import time

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import End, nothing
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import Wire, chat, request


@pytest.mark.parametrize("behind", [0, 3, 40], ids=["alone", "pipelining", "pipelining-too-much"])
def test_a_client_that_leaves_while_its_answer_is_awaited(
    gateway: Gateway, provider: ScriptedProvider, behind: int
) -> None:
    """With too many requests waiting nothing is read from the client, its leaving included."""
    name = f"leaves-{behind}"
    provider.script.then(nothing(End.HANG))
    with Wire(gateway) as wire:
        wire.send(chat("mock/hello", f"x-request-id: {name}") + request(path="/healthz", method="GET") * behind)
        provider.wait_until(lambda: bool(provider.requests) and provider.last_request.header("x-request-id") == name)
    started = time.monotonic()
    assert " 499 client_left " in gateway.access_line(name)
    assert time.monotonic() - started < 0.6, "a tenth of a second, and the log is written in batches"
