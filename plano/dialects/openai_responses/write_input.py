"""Turns as input items (OpenAI API reference: input items of responses)."""

from __future__ import annotations

from typing import Any, Final

from plano.dialects.conversation import (
    Audio,
    Document,
    Foreign,
    Image,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    Turn,
)
from plano.dialects.data_urls import data_url
from plano.dialects.losses import Losses
from plano.dialects.openai_responses.annotations import write_annotation
from plano.dialects.openai_responses.read_request import DIALECT
from plano.dialects.proofs import opened
from plano.dialects.short_ids import shortened

Json = dict[str, Any]
_SHOWN: Final = (Image, Document, Audio)
_CACHEABLE: Final = (Text, Image, Document)


def write_input(turns: list[Turn], losses: Losses) -> list[Json]:
    items: list[Json] = []
    for turn in turns:
        if turn.role == "assistant":
            _add_said(items, turn, losses)
        else:
            _add_asked(items, turn, losses)
    return items


def _add_asked(items: list[Json], turn: Turn, losses: Losses) -> None:
    content: list[Json] = []
    for part in turn.parts:
        if isinstance(part, ToolResult):
            items.append(_result(part, losses))
        elif isinstance(part, Foreign) and part.dialect == DIALECT and not part.kind.startswith("input_"):
            items.append(part.raw)
        else:
            written = _part(part, losses)
            if written is not None:
                content.append(written)
    if content:
        items.append({"type": "message", "role": turn.role, "content": content})


def _add_said(items: list[Json], turn: Turn, losses: Losses) -> None:
    """The API refuses reasoning that is followed by nothing it led to."""
    thoughts: list[Json] = []
    content: list[Json] = []
    for part in turn.parts:
        if isinstance(part, Reasoning):
            _end_message(items, content)
            item = _reasoning(part, losses)
            if item is not None:
                thoughts.append(item)
            continue
        written = _said_part(part)
        if written is not None:
            _flush(items, thoughts)
            content.append(written)
            continue
        item = _said_item(part, losses)
        if item is not None:
            _end_message(items, content)
            _flush(items, thoughts)
            items.append(item)
    _end_message(items, content)
    if thoughts:
        losses.drop("reasoning")


def _flush(items: list[Json], thoughts: list[Json]) -> None:
    items.extend(thoughts)
    thoughts.clear()


def _end_message(items: list[Json], content: list[Json]) -> None:
    if content:
        items.append({"type": "message", "role": "assistant", "content": list(content)})
        content.clear()


def _said_part(part: Part) -> Json | None:
    """What a message of the model holds."""
    if isinstance(part, Text) and part.text:
        told: Json = {"type": "output_text", "text": part.text}
        if part.annotations:
            told["annotations"] = [one for found in part.annotations if (one := write_annotation(found)) is not None]
        return told
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": part.text}
    return None


def _said_item(part: Part, losses: Losses) -> Json | None:
    """What is an item of its own."""
    if isinstance(part, ToolCall):
        return _call(part)
    if isinstance(part, Foreign):
        if part.dialect == DIALECT and isinstance(part.raw, dict):
            return part.raw
        losses.drop(part.kind)
    elif isinstance(part, _SHOWN):
        losses.drop(type(part).__name__.lower())
    return None


def _reasoning(part: Reasoning, losses: Losses) -> Json | None:
    """Only with a proof of this API's own; the words alone are nobody's."""
    proof = opened(part.proof, "")
    if proof.dialect != DIALECT or not proof.proof:
        if part.text or part.proof:
            losses.drop("reasoning")
        return None
    summary = [{"type": "summary_text", "text": part.text}] if part.text else []
    item: Json = {"type": "reasoning", "summary": summary, "encrypted_content": proof.proof}
    id = proof.id or part.id
    return {"id": id, **item} if id else item


def _call(part: ToolCall) -> Json:
    kind, member = ("custom_tool_call", "input") if part.is_custom else ("function_call", "arguments")
    item: Json = {"type": kind, "call_id": shortened(part.id), "name": part.name, member: part.arguments}
    if not part.is_custom and not part.arguments:
        item[member] = "{}"
    if part.namespace:
        item["namespace"] = part.namespace
    return item


def _result(part: ToolResult, losses: Losses) -> Json:
    kind = "custom_tool_call_output" if part.is_custom else "function_call_output"
    item: Json = {"type": kind, "call_id": shortened(part.call_id)}
    texts = [piece.text for piece in part.content if isinstance(piece, Text)]
    if part.is_error and not (texts and texts[0].lower().startswith("error")):
        texts.insert(0, "Error:" if texts else "Error")
    if all(isinstance(piece, Text) for piece in part.content):
        return {**item, "output": "\n".join(texts)}
    told = [written for piece in part.content if (written := _part(piece, losses, "tool_result.")) is not None]
    if part.is_error:
        told.insert(0, {"type": "input_text", "text": "Error:"})
    return {**item, "output": told}


def _part(part: Part, losses: Losses, where: str = "") -> Json | None:
    """A part of what goes into the model; `where` it stands, for what is lost."""
    written: Json | None = None
    if isinstance(part, Text):
        written = {"type": "input_text", "text": part.text} if part.text else None
    elif isinstance(part, Image):
        written = _image(part)
    elif isinstance(part, Document):
        written = _document(part, losses)
    elif isinstance(part, Audio):
        written = {"type": "input_audio", "input_audio": {"data": part.data, "format": part.format}}
    elif isinstance(part, Refusal):
        written = {"type": "input_text", "text": part.text}
    elif isinstance(part, Foreign):
        if part.dialect == DIALECT:
            return part.raw  # type: ignore[no-any-return]
        losses.drop(f"{where}{part.kind}")
        return None
    if written is None and not isinstance(part, Text):
        losses.drop(f"{where}{type(part).__name__.lower()}")
    if isinstance(part, _CACHEABLE) and part.cache is not None:
        losses.drop("cache")  # The API caches by itself.
    return written


def _image(part: Image) -> Json | None:
    told: Json = {"type": "input_image", "detail": part.detail or "auto"}
    if part.data:
        return {**told, "image_url": data_url(part.media_type or "image/png", part.data)}
    if part.url:
        return {**told, "image_url": part.url}
    return {**told, "file_id": part.file_id} if part.file_id else None


def _document(part: Document, losses: Losses) -> Json | None:
    if part.cites:
        losses.drop("citations")
    if part.text:
        head = "\n".join(filter(None, (part.name, part.about)))
        return {"type": "input_text", "text": f"<document>\n{head}\n{part.text}\n</document>"}
    if part.data:
        data = data_url(part.media_type or "application/pdf", part.data)
        return {"type": "input_file", "filename": part.name or "document.pdf", "file_data": data}
    if part.url:
        return {"type": "input_file", "file_url": part.url}
    return {"type": "input_file", "file_id": part.file_id} if part.file_id else None
