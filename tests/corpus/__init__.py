"""Odd bytes as files: requests, responses, event streams, and what is made of them. README.md tells the format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

REQUESTS = Path(__file__).parent / "requests"
RESPONSES = Path(__file__).parent / "responses"
STREAMS = Path(__file__).parent / "sse"
#: Of longer transcripts not every place is cut: all near both ends, and so many in between.
WHOLLY_CUT_BYTES = 1000
#: Longer bodies and header values are told by their length in an expectation.
SHOWN_BYTES = 100

_ESCAPE = re.compile(rb"\\(?:([rnt0\\])|x([0-9a-f]{2})|\((\d+)\*([^)]+)\))")
_LETTERS = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}


class Transcript(NamedTuple):
    """One file of the corpus: what it shows, how it is read (limits in bytes), and its bytes.

    `laxer_than_h11` says why a request is taken that h11 refuses. `closes`: the provider closes behind the
    bytes of a response. `withholds`: usage that nobody asked for is kept from the client of a stream.
    """

    about: str
    data: bytes
    max_head_bytes: int = 65536
    max_body_bytes: int = 1 << 20
    laxer_than_h11: str = ""
    closes: int = 0
    withholds: int = 0


def load(path: Path) -> Transcript:
    """Read one file. Raises `ValueError` for what is not in the format."""
    about: list[str] = []
    settings: dict[str, Any] = {}
    lines = path.read_bytes().removesuffix(b"\n").split(b"\n")
    while lines and lines[0].startswith(b"#"):
        text = lines.pop(0).decode("ascii")
        if text.startswith("#!"):
            name, value = re.split("[=:]", text[2:].strip(), maxsplit=1)
            if name not in Transcript._field_defaults:
                raise ValueError(f"{path.name}: there is no setting {name!r}")
            settings[name] = type(Transcript._field_defaults[name])(value.strip())
        else:
            about.append(text[1:].strip())
    if not about:
        raise ValueError(f"{path.name}: the first line must say what the case shows")
    return Transcript(" ".join(about), unescape(b"".join(lines)), **settings)


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
    """The same bytes in one piece, byte by byte, cut in two and around one byte at every place (of long ones: many)."""
    yield [data]
    yield [data[at : at + 1] for at in range(len(data))]
    size = len(data)
    near = WHOLLY_CUT_BYTES // 4
    step = 1 if size <= WHOLLY_CUT_BYTES else max(1, size // (2 * near))
    for at in range(1, size):
        if at < near or at >= size - near or at % step == 0:
            yield [data[:at], data[at:]]
            yield [data[:at], data[at : at + 1], data[at + 1 :]]
