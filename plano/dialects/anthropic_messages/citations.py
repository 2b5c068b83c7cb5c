"""Citations of a text block <-> `Annotation` (API reference: citations)."""

from __future__ import annotations

from typing import Any, Final

from plano.dialects.anthropic_messages.wire_types import DIALECT
from plano.dialects.event_document import Json, text_at
from plano.dialects.reply import Annotation

#: Kind -> members that hold its address and its title.
_PAGES: Final = {"web_search_result_location": "url", "search_result_location": "source"}


def read_citation(raw: Any) -> Annotation | None:
    """What a citation refers to; None for what is none.

    The places it names are places in the source, not in the answer, so they stay in `raw`.
    """
    if not isinstance(raw, dict):
        return None
    place = _PAGES.get(text_at(raw, "type"))
    quote = text_at(raw, "cited_text")
    if place is not None:
        return Annotation("url", text_at(raw, place), text_at(raw, "title"), quote=quote, dialect=DIALECT, raw=raw)
    index = raw.get("document_index")
    return Annotation(
        "quote",
        title=text_at(raw, "document_title"),
        file_id=text_at(raw, "file_id"),
        quote=quote,
        index=index if isinstance(index, int) else None,
        dialect=DIALECT,
        raw=raw,
    )


def read_citations(raw: Any) -> tuple[Annotation, ...]:
    """Of a whole text block."""
    if not isinstance(raw, list):
        return ()
    return tuple(found for found in map(read_citation, raw) if found is not None)


def write_citation(annotation: Annotation) -> Json | None:
    """None for a source this API has no kind of citation for."""
    if annotation.dialect == DIALECT and isinstance(annotation.raw, dict):
        return annotation.raw
    if annotation.kind == "url":
        return {
            "type": "web_search_result_location",
            "cited_text": annotation.quote,
            "encrypted_index": "",
            "title": annotation.title or None,
            "url": annotation.url,
        }
    if annotation.index is None:
        return None
    return {
        "type": "char_location",
        "cited_text": annotation.quote,
        "document_index": annotation.index,
        "document_title": annotation.title or None,
        # Where in the source nobody said, and the API wants to be told something.
        "start_char_index": 0,
        "end_char_index": len(annotation.quote),
    }


def write_citations(annotations: tuple[Any, ...]) -> list[Json]:
    """As far as there are kinds for them."""
    return [found for found in map(write_citation, annotations) if found is not None]
