"""One line per exchange in the form Envoy made common, written in batches.

`[start] "METHOD PATH PROTOCOL" status flags bytes-in bytes-out duration-ms provider-ms "x-forwarded-for" "user-agent"
"request-id" "authority" "provider host" "provider"`, then `key=value` pairs: attempts, model, tokens, first token.
"""

from __future__ import annotations

import os
import re
import time
from functools import lru_cache
from pathlib import Path
from typing import IO, Final

from plano.exchange import Record
from plano.http.wire.head import RequestHead

#: A batch is written when it has this many lines, or at the next `flush`.
BATCH_LINES: Final = 512
_UNSAFE: Final = re.compile(r'[\x00-\x1f"\\\x7f-\x9f]')


class AccessLog:
    """Appends lines to a file. `flush` is to be called every fraction of a second; `reopen` after log rotation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: list[str] = []
        self.file: IO[bytes] = self.opened()
        self.second = -1
        self.second_text = ""
        self.lost_lines = 0

    def add(self, record: Record, request: RequestHead) -> None:
        """Note a finished exchange."""
        started = record.started_unix_s
        second = int(started)
        if second != self.second:
            self.second = second
            self.second_text = time.strftime("[%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        at = record.started_at
        usage = record.usage
        tokens = "-" if usage is None else f"{usage.input_tokens}/{usage.output_tokens}"
        first_token = f"{int((record.first_token_at - at) * 1000)}" if record.first_token_at else "-"
        # PERF: one f-string of plain values; formatting floats and calling properties costs more than all the rest.
        self.lines.append(
            f"{self.second_text}.{int((started - second) * 1000):03d}Z]"
            f' "{_name(record.method)} {_name(record.path)} HTTP/1.{record.minor_version}" {record.status}'
            f" {record.error_code or '-'} {record.bytes_in} {record.bytes_out}"
            f" {int((record.finished_at - at) * 1000)}"
            f" {int((record.head_at - record.sent_at) * 1000) if record.head_at else '-'}"
            f' "{_text(request.forwarded_for)}" "{_text(request.user_agent)}" "{record.request_id}"'
            f' "{_text(request.host)}" "{record.origin or "-"}" "{_name(record.provider)}"'
            f" attempts={record.attempts} model={_name(record.model)}"
            f" tokens={tokens} first_token_ms={first_token}\n"
        )
        if len(self.lines) >= BATCH_LINES:
            self.flush()

    def flush(self) -> None:
        """Write what has gathered. A full disk costs lines (`lost_lines`), never a request."""
        if not self.lines:
            return
        count = len(self.lines)
        data = "".join(self.lines).encode("utf-8", "backslashreplace")
        self.lines.clear()
        try:
            self.file.write(data)
        except OSError:
            self.lost_lines += count

    def reopen(self) -> None:
        """Go on in a new file of the same name."""
        self.flush()
        self.file.close()
        self.file = self.opened()

    def close(self) -> None:
        self.flush()
        self.file.close()

    def opened(self) -> IO[bytes]:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        return open(descriptor, "wb", buffering=0)


@lru_cache(maxsize=1024)
def _text(value: bytes) -> str:
    """A header's value, made harmless for a line of text; `-` for none."""
    return _UNSAFE.sub(_escaped, value.decode("latin-1")) or "-"


@lru_cache(maxsize=1024)
def _name(value: str) -> str:
    """A provider's or model's name, made harmless for a line of text; `-` for none."""
    return _UNSAFE.sub(_escaped, value) or "-"


def _escaped(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]):02x}"
