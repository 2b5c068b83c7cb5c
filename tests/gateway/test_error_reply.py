"""Every error plano knows, in every dialect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plano import errors
from plano.dialects.registry import DIALECTS
from plano.errors import (
    FilterRejected,
    MethodNotAllowed,
    Overloaded,
    PlanoError,
    ProviderTimeout,
    RequestRefused,
    UnknownModel,
)
from plano.gateway.error_reply import UNFORESEEN, dialect_of_client, facts_of, head_and_body, status_line
from plano.http.wire.head import RequestHead


def all_errors() -> list[type[PlanoError]]:
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, PlanoError)]


def made(kind: type[PlanoError]) -> PlanoError:
    more: dict[str, Any] = {}
    if issubclass(kind, MethodNotAllowed):
        more["allowed"] = ("GET", "HEAD")
    if issubclass(kind, ProviderTimeout):
        more["phase"] = "head"
    if not issubclass(kind, (MethodNotAllowed, ProviderTimeout, RequestRefused)):
        more["detail"] = "for the log only"
    return kind('what "happened"', **more)


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_reply_in_every_dialect(kind: type[PlanoError], name: str) -> None:
    error = made(kind)
    status, head, body = head_and_body(error, DIALECTS[name], "req-1")
    told = json.loads(body)
    assert 400 <= status < 600
    assert status == error.status
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"content-type: application/json\r\n" in head
    assert b"x-request-id: req-1\r\n" in head
    assert head.endswith(b"\r\n")
    assert b"\r\n\r\n" not in head
    assert told["error"]["message"] == 'what "happened"'
    assert told["error"]["type"]
    assert b"for the log only" not in head + body
    if name == "anthropic_messages":
        assert told["type"] == "error"
        assert told["request_id"] == "req-1"
    else:
        assert told["error"]["code"] == error.code


def test_what_was_not_foreseen_tells_the_client_nothing() -> None:
    for name in DIALECTS:
        status, _, body = head_and_body(RuntimeError("secret detail"), DIALECTS[name], "req-1")
        assert status == 500
        assert b"secret" not in body
        assert json.loads(body)["error"]["message"] == UNFORESEEN
    assert facts_of(KeyError("secret"), "r").code == "internal_error"


def test_405_says_what_is_allowed() -> None:
    _, head, _ = head_and_body(made(MethodNotAllowed), DIALECTS["openai_chat"], "")
    assert b"\r\nallow: GET, HEAD\r\n" in head
    assert b"x-request-id" not in head


@pytest.mark.parametrize(("seconds", "told"), [(0.0, b"1"), (0.4, b"1"), (1.6, b"2"), (30, b"30")])
def test_when_to_come_back_is_told_in_whole_seconds(seconds: float, told: bytes) -> None:
    error = Overloaded("full", retry_after_s=seconds)
    _, head, _ = head_and_body(error, DIALECTS["openai_chat"], "")
    assert b"\r\nretry-after: %b\r\n" % told in head


def test_the_member_at_fault_is_named() -> None:
    _, _, body = head_and_body(UnknownModel("no", param="model"), DIALECTS["openai_chat"], "")
    assert json.loads(body)["error"]["param"] == "model"


def test_a_filter_chooses_its_status_without_changing_others() -> None:
    status, _, body = head_and_body(RequestRefused("no", status=451, code="law"), DIALECTS["openai_chat"], "")
    assert (status, json.loads(body)["error"]["code"]) == (451, "law")
    assert made(RequestRefused).status == 403


def test_a_status_without_a_name_is_still_a_status_line() -> None:
    assert status_line(404) == b"HTTP/1.1 404 Not Found\r\n"
    assert status_line(499) == b"HTTP/1.1 499 \r\n"


def test_a_client_that_names_anthropics_version_speaks_anthropics_dialect() -> None:
    head = RequestHead(b"GET", b"/", b"", 1, [(b"anthropic-version", b"2023-06-01")], True)
    assert dialect_of_client(head).name == "anthropic_messages"
    assert dialect_of_client(RequestHead(b"GET", b"/", b"", 1, [], True)).name == "openai_chat"


REFUSAL = b'{"detail": {"error": "content_blocked", "message": "Blocked."}}'


@pytest.mark.parametrize("name", DIALECTS)
def test_a_filters_refusal_keeps_its_words_beside_the_dialects_own(name: str) -> None:
    error = FilterRejected("Blocked.", status=422, code="content_blocked", filter_id="guard", body=REFUSAL)
    status, _, body = head_and_body(error, DIALECTS[name], "req-1")
    told = json.loads(body)
    assert status == 422
    assert told["error"]["message"] == "Blocked."
    assert told["error"]["metadata"] == {"filter": "guard", "raw": json.loads(REFUSAL)}


@pytest.mark.parametrize("raw", [b"no \xff", b"", b"[1, 2]"])
def test_a_refusal_of_any_kind_can_be_told(raw: bytes) -> None:
    error = FilterRejected("no", body=raw)
    told = json.loads(head_and_body(error, DIALECTS["openai_chat"], "")[2])
    assert told["error"]["message"] == "no"


OPENAI_ERROR = b'{"error": {"message": "no", "type": "policy", "more": 1}}'
ANTHROPIC_ERROR = b'{"type": "error", "error": {"type": "policy", "message": "no"}}'


@pytest.mark.parametrize(
    ("name", "raw", "is_verbatim"),
    [
        ("openai_chat", OPENAI_ERROR, True),
        ("openai_responses", OPENAI_ERROR, True),
        ("anthropic_messages", ANTHROPIC_ERROR, True),
        ("anthropic_messages", OPENAI_ERROR, False),
        ("openai_chat", ANTHROPIC_ERROR, False),
        ("openai_chat", b'{"error": {"message": "no"}}', False),
    ],
)
def test_a_refusal_in_the_clients_dialect_goes_out_as_it_is(name: str, raw: bytes, is_verbatim: bool) -> None:
    body = head_and_body(FilterRejected("no", body=raw), DIALECTS[name], "")[2]
    assert (body == raw) is is_verbatim
    assert json.loads(body)["error"]["message"] == "no"
