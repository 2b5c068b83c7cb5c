from collections.abc import Iterable

def join_fields(
    first: bytes,
    headers: Iterable[tuple[bytes, bytes]],
    dropped: frozenset[bytes],
    dropped_prefixes: tuple[bytes, ...],
    last: tuple[bytes, ...],
) -> bytes: ...
