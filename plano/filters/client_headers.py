"""Which of a client's headers a filter server gets: no credentials, nothing that is of one hop or one body."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from plano.http.wire.hop_by_hop import HOP_BY_HOP

_OURS_TO_WRITE: Final = (
    b"host",
    b"content-length",
    b"expect",
    b"accept",
    b"accept-encoding",
    b"content-type",
    b"x-request-id",
)
#: Of the body as the client sent it; what a filter gets may have been changed, and is not compressed.
_OF_THE_BODY: Final = (b"content-encoding", b"content-md5", b"content-digest", b"digest", b"repr-digest")
#: They would make a server answer something else than the body (RFC 9110 sections 13 and 14).
_CONDITIONS: Final = (
    b"if-match",
    b"if-none-match",
    b"if-modified-since",
    b"if-unmodified-since",
    b"if-range",
    b"range",
)
#: MCP servers look at `origin` against web pages, and the rest is a session of the client's own.
_OTHERS: Final = (b"origin", b"mcp-session-id", b"mcp-protocol-version", b"last-event-id")
_NEVER: Final = frozenset(HOP_BY_HOP + _OURS_TO_WRITE + _OF_THE_BODY + _CONDITIONS + _OTHERS)

DROPPED_PREFIXES: Final = (b"x-plano-", b"x-arch-", b"x-envoy-")

#: `authorization`, `x-api-key`, `api-key`, `x-goog-api-key`, `cookie`, `x-amz-security-token`, `x-auth-token` ...
_CREDENTIAL_WORD: Final = re.compile(
    rb"(?:\A|[-_])(?:authorization|auth|key|apikey|token|secret|cookie|credentials?|password|passwd|signature|jwt|assertion)"
    rb"(?:\Z|[-_])"
)


@lru_cache(maxsize=1024)
def is_credential(name: bytes) -> bool:
    """Whether a header, its name in lower case, is called like something secret."""
    return _CREDENTIAL_WORD.search(name) is not None


def dropped(headers: Iterable[tuple[bytes, bytes]], more: frozenset[bytes]) -> frozenset[bytes]:
    """The names of those that are not passed on; `more`: those that the config says are credentials or sets itself."""
    return _NEVER | more | frozenset(name for name, _ in headers if is_credential(name))
