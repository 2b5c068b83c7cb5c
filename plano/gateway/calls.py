"""Everything about calling one candidate for one operation that does not depend on the request, remembered."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from plano.dialects.dialect import Dialect
from plano.dialects.operation import CHAT, COMPLETIONS, Operation
from plano.dialects.registry import DIALECTS
from plano.errors import DialectNotSpoken
from plano.providers.target import Target
from plano.routing.candidates import Candidate

_MOST_REMEMBERED: Final = 4096
_WRITTEN_PER_REQUEST: Final = frozenset((b"x-request-id",))
_UNSAFE: Final = re.compile(r"[^\x21-\x7e]")


class Call(Struct, frozen=True):
    """How to ask a candidate for an operation.

    `dropped` and `dropped_when_streaming`: client headers not sent on (a stream is asked for uncompressed, so that it
    can be watched). `names` are the response header lines that say who answered.
    """

    candidate: Candidate
    target: Target
    dialect: Dialect
    origin: str
    dropped: frozenset[bytes]
    dropped_when_streaming: frozenset[bytes]
    fixed_when_streaming: bytes
    names: bytes
    asks_for_usage: bool
    is_plain: bool


class Calls:
    """Remembers a `Call` per operation and candidate; bounded, since wildcards let clients invent models."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], Call] = {}

    def find(self, candidate: Candidate, operation: Operation) -> Call:
        """Raises `DialectNotSpoken` or `MissingKey`."""
        key = (operation.name, candidate.provider.name, candidate.model_id)
        call = self._known.get(key)
        if call is None:
            call = _built(candidate, operation)
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = call
        return call


def _built(candidate: Candidate, operation: Operation) -> Call:
    provider = candidate.provider
    target = provider.target(operation, candidate.model_id)
    if target is None:
        raise DialectNotSpoken(
            f"the provider {provider.name!r} does not offer {operation.suffix} and this version of plano does not "
            f"translate {operation.dialect} for it yet"
        )
    if provider.key_missing:
        raise provider.missing_key()
    return Call(
        candidate=candidate,
        target=target,
        dialect=DIALECTS[operation.dialect],
        origin=str(target.origin),
        dropped=target.dropped | _WRITTEN_PER_REQUEST,
        dropped_when_streaming=target.dropped | _WRITTEN_PER_REQUEST | {b"accept-encoding"},
        fixed_when_streaming=target.fixed_headers + b"accept-encoding: identity\r\n",
        names=(
            f"x-plano-model: {_in_a_header(candidate.full_name)}\r\n"
            f"x-plano-provider: {_in_a_header(provider.name)}\r\n"
        ).encode("ascii"),
        asks_for_usage=provider.stream_usage and operation in (CHAT, COMPLETIONS),
        is_plain=target.passthrough is None and not target.default_headers and not target.query,
    )


def _in_a_header(name: str) -> str:
    """The name percent-encoded where a header could not carry it: wildcard model ids are the client's own text."""
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), name)
