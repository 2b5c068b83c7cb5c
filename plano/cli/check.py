"""`planoai check`: everything `up` would find in a config file, without starting anything."""

from __future__ import annotations

import os
from pathlib import Path

import click

from plano.cli.config_file import (
    NAMES,
    expiring_certificates,
    find_config,
    load_or_fail,
    named_file,
    plugin_troubles,
    takes_config_file,
)
from plano.cli.terminal import CommandFailed, say_good, warn


@click.command()
@takes_config_file
@click.option("--strict", is_flag=True, help="Fail also on what would keep 'up' from starting here and now.")
def check(file: str | None, option_file: str | None, directory: str, strict: bool) -> None:
    """Check a config file without starting anything.

    Exit code 0 means that the file is valid. Missing keys, installed plugins that cannot be loaded and parts that this
    version cannot run are warnings, because it may be otherwise where the file is used; --strict makes them failures.
    """
    config = find_config(named_file(file, option_file), directory)
    if config is None:
        raise CommandFailed(f"No config file in {Path(directory).absolute()} (looked for {', '.join(NAMES)})")
    loaded = load_or_fail(config, os.environ)

    from plano.config.engines import unavailable_sections

    say_good(f"{config} is valid")
    for notice in (*loaded.notices, *expiring_certificates(loaded)):
        warn(notice)
    hindrances = [*unavailable_sections(loaded.config)]
    hindrances += [f"Missing key: {name} not found" for name in loaded.missing_variables]
    if not loaded.missing_variables:  # Their settings may need them.
        hindrances += plugin_troubles(loaded)
    for hindrance in hindrances:
        warn(hindrance)
    if strict and hindrances:
        raise CommandFailed("'planoai up' would not start with this config")
