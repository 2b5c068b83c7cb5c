"""Parts of a conversation as parts of a content (Gemini API reference: Part)."""

from __future__ import annotations

from typing import Any, Final

from plano.dialects.conversation import (
    Audio,
    Document,
    Foreign,
    Image,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from plano.dialects.gemini_generate.models import Model
from plano.dialects.gemini_generate.wire_types import DIALECT
from plano.dialects.json_text import decoded_object
from plano.dialects.losses import Losses
from plano.dialects.proofs import opened

Json = dict[str, Any]

#: Stands for the signature of a call that another model made (ai.google.dev/gemini-api/docs/thought-signatures).
_NO_PROOF: Final = "skip_thought_signature_validator"
_IMAGES: Final = frozenset(("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"))
#: The first bytes in base64: some clients say a wrong type, or none.
_IMAGE_STARTS: Final = (
    ("iVBORw0KGgo", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
)
_ENDINGS: Final = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "heic": "image/heic",
    "heif": "image/heif",
    "gif": "image/gif",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "htm": "text/html",
    "json": "application/json",
    "xml": "text/xml",
}
_DOCUMENTS: Final = frozenset(("application/pdf", "application/json", "application/rtf"))
_AUDIO: Final = {"mpeg": "audio/mp3", "x-wav": "audio/wav", "pcm16": "audio/pcm"}
_FILES: Final = "https://generativelanguage.googleapis.com/v1beta/"


class PartWriter:
    """Writes the parts of one request. Remembers the names of calls: a result says only whose it is."""

    def __init__(self, model: Model, losses: Losses) -> None:
        self._model = model
        self.losses = losses
        self.names: dict[str, str] = {}

    def add_said(self, parts: list[Json], part: Any) -> None:
        """What the model said, at the end of `parts` of one turn."""
        if isinstance(part, Text | Refusal):
            if part.text:
                parts.append({"text": part.text})
            if isinstance(part, Text):
                self._drop_beside(part)
        elif isinstance(part, ToolCall):
            parts.append(self._call(part, is_first=not any("functionCall" in one for one in parts)))
        elif isinstance(part, Reasoning):
            self._add_reasoning(parts, part)
        else:
            self.add_shown(parts, part, "")

    def add_shown(self, parts: list[Json], part: Any, within: str) -> None:
        """What the user said or showed; `within` is put before the names of losses."""
        if getattr(part, "cache", None) is not None:
            self.losses.drop("cache")  # Gemini caches by itself; another cache is made by another call.
        if isinstance(part, Text | Refusal):
            if part.text:
                parts.append({"text": part.text})
            return
        if isinstance(part, Image):
            parts.append(self._image(part) or self._not_shown(f"{within}image", part.url))
        elif isinstance(part, Document):
            parts.append(self._document(part) or self._not_shown(f"{within}document", part.name or part.url))
        elif isinstance(part, Audio):
            kind = part.format.lower()
            parts.append({"inlineData": {"mimeType": _AUDIO.get(kind, f"audio/{kind}"), "data": part.data}})
        elif isinstance(part, Foreign) and part.dialect == DIALECT and isinstance(part.raw, dict):
            parts.append(part.raw)
        else:
            self.losses.drop(within + (part.kind if isinstance(part, Foreign) else type(part).__name__.lower()))

    def result(self, part: ToolResult) -> tuple[Json, list[Json]]:
        """A `functionResponse`, and what the tool showed, to stand behind all results."""
        if part.cache is not None:
            self.losses.drop("cache")
        texts = [piece.text for piece in part.content if isinstance(piece, Text) and piece.text]
        shown: list[Json] = []
        for piece in part.content:
            if not isinstance(piece, Text):
                self.add_shown(shown, piece, "tool_result.")
        # Text is of the result itself: what cannot be shown, and documents in plain text.
        texts += [one["text"] for one in shown if "text" in one]
        shown = [one for one in shown if "text" not in one]
        text = "\n".join(texts)
        told: Json = {"id": part.call_id} if part.call_id else {}
        told["name"] = self.names.get(part.call_id, "unknown_tool")
        told["response"] = {"error" if part.is_error else "result": text}
        inline = [one for one in shown if "inlineData" in one] if self._model.sees_results else []
        if inline:
            told["parts"] = inline
            shown = [one for one in shown if "inlineData" not in one]
        if shown:
            shown.insert(0, {"text": f"Content of the result of {told['name']}:"})
        return {"functionResponse": told}, shown

    def _call(self, part: ToolCall, *, is_first: bool) -> Json:
        arguments = decoded_object(part.arguments)
        self.names[part.id] = part.name
        call: Json = {"id": part.id} if part.id else {}
        call["name"] = part.name
        # Arguments that are no object, as models cut off make them, are told as text in one.
        call["args"] = arguments if arguments is not None else {"arguments": part.arguments}
        told: Json = {"functionCall": call}
        # Its compatible endpoint hands out the same signatures as chat's own proofs, and nobody else puts any on calls.
        proof = opened(part.proof, "openai_chat")
        if proof.proof and proof.dialect in (DIALECT, "openai_chat"):
            told["thoughtSignature"] = proof.proof
        elif is_first and self._model.wants_proofs:
            told["thoughtSignature"] = _NO_PROOF
        if part.cache is not None:
            self.losses.drop("cache")
        return told

    def _add_reasoning(self, parts: list[Json], part: Reasoning) -> None:
        """A proof without text belongs to the part before it, or stands alone as in a stream."""
        proof = opened(part.proof, "")
        if proof.dialect != DIALECT or not proof.proof:
            self.losses.drop("reasoning")
        elif part.text:
            parts.append({"text": part.text, "thought": True, "thoughtSignature": proof.proof})
        elif parts and "thoughtSignature" not in parts[-1] and "text" in parts[-1]:
            parts[-1]["thoughtSignature"] = proof.proof
        else:
            parts.append({"text": "", "thoughtSignature": proof.proof})

    def _drop_beside(self, part: Text) -> None:
        if part.annotations:
            self.losses.drop("citations")
        if part.cache is not None:
            self.losses.drop("cache")

    def _image(self, part: Image) -> Json | None:
        if part.detail not in ("", "auto"):
            self.losses.drop("image.detail")
        if part.data:
            kind = next((kind for start, kind in _IMAGE_STARTS if part.data.startswith(start)), part.media_type.lower())
            kind = "image/jpeg" if kind == "image/jpg" else kind
            return {"inlineData": {"mimeType": kind, "data": part.data}} if kind in _IMAGES else None
        return self._by_url(part.url or part.file_id, part.media_type, _IMAGES)

    def _document(self, part: Document) -> Json | None:
        if part.cites:
            self.losses.drop("citations")
        if part.text:
            title = "".join(f"{line}\n" for line in (part.name, part.about) if line)
            return {"text": f"<document>\n{title}{part.text}\n</document>"}
        if part.about:
            self.losses.drop("document.context")
        if part.data:
            kind = _media_type(part.media_type, part.name)
            is_known = kind in _DOCUMENTS or kind.startswith(("text/", "audio/", "video/")) or kind in _IMAGES
            return {"inlineData": {"mimeType": kind, "data": part.data}} if is_known else None
        return self._by_url(part.url or part.file_id, part.media_type, _DOCUMENTS)

    def _by_url(self, url: str, media_type: str, known: frozenset[str]) -> Json | None:
        """A file of its own store, of YouTube, of Google's cloud, or one that it fetches. None for other ids."""
        kind = _media_type(media_type, url)
        if url.startswith("files/"):
            url = _FILES + url
        elif not url.startswith(("https://", "gs://")):
            return None
        if not url.startswith((_FILES, "gs://")):
            is_known = not kind or kind in known or kind.startswith("text/")
            if not is_known or not self._model.fetches:
                return None
        data = {"fileUri": url}
        if kind:
            data["mimeType"] = kind
        return {"fileData": data}

    def _not_shown(self, name: str, where: str) -> Json:
        """The model shall know that there was something."""
        self.losses.drop(name)
        kind = name.rpartition(".")[2]
        shown = where if len(where) <= 500 and not where.startswith("data:") else ""
        return {"text": f"[{kind} that cannot be shown here{': ' if shown else ''}{shown}]"}


def _media_type(told: str, name: str) -> str:
    kind = told.partition(";")[0].strip().lower()
    if kind and kind != "application/octet-stream":
        return "image/jpeg" if kind == "image/jpg" else kind
    return _ENDINGS.get(name.partition("?")[0].rpartition(".")[2].lower(), "")
