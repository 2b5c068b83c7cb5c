"""What a filter server is asked about."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct


class Asked(Struct):
    """A request, or an answer or some whole events of one.

    `body`: JSON, or server-sent events, in the client's dialect. `path` is that of the client's request, which tells
    the dialect (`/v1/chat/completions`). `headers` are all the client's, names in lower case; no credential among them
    leaves plano. `deadline`: monotonic seconds. `fault`: why the filter failed and was passed by; "" if it did not.
    """

    body: bytes
    path: str
    headers: Sequence[tuple[bytes, bytes]]
    request_id: str
    deadline: float
    fault: str = ""

    def __repr__(self) -> str:  # Neither texts nor credentials.
        return f"Asked({self.path!r}, {len(self.body)} bytes, {self.request_id!r})"
