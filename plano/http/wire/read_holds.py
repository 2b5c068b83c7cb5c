"""Named reasons not to read from a transport: the compiled build, or its Python twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plano._speedups import pick

if TYPE_CHECKING:
    from plano.http.wire._read_holds import FILTER_IS_BUSY, NOBODY_READS, PEER_IS_SLOW, ReadHolds
else:
    _module = pick("read_holds")
    FILTER_IS_BUSY = _module.FILTER_IS_BUSY
    NOBODY_READS = _module.NOBODY_READS
    PEER_IS_SLOW = _module.PEER_IS_SLOW
    ReadHolds = _module.ReadHolds

__all__ = ["FILTER_IS_BUSY", "NOBODY_READS", "PEER_IS_SLOW", "ReadHolds"]
