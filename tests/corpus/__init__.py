"""HTTP transcripts as files: what the bytes are, and what a reader makes of them. The format is told in README.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

REQUESTS = Path(__file__).parent / "requests"
#: Longer bodies and header values are told by their length in an expectation.
SHOWN_BYTES = 100

_ESCAPE = re.compile(rb"\\(?:([rnt0\\])|x([0-9a-f]{2})|\((\d+)\*([^)]+)\))")
_LETTERS = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}


class Transcript(NamedTuple):
    """One `.http` file: what it shows, the limits it is read with (bytes), and its bytes."""

    about: str
    max_head_bytes: int
    max_body_bytes: int
    data: bytes


def load(path: Path) -> Transcript:
    """Read one `.http` file. Raises `ValueError` for what is not in the format."""
    about: list[str] = []
    limits = {"max_head_bytes": 65536, "max_body_bytes": 1 << 20}
    lines = path.read_bytes().removesuffix(b"\n").split(b"\n")
    while lines and lines[0].startswith(b"#"):
        text = lines.pop(0).decode("ascii")
        if text.startswith("#!"):
            name, _, value = text[2:].strip().partition("=")
            if name not in limits:
                raise ValueError(f"{path.name}: there is no setting {name!r}")
            limits[name] = int(value)
        else:
            about.append(text[1:].strip())
    if not about:
        raise ValueError(f"{path.name}: the first line must say what the case shows")
    return Transcript(" ".join(about), data=unescape(b"".join(lines)), **limits)


def unescape(text: bytes) -> bytes:
    """Escapes -> bytes. Raises `ValueError` for a backslash that begins none."""
    if b"\\" in _ESCAPE.sub(b"", text):
        raise ValueError("a backslash that begins no escape")
    return _ESCAPE.sub(_byte, text)


def _byte(found: re.Match[bytes]) -> bytes:
    letter, number, times, repeated = found.groups()
    if letter:
        return _LETTERS[letter]
    if number:
        return bytes([int(number, 16)])
    return int(times) * repeated.replace(b"|", b"\r\n")


def escape(data: bytes) -> str:
    """Bytes as they are shown in an expectation; long ones by their length."""
    if len(data) > SHOWN_BYTES:
        return f"({len(data)} bytes, {escape(data[:8])} ... {escape(data[-8:])})"
    return data.decode("latin-1").encode("unicode_escape").decode("ascii")


def cuts(data: bytes) -> Iterator[list[bytes]]:
    """The same bytes in one piece, byte by byte, and cut in two at every place."""
    yield [data]
    yield [data[at : at + 1] for at in range(len(data))]
    for at in range(1, len(data)):
        yield [data[:at], data[at:]]
