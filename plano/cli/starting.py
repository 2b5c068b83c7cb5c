"""What every start of the gateway needs, in a process or in a container: room for it, and no other start beside it."""

from __future__ import annotations

import fcntl
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from plano.cli.container import noted_container, stop_noted_container
from plano.cli.health import Door
from plano.cli.home import Home
from plano.cli.instance import forget_instance, running_instance, stop_supervisor
from plano.cli.terminal import CommandFailed, say_dim
from plano.http.server.binding import refusal_to_bind

if TYPE_CHECKING:
    from plano.config.listeners import Listener


def door_of(listener: Listener) -> Door:
    """The listener as it will be seen from this machine."""
    kind = str(listener.__struct_config__.tag)
    return Door(listener.name, kind, listener.address, listener.port, tls=listener.tls is not None)


def make_room(home: Home, doors: Sequence[Door]) -> None:
    """End the instance that runs already, and see that nobody else holds a port we need."""
    previous = running_instance(home)
    if previous is not None:
        say_dim(f"Stopping the running instance (PID: {previous.pid})...")
        stop_supervisor(previous.pid, home, within_s=previous.stop_s)
    forget_instance(home)
    if noted_container(home) is not None:
        say_dim("Stopping the running container...")
        stop_noted_container(home)
    refused = [
        f"  Listener {door.name} cannot listen on {door.place}: {why.strerror or why}"
        for door in doors
        if (why := refusal_to_bind(door.address, door.port)) is not None
    ]
    if refused:
        raise CommandFailed("Plano cannot start", refused)


@contextmanager
def only_one_start(home: Home) -> Iterator[None]:
    """Two starts at once would stop each other's instances; the second is refused."""
    with open(home.start_lock, "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandFailed("Plano is being started by another command") from None
        yield


def take_for_ctrl_c(*signals: signal.Signals) -> None:
    """A container is stopped with SIGTERM, a closed terminal sends SIGHUP; under nohup that stays ignored."""
    for number in signals:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
