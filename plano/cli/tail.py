"""The end of a file, and what is added to it: `tail` and `tail -F` in Python."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Final

_BLOCK: Final = 65536


def last_lines(path: Path, count: int) -> list[bytes]:
    """The last `count` lines without their line ends, read from the back: a log may be large."""
    if count <= 0:
        return []
    with open(path, "rb") as log:
        left = log.seek(0, os.SEEK_END)
        tail = b""
        while left and tail.count(b"\n") <= count:
            step = min(_BLOCK, left)
            left -= step
            log.seek(left)
            tail = log.read(step) + tail
    return tail.removesuffix(b"\n").split(b"\n")[-count:] if tail else []


class Followed:
    """One file that grows, is truncated, is replaced, or does not exist yet."""

    __slots__ = ("_log", "path")

    def __init__(self, path: Path, *, from_start: bool = False) -> None:
        self.path = path
        self._log: IO[bytes] | None = None
        if path.exists():
            self._log = open(path, "rb")  # noqa: SIM115 - stays open between two reads
            if not from_start:
                self._log.seek(0, os.SEEK_END)

    def read_new(self) -> bytes:
        """What was added since the last call; after a rotation the old file's rest, then the new file."""
        added = self._read()
        if self._was_replaced():
            self.close()
            self._log = self._open()
            added += self._read()
        return added

    def close(self) -> None:
        """Let go of the file."""
        if self._log is not None:
            self._log.close()
            self._log = None

    def _read(self) -> bytes:
        if self._log is None:
            return b""
        if os.fstat(self._log.fileno()).st_size < self._log.tell():
            self._log.seek(0)
        return self._log.read()

    def _was_replaced(self) -> bool:
        try:
            current = os.stat(self.path)
        except OSError:
            return False
        if self._log is None:
            return True
        ours = os.fstat(self._log.fileno())
        return (current.st_ino, current.st_dev) != (ours.st_ino, ours.st_dev)

    def _open(self) -> IO[bytes] | None:
        try:
            return open(self.path, "rb")
        except FileNotFoundError:
            return None
