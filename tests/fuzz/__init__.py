"""Fuzzing of what reads strangers' bytes. `python -m tests.fuzz all --seconds 5`; how it works: tests/fuzz/README.md.

A target is a module with `seeds()`, the inputs to begin with, `TOKENS`, words worth inserting, and `check(data)`: the
oracles, which raise for any input that breaks one.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

#: Longer inputs find nothing that shorter ones do not, and take their time.
MAX_INPUT_BYTES: Final = 8192
#: Inputs up to this length are also given byte by byte.
BYTE_BY_BYTE: Final = 1024


def some_cuts(data: bytes) -> Iterator[list[bytes]]:
    """A few ways to cut `data`, always the same ones for the same bytes; the first is one piece."""
    yield [data]
    size = len(data)
    if size < 2:
        return
    if size <= BYTE_BY_BYTE:
        yield [data[at : at + 1] for at in range(size)]
    chance = random.Random(zlib.crc32(data))
    for number in (1, 2, 5):
        places = sorted(chance.randrange(1, size) for _ in range(number))
        edges = [0, *places, size]
        yield [data[start:end] for start, end in pairwise(edges) if start < end]
