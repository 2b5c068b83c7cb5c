"""What is different between two configs, a line per change; secrets are never shown."""

from __future__ import annotations

from plano.config.document import Config


def differences(old: Config, new: Config) -> tuple[str, ...]:
    """The names of the top-level keys that differ."""
    return tuple(f"~ {name}" for name in old.__struct_fields__ if getattr(old, name) != getattr(new, name))
