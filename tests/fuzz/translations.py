"""From every dialect to every other: whatever a stranger writes is refused in words, or it is written well.

An input is a line, WHAT DIALECT, and the bytes: of a client's `request`, a provider's `answer`, `error` or `stream`.
What is JSON is tried as it is, and with changes of its structure that depend on its bytes only. `@FILE` in their place
is a file of `tests/golden` with such changes: the recorded requests are too long to be inputs themselves.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from plano.errors import BadRequest, ProviderProtocolError
from plano.testing.event_stream import event_stream_frame
from tests.fuzz import MAX_INPUT_BYTES
from tests.fuzz.json_changes import changed
from tests.golden.cases import CLIENTS, HERE, PAIRS, PROVIDERS, ROUND_TRIPS, Pair, reply_to
from tests.golden.lifecycles import READERS
from tests.golden.validators import VALIDATORS

TOKENS: Final = tuple(
    b'null|true|-1|1e999|123456789012345678901234567890|""|"x"|[]|{}|[{}]|{"type":null}|"\\ud800"|"\\u0000"|\xff|'
    b'[[[[[[[[[[[[[[[[|,|:|"|\\|\n\n|data: |event: error\n|data: [DONE]\n\n|data: {"error":{"message":null}}\n\n|'
    b'"type":|"id":"call_1"|"index":-1|"index":99|"content":|"arguments":|"role":"user"|"role":"tool"|"tool_calls":'
    .split(b"|")
)
CHANGES: Final = 6
WAYS: Final = [*PAIRS, *ROUND_TRIPS]
_RECORDED: Final = {"claude_code": "anthropic_messages", "codex": "openai_responses"}
_MODELS: Final = {
    "bedrock_converse": ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.nova-pro-v1:0"),
    "anthropic_messages": ("claude-sonnet-4-5", "claude-opus-4-7", "claude-3-5-haiku-latest"),
    "gemini": ("gemini-2.5-pro", "gemini-3-pro-preview", "gemini-2.0-flash"),
}
_FILES: Final = {
    folder: {path.name for path in (HERE / folder).iterdir()} for folder in ("requests", "answers", "streams")
}
_TO: Final = {pair: reply_to(pair) for pair in WAYS}
_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode
Stream = list[tuple[str, Any]]


def seeds() -> Iterator[bytes]:
    for folder, kind in (("requests", "request"), ("answers", "answer"), ("streams", "stream")):
        for path in sorted((HERE / folder).iterdir()):
            dialect = _dialect_of(path.stem, PROVIDERS if kind != "request" else CLIENTS)
            what = "error" if kind == "answer" and path.stem.endswith("_error") else kind
            body = path.read_bytes()
            if len(body) < MAX_INPUT_BYTES - 100:
                yield f"{what} {dialect}\n".encode() + body
            yield f"{what} {dialect}\n@{folder}/{path.name}\n".encode()


def _dialect_of(stem: str, dialects: dict[str, Any]) -> str:
    names = {**{name: name for name in dialects}, **_RECORDED}
    return next(dialect for name, dialect in names.items() if stem.startswith(name))


def check(data: bytes) -> None:
    first, _, body = data.partition(b"\n")
    what, _, dialect = first.decode("utf-8", "replace").partition(" ")
    chance = random.Random(zlib.crc32(data))
    if what not in _CHECKS or dialect not in (CLIENTS if what == "request" else PROVIDERS):
        return
    if body.startswith(b"@"):
        folder, _, name = body[1:].split(b"\n")[0].decode("utf-8", "replace").partition("/")
        if name not in _FILES.get(folder, ()):
            return
        body = (HERE / folder / name).read_bytes()
    _CHECKS[what](dialect, body, chance)


# Requests.


def _check_request(client: str, body: bytes, chance: random.Random) -> None:
    try:
        members = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return  # Refused before any dialect sees it.
    if not isinstance(members, dict):
        return
    for number in range(CHANGES):
        told = changed(members, chance, chance.choice((1, 1, 2, 4))) if number else members
        if isinstance(told, dict):
            _translate_request(client, told, chance)


def _translate_request(client: str, told: dict[str, Any], chance: random.Random) -> None:
    try:
        body = _encode(told)
        _decode(body)
    except RecursionError:
        return
    for pair in WAYS:
        if pair.client != client:
            continue
        model = chance.choice(_MODELS.get(pair.provider, ("a-model",)))
        try:
            translated = pair.translation.request(_decode(body), model=model, id="req1", created=1)
        except BadRequest as error:
            if not error.param:
                raise AssertionError(f"no param: {error.message}") from error
            continue
        written = _decode(_encode(translated.members))
        assert all(isinstance(name, str) for name in translated.dropped)
        if pair.client != pair.provider:
            try:
                VALIDATORS[pair.provider](written)
            except AssertionError as broken:
                if "stands after its call" not in str(broken):  # The client's own fault, which is passed on.
                    raise
        _encode(translated.to)


# Answers.


def _check_answer(provider: str, body: bytes, chance: random.Random) -> None:
    for told in _variants(body, chance):
        for pair in PAIRS:
            if pair.provider == provider:
                _translate_answer(pair, told)


def _variants(body: bytes, chance: random.Random) -> Iterator[bytes]:
    yield body
    try:
        document = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    for _ in range(CHANGES):
        yield _encode(changed(document, chance, chance.choice((1, 1, 2, 4))))


def _translate_answer(pair: Pair, told: bytes) -> None:
    to = _TO[pair]
    try:
        answer, _ = pair.translation.document(told, to)
    except ProviderProtocolError:
        answer = b"{}"
    assert isinstance(_decode(answer), dict)
    try:
        stream = pair.translation.document_as_stream(told, to)
    except ProviderProtocolError:
        return
    READERS[pair.client](stream, is_lenient=True)


def _check_error(provider: str, body: bytes, chance: random.Random) -> None:
    for told in _variants(body, chance):
        for pair in WAYS:
            if pair.provider == provider:
                for status in (400, 429, 503):
                    error = _decode(pair.translation.error(status, told, "req1"))
                    assert isinstance(error["error"]["message"], str)


# Streams.


def _check_stream(provider: str, body: bytes, chance: random.Random) -> None:
    is_aws = PROVIDERS[provider].framing == "aws_event_stream"
    if not is_aws:
        _translate_stream(provider, body, chance)
    events = _frames_in(body) if is_aws else _events_in(body)
    for number in range(CHANGES):
        told = _changed_stream(events, chance) if number else events
        if is_aws:
            stream = b"".join(event_stream_frame(name, _encoded(document)) for name, document in told)
        else:
            stream = b"".join(b"event: %b\ndata: %b\n\n" % (name.encode(), _encoded(doc)) for name, doc in told)
        _translate_stream(provider, stream, chance)


def _encoded(document: Any) -> bytes:
    return document if isinstance(document, bytes) else _encode(document)


def _decoded(data: bytes) -> Any:
    try:
        return _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return data.replace(b"\n", b" ")


def _frames_in(body: bytes) -> Stream:
    events: Stream = []
    for line in body.splitlines():
        told = _decoded(line)
        if isinstance(told, list) and len(told) > 1 and isinstance(told[0], str) and len(told[0]) < 200:
            events.append((told[0], told[1]))
        else:
            events.append(("contentBlockDelta", line))
    return events


def _events_in(body: bytes) -> Stream:
    events: Stream = []
    for event in body.split(b"\n\n"):
        name = ""
        for line in event.split(b"\n"):
            if line.startswith(b"event: "):
                name = line[7:].decode("utf-8", "replace")
            elif line.startswith(b"data: "):
                events.append((name, _decoded(line[6:])))
    return events


def _changed_stream(events: Stream, chance: random.Random) -> Stream:
    told = list(events)
    for _ in range(chance.choice((1, 1, 2, 3))):
        if not told:
            return told
        at = chance.randrange(len(told))
        kind = chance.randrange(8)
        if kind == 0:
            del told[at]
        elif kind == 1:
            told.insert(chance.randrange(len(told) + 1), told[at])
        elif kind == 2:
            told.insert(chance.randrange(len(told)), told.pop(at))
        elif kind == 3:
            told = told[:at]
        else:
            name, document = told[at]
            told[at] = name, changed(document, chance, chance.choice((1, 1, 2)))
    return told


def _translate_stream(provider: str, body: bytes, chance: random.Random) -> None:
    size = chance.choice((1 << 20, 1 << 20, 100, 7))
    for pair in PAIRS:
        if pair.provider == provider:
            _read_stream(pair, body, size)


def _read_stream(pair: Pair, body: bytes, size: int) -> None:
    """Where it cannot be read the gateway ends it with an error: what was written until then has to allow that."""
    stream = pair.translation.stream(_TO[pair])
    told = b""
    try:
        for at in range(0, len(body), size):
            told += stream.feed(body[at : at + size])
        told += stream.close()
    except ProviderProtocolError:
        told += stream.taken()
        if told:
            stream._writer.error(502, "provider_protocol_error", "it cannot be read")
            told += stream.taken()
    if told:
        READERS[pair.client](told, is_lenient=True)


_CHECKS: Final = {"request": _check_request, "answer": _check_answer, "error": _check_error, "stream": _check_stream}
