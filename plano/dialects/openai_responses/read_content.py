"""Content of messages and of tool outputs (OpenAI API reference: input and output content of responses)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from plano.dialects.content_parts import read_parts
from plano.dialects.conversation import Audio, Document, Image, Part, Refusal, Text
from plano.dialects.data_urls import split_data_url
from plano.dialects.json_text import encoded
from plano.dialects.openai_responses.annotations import read_annotations

DIALECT: Final = "openai_responses"


def read_content(content: Any, path: str) -> list[Part]:
    """Raises `BadRequest` with the path of a part that is none."""
    return read_parts(content, path, DIALECT, _PARTS)


def read_output(output: Any, path: str) -> list[Part]:
    """What a tool gave: a string, or parts; older clients of the API send any JSON."""
    if isinstance(output, list) and all(isinstance(part, dict) and "type" in part for part in output):
        return read_content(output, path)
    if output is None or isinstance(output, str):
        return [Text(output)] if output else []
    return [Text(encoded(output))]


def _text(part: dict[str, Any]) -> Part | None:
    text = _string(part["text"])
    return Text(text, annotations=tuple(read_annotations(part.get("annotations")))) if text else None


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _refusal(part: dict[str, Any]) -> Part:
    return Refusal(str(part["refusal"]))


def _image(part: dict[str, Any]) -> Part:
    told = part.get("image_url")
    url = told["url"] if isinstance(told, dict) else told or ""
    file_id = part.get("file_id") or ""
    if not url and not file_id:
        raise KeyError("image_url")
    media_type, data = split_data_url(_string(url))
    return Image(media_type, data, "" if data else url, str(file_id), str(part.get("detail") or ""))


def _file(part: dict[str, Any]) -> Part:
    told = part.get("file_data") or ""
    media_type, data = split_data_url(_string(told))
    if told and not data:
        media_type, data = _media_type(str(part.get("filename") or "")), told  # Base64 without its URL.
    url, file_id = part.get("file_url") or "", part.get("file_id") or ""
    if not data and not url and not file_id:
        raise KeyError("file_data")
    return Document(media_type, data, str(url), str(file_id), name=str(part.get("filename") or ""))


def _media_type(name: str) -> str:
    return "text/plain" if name.endswith((".txt", ".md")) else "application/pdf"


def _audio(part: dict[str, Any]) -> Part:
    told = part["input_audio"]
    return Audio(_string(told["data"]), _string(told["format"]))


_PARTS: Final[dict[str, Callable[[dict[str, Any]], Part | None]]] = {
    "input_text": _text,
    "output_text": _text,
    "text": _text,
    "summary_text": _text,
    "refusal": _refusal,
    "input_image": _image,
    "input_file": _file,
    "input_audio": _audio,
}
