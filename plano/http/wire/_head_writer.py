"""Header fields -> bytes, in one pass that also refuses injection. Twin of `_speedups/head_writer.pyx`."""

from __future__ import annotations

from collections.abc import Iterable

_PLAIN_CONNECTION = frozenset((b"keep-alive", b"close"))


def join_fields(
    first: bytes,
    headers: Iterable[tuple[bytes, bytes]],
    dropped: frozenset[bytes],
    dropped_prefixes: tuple[bytes, ...],
    last: tuple[bytes, ...],
) -> bytes:
    """`first`, then every header that is not dropped as `name: value` CRLF, then the pieces of `last`.

    Names are lower-case. `dropped_prefixes` are families such as `x-plano-`; each must begin with `x-`. Fields that a
    `connection` field nominates are dropped too (RFC 9110 section 7.6.1). Raises `ValueError` for an empty name and
    for CR, LF or NUL in a name or value: no caller can smuggle a second field or message in.
    """
    nominated: frozenset[bytes] = frozenset()
    for name, value in headers:
        if name == b"connection" and value.lower() not in _PLAIN_CONNECTION:
            nominated |= frozenset(token.strip().lower() for token in value.split(b","))
    parts = [first]
    for name, value in headers:
        if name in dropped or name in nominated:
            continue
        if name.startswith(b"x-") and name.startswith(dropped_prefixes):
            continue
        if not name or _is_unsafe(name) or _is_unsafe(value):
            raise ValueError(f"a header field named {name!r} cannot be written safely")
        parts.append(b"%b: %b\r\n" % (name, value))
    parts += last
    return b"".join(parts)


def _is_unsafe(text: bytes) -> bool:
    return b"\r" in text or b"\n" in text or b"\0" in text
