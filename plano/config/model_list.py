"""The models a config declares, for checking names that refer to them."""

from __future__ import annotations

from .document import Config
from .findings import suggest


class ModelList:
    """Full names, given names and bare ids of the declared models, and the prefixes that wildcards cover."""

    def __init__(self, config: Config, *, is_whole: bool) -> None:
        rows = config.model_providers
        self._is_whole = is_whole
        self._wildcards = frozenset(row.prefix for row in rows if row.is_wildcard)
        singles = [row for row in rows if not row.is_wildcard]
        self._full = dict.fromkeys(name for row in singles for name in (row.model, row.name))
        self._bare = dict.fromkeys(row.model_id for row in singles)

    def has(self, name: str, *, bare: bool = True) -> bool:
        """Whether a name leads to a declared model. True when the list could not be read in full."""
        if not self._is_whole or name in self._full or (bare and name in self._bare):
            return True
        prefix, slash, model_id = name.partition("/")
        return bool(slash and model_id and prefix in self._wildcards)

    def suggest(self, name: str, *, bare: bool = True) -> str:
        return suggest(name, [*self._full, *(self._bare if bare and "/" not in name else ())])
