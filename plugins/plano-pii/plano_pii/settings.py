"""What stands under `plugins: {pii: ...}`."""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct, field

from plano_pii.findings import ENTITIES, NATIONAL_IDS
from plano_pii.phones import plan_of
from plano_pii.placeholders import Template

Mode = Literal["mask", "block", "report"]
Kind = Literal["instructions", "text", "refusal", "arguments", "result", "document", "reasoning", "metadata", "other"]
Role = Literal["system", "user", "assistant", "tool", ""]
REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "PL", "BR", "IN")
NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


class Custom(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A pattern of one's own. `name` is the entity's; `placeholder` is what stands in its place, NAME if not given.

    `within`: `word` for patterns without white space, so that streamed answers need not be held by the line.
    """

    name: str
    pattern: str
    placeholder: str | None = None
    within: Literal["word", "line"] = "line"

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"name {self.name!r} must be a word of small letters, digits and _")
        label = self.label.lower()
        if not NAME.fullmatch(label):
            raise ValueError(f"placeholder {self.placeholder!r} must be a word of letters, digits and _")
        try:
            found = re.compile(self.pattern)
        except re.error as fault:
            raise ValueError(f"pattern of {self.name!r} is no regular expression: {fault}") from None
        if found.match(""):
            raise ValueError(f"pattern of {self.name!r} matches empty text")

    @property
    def label(self) -> str:
        return (self.placeholder or self.name).upper()


class Settings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """`entities`: what is looked for, `national_id` being all national numbers. `mode`: what becomes of it.

    `request`: requests are looked at. `reversible`: answers get the originals back. `answer`: what the model says of
    itself is looked at. `placeholder`: `{entity}` and `{number}` between brackets. `regions`: whose telephone numbers
    are known without a country code. `allow`: values left alone; `@example.com` is every address of that host.
    `kinds` and `roles`: of which texts. `loopback`: addresses of the machine itself count as addresses.
    """

    entities: list[str] | Literal["all"] = "all"
    mode: Mode = "mask"
    request: bool = True
    reversible: bool = True
    answer: bool = False
    placeholder: str = "[{entity}_{number}]"
    regions: list[str] = field(default_factory=lambda: list(REGIONS))
    custom: list[Custom] = []
    allow: list[str] = []
    kinds: list[Kind] | Literal["all"] = "all"
    roles: list[Role] | Literal["all"] = "all"
    loopback: bool = False

    def __post_init__(self) -> None:
        Template(self.placeholder)
        known = {*ENTITIES, *NATIONAL_IDS, "national_id"}
        names = [own.name for own in self.custom]
        labels = [own.label for own in self.custom]
        for entity in [] if self.entities == "all" else self.entities:
            if entity not in known and entity not in names:
                raise ValueError(f"entity {entity!r} is not known; there are {', '.join(sorted(known))}")
        for name in names:
            if name in known or names.count(name) > 1 or labels.count(name.upper()) > 1:
                raise ValueError(f"the name {name!r} is taken")
        for region in self.regions:
            plan_of(region)
        if "" in self.allow:
            raise ValueError("an empty value cannot be allowed")

    @property
    def looked_for(self) -> frozenset[str]:
        """Entities by name, groups resolved, custom ones included."""
        own = frozenset(one.name for one in self.custom)
        if self.entities == "all":
            return own | {*ENTITIES, *NATIONAL_IDS}
        national = frozenset(NATIONAL_IDS) if "national_id" in self.entities else frozenset()
        return own | (frozenset(self.entities) - {"national_id"}) | national
