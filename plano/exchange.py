"""One request and its response, and the record of it: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from plano._exchange import Sink
from plano._speedups import pick
from plano.dialects.usage import Usage

if TYPE_CHECKING:
    from plano._exchange import Exchange, Record
else:
    _module = pick("exchange")
    Exchange = _module.Exchange
    Record = _module.Record

__all__ = ["Exchange", "Record", "Sink", "Try", "Usage"]


class Try(Struct, frozen=True):
    """One attempt as the record keeps it. `outcome` is `ok` or what went wrong: `http_429`, `timeout_head` ...

    `started_at` in monotonic seconds, `duration_s` until the attempt was judged; `status` is 0 without a response head.
    """

    model: str
    provider: str
    outcome: str
    status: int
    started_at: float
    duration_s: float
