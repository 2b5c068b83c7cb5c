"""What models cost, and how a model's price is found by its full name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Meta, Struct

from plano.config.vendor_names import BY_PREFIX
from plano.providers.catalog import VENDORS

#: Servers of one's own: what others ask for the same weights says nothing about them.
_OWN_SERVERS: Final = frozenset(
    name for vendor in VENDORS if not vendor.needs_key for name in (vendor.id, *vendor.aliases)
)


_Usd = Annotated[float, Meta(ge=0, lt=1e9)]  # Not infinite, and not "not a number".


class Price(Struct, frozen=True, gc=False):
    """USD per million tokens: of prompts, of answers, of prompts read from and written to the provider's cache."""

    input: _Usd
    output: _Usd
    cache_read: _Usd | None = None
    cache_write: _Usd | None = None

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
        vendor = BY_PREFIX.get(prefix)
        own = prefix if vendor is None else vendor.id  # `google/...` is `gemini/...` as well.
        found = self._first(model, f"{own}/{rest}", f"{prefix}/*", f"{own}/*")
        if prefix in _OWN_SERVERS:
            return found
        while found is None and rest:
            found = self._first(rest)
            rest = rest.partition("/")[2]
        return found

    def _first(self, *names: str) -> Price | None:
        return next((catalog[name] for name in names for catalog in self._catalogs if name in catalog), None)
