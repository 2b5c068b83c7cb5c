"""Errors in each dialect's words: the types its own SDKs know, and events that end a stream."""

from __future__ import annotations

import json

import pytest

from plano.dialects.dialect import Dialect, ErrorFacts
from plano.dialects.registry import ANTHROPIC_MESSAGES, OPENAI_CHAT, OPENAI_RESPONSES
from plano.errors import AttemptFacts

FACTS = ErrorFacts(404, "model_not_found", 'no "m\u00f6del"\nhere', "req-1", "model")


@pytest.mark.parametrize("dialect", [OPENAI_CHAT, OPENAI_RESPONSES])
def test_openais_error_object(dialect) -> None:
    assert json.loads(dialect.write_error(FACTS)) == {
        "error": {
            "message": FACTS.message,
            "type": "invalid_request_error",
            "param": "model",
            "code": "model_not_found",
        }
    }


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "invalid_request_error"),
        (403, "permission_error"),
        (413, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "server_error"),
        (501, "server_error"),
        (504, "server_error"),
    ],
)
def test_openais_error_types(status: int, kind: str) -> None:
    body = json.loads(OPENAI_CHAT.write_error(ErrorFacts(status, "c", "m", "r")))
    assert body["error"] == {"message": "m", "type": kind, "param": None, "code": "c"}


def test_anthropics_error_object() -> None:
    assert json.loads(ANTHROPIC_MESSAGES.write_error(FACTS)) == {
        "type": "error",
        "error": {"type": "not_found_error", "message": FACTS.message},
        "request_id": "req-1",
    }


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (405, "invalid_request_error"),
        (408, "timeout_error"),
        (413, "request_too_large"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (502, "api_error"),
        (503, "overloaded_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ],
)
def test_anthropics_error_types(status: int, kind: str) -> None:
    body = json.loads(ANTHROPIC_MESSAGES.write_error(ErrorFacts(status, "c", "m", "r")))
    assert body["error"]["type"] == kind


def test_the_error_event_of_each_dialect() -> None:
    assert OPENAI_CHAT.write_stream_error(FACTS) == b"data: " + OPENAI_CHAT.write_error(FACTS) + b"\n\n"
    event = ANTHROPIC_MESSAGES.write_stream_error(FACTS)
    assert event == b"event: error\ndata: " + ANTHROPIC_MESSAGES.write_error(FACTS) + b"\n\n"
    name, data, *rest = OPENAI_RESPONSES.write_stream_error(FACTS).decode().split("\n")
    assert (name, rest) == ("event: error", ["", ""])
    assert json.loads(data.removeprefix("data: ")) == {
        "type": "error",
        "code": "model_not_found",
        "message": FACTS.message,
        "param": "model",
        "sequence_number": 0,
    }


@pytest.mark.parametrize("dialect", [OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC_MESSAGES])
def test_no_message_can_break_out_of_its_event(dialect) -> None:
    facts = ErrorFacts(502, "c", "a\n\nevent: done\ndata: x\r\n", "r")
    assert dialect.write_stream_error(facts).count(b"\n\n") == 1
    assert b"\r" not in dialect.write_stream_error(facts)


@pytest.mark.parametrize("dialect", [OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC_MESSAGES], ids=lambda d: d.name)
def test_who_was_asked_is_told_when_nobody_is_left(dialect: Dialect) -> None:
    attempts = (AttemptFacts("a/m", "http_429", 1, 12), AttemptFacts("b/m", "timeout", 2, 3400))
    facts = ErrorFacts(504, "retry_exhausted", "all failed", "r", attempts=attempts)
    error = json.loads(dialect.write_error(facts))["error"]
    assert error["type"] == error["code"] == "retry_exhausted"
    assert error["total_attempts"] == 2
    assert error["attempts"][0] == {"model": "a/m", "error_type": "http_429", "attempt": 1, "duration_ms": 12}
    assert error["attempts"][1]["error_type"] == "timeout"
    assert "attempts" not in json.loads(dialect.write_error(FACTS))["error"]
