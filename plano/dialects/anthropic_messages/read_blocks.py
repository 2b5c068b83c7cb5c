"""Content blocks of a client's request -> parts of a turn.

What no other API has a shape for travels as `Foreign`. Empty texts are left out: they say nothing, and most APIs
refuse them. Proofs of reasoning leave here under a seal, so that a writer knows whose they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from plano.dialects.anthropic_messages.cache_marks import read_mark
from plano.dialects.anthropic_messages.citations import read_citations
from plano.dialects.anthropic_messages.wire_types import DIALECT
from plano.dialects.conversation import Document, Foreign, Image, Part, Reasoning, Text, ToolCall, ToolResult
from plano.dialects.event_document import Json, object_at, text_at
from plano.dialects.proofs import opened, sealed
from plano.errors import BadRequest

_encode: Final = msgspec.json.Encoder().encode


def read_content(content: Any, at: str) -> list[Part]:
    """A string or a list of blocks; `at` is where it stands in the request, for errors."""
    if isinstance(content, str):
        return [Text(content)] if content else []
    if not isinstance(content, list):
        raise BadRequest(f"{at}: must be a string or a list of content blocks", param=at)
    parts: list[Part] = []
    for number, block in enumerate(content):
        if not isinstance(block, dict) or not isinstance(kind := block.get("type"), str):
            where = f"{at}[{number}]"
            raise BadRequest(f"{where}: must be a content block, an object with a `type`", param=where)
        read = _READERS.get(kind)
        if read is None:
            parts.append(Foreign(DIALECT, kind, block))
        else:
            read(block, at, number, parts)
    return parts


def read_texts(content: Any, at: str) -> list[Text]:
    """Of a member that holds nothing but text."""
    return [part for part in read_content(content, at) if isinstance(part, Text)]


def own_proof(word: str) -> str:
    """A signature as the client has it, under a seal that says whose it is."""
    proof = opened(word, DIALECT)
    return word if proof.dialect != DIALECT else sealed(DIALECT, proof.proof, proof.id)


def arguments_of(value: Any) -> str:
    """The arguments of a call as JSON text; some vendors have them as such already."""
    if isinstance(value, str):
        return value
    return _encode(value).decode() if value is not None else ""


def _string(block: Json, name: str, at: str, number: int) -> str:
    value = block.get(name)
    if not isinstance(value, str):
        where = f"{at}[{number}].{name}"
        raise BadRequest(f"{where}: must be a string", param=where)
    return value


def _text(block: Json, at: str, number: int, parts: list[Part]) -> None:
    text = block.get("text")
    if not isinstance(text, str):
        text = _string(block, "text", at, number)
    if text:
        mark = read_mark(block) if "cache_control" in block else None
        parts.append(Text(text, mark, read_citations(block.get("citations"))))


def _image(block: Json, at: str, number: int, parts: list[Part]) -> None:
    image = Image(cache=read_mark(block))
    parts.append(image if _has_source(image, block, at, number) else Foreign(DIALECT, "image", block))


def _has_source(part: Image | Document, block: Json, at: str, number: int) -> bool:
    """Fill in where its bytes are; False for a kind of place that is not known here."""
    source = block.get("source")
    where = f"{at}[{number}].source"
    if not isinstance(source, dict):
        raise BadRequest(f"{where}: must be an object", param=where)
    kind = source.get("type")
    if kind == "base64":
        part.media_type, part.data = text_at(source, "media_type"), text_at(source, "data")
    elif kind == "url":
        part.url = text_at(source, "url")
    elif kind == "file":
        part.file_id = text_at(source, "file_id")
    else:
        return False
    if not (part.data or part.url or part.file_id):
        raise BadRequest(f"{where}: has no data, url or file_id", param=where)
    return True


def _document(block: Json, at: str, number: int, parts: list[Part]) -> None:
    document = Document(
        name=text_at(block, "title"),
        about=text_at(block, "context"),
        cites=object_at(block, "citations").get("enabled") is True,
        cache=read_mark(block),
    )
    if _has_text(document, object_at(block, "source"), f"{at}[{number}].source", parts):
        return
    parts.append(document if _has_source(document, block, at, number) else Foreign(DIALECT, "document", block))


def _has_text(document: Document, source: Json, at: str, parts: list[Part]) -> bool:
    """A document that is plain text, or blocks of it: then those that are none of it follow as they are."""
    kind = source.get("type")
    if kind == "text":
        document.media_type = text_at(source, "media_type") or "text/plain"
        document.text = text_at(source, "data")
        parts.append(document)
    elif kind == "content":
        inside = read_content(source.get("content"), f"{at}.content")
        document.media_type = "text/plain"
        document.text = "\n\n".join(part.text for part in inside if isinstance(part, Text))
        parts.append(document)
        parts.extend(part for part in inside if not isinstance(part, Text))
    return kind in ("text", "content")


def _search_result(block: Json, at: str, number: int, parts: list[Part]) -> None:
    texts = read_texts(block.get("content", []), f"{at}[{number}].content")
    parts.append(
        Document(
            media_type="text/plain",
            text="\n\n".join(text.text for text in texts),
            name=text_at(block, "title"),
            about=text_at(block, "source"),
            cites=object_at(block, "citations").get("enabled") is True,
            cache=read_mark(block),
        )
    )


def _thinking(block: Json, at: str, number: int, parts: list[Part]) -> None:
    text, signature = text_at(block, "thinking"), text_at(block, "signature")
    if text or signature:
        parts.append(Reasoning(text, own_proof(signature) if signature else ""))


def _redacted_thinking(block: Json, at: str, number: int, parts: list[Part]) -> None:
    parts.append(Reasoning(proof=own_proof(_string(block, "data", at, number)), is_redacted=True))


def _tool_use(block: Json, at: str, number: int, parts: list[Part]) -> None:
    id, name = _string(block, "id", at, number), _string(block, "name", at, number)
    proof = _take_proof(id, parts)
    parts.append(ToolCall(id, name, arguments_of(block.get("input", {})), proof=proof, cache=read_mark(block)))


def _take_proof(id: str, parts: list[Part]) -> str:
    """The proof of a call, which `write_blocks.proof_block` put before it."""
    last = parts[-1] if parts else None
    if not isinstance(last, Reasoning) or not last.is_redacted:
        return ""
    proof = opened(last.proof, DIALECT)
    if proof.dialect == DIALECT or proof.id != id:
        return ""
    parts.pop()
    return sealed(proof.dialect, proof.proof)


def _tool_result(block: Json, at: str, number: int, parts: list[Part]) -> None:
    id = _string(block, "tool_use_id", at, number)
    content = block.get("content")
    inside = [] if content is None else read_content(content, f"{at}[{number}].content")
    parts.append(ToolResult(id, inside, block.get("is_error") is True, cache=read_mark(block)))


_READERS: Final[dict[str, Callable[[Json, str, int, list[Part]], None]]] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "search_result": _search_result,
    "thinking": _thinking,
    "redacted_thinking": _redacted_thinking,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
}
