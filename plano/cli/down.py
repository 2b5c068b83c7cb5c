"""`planoai down`: end the running instance."""

from __future__ import annotations

import click

from plano.cli.container import noted_container, stop_container, stop_noted_container
from plano.cli.docker import require_daemon
from plano.cli.home import Home, find_home
from plano.cli.instance import forget_instance, running_instance, stop_supervisor
from plano.cli.terminal import banner, say, say_dim, say_good, warn


@click.command()
@click.option("--docker", "in_container", is_flag=True, help="Stop the container alone, whoever started it.")
@click.option("-v", "--verbose", is_flag=True, help="Say more on the way.")
def down(in_container: bool, verbose: bool) -> None:
    """Stop Plano.

    Requests that are being served are finished first, for as long as the config's shutdown_delay and
    shutdown_grace allow. A container that `up --docker` started is stopped and removed.
    """
    banner()
    home = find_home()
    if in_container:
        require_daemon()
        stopped = stop_container(home)
    else:
        stopped = _stop_container_of(home) | _stop_instance_of(home, verbose)
    if stopped:
        say_good("Plano stopped!")
    else:
        say("No Plano container was running" if in_container else "No Plano instance was running")


def _stop_container_of(home: Home) -> bool:
    if noted_container(home) is None:
        return False
    say_dim("Stopping the container...")
    return stop_noted_container(home)


def _stop_instance_of(home: Home, verbose: bool) -> bool:
    instance = running_instance(home)
    if instance is None:
        forget_instance(home)
        return False
    if verbose:
        say_dim(f"Stopping PID {instance.pid}, started with {instance.config}")
    if not stop_supervisor(instance.pid, home, within_s=instance.stop_s):
        warn(f"Plano was still serving after {instance.stop_s:g}s and was ended")
    forget_instance(home)
    return True
