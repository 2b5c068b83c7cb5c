"""Parts of a turn -> content blocks of a request (API reference: create a message).

What the API would refuse is left out and told to `Losses`: text of blanks only, images it does not know the format of,
files of other vendors, proofs of other dialects.
"""

from __future__ import annotations

from binascii import a2b_base64
from typing import Any, Final

from plano.dialects.anthropic_messages.cache_marks import MarkKeeper
from plano.dialects.anthropic_messages.wire_types import DIALECT
from plano.dialects.conversation import (
    Audio,
    CacheMark,
    Document,
    Foreign,
    Image,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolResult,
)
from plano.dialects.data_urls import split_data_url
from plano.dialects.event_document import Json
from plano.dialects.losses import Losses
from plano.dialects.proofs import opened

_IMAGES: Final = frozenset(("image/jpeg", "image/png", "image/gif", "image/webp"))
#: How the base64 of a file begins -> what it is.
_BEGINNINGS: Final = {
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
    "JVBERi": "application/pdf",
}
_PDF: Final = "application/pdf"
#: Ids of files at this vendor; those of others name nothing there.
_OWN_FILE: Final = "file_"


class BlockWriter:
    """Writes blocks, and knows what was lost and marked on the way."""

    def __init__(self, keeper: MarkKeeper, losses: Losses) -> None:
        self._keeper = keeper
        self._losses = losses

    def text(self, part: Text) -> Json | None:
        """None for blanks: the API refuses them."""
        if not part.text or part.text.isspace():
            return None
        block: Json = {"type": "text", "text": part.text}
        if part.annotations:
            self._cite(part, block)
        return self.mark(block, part.cache)

    def mark(self, block: Json, cache: CacheMark | None) -> Json:
        return block if cache is None else self._keeper.mark(block, cache)

    def shown(self, part: Part, where: str = "") -> Json | None:
        """Something a user, or a tool, shows the model; `where` tells of what it is a part, for losses."""
        if isinstance(part, Text):
            return self.text(part)
        if isinstance(part, Image):
            return self._image(part) or self._lost(f"{where}image")
        if isinstance(part, Document):
            return self._document(part) or self._lost(f"{where}document")
        if isinstance(part, Refusal):
            return self.text(Text(part.text))
        if isinstance(part, Foreign):
            return self.foreign(part)
        return self._lost(f"{where}{_kind_of(part)}")

    def foreign(self, part: Foreign) -> Json | None:
        if part.dialect == DIALECT and isinstance(part.raw, dict):
            return part.raw
        return self._lost(part.kind)

    def reasoning(self, part: Reasoning) -> Json | None:
        """Only with a proof of this API's: it refuses thoughts that it did not sign."""
        proof = opened(part.proof, "")
        if proof.dialect != DIALECT or not proof.proof:
            return self._lost("reasoning")
        if part.is_redacted:
            return {"type": "redacted_thinking", "data": proof.proof}
        return {"type": "thinking", "thinking": part.text, "signature": proof.proof}

    def result(self, part: ToolResult, id: str) -> Json:
        """Of a tool. Beside an error the API takes nothing but text."""
        content = part.content
        if part.is_error and not all(isinstance(piece, Text) for piece in content):
            content = [piece for piece in content if isinstance(piece, Text)]
            self._losses.drop("tool_result.content")
        blocks = [block for piece in content if (block := self.shown(piece, "tool_result.")) is not None]
        written: Json = {"type": "tool_result", "tool_use_id": id}
        if blocks:
            written["content"] = blocks
        if part.is_error:
            written["is_error"] = True
        return self.mark(written, part.cache)

    def _lost(self, name: str) -> Json | None:
        self._losses.drop(name)
        return None

    def _cite(self, part: Text, block: Json) -> None:
        own = [
            told.raw
            for told in part.annotations
            if told.dialect == DIALECT and isinstance(told.raw, dict) and told.raw.get("encrypted_index") != ""
        ]
        if own:
            block["citations"] = own
        if len(own) < len(part.annotations):
            self._losses.drop("citations")

    def _image(self, part: Image) -> Json | None:
        if part.detail not in ("", "auto"):
            self._losses.drop("image.detail")
        media_type, data = _bytes_of(part)
        if data:
            source = {"type": "base64", "media_type": media_type, "data": data} if media_type in _IMAGES else None
        else:
            source = _elsewhere(part)
        return None if source is None else self.mark({"type": "image", "source": source}, part.cache)

    def _document(self, part: Document) -> Json | None:
        source = _source_of(part)
        if source is None:
            return None
        block: Json = {"type": "document", "source": source}
        if part.name:
            block["title"] = part.name
        if part.about:
            block["context"] = part.about
        if part.cites:
            block["citations"] = {"enabled": True}
        return self.mark(block, part.cache)


def _bytes_of(part: Image | Document) -> tuple[str, str]:
    """Media type and base64, from wherever a client put them; the type as the bytes say it where nobody else does."""
    media_type, data = part.media_type, part.data
    for place in (part.data, part.url):
        if place.startswith("data:"):
            told, data = split_data_url(place)
            media_type = told or media_type
    if data and (not media_type or media_type in ("application/octet-stream", "image/*")):
        media_type = next((kind for start, kind in _BEGINNINGS.items() if data.startswith(start)), "")
    return "image/jpeg" if media_type == "image/jpg" else media_type, data


def _elsewhere(part: Image | Document) -> dict[str, str] | None:
    if part.file_id.startswith(_OWN_FILE):
        return {"type": "file", "file_id": part.file_id}
    if part.url.startswith(("https://", "http://")):
        return {"type": "url", "url": part.url}
    return None


def _source_of(part: Document) -> dict[str, str] | None:
    if part.text:
        return None if part.text.isspace() else _plain(part.text)
    media_type, data = _bytes_of(part)
    if not data:
        return _elsewhere(part)
    if media_type == _PDF or (not media_type and part.name.lower().endswith(".pdf")):
        return {"type": "base64", "media_type": _PDF, "data": data}
    text = _text_in(data, media_type)
    return _plain(text) if text and not text.isspace() else None


def _plain(text: str) -> dict[str, str]:
    return {"type": "text", "media_type": "text/plain", "data": text}


def _text_in(data: str, media_type: str) -> str:
    """A file that is text in truth (source code, CSV, JSON); "" if it is none."""
    if media_type.startswith(("image/", "audio/", "video/")):
        return ""
    try:
        text = a2b_base64(data).decode()
    except ValueError:
        return ""
    return "" if "\0" in text else text


def _kind_of(part: Any) -> str:
    return "audio" if isinstance(part, Audio) else type(part).__name__.lower()
