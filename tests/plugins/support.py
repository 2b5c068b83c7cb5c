"""Plugins made on the spot, as the loader would find them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from plano.dialects.provider_dialect import ProviderDialect
from plano.dialects.sides import PROVIDER_SIDES
from plano.plugins.found import FoundPlugin
from plano.plugins.load_error import PluginLoadError
from plano.plugins.loader import LoadedPlugins, load_plugins


def found(name: str, target: object, *, distribution: str | None = None) -> FoundPlugin:
    """A distribution `dist-NAME 1.0` whose entry point `name` leads to `target`, or raises it."""

    def load() -> object:
        if isinstance(target, BaseException):
            raise target
        return target

    return FoundPlugin(name, distribution or f"dist-{name}", "1.0", load)


def load(*plugins: FoundPlugin, config: Mapping[str, Any] | None = None) -> LoadedPlugins:
    """These installed plugins and no built-ins."""
    return load_plugins(config or {}, installed=plugins, builtin=())


def problems_of(*plugins: FoundPlugin, config: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """What stops the start with these plugins."""
    with pytest.raises(PluginLoadError) as caught:
        load(*plugins, config=config)
    return caught.value.problems


def dialect(name: str, **settings: Any) -> ProviderDialect:
    """Chat Completions under another name, and at another path."""
    return ProviderDialect(side=replace(PROVIDER_SIDES["chat"], name=name), **{"path": "/ask", **settings})
