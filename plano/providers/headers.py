"""The header lines a provider gets from us, and the client's headers it must never get.

Everything is rendered at start-up; what could break a request's framing is refused there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from plano.http.wire.hop_by_hop import HOP_BY_HOP

_OURS_TO_WRITE: Final = (b"host", b"content-length", b"expect")
_CREDENTIALS: Final = (
    b"authorization",
    b"x-api-key",
    b"api-key",
    b"x-goog-api-key",
    b"proxy-authorization",
    b"cookie",
)
_ACCOUNT: Final = (b"openai-organization", b"openai-project")
_WAY_HERE: Final = (
    b"forwarded",
    b"via",
    b"x-real-ip",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-port",
    b"x-forwarded-proto",
)
_FOR_PLANO: Final = (
    b"x-model-affinity",
    b"x-plano-cache",
    b"x-plano-max-switch-spend-pct",
    b"x-plano-prefix-hash",
    b"x-arch-agent-listener-name",
    b"x-arch-llm-provider",
    b"x-arch-llm-provider-hint",
    b"x-arch-llm-route",
    b"x-arch-ratelimit-selector",
    b"x-arch-state",
    b"x-arch-streaming-request",
    b"x-arch-upstream",
)

DROPPED: Final = frozenset(HOP_BY_HOP + _OURS_TO_WRITE + _CREDENTIALS + _ACCOUNT + _WAY_HERE + _FOR_PLANO)
"""Lower-case names of client headers no provider gets. The head writer drops what `Connection` lists."""

DROPPED_WITH_PASSTHROUGH: Final = DROPPED - frozenset(_ACCOUNT)
"""The same where the client's own account pays: organisation and project belong to its key."""

DROPPED_PREFIXES: Final = (b"x-plano-", b"x-arch-", b"x-forwarded-", b"x-envoy-")
"""Families no set of names can hold; only names beginning with `x-` need the comparison."""

_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FRAMING: Final = frozenset({"content-length", *(name.decode() for name in HOP_BY_HOP)})


@lru_cache(maxsize=256)
def dropped(fixed_names: frozenset[bytes], *, passthrough: bool) -> frozenset[bytes]:
    """What to drop for a target whose `fixed_names` we write ourselves. Shared: most targets are alike."""
    return (DROPPED_WITH_PASSTHROUGH if passthrough else DROPPED) | fixed_names


def rendered(headers: Mapping[str, str]) -> bytes:
    """`name: value` lines, each ended with CRLF."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")


def names(headers: Iterable[str]) -> frozenset[bytes]:
    return frozenset(name.encode("ascii") for name in headers)


def checked(name: str, value: str) -> tuple[str, str]:
    """Name in lower case, value without white space around it (RFC 9110 section 5).

    Raises `ValueError`, which never quotes the value: it may be a secret.
    """
    lowered, stripped = name.lower(), value.strip()
    if not _TOKEN.fullmatch(lowered):
        raise ValueError(f"{name!r} is not a header name")
    if lowered in _FRAMING:
        raise ValueError(f"{lowered} is written by plano and cannot be set")
    if _CONTROL.search(stripped):
        raise ValueError(f"the value of {lowered} holds a line break or another control character")
    try:
        stripped.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(f"the value of {lowered} holds characters a header cannot carry") from None
    return lowered, stripped
