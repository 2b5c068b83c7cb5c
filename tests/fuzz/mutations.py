"""Our own loop, for machines without atheris: seeded random changes of the seeds, blind to coverage."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

from tests.fuzz import MAX_INPUT_BYTES

#: Seconds that one input may take, all builds and cuts together.
SLOW_S = 10.0


def changed(data: bytes, others: Sequence[bytes], tokens: Sequence[bytes], chance: random.Random) -> bytes:
    """`data` with one to six changes."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.choice((1, 1, 2, 4, 16, 64)))
        kind = chance.randrange(8)
        if kind == 0:
            data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + data[end:]
        elif kind == 2:
            data = data[:end] + data[at:end] + data[end:]
        elif kind == 3:
            other = chance.choice(others)
            start = chance.randrange(len(other) + 1)
            data = data[:at] + other[start : start + chance.choice((4, 16, 64, 4096))] + data[end:]
        elif kind == 4 and at < len(data):
            data = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        elif kind == 5:
            data = data[:at]
        else:
            data = data[:at] + chance.choice(tokens) + data[at if kind == 6 else end :]
    return data[:MAX_INPUT_BYTES]


def run(
    check: Callable[[bytes], None],
    seeds: Sequence[bytes],
    tokens: Sequence[bytes],
    seconds: float,
    seed: int,
    most: int = 1 << 62,
) -> int:
    """How many inputs were tried. Raises what `check` raises, with the input in a note."""
    chance = random.Random(seed)
    begin = time.monotonic()
    tried = 0
    while tried < most and time.monotonic() - begin < seconds:
        data = seeds[tried] if tried < len(seeds) else changed(chance.choice(seeds), seeds, tokens, chance)
        started = time.monotonic()
        try:
            check(data)
        except BaseException as error:
            error.add_note(f"input: {data!r}")
            raise
        assert time.monotonic() - started < SLOW_S, f"slow input: {data!r}"
        tried += 1
    return tried
