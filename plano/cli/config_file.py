"""Which config a command works with, and what is wrong with it.

Finding is by name only; reading and judging is `plano.config`'s. A file that was named and is not there is an
error, never a reason to go on with something else.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from plano.cli.home import Home
from plano.cli.terminal import CommandFailed

if TYPE_CHECKING:
    from plano.config.document import Config
    from plano.config.load import LoadedConfig
    from plano.config.vendor_names import AddedNames

NAMES: Final = ("config.yaml", "plano_config.yaml")


_PARAMETERS: Final = (
    click.argument("file", required=False, type=click.Path()),
    click.option("-f", "--file", "option_file", type=click.Path(), help="The config file; the same as FILE."),
    click.option(
        "--path",
        "directory",
        default=".",
        type=click.Path(),
        help="Where to look for config.yaml or plano_config.yaml when no file is named.  [default: .]",
    ),
)


def takes_config_file(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `FILE`, `-f FILE` and `--path DIR`: its arguments `file`, `option_file` and `directory`."""
    for parameter in reversed(_PARAMETERS):
        command = parameter(command)
    return command


def named_file(file: str | None, option_file: str | None) -> str | None:
    """The file named as `FILE` or as `-f FILE`; naming two different ones is a usage error (exit code 2)."""
    if file is not None and option_file is not None and Path(file).absolute() != Path(option_file).absolute():
        raise click.UsageError(f"Two config files were named: {file} and {option_file}.")
    return option_file if file is None else file


def find_config(file: str | None, directory: str) -> Path | None:
    """The absolute path of the named `file`, else of the first of `NAMES` in `directory`, else `None`."""
    if file is not None:
        path = Path(file).absolute()
        if not path.exists():
            raise CommandFailed(f"Config file not found: {path}")
        if path.is_dir():
            raise CommandFailed(f"{path} is a directory, not a config file (use --path for a directory)")
        return path
    searched = Path(directory).absolute()
    if not searched.is_dir():
        raise CommandFailed(f"Directory not found: {searched}")
    candidates = (searched / name for name in NAMES)
    return next((path for path in candidates if path.is_file()), None)


def write_default_config(home: Home, environ: Mapping[str, str], *, port: int) -> tuple[Path, str]:
    """Write the config for those who have none; its path, and which vendors it found keys for."""
    from plano.config.zero_config import zero_config_summary, zero_config_text

    text = zero_config_text(environ, port)
    descriptor = os.open(home.default_config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as out:
        os.fchmod(descriptor, 0o600)
        out.write(text)
    return home.default_config, zero_config_summary(environ)


def load_or_fail(
    path: Path, environ: Mapping[str, str], *, interfaces: Callable[[Config], AddedNames] | None = None
) -> LoadedConfig:
    """Read and check the config; every problem at once ends the command with exit code 1.

    `interfaces` stands in for the plugins, where nobody shall ask them.
    """
    from plano.config.load import load_config
    from plano.config.problems import ConfigProblems

    try:
        loaded = load_config(path, environ, interfaces=interfaces or plugin_interfaces, router_fits=router_fits)
        _look_into_files(loaded)
        _look_for_guards(loaded)
    except ConfigProblems as found:
        lines = [f"  {path}: invalid against schema", *(f"    {line}" for line in str(found).splitlines())]
        raise CommandFailed("Validation failed", lines) from None
    return loaded


def _look_for_guards(loaded: LoadedConfig) -> None:
    if loaded.config.prompt_guards is not None:
        from plano.plugins.guards import check_guards

        check_guards(loaded.config)


def plugin_interfaces(config: Config) -> AddedNames:
    """The vendors and values of `provider_interface` that plugins add; asked only where a config has an unknown one."""
    from plano.plugins.interfaces import plugin_interfaces as asked

    with _plugins_that_load():
        return asked(config)


def router_fits(config: Config) -> None:
    """Whether there is such a router; asked for only where a config describes one."""
    from plano.routing.router_models.kinds import check_router_fits

    with _plugins_that_load():
        check_router_fits(config)


def plugin_troubles(loaded: LoadedConfig) -> tuple[str, ...]:
    """A sentence for each reason why the installed plugins cannot be loaded with this config, which imports them."""
    from plano.plugins.found import installed_plugins

    if not any(True for _ in installed_plugins()):
        return ()
    from plano.plugins.guards import load_configured
    from plano.plugins.load_error import PluginLoadError

    # Tracebacks are for the log of an instance; here the sentences tell.
    logging.getLogger("plano").addHandler(logging.NullHandler())
    try:
        load_configured(loaded.config)
    except PluginLoadError as error:
        return error.problems
    return ()


@contextmanager
def _plugins_that_load() -> Iterator[None]:
    from plano.plugins.load_error import PluginLoadError

    try:
        yield
    except PluginLoadError as error:
        raise CommandFailed("The plugins cannot be loaded", [f"    {line}" for line in error.problems]) from None


def expiring_certificates(loaded: LoadedConfig) -> tuple[str, ...]:
    """A sentence for each certificate of a listener that has expired or soon will."""
    if all(listener.tls is None for listener in loaded.config.listeners):
        return ()
    from plano.run.listener_tls import expiry_notices

    return expiry_notices(loaded.config, time.time())


def _look_into_files(loaded: LoadedConfig) -> None:
    """What only its reader can judge: certificates and proxies. Imported for those who have them alone."""
    if any(listener.tls is not None for listener in loaded.config.listeners):
        from plano.run.listener_tls import tls_contexts

        tls_contexts(loaded.config)
    if loaded.proxy_variables:
        from plano.run.proxies import proxy_settings

        proxy_settings(loaded)
