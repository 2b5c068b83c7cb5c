"""`planoai check`: everything `up` would find in a config file, without starting anything."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

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

#: What is wrong in the file, and not only with a plugin that is installed here.
_OF_SETTINGS: Final = re.compile(r"(?:^|: )(?:plugins|prompt_guards)\.")


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

    troubles = () if loaded.missing_variables else plugin_troubles(loaded)  # Settings may need the variables.
    if settings := [trouble for trouble in troubles if _OF_SETTINGS.search(trouble)]:
        raise CommandFailed("Validation failed", [f"  {config}: {each}" for each in settings])
    say_good(f"{config} is valid")
    for notice in (*loaded.notices, *expiring_certificates(loaded)):
        warn(notice)
    hindrances = [*unavailable_sections(loaded.config)]
    hindrances += [f"Missing key: {name} not found" for name in loaded.missing_variables]
    hindrances += troubles
    for hindrance in hindrances:
        warn(hindrance)
    if strict and hindrances:
        raise CommandFailed("'planoai up' would not start with this config")
