"""Parts and items that a stream tells whole, in one event: calls of a provider's own tools, and what these gave."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Raw

from plano.dialects.found_texts import FoundTexts, rewritten
from plano.dialects.located_json import Located, unreadable
from plano.dialects.open_text import Event, Texts
from plano.dialects.text_shapes import item, place

_members_of: Final = msgspec.json.Decoder(dict[str, Raw]).decode


def filter_whole(event: Event, texts: Texts, group: object, value: Located) -> None:
    """Each text of it, wherever it is, through a filter. Raises `ProviderProtocolError`."""
    found = FoundTexts()
    try:
        item(found, _members_of(value.raw), (), place("text", "assistant"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise unreadable() from None
    for passage in found.passages:
        passage.text = texts.whole(group, passage.place, passage.text, False)
    changes = found.changes()
    if changes:
        event.edits.replace(value, rewritten(value.raw, changes))
