"""Named reasons not to read from a transport; reading goes on when none is left (Envoy calls this readDisable)."""

from __future__ import annotations

from typing import Any, Final

#: The other side of the relay takes bytes more slowly than they come.
PEER_IS_SLOW: Final = 1
#: Enough has been read that nobody has asked for yet.
NOBODY_READS: Final = 2
#: A filter of the answer has enough to do.
FILTER_IS_BUSY: Final = 4


class ReadHolds:
    """Pauses a transport while any reason holds. Setting a reason twice is the same as setting it once."""

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.reasons = 0

    def hold(self, reason: int) -> None:
        if not self.reasons and not self.transport.is_closing():
            self.transport.pause_reading()
        self.reasons |= reason

    def release(self, reason: int) -> None:
        if self.reasons == reason and not self.transport.is_closing():
            self.transport.resume_reading()
        self.reasons &= ~reason
