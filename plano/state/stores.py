"""From the URL of a store to the store."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterable
from typing import Final

from plano.state.memory_store import DEFAULT_LIMIT, MemoryStore
from plano.state.redis_store import SCHEMES, RedisStore
from plano.storing import Store, StoreKind

MEMORY: Final = "memory"
OWN_SCHEMES: Final = frozenset({MEMORY, *SCHEMES})
_UNITS: Final = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}


def open_store(url: str, kinds: Iterable[StoreKind] = (), now_s: Callable[[], float] = time.monotonic) -> Store:
    """`memory:`, `memory:256m` (at most so many bytes), `redis://...`, or one of `kinds`; waits for nobody.

    Raises `ValueError`, which repeats of the URL nothing but its scheme: the rest may hold a password.
    """
    scheme, colon, rest = url.partition(":")
    scheme = scheme.lower()
    if scheme == MEMORY:
        return MemoryStore(_limit(rest), now_s)
    if colon and scheme in SCHEMES:
        return RedisStore(url)
    by_scheme = {kind.name: kind for kind in kinds}
    if colon and scheme in by_scheme:
        return by_scheme[scheme].open(url)
    raise ValueError(_unknown(scheme if colon else "", (*sorted(OWN_SCHEMES), *by_scheme)))


def _unknown(scheme: str, known: tuple[str, ...]) -> str:
    listed = ", ".join(f"{name}:" for name in known)
    if not scheme:
        return f"the URL of a store begins with its kind, one of {listed}"
    close = difflib.get_close_matches(scheme, known, n=1)
    hint = f"did you mean {close[0] + ':'!r}?" if close else f"known are {listed}"
    return f"there is no store {scheme + ':'!r} ({hint})"


def _limit(rest: str) -> int:
    """`256m`, `//256m` or nothing."""
    written = rest.lstrip("/")
    if not written:
        return DEFAULT_LIMIT
    number, unit = (written[:-1], written[-1].lower()) if written[-1].isalpha() else (written, "")
    if not (number.isascii() and number.isdigit()) or unit not in _UNITS or not int(number):
        raise ValueError("a store in memory is `memory:`, or with its most bytes, `memory:256m`")
    return int(number) * _UNITS[unit]
