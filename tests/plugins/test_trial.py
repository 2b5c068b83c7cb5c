from __future__ import annotations

import pytest

from plano.plugins.trial import trial_exchange


def test_a_trial_exchange_is_a_chat_unless_told_otherwise() -> None:
    exchange = trial_exchange()
    assert exchange.operation.name == exchange.record.operation == "chat"
    assert exchange.requested_model == "gpt-4o"
    assert exchange.envelope.encoded() == exchange.body


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/v1/chat/completions", "chat"),
        ("/v1/completions", "completions"),
        ("/v1/messages/count_tokens", "count_tokens"),
        ("/v1/messages", "messages"),
    ],
)
def test_the_path_decides_the_operation(path: str, operation: str) -> None:
    assert trial_exchange(path=path).operation.name == operation


def test_headers_and_body_are_the_clients() -> None:
    exchange = trial_exchange({"model": "m", "extra": [1]}, headers={"X-Team": "blue"})
    assert exchange.header("x-team") == "blue"
    assert exchange.envelope.get("extra") == [1]
    assert exchange.record.bytes_in == len(exchange.body)
