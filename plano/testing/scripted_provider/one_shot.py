"""The OpenAI-shaped operations that answer in one piece: embeddings, moderations, images, speech, rerank,
models.
"""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib
from typing import Any

from plano.testing.scripted_provider.answer import Answer
from plano.testing.scripted_provider.ask import Json, RecordedRequest
from plano.testing.scripted_provider.openai_chat import error
from plano.testing.scripted_provider.reply import Reply
from plano.testing.scripted_provider.voice import CREATED, Voice

MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "mock/hello")

_CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
_SPEECH_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}


def _inputs(body: Json) -> list[Any]:
    """One input or many; a list of numbers is one input made of tokens."""
    given = body.get("input", "")
    is_many = isinstance(given, list) and not (given and isinstance(given[0], int))
    return given if is_many else [given]


def _vector(text: object, size: int) -> list[float]:
    """Equal texts, equal vectors; every value within [-1, 1]."""
    digest = hashlib.shake_128(str(text).encode()).digest(size * 2)
    return [value / 32768 for value in struct.unpack(f"<{size}h", digest)]


def embeddings_body(reply: Reply) -> Json:
    """A list of `embedding` objects, as floats or as base64 of little-endian float32."""
    size = int(reply.body.get("dimensions") or 16)
    data = []
    for index, text in enumerate(_inputs(reply.body)):
        vector: Any = _vector(text, size)
        if reply.body.get("encoding_format") == "base64":
            vector = base64.b64encode(struct.pack(f"<{size}f", *vector)).decode()
        data.append({"object": "embedding", "index": index, "embedding": vector})
    used = {"prompt_tokens": reply.prompt_tokens, "total_tokens": reply.prompt_tokens}
    return {"object": "list", "data": data, "model": reply.ask.model, "usage": used}


def moderations_body(reply: Reply) -> Json:
    """Nothing is ever flagged, except a text that holds "flag me" (as harassment)."""
    results = []
    for text in _inputs(reply.body):
        is_flagged = "flag me" in str(text).lower()
        flags = {name: is_flagged and name == "harassment" for name in _CATEGORIES}
        scores = {name: 0.9 if flag else 0.0001 for name, flag in flags.items()}
        kinds = {name: ["text"] for name in _CATEGORIES}
        verdict = {"flagged": is_flagged, "categories": flags, "category_scores": scores}
        results.append({**verdict, "category_applied_input_types": kinds})
    return {"id": f"modr-scripted{reply.ask.number:06d}", "model": reply.ask.model, "results": results}


def images_body(reply: Reply) -> Json:
    """`n` images of one grey pixel, or addresses of them."""
    wants_url = reply.body.get("response_format") == "url"
    one = {"url": "https://images.invalid/scripted.png"} if wants_url else {"b64_json": _PIXEL}
    wanted = reply.body.get("n")
    return {"created": CREATED, "data": [dict(one) for _ in range(wanted if isinstance(wanted, int) else 1)]}


def rerank_body(reply: Reply) -> Json:
    """Documents by how many of the query's words they hold (the shape of Cohere, Jina and others)."""
    words = set(str(reply.body.get("query", "")).lower().split())
    documents = reply.body.get("documents") or []
    texts = [str(one.get("text", "")) if isinstance(one, dict) else str(one) for one in documents]
    scores = [(len(words & set(text.lower().split())) / max(1, len(words)), index) for index, text in enumerate(texts)]
    best = sorted(scores, key=lambda pair: (-pair[0], pair[1]))[: int(reply.body.get("top_n") or len(texts))]
    results: list[Json] = [{"index": index, "relevance_score": score} for score, index in best]
    if reply.body.get("return_documents"):
        results = [{**result, "document": {"text": texts[result["index"]]}} for result in results]
    meta = {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}}
    return {
        "id": f"rerank-scripted{reply.ask.number:06d}",
        "model": reply.ask.model,
        "results": results,
        "meta": meta,
    }


def speech_answer(body: Json) -> Answer:
    """A tenth of a second of silence as WAV or raw PCM; for other formats bytes that only look like audio."""
    wanted = str(body.get("response_format", "mp3"))
    sound = b"\0\0" * 2400
    if wanted == "wav":
        shape = struct.pack("<IHHIIHH", 16, 1, 1, 24000, 48000, 2, 16)
        sound = b"RIFF" + struct.pack("<I", 36 + len(sound)) + b"WAVEfmt " + shape + b"data" + _sized(sound)
    elif wanted != "pcm":
        sound = b"\xff\xfb\x90\x64" + bytes(412)
    pieces = tuple(sound[start : start + 1024] for start in range(0, len(sound), 1024))
    headers = (("content-type", _SPEECH_TYPES.get(wanted, "application/octet-stream")),)
    return Answer(headers=headers, body=pieces, framing="chunked")


def models_body(request: RecordedRequest, models: tuple[str, ...]) -> Json:
    """The list, or one model; Anthropic's shape for whoever sends `anthropic-version`."""
    is_anthropic = request.header("anthropic-version") is not None
    tail = request.path.partition("/models")[2].strip("/")
    if tail:
        return _model(tail, is_anthropic)
    data = [_model(name, is_anthropic) for name in models]
    ends = {"has_more": False, "first_id": models[0], "last_id": models[-1]}
    return {"data": data, **ends} if is_anthropic else {"object": "list", "data": data}


def _model(name: str, is_anthropic: bool) -> Json:
    if is_anthropic:
        return {"type": "model", "id": name, "display_name": name, "created_at": "2025-10-09T08:53:20Z"}
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "scripted"}


def _sized(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_PIXEL = base64.b64encode(
    b"\x89PNG\r\n\x1a\n"
    + _png_chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _png_chunk(b"IDAT", zlib.compress(b"\0\x80"))
    + _png_chunk(b"IEND", b"")
).decode()

EMBEDDINGS_VOICE = Voice(embeddings_body, None, error)
MODERATIONS_VOICE = Voice(moderations_body, None, error)
IMAGES_VOICE = Voice(images_body, None, error)
RERANK_VOICE = Voice(rerank_body, None, error)
