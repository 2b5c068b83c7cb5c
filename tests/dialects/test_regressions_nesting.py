"""JSON made to break its reader."""

from __future__ import annotations

import pytest

from plano.dialects.registry import DIALECTS
from plano.dialects.same_dialect import ask_for_usage
from plano.errors import BadRequest
from plano.http.wire.json_envelope import Envelope


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_usage_nested_without_end_is_no_usage(dialect: str) -> None:
    """It raised after the answer was complete, and the client's connection was cut for it."""
    document = b'{"usage":{"x":' + b"[" * 1500 + b"]" * 1500 + b"}}"
    assert DIALECTS[dialect].read_usage((document,)) is None


def test_stream_options_that_are_not_utf_8_are_the_clients_fault() -> None:
    envelope = Envelope.open(b'{"stream":true,"stream_options":{"\xff":1}}')
    with pytest.raises(BadRequest, match="stream_options"):
        ask_for_usage(envelope)
