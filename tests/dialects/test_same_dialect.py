"""What is changed in a request whose provider speaks the client's dialect: next to nothing."""

from __future__ import annotations

import pytest

from plano.dialects.same_dialect import ask_for_usage, outgoing_body
from plano.errors import BadRequest
from plano.http.wire.json_envelope import Envelope


def test_a_body_that_already_names_the_model_is_the_very_same_object() -> None:
    body = b'{ "model" : "m" , "x":1 }'
    assert outgoing_body(body, Envelope.open(body), b'"m"') is body


def test_the_model_is_replaced_in_its_place() -> None:
    body = b'{"a": 1.0, "model": "p/m", "b": [ ]}'
    assert outgoing_body(body, Envelope.open(body), b'"m"') == b'{"a":1.0,"model":"m","b":[ ]}'


def test_a_missing_model_is_added() -> None:
    assert outgoing_body(b'{"a":1}', Envelope.open(b'{"a":1}'), b'"m"') == b'{"a":1,"model":"m"}'


def test_members_for_plano_are_taken_out_even_when_nothing_else_changes() -> None:
    body = b'{"model":"m","routing_preferences":[],"routing_policy":{},"routing":1}'
    assert outgoing_body(body, Envelope.open(body), b'"m"') == b'{"model":"m","routing":1}'


@pytest.mark.parametrize(
    ("given", "asked", "sent"),
    [
        (b"{}", True, b'{"stream_options":{"include_usage":true}}'),
        (b'{"stream_options":null}', True, b'{"stream_options":{"include_usage":true}}'),
        (b'{"stream_options":{}}', True, b'{"stream_options":{"include_usage":true}}'),
        (b'{"stream_options":{"include_usage":false}}', True, b'{"stream_options":{"include_usage":true}}'),
        (b'{"stream_options":{"x":1.0}}', True, b'{"stream_options":{"x":1.0,"include_usage":true}}'),
        (b'{"stream_options":{"include_usage" : true}}', False, b'{"stream_options":{"include_usage" : true}}'),
    ],
)
def test_usage_is_asked_for_once(given: bytes, asked: bool, sent: bytes) -> None:
    envelope = Envelope.open(given)
    assert ask_for_usage(envelope) is asked
    assert envelope.encoded() == sent
    assert envelope.is_changed is asked


@pytest.mark.parametrize("wrong", [b"[]", b"1", b'"x"', b"true"])
def test_options_that_are_no_object_are_the_clients_mistake(wrong: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        ask_for_usage(Envelope.open(b'{"stream_options":' + wrong + b"}"))
    assert caught.value.param == "stream_options"
