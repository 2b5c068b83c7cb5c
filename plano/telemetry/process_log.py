"""The process's own log, `plano.log`: life cycle, warnings, failures. Requests have the access log."""

from __future__ import annotations

import logging
import time
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Final

LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


class _LineFormat(logging.Formatter):
    """`[YYYY-MM-DD HH:MM:SS.mmm][level] message`, in UTC; line breaks in messages cannot forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(record.created))
        message = record.getMessage().replace("\n", "\\n").replace("\r", "\\r")
        line = f"[{when}.{int(record.msecs):03d}][{record.levelname.lower()}] {message}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def start_process_log(path: Path | None, level: str) -> None:
    """Send what plano and its plugins log, and warnings of libraries, to a file, or to stderr for None."""
    # The watching one goes on in a new file when log rotation has moved this one away.
    target = logging.StreamHandler() if path is None else WatchedFileHandler(path, encoding="utf-8")
    target.setFormatter(_LineFormat())
    root = logging.getLogger()
    root.handlers[:] = [target]
    root.setLevel(LEVELS.get(level.lower(), logging.INFO))
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.captureWarnings(True)


def stop_process_log() -> None:
    """Close the file."""
    for target in logging.getLogger().handlers[:]:
        target.close()
        logging.getLogger().removeHandler(target)
