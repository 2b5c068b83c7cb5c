"""One request and its response, and the record of it: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._exchange import Sink
from plano._speedups import pick
from plano.dialects.usage import Usage

if TYPE_CHECKING:
    from plano._exchange import Exchange, Record
else:
    _module = pick("exchange")
    Exchange = _module.Exchange
    Record = _module.Record

__all__ = ["Exchange", "Record", "Sink", "Usage"]
