"""What the installed plugins add to what a config may say, for those who check one."""

from __future__ import annotations

from plano.config.document import Config
from plano.config.vendor_names import AddedNames
from plano.plugins.guards import load_configured


def plugin_interfaces(config: Config) -> AddedNames:
    """Loads the plugins as the config says and asks what they register. Raises `PluginLoadError`."""
    loaded = load_configured(config)
    prefixes = tuple(name for vendor in loaded.vendors for name in vendor.names)
    return AddedNames(
        interfaces=(*(dialect.name for dialect in loaded.dialects), *prefixes),
        prefixes=prefixes,
        request_filters=tuple(step.plugin for step in loaded.plan.filter_request),
        answer_filters=tuple(step.plugin for step in loaded.plan.filter_answer),
    )
