"""What a provider sends as JSON, decoded; that it can be is not to be taken for granted."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.errors import ProviderProtocolError

_decode: Final = msgspec.json.Decoder().decode


def read_document(body: bytes) -> Any:
    """A whole answer. Raises `ProviderProtocolError`."""
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProviderProtocolError("the provider's answer is not JSON") from None


def read_event(data: bytes) -> Any:
    """The data of an event. Raises `ProviderProtocolError`."""
    try:
        return _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProviderProtocolError("the provider sent an event that is not JSON") from None
