"""What models cost, and how a model's price is found by its full name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from plano.providers.catalog import VENDORS

#: Servers of one's own: what others ask for the same weights says nothing about them.
_OWN_SERVERS: Final = frozenset(
    name for vendor in VENDORS if not vendor.needs_key for name in (vendor.id, *vendor.aliases)
)


class Price(Struct, frozen=True, gc=False):
    """USD per million tokens: of prompts, of answers, of prompts read from and written to the provider's cache."""

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None

    @property
    def total(self) -> float:
        """What models are compared by."""
        return self.input + self.output


class PriceTable:
    """The prices of several catalogues; the earlier wins.

    Each maps full names (`openai/gpt-4o`), all of a prefix (`ollama/*`) and bare ids (`gpt-4o`) to prices.
    """

    __slots__ = ("_catalogs",)

    def __init__(self, catalogs: tuple[Mapping[str, Price], ...] = ()) -> None:
        self._catalogs = catalogs

    def of(self, model: str) -> Price | None:
        """The price of a full name: its own, its prefix's, or that of the id behind the prefix, whoever sells it."""
        prefix, _, rest = model.partition("/")
        found = self._named(model) or self._named(f"{prefix}/*")
        if prefix in _OWN_SERVERS:
            return found
        while found is None and rest:
            found = self._named(rest)
            rest = rest.partition("/")[2]
        return found

    def _named(self, name: str) -> Price | None:
        return next((catalog[name] for catalog in self._catalogs if name in catalog), None)
