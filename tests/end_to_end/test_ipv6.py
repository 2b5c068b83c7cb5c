"""IPv6 on both sides, and the names that lead to it."""

from __future__ import annotations

import socket
from typing import NamedTuple

import pytest

from plano.testing import ScriptedProvider
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import free_port
from tests.end_to_end.wire import Wire, ask, chat


class At(NamedTuple):
    host: str
    port: int


@pytest.mark.parametrize("address", ["::1", "::"])
def test_a_listener_on_ipv6_serves_a_provider_on_ipv6(start_gateway: StartGateway, address: str) -> None:
    six = free_port()
    more = f'  - {{type: model, name: six, address: "{address}", port: {six}}}\n'
    with ScriptedProvider.in_thread(host="::1") as provider:
        rows = f'model_providers: [{{model: mock/*, base_url: "{provider.base_url}", provider_interface: openai}}]\n'
        with start_gateway(lambda port: listener(port) + more + rows), Wire(At("::1", six)) as wire:
            assert wire.ask(chat("mock/hello")).status == 200
            assert wire.ask(chat("mock/hello", stream=True)).body.endswith(b"data: [DONE]\n\n")
        assert provider.last_request.header("host") == f"[::1]:{provider.port}"


def test_a_name_reaches_whichever_of_its_addresses_answers(start_gateway: StartGateway) -> None:
    for host in sorted({str(found[4][0]) for found in socket.getaddrinfo("localhost", 80)}):
        with ScriptedProvider.in_thread(host=host) as provider:
            url = f"http://localhost:{provider.port}"
            rows = f'model_providers: [{{model: mock/*, base_url: "{url}", provider_interface: openai}}]\n'
            with start_gateway(lambda port, rows=rows: listener(port) + rows) as gateway:
                assert ask(gateway, chat("mock/hello")).status == 200
            assert provider.last_request.header("host") == f"localhost:{provider.port}"
