"""What each outcome means: the table the guide shows, row by row."""

from __future__ import annotations

import pytest

from plano.errors import (
    Overloaded,
    PlanoError,
    ProviderProtocolError,
    ProviderStreamFailed,
    ProviderTimeout,
    ProviderUnreachable,
    ShuttingDown,
)
from plano.resilience.outcome import FINE, Outcome, message_of, outcome_of, word_of
from plano.resilience.verdict import is_quota, judge


def status(code: int, word: str = "") -> Outcome:
    return Outcome("status", code, word=word)


@pytest.mark.parametrize(
    ("outcome", "blame", "action", "harm"),
    [
        (FINE, "provider", "fine", "none"),
        (status(200), "provider", "fine", "none"),
        (status(304), "provider", "fine", "none"),
        (status(400), "client", "if_listed", "none"),
        (status(404), "client", "if_listed", "none"),
        (status(408), "client", "if_listed", "none"),
        (status(422), "client", "if_listed", "none"),
        (status(400, "context_length_exceeded"), "client", "final", "none"),
        (status(413, "request_too_large"), "client", "final", "none"),
        (status(400, "content_filter"), "client", "final", "none"),
        (status(401), "policy", "if_listed", "bench_key"),
        (status(402), "policy", "if_listed", "bench_key"),
        (status(403), "policy", "if_listed", "bench_key"),
        (status(429, "insufficient_quota"), "policy", "another", "bench_key"),
        (status(400, "insufficient_quota"), "policy", "if_listed", "bench_key"),
        (status(429), "provider", "another", "cool"),
        (status(429, "rate_limit_exceeded"), "provider", "another", "cool"),
        (status(500), "provider", "another", "failure"),
        (status(503), "provider", "another", "failure"),
        (status(529, "overloaded_error"), "provider", "another", "failure"),
        (Outcome("timeout", phase="head"), "provider", "another", "failure"),
        (Outcome("unreachable"), "network", "another", "failure"),
        (Outcome("protocol"), "provider", "another", "failure"),
        (Outcome("protocol", word="answers_differ"), "plano", "another", "none"),
        (Outcome("own"), "plano", "final", "none"),
    ],
)
def test_every_outcome_has_a_verdict(outcome: Outcome, blame: str, action: str, harm: str) -> None:
    verdict = judge(outcome)
    assert (verdict.blame, verdict.action, verdict.harm) == (blame, action, harm)


def test_a_key_without_money_is_told_from_a_wrong_one() -> None:
    assert is_quota(status(429, "insufficient_quota"))
    assert is_quota(status(402))
    assert not is_quota(status(401))


@pytest.mark.parametrize(
    ("error", "kind", "error_type"),
    [
        (ProviderTimeout("late", phase="first_token"), "timeout", "timeout_first_token"),
        (ProviderUnreachable("gone"), "unreachable", "unreachable"),
        (ProviderProtocolError("what"), "protocol", "protocol_error"),
        (ProviderStreamFailed("no", provider_status=529, word="overloaded_error"), "status", "http_529"),
        (ProviderStreamFailed("no"), "protocol", "protocol_error"),
        (Overloaded("no descriptors"), "own", "not_asked"),
        (ShuttingDown("bye"), "own", "not_asked"),
    ],
)
def test_errors_of_attempts_are_outcomes(error: PlanoError, kind: str, error_type: str) -> None:
    outcome = outcome_of(error)
    assert (outcome.kind, outcome.error_type) == (kind, error_type)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b'{"error":{"message":"m","type":"requests","code":"rate_limit_exceeded"}}', "rate_limit_exceeded"),
        (b'{"error":{"message":"m","type":"server_error","code":null}}', "server_error"),
        (b'{"error":{"message":"This model\'s maximum context length is 8 tokens"}}', "context_length_exceeded"),
        (
            b'{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 > 8"}}',
            "context_length_exceeded",
        ),
        (
            b'{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}',
            "insufficient_quota",
        ),
        (b'{"type":"error","error":{"type":"overloaded_error","message":"m"}}', "overloaded_error"),
        (b'{"error":"model not loaded"}', "model not loaded"),
        (b'{"error":{"code":429}}', ""),
        (b'{"error":[]}', ""),
        (b"[]", ""),
        (b"<html>", ""),
        (b"\xff", ""),
        (b"", ""),
    ],
)
def test_the_word_of_an_error_is_read_from_any_body(body: bytes, word: str) -> None:
    assert word_of(body) == word


def test_the_message_of_an_error_is_read_from_any_body() -> None:
    assert message_of(b'{"error":{"message":"no"}}') == "no"
    assert message_of(b'{"error":"no"}') == "no"
    assert message_of(b"no") == ""
