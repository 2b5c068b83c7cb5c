"""How the client's own credential reaches a provider."""

from __future__ import annotations

import pytest

from plano.dialects.operation import CHAT, MESSAGES
from plano.providers.credentials import auth_header, passthrough_header
from plano.providers.target import Target

from .rows import target

BEARER = target("openai/m", CHAT, passthrough_auth=True)
X_API_KEY = target("anthropic/m", MESSAGES, passthrough_auth=True)
API_KEY = target("azure_openai/m", CHAT, passthrough_auth=True, base_url="https://acme.openai.azure.com")
OURS = target("openai/m", CHAT)


@pytest.mark.parametrize(
    ("found", "sent", "expected"),
    [
        (BEARER, [(b"authorization", b"Bearer sk-1")], b"authorization: Bearer sk-1\r\n"),
        (BEARER, [(b"authorization", b"Custom sk-1")], b"authorization: Custom sk-1\r\n"),
        (BEARER, [(b"x-api-key", b"sk-1")], b"authorization: Bearer sk-1\r\n"),
        (BEARER, [(b"api-key", b"sk-1")], b"authorization: Bearer sk-1\r\n"),
        (BEARER, [(b"x-goog-api-key", b"sk-1")], b"authorization: Bearer sk-1\r\n"),
        (
            BEARER,
            [(b"x-api-key", b"sk-2"), (b"authorization", b"Bearer sk-1")],
            b"authorization: Bearer sk-1\r\n",
        ),
        (X_API_KEY, [(b"x-api-key", b"sk-1")], b"x-api-key: sk-1\r\n"),
        (X_API_KEY, [(b"authorization", b"Bearer sk-1")], b"x-api-key: sk-1\r\n"),
        (X_API_KEY, [(b"authorization", b"bearer  sk-1")], b"x-api-key: sk-1\r\n"),
        (X_API_KEY, [(b"authorization", b"sk-1")], b"x-api-key: sk-1\r\n"),
        (X_API_KEY, [(b"authorization", b"Bearer sk-1"), (b"x-api-key", b"sk-2")], b"x-api-key: sk-2\r\n"),
        (
            X_API_KEY,
            [(b"authorization", b"Bearer sk-ant-oat01-x")],
            b"authorization: Bearer sk-ant-oat01-x\r\n",
        ),
        (X_API_KEY, [(b"authorization", b"Basic abc")], b"authorization: Basic abc\r\n"),
        (API_KEY, [(b"authorization", b"Bearer sk-1")], b"api-key: sk-1\r\n"),
        (API_KEY, [(b"authorization", b"Bearer eyJhbGciOi")], b"authorization: Bearer eyJhbGciOi\r\n"),
        (BEARER, [(b"cookie", b"session=1"), (b"authorization", b"")], b""),
        (BEARER, [], b""),
        (OURS, [(b"authorization", b"Bearer sk-1")], b""),
    ],
)
def test_a_clients_credential_travels_under_the_header_the_target_expects(
    found: Target, sent: list[tuple[bytes, bytes]], expected: bytes
) -> None:
    assert passthrough_header(sent, found) == expected


def test_a_key_of_ours_is_written_as_the_vendor_wants_it() -> None:
    assert auth_header("bearer", "k") == ("authorization", "Bearer k")
    assert auth_header("x-api-key", "k") == ("x-api-key", "k")
    assert auth_header("api-key", "k") == ("api-key", "k")
