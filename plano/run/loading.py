"""From config files to a config this version can serve, and from what is wrong to sentences."""

from __future__ import annotations

import os
from typing import Final

from msgspec import structs

from plano.config.document import Config
from plano.config.engines import unavailable_sections
from plano.config.load import ConfigSource, LoadedConfig, load_source
from plano.config.problems import ConfigProblems
from plano.errors import PlanoError
from plano.plugins.interfaces import plugin_interfaces
from plano.plugins.load_error import PluginLoadError
from plano.routing.router_models.kinds import check_router_fits
from plano.run.ports import CannotListen
from plano.run.proxies import proxy_settings

#: What is the user's to mend when a config is not served; anything else is a defect of plano.
REFUSALS: Final = (ConfigProblems, PlanoError, CannotListen, OSError)
#: Binds every listener to this address instead of its own. In a container the address a config names is the one the
#: port is published on, and inside it must be one that Docker reaches.
LISTEN_ADDRESS: Final = "PLANO_LISTEN_ADDRESS"


class NotServable(PlanoError):
    """The config is in order, but it cannot be served: variables are not set, or engines are missing."""

    code = "config_not_servable"
    blame = "policy"

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


def servable(source: ConfigSource) -> LoadedConfig:
    """Load with this process's environment and plugins. Raises `ConfigProblems`, `NotServable`, `PluginLoadError`."""
    loaded = load_source(source, os.environ, interfaces=plugin_interfaces, router_fits=check_router_fits)
    if loaded.missing_variables:
        raise NotServable((f"environment variables not set: {', '.join(loaded.missing_variables)}",))
    if unserved := unavailable_sections(loaded.config):
        raise NotServable(unserved)
    notices = (*loaded.notices, *proxy_settings(loaded).notices)
    return structs.replace(loaded, config=_bound_elsewhere(loaded.config), notices=notices)


def _bound_elsewhere(config: Config) -> Config:
    address = os.environ.get(LISTEN_ADDRESS)
    if not address:
        return config
    return structs.replace(
        config, listeners=tuple(structs.replace(listener, address=address) for listener in config.listeners)
    )


def reasons(error: Exception) -> tuple[str, ...]:
    """Why a config is not served, a sentence each; for errors that are the user's to mend."""
    if isinstance(error, ConfigProblems):
        return tuple(str(problem) for problem in error.problems)
    if isinstance(error, PluginLoadError):
        return error.problems
    if isinstance(error, NotServable):
        return error.reasons
    return (error.message if isinstance(error, PlanoError) else str(error),)
