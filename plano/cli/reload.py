"""`planoai reload`: have the running instance serve the changed config."""

from __future__ import annotations

import click

from plano.cli.container import answer_from_container
from plano.cli.home import find_home
from plano.cli.status import EXIT_NOT_RUNNING
from plano.cli.terminal import CommandFailed, say, say_good, warn


@click.command()
def reload() -> None:
    """Read the config again and serve it from the next request on.

    Requests under way go on as they began. A config with a problem is refused as a whole, and the old one stays;
    the exit code is 1 then, and 3 if Plano is not running.
    """
    from plano.run.control import NotRunning, ask_reload

    home = find_home()
    try:
        result = ask_reload(home.run)
    except NotRunning:
        answer_from_container(home, "reload")
        say("Plano is not running")
        raise SystemExit(EXIT_NOT_RUNNING) from None
    if not result.accepted:
        lines = [f"  {line}" for problem in result.problems for line in problem.splitlines()]
        raise CommandFailed("The new config is refused, the old one stays", lines)
    for notice in result.notices:
        warn(notice)
    for change in result.changes:
        say(f"  {change}")
    say_good("The new config is served" if result.changes else "The config has not changed")
