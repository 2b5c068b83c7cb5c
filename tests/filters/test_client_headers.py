"""No credential of a client goes to a filter server, whatever it is called."""

from __future__ import annotations

import pytest

from plano.filters.client_headers import dropped, is_credential
from plano.providers.credentials import USUAL_HEADERS
from plano.providers.headers import DROPPED


@pytest.mark.parametrize(
    "name",
    [
        *sorted(USUAL_HEADERS),
        "proxy-authorization",
        "cookie",
        "x-amz-security-token",
        "x-auth-token",
        "x-access-token",
        "x-csrf-token",
        "x_api_key",
        "ocp-apim-subscription-key",
        "x-client-secret",
        "x-goog-iam-authorization-token",
    ],
)
def test_credentials(name: str) -> None:
    assert is_credential(name.encode())


@pytest.mark.parametrize("name", ["user-agent", "x-team", "traceparent", "x-keyboard", "x-authors", "accept-language"])
def test_other_headers(name: str) -> None:
    assert not is_credential(name.encode())


def test_nothing_that_frames_a_message_passes() -> None:
    """Those of the way here, and the account that pays, are no secrets before the operator's own filters."""
    kept = {name for name in DROPPED if name not in dropped([(name, b"x")], frozenset())}
    assert {name for name in kept if not name.startswith(b"x-")} == {
        b"forwarded",
        b"via",
        b"openai-organization",
        b"openai-project",
    }
