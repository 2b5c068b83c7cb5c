"""Errors as providers word them, and what is done about each."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from plano.dialects.openai_chat.read_answer import read_error
from plano.dialects.repairs import Repairs

SENT: dict[str, Any] = {
    "model": "m",
    "messages": [],
    "max_tokens": 32000,
    "temperature": 0.2,
    "top_p": 0.9,
    "tools": [],
    "response_format": {},
    "reasoning_effort": "low",
    "context_management": {},
    "stream_options": {},
}
REPAIRED = [
    (
        {
            "message": "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' instead.",
            "type": "invalid_request_error",
            "param": "max_tokens",
            "code": "unsupported_parameter",
        },
        {"max_completion_tokens": 32000, "max_tokens": None},
    ),
    (
        {
            "message": "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) "
            "value is supported.",
            "type": "invalid_request_error",
            "param": "temperature",
            "code": "unsupported_value",
        },
        {"temperature": None},
    ),
    (
        {
            "message": "max_tokens is too large: 32000. This model supports at most 16384 completion tokens, whereas "
            "you provided 32000.",
            "type": "invalid_request_error",
            "param": "max_tokens",
            "code": "invalid_value",
        },
        {"max_tokens": 16384},
    ),
    (
        {
            "message": "max_tokens: 32000 > 8192, which is the maximum allowed number of output tokens for claude-3-5",
            "type": "invalid_request_error",
        },
        {"max_tokens": 8192},
    ),
    (
        {"message": "context_management: Extra inputs are not permitted", "type": "invalid_request_error"},
        {"context_management": None},
    ),
    (
        {
            "message": "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
            "type": "invalid_request_error",
        },
        {"top_p": None, "temperature": 0.2},
    ),
    ({"message": "property 'reasoning_effort' is unsupported"}, {"reasoning_effort": None}),
    ({"message": "Unrecognized request argument supplied: stream_options"}, {"stream_options": None}),
]
LEFT_ALONE = [
    {"message": "tools is not supported by this model", "param": "tools"},
    {"message": "response_format json_schema is not supported", "param": "response_format"},
    {"message": "Your request was blocked by our content filter: temperature is unsupported", "code": "content_filter"},
    {"message": "This model's maximum context length is 8192 tokens", "code": "context_length_exceeded"},
    {"message": "Invalid value for 'messages[0].content'", "param": "messages[0].content"},
    {"message": "temperature must be a number", "param": "temperature"},
    {"message": "unsupported: nobody knows what"},
]


def refused(error: dict[str, Any], status: int = 400) -> Any:
    return read_error(status, msgspec.json.encode({"error": error}))


@pytest.mark.parametrize(("error", "expected"), REPAIRED)
def test_what_is_refused_by_name_is_written_otherwise_from_then_on(
    error: dict[str, Any], expected: dict[str, Any]
) -> None:
    repairs = Repairs()
    assert not repairs.is_active
    assert repairs.learn(refused(error), SENT)
    members = dict(SENT)
    left_out = repairs.apply(members)
    assert {name: members.get(name) for name in expected} == expected
    assert set(SENT) - set(members) == {name for name, value in expected.items() if value is None}
    assert set(left_out) == set(SENT) - set(members) - {"max_tokens"}
    assert not repairs.learn(refused(error), members), "the same error twice teaches nothing"


@pytest.mark.parametrize("error", LEFT_ALONE)
def test_other_refusals_are_the_clients(error: dict[str, Any]) -> None:
    repairs = Repairs()
    assert repairs.learn(refused(error), SENT) is None
    assert not repairs.is_active


def test_only_bad_requests_are_repaired() -> None:
    assert not Repairs().learn(refused(REPAIRED[1][0], 429), SENT)


def test_a_list_of_details_names_the_parameter() -> None:
    body = {"detail": [{"type": "extra_forbidden", "loc": ["body", "reasoning_effort"], "msg": "Extra inputs"}]}
    repairs = Repairs()
    assert str(repairs.learn(read_error(422, msgspec.json.encode(body)), SENT)) == "`reasoning_effort` is left out"


def test_raw_members_are_capped_and_renamed_as_well() -> None:
    repairs = Repairs()
    repairs.learn(refused(REPAIRED[2][0]), SENT)
    members = {"max_tokens": msgspec.Raw(b"32000")}
    repairs.apply(members)
    assert msgspec.json.encode(members) == b'{"max_tokens":16384}'


def test_of_two_that_do_not_go_together_one_goes_only_beside_the_other() -> None:
    repairs = Repairs()
    repairs.learn(refused(REPAIRED[5][0]), SENT)
    assert repairs.apply({"top_p": 0.5}) == []
    assert repairs.apply({"top_p": 0.5, "temperature": 1}) == ["top_p"]


def test_a_name_does_not_change_back_and_forth() -> None:
    repairs = Repairs()
    repairs.learn(refused(REPAIRED[0][0]), SENT)
    back = {"message": "max_completion_tokens: Extra inputs are not permitted"}
    assert repairs.learn(refused(back), {"max_completion_tokens": 1}) is None


def test_a_value_that_is_refused_is_left_out_and_no_other() -> None:
    message = "Unsupported value: 'reasoning_effort'. Supported values are: 'high'."
    error = {"message": message, "param": "reasoning_effort"}
    repairs = Repairs()
    assert repairs.learn(refused(error), SENT)
    assert repairs.apply({"reasoning_effort": "high"}) == []
    assert repairs.apply({"reasoning_effort": "low"}) == ["reasoning_effort"]
    assert repairs.apply({"reasoning_effort": msgspec.Raw(b'"low"')}) == ["reasoning_effort"]
    assert repairs.learn(refused(error), SENT) is None, "the same error twice teaches nothing"


def test_what_did_not_help_is_forgotten() -> None:
    repairs = Repairs()
    lessons = [repairs.learn(refused(error), SENT) for error, _ in REPAIRED]
    for lesson in lessons:
        assert lesson is not None
        assert repairs.is_active
        repairs.forget(lesson)
    assert repairs.apply(dict(SENT)) == []
    assert not repairs.is_active


def test_names_that_clients_make_up_do_not_pile_up() -> None:
    repairs = Repairs()
    for number in range(1000):
        name = f"made_up_{number}"
        error = {"message": f"Unknown parameter: '{name}'.", "param": name}
        assert repairs.learn(refused(error), {name: 1})
    assert repairs.apply({"made_up_0": 1}) == []
    assert len(repairs.apply({f"made_up_{number}": 1 for number in range(1000)})) < 100


def test_a_limit_that_was_kept_is_not_to_blame() -> None:
    error = {"message": "max_tokens is fine, but of images there are at most 5", "param": "max_tokens"}
    assert Repairs().learn(refused(error), SENT | {"max_tokens": 4}) is None


@pytest.mark.parametrize("body", [b"<html>user not allowed, seed unknown</html>", b" \n<!doctype html>seed unknown"])
def test_pages_are_not_read(body: bytes) -> None:
    assert Repairs().learn(read_error(400, body), {"user": "me", "seed": 1}) is None


def test_a_long_error_is_read_in_no_time() -> None:
    error = {"message": "a " * (4 << 20) + "unknown: temperature"}
    assert Repairs().learn(refused(error), SENT) is None
