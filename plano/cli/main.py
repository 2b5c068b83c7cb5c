"""The command group: which commands there are and where they live.

Nothing else of plano is imported here, so `--help` and `--version` are fast. Neither asks the network.
"""

from __future__ import annotations

import errno
import sys
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

import click

from plano import __version__
from plano.cli.terminal import CommandFailed

TAG_LINE: Final = "A gateway for LLM traffic and a data plane for agents"
LOGO: Final = r"""
  ___ | | __ _ _ __   ___
 | '_ \ |/ _` | '_ \ / _ \
 | |_) | | (_| | | | | (_) |
 | .__/|_|\__,_|_| |_|\___/
 |_|
"""


class Place(NamedTuple):
    """Where a command lives, and the line about it in `planoai --help`."""

    module: str
    attribute: str
    summary: str


COMMANDS: Final[dict[str, Place]] = {
    "init": Place("plano.cli.init", "init", "Write a first config file, from a template or empty."),
    "up": Place("plano.cli.up", "up", "Start Plano with a config file, or without one."),
    "down": Place("plano.cli.down", "down", "Stop Plano."),
    "reload": Place("plano.cli.reload", "reload", "Read the config again and serve it from the next request on."),
    "status": Place("plano.cli.status", "status", "Show the running instance: workers, listeners, providers, targets."),
    "logs": Place("plano.cli.logs", "logs", "Show the latest lines of the logs."),
    "check": Place("plano.cli.check", "check", "Check a config file without starting anything."),
    "config": Place("plano.cli.config_schema", "config", "Show what a config file may hold."),
    "plugins": Place(
        "plano.cli.plugins", "plugins", "Show the installed plugins and what they cost, or begin a new one."
    ),
    "api-key": Place(
        "plano.cli.api_key", "api_key", "Make a random key for clients, and the config row that lets it in."
    ),
    "route": Place("plano.cli.route", "route", "Show where prompts go, and how good the routes are."),
    "router": Place("plano.cli.router", "router", "Prepare a model that chooses the route of a prompt."),
    "build": Place("plano.cli.build", "build", "Build plano from its source: a wheel, or a container image."),
    "mock-provider": Place(
        "plano.cli.mock_provider",
        "mock_provider",
        "Serve a scripted LLM provider for trying plano out without any API key.",
    ),
}


class LazyGroup(click.Group):
    """A group that imports a command when it is run, and answers for all of them when it is only asked."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of a day's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself; `None` for a name nobody owns."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            from plano.cli.plugin_commands import plugin_command

            return plugin_command(cmd_name)
        command: click.Command = getattr(import_module(place.module), place.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list from the table alone: importing every command for it would cost the fast start."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.summary) for name, place in COMMANDS.items()])
        from plano.cli.plugin_commands import any_plugins, plugin_commands

        if any_plugins() and (added := plugin_commands()):
            with formatter.section("Commands of plugins"):
                formatter.write_dl([(name, command.get_short_help_str()) for name, command in added.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of `args`; an unknown one ends with exit code 2 and what was probably meant."""
        asked = args[0]
        name = asked.replace("_", "-")
        if name not in COMMANDS and asked[:1].isalnum() and self.get_command(ctx, name) is None:
            ctx.fail(f"No such command '{asked}'.{_did_you_mean(name)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what the operating system refuses becomes one line instead of a traceback."""
        try:
            return super().invoke(ctx)
        except OSError as problem:
            if problem.errno == errno.EPIPE:
                raise
            raise CommandFailed(_in_words(problem)) from problem


def _did_you_mean(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, COMMANDS, n=1)
    return f" Did you mean '{close[0]}'?" if close else ""


def _in_words(problem: OSError) -> str:
    reason = problem.strerror or str(problem)
    return f"{problem.filename}: {reason}" if problem.filename else reason


def _print_version(ctx: click.Context, _option: click.Parameter, asked: bool) -> None:
    if not asked or ctx.resilient_parsing:
        return
    from plano._speedups import WANTED

    click.echo(f"plano version {__version__}")
    click.echo("compiled build" if WANTED else "pure Python build (PLANO_NO_SPEEDUPS is set)")
    ctx.exit()


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": lambda token: token.replace("_", "-"),
    },
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """A gateway for LLM traffic and a data plane for agents."""
    if ctx.invoked_subcommand is None:
        click.echo(LOGO.strip("\n"))
        click.echo(f"{TAG_LINE}\n")
        click.echo(ctx.get_help())


def main() -> NoReturn:
    """Entry point of the console scripts `planoai` and `plano`."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a check mark gets an escape rather than a traceback.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    called = Path(sys.argv[0]).name
    cli(prog_name=called if called == "plano" else "planoai")
    raise SystemExit(0)
