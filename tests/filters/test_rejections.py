"""Which words of a refusal are told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plano.filters.rejections import MOST_BODY_BYTES, MOST_MESSAGE, rejection


@pytest.mark.parametrize(
    ("told", "message", "code"),
    [
        ({"detail": {"error": "content_blocked", "message": "Blocked."}}, "Blocked.", "content_blocked"),
        ({"message": "No.", "code": "no_go"}, "No.", "no_go"),
        ({"error": {"message": "No.", "code": "no_go", "type": "t"}}, "No.", "no_go"),
        ({"error": {"message": "No.", "type": "policy"}}, "No.", "policy"),
        ({"error": "not allowed here"}, "not allowed here", "filter_rejected"),
        ({"error": "out_of_scope", "message": "Ask something else."}, "Ask something else.", "out_of_scope"),
        ({"detail": "Forbidden"}, "Forbidden", "filter_rejected"),
        ({"detail": [{"msg": "required"}, {"msg": "not a list"}]}, "required; not a list", "filter_rejected"),
        ({"reason": "politics"}, "politics", "filter_rejected"),
        ("just a text", "just a text", "filter_rejected"),
        ({"message": {"en": "No."}}, "The filter `f` refused the request.", "filter_rejected"),
        ({"message": "  "}, "The filter `f` refused the request.", "filter_rejected"),
        ([1, 2], "The filter `f` refused the request.", "filter_rejected"),
        (None, "The filter `f` refused the request.", "filter_rejected"),
        ({"message": "a\x00b"}, "a b", "filter_rejected"),
        ({"message": "x" * 5000}, "x" * MOST_MESSAGE, "filter_rejected"),
    ],
)
def test_json(told: Any, message: str, code: str) -> None:
    error = rejection("f", 403, json.dumps(told).encode())
    assert (error.status, error.message, error.code) == (403, message, code)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"Not today.\n", "Not today."),
        (b"", "The filter `f` refused the request."),
        (b"<html><body>nginx</body></html>", "The filter `f` refused the request."),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_other_bodies(body: bytes, message: str) -> None:
    assert rejection("f", 400, body).message == message


@pytest.mark.parametrize(("given", "told"), [(b"7", 7.0), (b"", None), (b"soon", None), (b"9" * 30, None)])
def test_when_to_come_again(given: bytes, told: float | None) -> None:
    assert rejection("f", 429, b"", given).retry_after_s == told


def test_a_huge_body_is_not_kept() -> None:
    assert rejection("f", 400, b" " * (MOST_BODY_BYTES + 1)).body == b""
