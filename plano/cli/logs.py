"""`planoai logs`: the latest lines of the logs, or new ones as they come."""

from __future__ import annotations

import click

from plano.cli.container import container_state, noted_container, show_container_logs
from plano.cli.docker import require_daemon
from plano.cli.home import find_home
from plano.cli.instance import running_instance
from plano.cli.log_lines import LogView, log_files
from plano.cli.terminal import CommandFailed


@click.command()
@click.option("--follow", is_flag=True, help="Show new lines as they come; Ctrl+C ends it.")
@click.option("--debug", is_flag=True, help="Also plano.log (routing, retries, life cycle) and worker.log.")
@click.option(
    "-n", "--lines", "count", type=click.IntRange(min=0), default=10, show_default=True, help="How many lines of each."
)
@click.option("--docker", "in_container", is_flag=True, help="The logs of the container.")
def logs(follow: bool, debug: bool, count: int, in_container: bool) -> None:
    """Show the latest lines of the logs.

    Without --debug these are the access logs: one line per request. If Plano runs in a container that
    `up --docker` started, its logs are shown, with or without --docker; --lines counts the lines of both there.
    """
    home = find_home()
    if in_container:
        require_daemon()
    if in_container or (running_instance(home) is None and noted_container(home) is not None):
        if container_state() is not None:
            raise SystemExit(show_container_logs(count, follow=follow, debug=debug))
        if in_container:
            raise CommandFailed("There is no Plano container", ["Start one with 'planoai up FILE --docker'."])
    if not log_files(home, debug=debug):
        raise CommandFailed(f"No logs in {home.logs}", ["Start Plano with 'planoai up' first."])
    view = LogView(home, debug=debug)
    view.show_last(count)
    if not follow:
        return
    try:
        view.show_new_while(lambda: True)
    except KeyboardInterrupt:
        click.echo()
