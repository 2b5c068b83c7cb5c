"""Parts of a conversation as content blocks (Amazon Bedrock API reference: ContentBlock)."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from plano.dialects.bedrock_converse.models import Model
from plano.dialects.bedrock_converse.wire_types import DIALECT
from plano.dialects.conversation import (
    Audio,
    CacheMark,
    Conversation,
    Document,
    Foreign,
    Image,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from plano.dialects.json_text import decoded_object
from plano.dialects.losses import Losses
from plano.dialects.proofs import opened

Block = dict[str, Any]

#: What Bedrock takes in turns of the one and of the other alone.
_OF_MODELS: Final = (ToolCall, Reasoning)
_OF_USERS: Final = (ToolResult, Image, Document, Audio)
_KINDS: Final[dict[type, str]] = {
    ToolCall: "tool_call",
    Reasoning: "reasoning",
    ToolResult: "tool_result",
    Image: "image",
    Document: "document",
    Audio: "audio",
}
#: Claude takes no more.
_MOST_CACHE_POINTS: Final = 4
_LONGEST_ID: Final = 64
_ID: Final = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_NOT_IN_IDS: Final = re.compile(r"[^a-zA-Z0-9_.:-]")
_NOT_IN_TOOL_NAMES: Final = re.compile(r"[^a-zA-Z0-9_-]")
_NOT_IN_DOCUMENT_NAMES: Final = re.compile(r"[^\w()\[\] -]|_", re.ASCII)
_LONGEST_DOCUMENT_NAME: Final = 180
#: The first bytes in base64: what a client says of an image is wrong often enough, and Bedrock looks.
_IMAGE_STARTS: Final = (("iVBORw0KGgo", "png"), ("/9j/", "jpeg"), ("R0lGOD", "gif"), ("UklGR", "webp"))
_IMAGE_FORMATS: Final = {
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/jpg": "jpeg",
    "image/gif": "gif",
    "image/webp": "webp",
}
_DOCUMENT_FORMATS: Final = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
}
_DOCUMENT_ENDINGS: Final = {kind: kind for kind in _DOCUMENT_FORMATS.values()} | {"markdown": "md", "htm": "html"}
_AUDIO_FORMATS: Final = frozenset(
    ("mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg", "mpga", "pcm", "webm")
)


class BlockWriter:
    """Writes the blocks of one request. What belongs together, a block and its cache point, comes as one list."""

    def __init__(self, conversation: Conversation, model: Model, losses: Losses) -> None:
        self._model = model
        self.losses = losses
        #: Cache points to leave out before the first one that is written: the last ones reach furthest.
        self._too_many = _marks_in(conversation) - _MOST_CACHE_POINTS
        self._document_names: set[str] = set()
        #: How many things only a placeholder stands for.
        self.not_shown = 0

    def blocks(self, part: Part, *, of_user: bool) -> list[Block]:
        """Nothing for what is blank or cannot be carried."""
        block: Block | None
        if type(part) is Text:  # Most are, and a conversation has many.
            block = {"text": part.text} if part.text.strip() else None
            if part.annotations:
                self.losses.drop("citations")
        elif type(part) in (_OF_MODELS if of_user else _OF_USERS):
            self.losses.drop(_KINDS[type(part)])
            return []
        else:
            block = self._block(part)
        if block is None:
            return []
        cache = getattr(part, "cache", None)
        return [block] if cache is None else [block, *self.cache_point(cache)]

    def cache_point(self, mark: CacheMark, *, of_tool: bool = False) -> list[Block]:
        self._too_many -= 1
        if self._too_many >= 0 or not self._model.caches or (of_tool and not self._model.caches_tools):
            self.losses.drop("cache")
            return []
        point = {"type": "default"}
        if mark.ttl in ("5m", "1h") and self._model.is_claude:
            point["ttl"] = mark.ttl
        return [{"cachePoint": point}]

    def _block(self, part: Part) -> Block | None:
        if isinstance(part, ToolCall):
            return {"toolUse": _tool_use(part)}
        if isinstance(part, ToolResult):
            return {"toolResult": self._tool_result(part)}
        if isinstance(part, Refusal):
            return {"text": part.text} if part.text.strip() else None
        if isinstance(part, Reasoning):
            return self._reasoning(part)
        if isinstance(part, Foreign):
            return self._foreign(part, part.kind)
        if isinstance(part, Image):
            return self._image(part, "image")
        return self._document(part, "document") if isinstance(part, Document) else self._audio(part)

    def _foreign(self, part: Foreign, name: str) -> Block | None:
        if part.dialect == DIALECT and isinstance(part.raw, dict):
            return part.raw
        self.losses.drop(name)
        return None

    def _reasoning(self, part: Reasoning) -> Block | None:
        """With a proof that its model will take: its own, and Anthropic's, which is the same everywhere."""
        proof = opened(part.proof, "")
        is_ours = proof.dialect == DIALECT or (proof.dialect == "anthropic_messages" and self._model.is_claude)
        if not is_ours or not proof.proof or not (part.is_redacted or part.text.strip()):
            self.losses.drop("reasoning")
            return None
        if part.is_redacted:
            return {"reasoningContent": {"redactedContent": proof.proof}}
        return {"reasoningContent": {"reasoningText": {"text": part.text, "signature": proof.proof}}}

    def _tool_result(self, part: ToolResult) -> Block:
        content: list[Block] = []
        for piece in part.content:
            block: Block | None = None
            if isinstance(piece, Text):
                block = {"text": piece.text} if piece.text.strip() else None
            elif isinstance(piece, Image):
                block = self._image(piece, "tool_result.image")
            elif isinstance(piece, Document):
                block = self._document(piece, "tool_result.document")
            elif isinstance(piece, Foreign):
                block = self._foreign(piece, f"tool_result.{piece.kind}")
            if block is not None:
                content.append(block)
        return {
            "toolUseId": tool_use_id(part.call_id),
            "content": content or [{"text": "(no output)"}],
            "status": "error" if part.is_error else "success",
        }

    def _image(self, part: Image, name: str) -> Block | None:
        if part.detail not in ("", "auto"):
            self.losses.drop("image.detail")
        if part.data:
            kind = next((kind for start, kind in _IMAGE_STARTS if part.data.startswith(start)), "")
            kind = kind or _IMAGE_FORMATS.get(part.media_type.lower(), "")
            if kind:
                return {"image": {"format": kind, "source": {"bytes": part.data}}}
        elif part.url.startswith("s3://"):
            kind = part.url.rpartition(".")[2].lower().replace("jpg", "jpeg")
            if kind in _IMAGE_FORMATS.values():
                return {"image": {"format": kind, "source": {"s3Location": {"uri": part.url}}}}
        return self._not_shown(name, part.url)

    def _document(self, part: Document, name: str) -> Block | None:
        source: Block
        if part.text:
            is_text = part.cites  # Only a source in plain text can be cited by its characters.
            source = {"text": part.text} if is_text else {"bytes": b64encode(part.text.encode()).decode()}
            kind = "txt"
        elif part.data:
            kind = _document_format(part)
            source = {"bytes": part.data}
        else:
            kind = _document_format(part) if part.url.startswith("s3://") else ""
            source = {"s3Location": {"uri": part.url}}
        if not kind:
            return self._not_shown(name, part.name or part.url)
        document: Block = {"format": kind, "name": self._document_name(part.name), "source": source}
        if part.about:
            document["context"] = part.about
        if part.cites:
            document["citations"] = {"enabled": True}
        return {"document": document}

    def _document_name(self, told: str) -> str:
        """In the few characters that are allowed, and no two alike, which Bedrock refuses."""
        plain = " ".join(_NOT_IN_DOCUMENT_NAMES.sub(" ", told).split())[:_LONGEST_DOCUMENT_NAME].strip() or "Document"
        name, number = plain, 1
        while name in self._document_names:
            number += 1
            name = f"{plain} {number}"
        self._document_names.add(name)
        return name

    def _audio(self, part: Part) -> Block | None:
        if isinstance(part, Audio) and part.format.lower() in _AUDIO_FORMATS:
            return {"audio": {"format": part.format.lower(), "source": {"bytes": part.data}}}
        return self._not_shown("audio", "")

    def _not_shown(self, name: str, where: str) -> Block:
        """Bedrock fetches nothing; the model shall know that there was something."""
        self.losses.drop(name)
        self.not_shown += 1
        kind = name.rpartition(".")[2]
        shown = where if len(where) <= 500 and not where.startswith("data:") else ""
        return {"text": f"[{kind} that cannot be shown here{': ' if shown else ''}{shown}]"}


