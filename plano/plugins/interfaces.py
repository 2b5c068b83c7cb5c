"""Which vendors and which values of `provider_interface` the installed plugins add, for those who check a config."""

from __future__ import annotations

from plano.config.document import Config
from plano.config.vendor_names import AddedNames
from plano.plugins.loader import load_plugins


def plugin_interfaces(config: Config) -> AddedNames:
    """Loads the plugins as the config says and asks for their dialects and vendors. Raises `PluginLoadError`."""
    loaded = load_plugins(config.plugins)
    prefixes = tuple(name for vendor in loaded.vendors for name in vendor.names)
    return AddedNames((*(dialect.name for dialect in loaded.dialects), *prefixes), prefixes)
