"""`planoai config schema`: the JSON Schema of the config file, for editors and for checks of one's own."""

from __future__ import annotations

from pathlib import Path

import click

from plano.cli.terminal import say_good


@click.group()
def config() -> None:
    """Show what a config file may hold."""


@config.command()
@click.option("-o", "--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write it to FILE instead.")
def schema(output: str | None) -> None:
    """Print the JSON Schema of the config file.

    It is made from what this very version reads. An existing FILE is replaced.
    """
    from plano.config.json_schema import schema_text

    text = schema_text()
    if output is None:
        click.echo(text, nl=False)
        return
    path = Path(output)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    say_good(f"Wrote {path}")
