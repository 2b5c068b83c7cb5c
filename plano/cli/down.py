"""`planoai down`: end the running instance."""

from __future__ import annotations

import click

from plano.cli.home import find_home
from plano.cli.instance import forget_instance, running_instance, stop_supervisor
from plano.cli.terminal import banner, say, say_dim, say_good, warn


@click.command()
@click.option("-v", "--verbose", is_flag=True, help="Say more on the way.")
def down(verbose: bool) -> None:
    """Stop Plano.

    Requests that are being served are finished first, for as long as the config's shutdown_delay and
    shutdown_grace allow.
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
    if not stop_supervisor(instance.pid, home, within_s=instance.stop_s):
        warn(f"Plano was still serving after {instance.stop_s:g}s and was ended")
    forget_instance(home)
    say_good("Plano stopped!")
