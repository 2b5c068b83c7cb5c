"""What a Gemini model can do, as far as requests differ for it (ai.google.dev: models, thinking)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from msgspec import Struct

_VERSION: Final = re.compile(r"gemini-(?:[a-z]+-)*?(\d+)(?:\.(\d+))?")
_LATEST: Final = (99, 0)


class Model(Struct, frozen=True):
    """`version` is (0, 0) of what is no Gemini, and highest where the name says none (`gemini-flash-latest`)."""

    version: tuple[int, int]
    is_pro: bool
    is_lite: bool

    @property
    def thinks_by_level(self) -> bool:
        return self.version >= (3, 0)

    @property
    def thinks_by_budget(self) -> bool:
        return (2, 5) <= self.version < (3, 0)

    @property
    def wants_proofs(self) -> bool:
        """It refuses calls in the history that have no thought signature."""
        return self.version >= (3, 0)

    @property
    def sees_results(self) -> bool:
        """Pictures may stand within the result of a tool."""
        return self.version >= (3, 0)

    @property
    def has_json_beside_tools(self) -> bool:
        return self.version >= (3, 0)

    @property
    def validates_calls(self) -> bool:
        return self.version >= (2, 5)

    @property
    def fetches(self) -> bool:
        """It reads what a public URL leads to."""
        return self.version >= (2, 5)

    @property
    def smallest_budget(self) -> int:
        return 512 if self.is_lite else 128 if self.is_pro else 1

    @property
    def largest_budget(self) -> int:
        return 32_768 if self.is_pro else 24_576


@lru_cache(maxsize=256)
def model_of(name: str) -> Model:
    """By its id, whatever stands before it. A name that tells nothing is taken for the latest Gemini."""
    plain = name.lower().rpartition("/")[2]
    found = _VERSION.search(plain)
    if found:
        version = (int(found[1]), int(found[2] or 0))
    else:
        version = (0, 0) if plain.startswith(("gemma", "learnlm")) else _LATEST
    return Model(version, "-pro" in plain, "-lite" in plain)
