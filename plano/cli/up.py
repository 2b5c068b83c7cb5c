"""`planoai up`: the stages of a start.

Find the config, check it, check the keys, start the supervisor, wait until every listener is healthy: each stage
ends the command with its own message before the next begins.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from plano.cli.config_file import (
    expiring_certificates,
    find_config,
    load_or_fail,
    named_file,
    plugin_troubles,
    takes_config_file,
    write_default_config,
)
from plano.cli.home import Home, find_home
from plano.cli.terminal import CommandFailed, banner, say, say_dim, warn

if TYPE_CHECKING:
    from plano.config.load import LoadedConfig

HEALTH_TIMEOUT_S: Final = 120.0
LEVELS: Final = ("debug", "info", "warn", "error")


@click.command()
@takes_config_file
@click.option("--foreground", is_flag=True, help="Stay, and show the logs; Ctrl+C stops Plano.")
@click.option(
    "--listener-port",
    type=click.IntRange(1, 65535),
    help="The port when there is no config.  [default: 12000]",
)
@click.option(
    "--log-level",
    envvar="LOG_LEVEL",
    type=click.Choice(LEVELS, case_sensitive=False),
    default="info",
    show_default=True,
    help="How much plano.log tells; also set by LOG_LEVEL.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0.1),
    default=HEALTH_TIMEOUT_S,
    help="Seconds every listener gets to become healthy.  [default: 120]",
)
@click.option(
    "--workers",
    metavar="N|auto",
    help="Processes that serve together; `auto` is one per processor. Overrides the config.",
    callback=lambda _context, _option, value: _workers(value),
)
@click.option(
    "--log-files/--no-log-files",
    "logs_to_files",
    default=True,
    help="With --foreground: whether logs go into files as well as here.  [default: --log-files]",
)
@click.option("--watch", is_flag=True, help="Reload whenever the config, its .env or certificate files change.")
@click.option("--docker", "in_container", is_flag=True, help="Run in a container, of the image `build --docker` makes.")
@click.option("-v", "--verbose", is_flag=True, help="Say more on the way.")
def up(
    file: str | None,
    option_file: str | None,
    directory: str,
    foreground: bool,
    listener_port: int | None,
    log_level: str,
    timeout_s: float,
    workers: str | None,
    logs_to_files: bool,
    watch: bool,
    in_container: bool,
    verbose: bool,
) -> None:
    """Start Plano with a config file, or without one.

    FILE is the config. Without it config.yaml, then plano_config.yaml is looked for; if there is neither,
    Plano starts with the best known vendors: with the keys it finds in the environment, else with the
    client's own.

    With --docker the ports are published where the config says, its directory (with .env) and the files it names are
    mounted read-only, and the variables it names are handed in by name. The image is plano:VERSION, or what
    PLANO_DOCKER_IMAGE says. In the container localhost is the container: what runs on this machine is
    host.docker.internal, which works without Docker too.
    """
    if not logs_to_files and not foreground:
        raise click.UsageError("--no-log-files needs --foreground: the logs would go nowhere.")
    began_s = time.monotonic()
    banner()
    home = find_home()
    config = find_config(named_file(file, option_file), directory)
    if config is None:
        config = _without_config(home, listener_port or 12000)
    elif listener_port is not None:
        warn(f"--listener-port is ignored: the ports are set in {config}")
    if verbose:
        say_dim(f"Config: {config}")
    loaded = load_or_fail(config, os.environ)
    _refuse_unavailable(loaded)
    for notice in (*loaded.notices, *expiring_certificates(loaded)):
        warn(notice)
    _refuse_missing_keys(loaded, config)
    if not in_container:
        _refuse_broken_plugins(loaded)
    say_dim("Configuration valid...")

    launch: Launch | ContainerLaunch
    if in_container:
        from plano.cli.container_launch import ContainerLaunch

        launch = ContainerLaunch(
            home, config, loaded, level=log_level.lower(), timeout_s=timeout_s, workers=workers, watches=watch
        )
    else:
        from plano.cli.launch import Launch

        launch = Launch(
            home,
            config,
            loaded,
            level=log_level.lower(),
            timeout_s=timeout_s,
            workers=workers,
            watches=watch,
            logs_to_files=logs_to_files,
        )
    if foreground:
        launch.in_foreground()
        return
    launch.detached()
    if verbose:
        say_dim(f"Started in {time.monotonic() - began_s:.2f} s")
    say("Run 'planoai down' to stop.")


def _workers(value: str | None) -> str | None:
    if value is None or value == "auto" or (value.isdigit() and int(value) > 0):
        return value
    raise click.BadParameter(f"{value!r} is neither a number of at least 1 nor 'auto'")


def _without_config(home: Home, port: int) -> Path:
    home.prepare()
    config, summary = write_default_config(home, os.environ, port=port)
    say_dim(f"No config found; using defaults ({summary})")
    say_dim(f"Written to {config}; listening on http://localhost:{port}")
    return config


def _refuse_unavailable(loaded: LoadedConfig) -> None:
    from plano.config.engines import unavailable_sections

    sentences = unavailable_sections(loaded.config)
    if sentences:
        raise CommandFailed("This version cannot run this config", [f"  • {each}" for each in sentences])


def _refuse_broken_plugins(loaded: LoadedConfig) -> None:
    """Found here, it costs nobody the instance that still runs."""
    if troubles := plugin_troubles(loaded):
        raise CommandFailed("The plugins cannot be loaded", [f"    {line}" for line in troubles])


def _refuse_missing_keys(loaded: LoadedConfig, config: Path) -> None:
    missing = loaded.missing_variables
    if not missing:
        return
    lines = [f"  • {name} not found" for name in missing]
    lines += ["", "Set them in the shell:"]
    lines += [f'  export {name}="your-api-key"' for name in missing]
    lines += ["", f"or write NAME=value lines into {config.parent / '.env'}"]
    raise CommandFailed("Missing API keys!", lines)
