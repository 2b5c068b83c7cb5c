"""What of a request to a provider is settled before the request comes: address, request line, headers."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from plano.http.wire.origin import Origin
from plano.providers.signing import Signer


class Target(Struct, frozen=True, kw_only=True):
    """One operation at one provider.

    `path` is percent-encoded, `query` what follows `?` (empty: none), `start_line` the whole request line;
    the same with `streaming_` when a stream is asked for, which few vendors have at another place.
    `fixed_headers` are lines ended with CRLF, names in lower case; they hold the key. `default_headers` are
    such lines for names (`default_names`) the client left out. `dropped` are lower-case names of client
    headers that must not be sent (families: `headers.DROPPED_PREFIXES`). `passthrough`: the header the
    client's own credential goes under (`credentials.passthrough_header`), None if ours is sent. `signer`
    makes header lines that are different for every request; most vendors want none.
    """

    origin: Origin
    path: bytes
    query: bytes
    start_line: bytes
    streaming_path: bytes
    streaming_query: bytes
    streaming_start_line: bytes
    fixed_headers: bytes
    dropped: frozenset[bytes]
    passthrough: bytes | None
    default_headers: bytes
    default_names: frozenset[bytes]
    signer: Signer | None = None

    def __repr__(self) -> str:
        return f"Target({self.origin}{self.path.decode()})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:  # Tracebacks drawn by rich ask this one.
        return [("origin", str(self.origin)), ("path", self.path)]
