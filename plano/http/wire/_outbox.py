"""Bytes that leave together: what connections write during one round of the loop goes out at its end.

Every `write(2)` to a sleeping peer wakes it, and waking costs the writer more than writing (on loopback and on a busy
network card alike). Held until the round's other reads are served, the same writes wake each peer once. Nothing waits
for time to pass: with nothing else to do the round ends at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Outbox:
    """Connections with bytes to send. `call_soon(callback)` runs a callback after the reads of this round."""

    def __init__(self, call_soon: Callable[[Callable[[], None]], Any]) -> None:
        self.call_soon = call_soon
        self.waiting: list[Any] = []

    def add(self, connection: Any) -> None:
        """Have `connection.send_now()` called at the end of the round."""
        if not self.waiting:
            self.call_soon(self.empty)
        self.waiting.append(connection)

    def empty(self) -> None:
        """Send everything. What goes wrong with one connection is raised when the others have sent."""
        waiting = self.waiting
        self.waiting = []
        problem: Exception | None = None
        for connection in waiting:
            try:
                connection.send_now()
            except Exception as error:
                problem = error
        if problem is not None:
            raise problem
