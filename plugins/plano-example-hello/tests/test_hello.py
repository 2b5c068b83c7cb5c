from __future__ import annotations

import plano_example_hello

from plano.plugin_api import trial_exchange


def test_every_request_carries_the_greeting() -> None:
    exchange = trial_exchange()
    plano_example_hello.pre_route(exchange)
    assert exchange.header("x-hello") == "from plano"
