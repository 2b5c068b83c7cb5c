"""One line per exchange in the form Envoy made common, written in batches.

`[start] "METHOD PATH PROTOCOL" status flags bytes-in bytes-out duration-ms provider-ms "x-forwarded-for" "user-agent"
"request-id" "authority" "provider host" "provider"`, then `key=value` pairs: attempts, model, tokens, first token,
the route if the prompt chose one, and the name of the client's API key if it used one.
"""

from __future__ import annotations

import logging
import os
import re
import time
from pathlib import Path
from typing import IO, Final

from plano.exchange import Record
from plano.http.wire.head import RequestHead

log: Final = logging.getLogger("plano.telemetry")

#: A batch is written when it has this many lines, or at the next `flush`.
BATCH_LINES: Final = 512
_MOST_REMEMBERED: Final = 1024
#: Characters of a path or header that are shown; a client may send as many as a request head holds.
LONGEST_TEXT: Final = 512
_UNSAFE: Final = re.compile(r'[\x00-\x1f"\\\x7f-\x9f]')


class AccessLog:
    """Appends lines to a file, or writes them to standard output for None.

    `flush` is to be called every fraction of a second, `reopen_if_moved` every few seconds.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.lines: list[str] = []
        self.texts: dict[str | bytes, str] = {}
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
        model = self.word(record.model)
        end = f" api_key={self.word(record.api_key)}\n" if record.api_key else "\n"
        if record.route:
            end = f" route={self.word(record.route)}{end}"
        # PERF: one f-string of plain values; formatting floats and calling properties costs more than all the rest.
        self.lines.append(
            f"{self.second_text}.{int((started - second) * 1000):03d}Z]"
            f' "{self.harmless(record.method)} {self.harmless(record.path)} HTTP/1.{record.minor_version}"'
            f" {record.status} {record.error_code or '-'} {record.bytes_in} {record.bytes_out}"
            f" {int((record.finished_at - at) * 1000)}"
            f" {int((record.head_at - record.sent_at) * 1000) if record.head_at else '-'}"
            f' "{self.harmless(request.forwarded_for)}" "{self.harmless(request.user_agent)}" "{record.request_id}"'
            f' "{self.harmless(request.host)}" "{record.origin or "-"}" "{self.harmless(record.provider)}"'
            f" attempts={record.attempts} model={model}"
            f" tokens={tokens} first_token_ms={first_token}{end}"
        )
        if len(self.lines) >= BATCH_LINES:
            self.flush()

    def flush(self) -> None:
        """Write what has gathered. A full disk costs lines (`lost_lines`), never a request."""
        if not self.lines:
            return
        data = "".join(self.lines).encode("utf-8", "backslashreplace")
        self.lines.clear()
        try:
            while data and (taken := self.file.write(data)):  # A disk that is nearly full takes a part.
                data = data[taken:]
        except OSError as error:
            if not self.lost_lines:
                log.warning("the access log cannot be written: %s", error)
        self.lost_lines += data.count(b"\n")

    def reopen_if_moved(self) -> None:
        """Go on in a new file if this one was renamed or removed, as log rotation does."""
        if self.path is None:
            return
        ours = os.fstat(self.file.fileno())
        try:
            there = os.stat(self.path)
            if (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino):
                return
        except FileNotFoundError:
            pass
        except OSError:
            return  # The directory cannot be read now: writing on in the old file loses nothing.
        self.flush()
        try:
            fresh = self.opened()
        except OSError as error:
            log.warning("the access log cannot be opened again: %s", error)
            return
        self.file.close()
        self.file = fresh

    def close(self) -> None:
        self.flush()
        self.file.close()

    def harmless(self, value: str | bytes) -> str:
        """What a client or a config wrote, fit for a line of text; `-` for nothing. The usual values come again."""
        text = self.texts.get(value)
        if text is None:
            shown = value[:LONGEST_TEXT]
            plain = shown if isinstance(shown, str) else shown.decode("latin-1")
            text = _UNSAFE.sub(_escaped, plain) or "-"
            if len(value) > LONGEST_TEXT:
                return text + "..."
            if len(self.texts) >= _MOST_REMEMBERED:
                self.texts.clear()
            self.texts[value] = text
        return text

    def word(self, value: str) -> str:
        """The same for what stands without quotes: no client's text becomes a `key=value` of its own."""
        text = self.harmless(value)
        return text.replace(" ", "\\x20") if " " in text else text

    def opened(self) -> IO[bytes]:
        if self.path is None:
            return open(os.dup(1), "wb", buffering=0)  # By number: a socket, as of systemd's journal, has no name.
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        return open(descriptor, "wb", buffering=0)


def _escaped(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]):02x}"
