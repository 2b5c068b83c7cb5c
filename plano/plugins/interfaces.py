"""Which values of `provider_interface` the installed plugins add, for those who check a config."""

from __future__ import annotations

from plano.config.document import Config
from plano.plugins.guards import load_configured


def plugin_interfaces(config: Config) -> tuple[str, ...]:
    """Loads the plugins as the config says and asks for their dialects. Raises `PluginLoadError`."""
    return tuple(dialect.name for dialect in load_configured(config).dialects)
