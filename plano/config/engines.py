"""Which sections of a config this version has an engine for."""

from __future__ import annotations

from .document import Config


def unavailable_sections(config: Config) -> tuple[str, ...]:
    """One sentence per configured section that this version cannot carry out; empty when all can be."""
    del config
    return ()
