"""What a filter did with one exchange, for the record and for `x-plano-filters`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

from msgspec import Struct

Outcome = Literal["passed", "refused", "failed", "answered"]
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.\-]")


class FilterFacts(Struct):
    """`seconds` it took; of a stream's filters they rise until its end."""

    name: str
    side: Literal["request", "answer"]
    seconds: float = 0.0
    outcome: Outcome = "passed"


def filters_line(filters: Iterable[FilterFacts]) -> bytes:
    """The response header: names in the order they ran, with milliseconds (`pii;dur=0.021, rewriter;dur=3.204`).

    Who did not let the request pass says so (`guard;dur=1.2;refused`), and so does who failed and was passed by.
    Filters of answers have taken no time when a head is sent: `toxicity;answer`.
    """
    told = (f"{_UNSAFE.sub('_', one.name)}{_cost(one)}" for one in filters)
    return f"x-plano-filters: {', '.join(told)}\r\n".encode("ascii")


def _cost(one: FilterFacts) -> str:
    if one.side == "answer":
        return ";answer"
    outcome = "" if one.outcome == "passed" else f";{one.outcome}"
    return f";dur={one.seconds * 1000:.3f}{outcome}"
