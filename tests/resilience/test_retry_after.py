"""How long a provider asks to be left alone, in every way vendors say it."""

from __future__ import annotations

import pytest

from plano.resilience.retry_after import retry_after_s

#: Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 section 5.6.7.
NOW = 784111777.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": " 2.5 "}, 2.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:47 GMT"}, 10.0),
        ({"retry-after": "Sunday, 06-Nov-94 08:49:47 GMT"}, 10.0),
        ({"retry-after": "Sun Nov  6 08:49:47 1994"}, 10.0),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:07 GMT"}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "60"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "60"}, 60.0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "Sun, 99 Nov 1994 08:49:47 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"x-ratelimit-reset-requests": "1s"}, 1.0),
        ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-requests": "0"}, 360.0),
        (
            {
                "x-ratelimit-reset-requests": "6m0s",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-tokens": "20ms",
                "x-ratelimit-remaining-tokens": "9",
            },
            360.0,
        ),
        ({"x-ratelimit-reset-tokens": "1h2m3.5s"}, 3723.5),
        ({"x-ratelimit-reset-requests": "784111787"}, 784111787.0),
        ({"x-ratelimit-reset-requests": "whenever"}, None),
        ({"anthropic-ratelimit-requests-reset": "1994-11-06T08:49:57Z"}, 20.0),
        (
            {
                "anthropic-ratelimit-input-tokens-reset": "1994-11-06T08:50:37Z",
                "anthropic-ratelimit-input-tokens-remaining": "0",
                "anthropic-ratelimit-requests-reset": "1994-11-06T08:49:57Z",
                "anthropic-ratelimit-requests-remaining": "5",
            },
            60.0,
        ),
    ],
)
def test_the_wait_asked_for(headers: dict[str, str], seconds: float | None) -> None:
    fields = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert retry_after_s(fields, NOW) == seconds


def test_resets_say_nothing_but_with_429() -> None:
    headers = [(b"x-ratelimit-reset-requests", b"6m0s"), (b"x-ratelimit-remaining-requests", b"0")]
    assert retry_after_s(headers, NOW, status=503) is None
    assert retry_after_s([(b"retry-after", b"2")], NOW, status=503) == 2.0


def test_a_reset_may_be_a_moment() -> None:
    now = 1.8e9
    assert retry_after_s([(b"x-ratelimit-reset-requests", b"1800000007")], now) == 7.0
    assert retry_after_s([(b"retry-after", b"Fri, 15 Jan 2027 08:00:10 GMT")], now) == 10.0
