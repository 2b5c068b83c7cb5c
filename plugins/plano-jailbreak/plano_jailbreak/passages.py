"""Which texts of a request are judged, and which of them are new."""

from __future__ import annotations

from collections.abc import Sequence

from plano.plugin_api import Passage

from .settings import Source


def source_of(passage: Passage) -> Source | None:
    """Whose text it is; None for those nobody judges: what a model thought or declined."""
    if passage.kind == "result" or passage.role == "tool":
        return "tool_results"
    if passage.kind == "document":
        return "documents"
    if passage.kind == "instructions" or passage.role == "system":
        return "instructions"
    if passage.kind in ("arguments", "metadata"):
        return "arguments" if passage.kind == "arguments" else "metadata"
    if passage.kind in ("reasoning", "refusal"):
        return None
    return "assistant" if passage.role == "assistant" else "user"


def judged(passages: Sequence[Passage], sources: frozenset[Source]) -> list[Passage]:
    """Those of the sources, with something to read."""
    return [one for one in passages if source_of(one) in sources and one.text.strip()]


def newest(passages: Sequence[Passage]) -> Sequence[Passage]:
    """What has come since the model spoke last: the newest turn, and new results of tools."""
    for place in range(len(passages) - 1, -1, -1):
        if passages[place].role == "assistant":
            return passages[place + 1 :]
    return passages
