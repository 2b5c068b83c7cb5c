"""A stream of server-sent events, cut into events (WHATWG HTML section 9.2.6), for those who want to read each one."""

from __future__ import annotations

from typing import Final

from plano.errors import ProviderProtocolError

#: An event this long is none.
MOST_EVENT_BYTES: Final = 32 << 20
#: The name under which a comment is given; no event can have it.
COMMENT: Final = ":"


class SseSplitter:
    """Takes blocks as they come off the network, however they are cut."""

    def __init__(self) -> None:
        #: What has come of an event that is not whole, and whether a carriage return waits for its line feed.
        self._begun: list[bytes] = []
        self._begun_bytes = 0
        self._has_return = False

    def feed(self, block: bytes) -> list[tuple[str, bytes]]:
        """Name ("" where it has none) and data of each event that is whole now; those without data are left out.

        Raises `ProviderProtocolError` for an event without end.
        """
        if self._has_return:
            block = b"\r" + block
            self._has_return = False
        if b"\r" in block:
            if block.endswith(b"\r"):
                block = block[:-1]
                self._has_return = True
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if self._begun:
            if b"\n\n" not in self._begun[-1][-1:] + block:
                self._keep(block)
                return []
            block = b"".join((*self._begun, block))
            self._begun.clear()
            self._begun_bytes = 0
        events = block.split(b"\n\n")
        rest = events.pop()
        if rest:
            self._keep(rest)
        return [found for event in events if (found := _read(event)) is not None]

    def end(self) -> list[tuple[str, bytes]]:
        """The stream is over: what is left of it. Some leave out the last blank line."""
        return self.feed(b"\n\n") if self._begun else []

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._begun.append(piece)
            self._begun_bytes += len(piece)
        if self._begun_bytes > MOST_EVENT_BYTES:
            raise ProviderProtocolError("an event of the provider's stream has no end")


def _read(event: bytes) -> tuple[str, bytes] | None:
    # As nearly everybody writes them: nothing but a name and one line of data.
    if event.startswith(b"data: ") and b"\n" not in event:
        return "", event[6:]
    if event.startswith(b"event: "):
        name, _, rest = event.partition(b"\n")
        if rest.startswith(b"data: ") and b"\n" not in rest:
            return name[7:].decode("utf-8", "replace"), rest[6:]
    return _read_lines(event.split(b"\n"))


def _read_lines(lines: list[bytes]) -> tuple[str, bytes] | None:
    name = b""
    data: list[bytes] = []
    for line in lines:
        field, _, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value
    if data:
        return name.decode("utf-8", "replace"), b"\n".join(data)
    return (COMMENT, b"") if any(line.startswith(b":") for line in lines) else None
