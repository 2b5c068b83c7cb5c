"""Who gets finished records in batches: what a plugin registers with `exporters`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from plano.exchange import Record


class Exporter(Struct, frozen=True, kw_only=True):
    """`export(records)`, plain or `async def`, gets at most `batch_size` of them, the first at most `wait_s` old.

    `queue_size` records may wait; what comes on top is dropped and counted. Raises `ValueError` or `TypeError`.
    """

    name: str
    export: Callable[[Sequence[Record]], Any]
    batch_size: int = 256
    wait_s: float = 1.0
    queue_size: int = 4096

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ValueError("an exporter needs a name")
        if not callable(self.export):
            raise TypeError(f"the exporter {self.name!r}: `export` cannot be called")
        if not 1 <= self.batch_size <= self.queue_size:
            raise ValueError(f"the exporter {self.name!r}: batch_size is at least 1 and at most queue_size")
        if not 0 <= self.wait_s <= 3600:
            raise ValueError(f"the exporter {self.name!r}: wait_s is between 0 and 3600")
