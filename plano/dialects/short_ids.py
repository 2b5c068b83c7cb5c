"""Ids that are too long for the API they are sent to."""

from __future__ import annotations

from hashlib import blake2b


def shortened(id: str, longest: int = 64) -> str:
    """An id of at most `longest` characters; always the same for the same one, so that calls and results still meet."""
    if len(id) <= longest:
        return id
    return f"{id[: longest - 17]}_{blake2b(id.encode(), digest_size=8).hexdigest()}"
