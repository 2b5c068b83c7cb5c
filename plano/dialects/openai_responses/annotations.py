"""Sources an answer names (OpenAI API reference: annotations of output text)."""

from __future__ import annotations

from typing import Any, Final

from plano.dialects.reply import Annotation

DIALECT: Final = "openai_responses"


def read_annotations(told: Any) -> list[Annotation]:
    return [found for one in told if (found := read_annotation(one)) is not None] if isinstance(told, list) else []


def read_annotation(told: Any) -> Annotation | None:
    if not isinstance(told, dict):
        return None
    if told.get("type") == "url_citation":
        return Annotation(
            "url",
            str(told.get("url") or ""),
            str(told.get("title") or ""),
            start=_number(told, "start_index"),
            end=_number(told, "end_index"),
            dialect=DIALECT,
            raw=told,
        )
    if "file_id" not in told:
        return None
    return Annotation(
        "file",
        title=str(told.get("filename") or ""),
        file_id=str(told["file_id"]),
        index=_number(told, "index"),
        start=_number(told, "start_index"),
        end=_number(told, "end_index"),
        dialect=DIALECT,
        raw=told,
    )


def write_annotation(one: Annotation) -> dict[str, Any] | None:
    """None for a kind the API has no shape for."""
    if one.dialect == DIALECT and isinstance(one.raw, dict):
        return one.raw
    if one.kind == "url":
        cited = {"type": "url_citation", "url": one.url, "title": one.title}
        return {**cited, "start_index": one.start or 0, "end_index": one.end or 0}
    if one.kind == "file":
        return {"type": "file_citation", "file_id": one.file_id, "filename": one.title, "index": one.index or 0}
    return None


def _number(told: dict[str, Any], name: str) -> int | None:
    value = told.get(name)
    return value if isinstance(value, int) else None
