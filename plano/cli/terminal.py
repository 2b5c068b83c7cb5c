"""How the command line speaks: marks, colours, and an error that ends a command.

What went well goes to stdout, what went wrong and what to look at go to stderr. Colours vanish by themselves
where the output is not a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO, Any

import click


class CommandFailed(click.ClickException):
    """Ends the command with exit code 1: a headline, and lines below it."""

    exit_code = 1

    def __init__(self, headline: str, lines: Iterable[str] = ()) -> None:
        super().__init__(headline)
        self.lines = tuple(lines)

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the headline with its mark, then the lines."""
        click.echo(f"{click.style('✗', fg='red')} {self.message}", file=file, err=True)
        for line in self.lines:
            click.echo(line, file=file, err=True)


def say(text: str = "") -> None:
    """A plain line."""
    click.echo(text)


def say_dim(text: str) -> None:
    """A line about progress, less important than the others."""
    click.echo(click.style(text, dim=True))


def say_good(text: str) -> None:
    """Something worked."""
    click.echo(f"{click.style('✓', fg='green')} {text}")


def warn(text: str) -> None:
    """Something that works, and deserves a look."""
    click.echo(f"{click.style('⚠', fg='yellow')} {text}", err=True)


def say_table(first: str, columns: Sequence[str], rows: Iterable[tuple[str, ...]]) -> None:
    """An empty line, then left-aligned columns, two spaces apart; nothing without rows."""
    lines = [(first, *columns), *rows]
    if len(lines) == 1:
        return
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    say()
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def banner() -> None:
    """The first line of `up` and `down`."""
    from plano import __version__

    say(f"Plano CLI v{__version__}")
