"""`planoai logs`: the latest lines of the logs, or new ones as they come."""

from __future__ import annotations

import click

from plano.cli.home import find_home
from plano.cli.log_lines import LogView, log_files
from plano.cli.terminal import CommandFailed


@click.command()
@click.option("--follow", is_flag=True, help="Show new lines as they come; Ctrl+C ends it.")
@click.option("--debug", is_flag=True, help="Also plano.log (routing, retries, life cycle) and worker.log.")
@click.option(
    "-n", "--lines", "count", type=click.IntRange(min=0), default=10, show_default=True, help="How many lines of each."
)
def logs(follow: bool, debug: bool, count: int) -> None:
    """Show the latest lines of the logs.

    Without --debug these are the access logs: one line per request.
    """
    home = find_home()
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
