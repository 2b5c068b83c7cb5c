"""`planoai config schema`: the JSON Schema of the config file, for editors and for checks of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from plano.cli.terminal import say_good, warn


@click.group()
def config() -> None:
    """Show what a config file may hold."""


@config.command()
@click.option("-o", "--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write it to FILE instead.")
@click.option("--with-plugins", is_flag=True, help="With the settings of the plugins that are installed.")
def schema(output: str | None, with_plugins: bool) -> None:
    """Print the JSON Schema of the config file.

    It is made from what this very version reads. An existing FILE is replaced.
    """
    from plano.config.json_schema import schema_text

    text = schema_text(_schema_with_plugins() if with_plugins else None)
    if output is None:
        click.echo(text, nl=False)
        return
    path = Path(output)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    say_good(f"Wrote {path}")


def _schema_with_plugins() -> dict[str, Any]:
    """A plugin that cannot be asked is a warning; anything may stand under its name."""
    from plano.config.plugin_schema import config_schema_with
    from plano.plugins.listing import described_sections

    sections: dict[str, Any] = {}
    for name, (section, problem) in described_sections().items():
        # What is no Struct is described by nobody.
        sections[name] = object if problem else section
        if problem:
            warn(problem)
    made, problems = config_schema_with(sections)
    for one in problems:
        if sections[one.partition(":")[0]] is not object:
            warn(one)
    return made
