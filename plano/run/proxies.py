"""The proxies of the environment a config was loaded with."""

from __future__ import annotations

from plano.config.load import LoadedConfig
from plano.config.problems import ConfigProblems, Problem
from plano.http.client.proxy import ProxySettings, UnusableProxy


def proxy_settings(loaded: LoadedConfig) -> ProxySettings:
    """What leads to providers, from now until the config is loaded again. Raises `ConfigProblems`."""
    try:
        return ProxySettings.from_environ({name: value.reveal() for name, value in loaded.proxy_variables.items()})
    except UnusableProxy as error:
        raise ConfigProblems((Problem(path="", message=str(error), file="the environment"),)) from None
