"""Telling systemd how it goes: the protocol of sd_notify(3), datagrams to the socket in `NOTIFY_SOCKET`."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping
from typing import Final

log: Final = logging.getLogger("plano.run")


class SystemdNotice:
    """Says nothing when nobody asked for it."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        name = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + name[1:] if name.startswith("@") else name
        self._watchdog_us = environ.get("WATCHDOG_USEC", "")

    @property
    def watchdog_interval_s(self) -> float | None:
        """How often `alive` wants to be called; None for never."""
        if not self._address or not self._watchdog_us.isdigit() or int(self._watchdog_us) == 0:
            return None
        return int(self._watchdog_us) / 2e6

    def ready(self, status: str) -> None:
        """We serve; also the end of a reload.

        The command that started us stays the service's main process: systemd learns how its own children end.
        """
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        monotonic_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._tell("RELOADING=1", f"MONOTONIC_USEC={monotonic_us}")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    def alive(self) -> None:
        self._tell("WATCHDOG=1")

    def _tell(self, *assignments: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.connect(self._address)
                sender.send("\n".join(assignments).encode())
        except OSError as error:
            log.warning("systemd cannot be told: %s", error)
