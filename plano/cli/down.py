"""`planoai down`: end the running instance."""

from __future__ import annotations

import click

from plano.cli.home import find_home
from plano.cli.instance import SHUTDOWN_S, forget_instance, running_instance, stop_worker
from plano.cli.terminal import banner, say, say_dim, say_good, warn


@click.command()
@click.option("-v", "--verbose", is_flag=True, help="Say more on the way.")
def down(verbose: bool) -> None:
    """Stop Plano.

    Requests that are being served are finished first, for up to 40 seconds.
    """
    banner()
    home = find_home()
    instance = running_instance(home)
    if instance is None:
        forget_instance(home)
        say("No Plano instance was running")
        return
    if verbose:
        say_dim(f"Stopping PID {instance.pid}, started with {instance.config}")
    if not stop_worker(instance.pid, home):
        warn(f"Plano was still serving after {SHUTDOWN_S:g}s and was ended")
    forget_instance(home)
    say_good("Plano stopped!")
