"""What is known of the models behind Bedrock, read from their ids: each takes members of its own.

Sources: the AWS user guide's pages on inference parameters, prompt caching, structured outputs and Claude's thinking.
An id that says nothing, such as the ARN of an application inference profile, is of the family "".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from msgspec import Struct

_CLAUDE: Final = re.compile(
    r"claude-(?:(?:opus|sonnet|haiku|[a-z]+)-(\d{1,2})(?:-(\d{1,2}))?|(\d)(?:-(\d))?|(v\d|instant))(?![\d])"
)
#: Part of an id -> family.
_FAMILIES: Final = {
    "claude": "claude",
    "amazon.nova": "nova",
    "openai.": "openai",
    "mistral.": "mistral",
    "cohere.": "cohere",
    "meta.llama": "llama",
    "deepseek.": "deepseek",
    "qwen.": "qwen",
    "google.": "google",
    "minimax.": "minimax",
    "moonshot": "moonshot",
    "nvidia.": "nvidia",
    "amazon.titan": "titan",
    "ai21.": "ai21",
    "writer.": "writer",
    "zai.": "zai",
}
_WITH_SCHEMAS: Final = frozenset(
    ("openai", "mistral", "deepseek", "qwen", "google", "minimax", "moonshot", "nvidia", "zai")
)
_CACHE_BEFORE_3_7: Final = ("claude-3-5-haiku", "claude-3-5-sonnet-20241022")
_TOP_K: Final = {"claude": "top_k", "": "top_k", "mistral": "top_k", "cohere": "k", "nova": "topK"}


class Model(Struct, frozen=True):
    """`version` is Claude's, (0, 0) where it does not matter or is not known.

    `top_k`: what the model calls it, "" where it has none. `has_schemas`: its answers can be held to a JSON schema.
    `caches_tools`: cache points may stand behind tools. `has_ttl`: they may say how long.
    """

    family: str
    version: tuple[int, int] = (0, 0)
    top_k: str = ""
    has_schemas: bool = False
    caches: bool = False
    caches_tools: bool = False
    can_be_forced: bool = True
    can_be_forced_by_name: bool = True
    has_reasoning_config: bool = False

    @property
    def is_claude(self) -> bool:
        """Or may be: who thinks with a budget behind an id that says nothing is most probably that."""
        return self.family in ("claude", "")

    @property
    def has_adaptive_thinking(self) -> bool:
        return self.version >= (4, 6)

    @property
    def has_only_adaptive_thinking(self) -> bool:
        """From there on sampling parameters are refused, too."""
        return self.version >= (4, 7)

    @property
    def thinks(self) -> bool:
        return self.family == "" or self.version >= (3, 7)


@lru_cache(maxsize=1024)
def model_of(id: str) -> Model:
    lowered = id.lower()
    family = next((name for part, name in _FAMILIES.items() if part in lowered), "")
    version = _claude_version(lowered) if family == "claude" else (0, 0)
    return Model(
        family,
        version,
        top_k=_TOP_K.get(family, ""),
        has_schemas=family in _WITH_SCHEMAS or version >= (4, 5),
        caches=family in ("", "nova") or version >= (3, 7) or any(name in lowered for name in _CACHE_BEFORE_3_7),
        caches_tools=family != "nova",
        can_be_forced=family in ("", "claude", "nova", "mistral", "openai"),
        can_be_forced_by_name=family in ("", "claude", "nova"),
        has_reasoning_config="nova-2" in lowered,
    )


def _claude_version(id: str) -> tuple[int, int]:
    """(4, 5) of `claude-sonnet-4-5-20250929`, (3, 7) of `claude-3-7-sonnet`; dates are no minor versions."""
    found = _CLAUDE.search(id)
    if found is None:
        return (0, 0)
    major = found[1] or found[3] or "0"
    return int(major), int(found[2] or found[4] or 0)
