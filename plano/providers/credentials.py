"""Keys on their way to a provider: ours, or with `passthrough_auth` the client's own. Nothing is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from plano.providers.vendor import AuthStyle

USUAL_HEADERS: Final = frozenset(("authorization", "x-api-key", "api-key", "x-goog-api-key"))
"""Where the built-in vendors have their keys."""
_SENT_BY_CLIENTS: Final = (b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key")
# Tokens that are accepted as `Authorization: Bearer` and nowhere else: JSON web tokens (Microsoft Entra at
# Azure) and the OAuth access tokens of a Claude subscription and of Google.
_BEARER_ONLY: Final = (b"eyJ", b"sk-ant-oat", b"ya29.")


class TakesCredential(Protocol):
    """The part of a `Target` that is needed here."""

    @property
    def passthrough(self) -> bytes | None: ...


def header_of(style: AuthStyle) -> str:
    """The name, in lower case, of the header that carries the key."""
    return "authorization" if style == "bearer" else style


def auth_header(style: AuthStyle, key: str) -> tuple[str, str]:
    """Name and value of the header that carries `key`."""
    return header_of(style), f"Bearer {key}" if style == "bearer" else key


def passthrough_header(client_headers: Iterable[tuple[bytes, bytes]], target: TakesCredential) -> bytes:
    """The client's own credential as one header line for `target`, ended with CRLF; empty if there is none.

    `client_headers` are names in lower case and values. The header the target expects is preferred; otherwise
    `Authorization`, `x-api-key`, `api-key` and `x-goog-api-key` are looked for in this order and rewritten.
    """
    wanted = target.passthrough
    if wanted is None:
        return b""
    sent = {name: value for name, value in client_headers if value and (name in _SENT_BY_CLIENTS or name == wanted)}
    if wanted in sent:
        return _line(wanted, sent[wanted])
    for name in _SENT_BY_CLIENTS:
        if name in sent:
            return _translated(name, sent[name], wanted)
    return b""


def _translated(name: bytes, value: bytes, wanted: bytes) -> bytes:
    if wanted == b"authorization":
        return _line(wanted, b"Bearer " + value)
    if name != b"authorization":
        return _line(wanted, value)
    scheme, space, token = value.partition(b" ")
    if not space:
        return _line(wanted, value)
    if scheme.lower() != b"bearer" or token.lstrip().startswith(_BEARER_ONLY):
        return _line(name, value)
    return _line(wanted, token.strip())


def _line(name: bytes, value: bytes) -> bytes:
    return name + b": " + value + b"\r\n"