def tool_use_id(id: str) -> str:
    """The same for a call and its result; a digest stands for what is too long or has other characters."""
    if _ID.fullmatch(id):
        return id
    digest = blake2b(id.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"{_NOT_IN_IDS.sub('_', id)[: _LONGEST_ID - 13]}_{digest}"


@lru_cache(maxsize=1024)
def tool_name(name: str) -> str:
    """Of a call in the history, whose tool may be offered no longer."""
    return _NOT_IN_TOOL_NAMES.sub("_", name)[:_LONGEST_ID] or "unnamed"


def _tool_use(part: ToolCall) -> Block:
    """Arguments that are no JSON object, as models cut off make them, are told as text in one."""
    told = decoded_object(part.arguments)
    return {
        "toolUseId": tool_use_id(part.id),
        "name": tool_name(part.name),
        "input": told if told is not None else {"arguments": part.arguments},
    }


def _document_format(part: Document) -> str:
    media_type = part.media_type.partition(";")[0].strip().lower()
    found = _DOCUMENT_FORMATS.get(media_type) or ("txt" if media_type.startswith("text/") else "")
    if found in ("", "txt"):
        ending = (part.name or part.url).rpartition(".")[2].lower()
        found = _DOCUMENT_ENDINGS.get(ending, found)
    return found


def _marks_in(conversation: Conversation) -> int:
    holders: list[Any] = [*conversation.tools, *conversation.instructions]
    for turn in conversation.turns:
        holders += turn.parts
    return sum(1 for holder in holders if getattr(holder, "cache", None) is not None)
