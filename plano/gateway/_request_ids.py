"""The name of an exchange in headers, logs and spans: the client's own if it is presentable, else 32 hex digits."""

from __future__ import annotations

import re
from random import SystemRandom
from typing import Final

_PRESENTABLE: Final = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")


class RequestIds:
    """Unique within and across processes; also a valid W3C trace id."""

    def __init__(self) -> None:
        # Half of it random once per process and per 2^64 requests, half of it counted: unique, and far cheaper than
        # asking the operating system for randomness every time.
        random = SystemRandom()
        self.prefix = f"{random.getrandbits(64) | 1:016x}"
        self.last = random.getrandbits(62)

    def take(self, offered: bytes) -> str:
        """`offered`: the value of the client's `x-request-id`, empty for none."""
        if offered and _PRESENTABLE.fullmatch(offered):
            return offered.decode("ascii")
        self.last += 1
        return f"{self.prefix}{self.last:016x}"
