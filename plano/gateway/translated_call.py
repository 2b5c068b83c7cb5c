"""What is different about a call when client and provider do not speak the same dialect."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from plano.dialects.operation import CHAT, MESSAGES
from plano.dialects.own_members import OWN_MEMBERS
from plano.dialects.repairs import Repairs
from plano.dialects.same_dialect import ask_for_usage
from plano.dialects.sides import CLIENT_SIDES
from plano.dialects.token_estimate import estimated_tokens
from plano.dialects.translation import Translated
from plano.errors import BadRequest, CannotBeTold
from plano.exchange import Exchange
from plano.gateway.interpreter import DocumentInterpreter, StreamInterpreter
from plano.http.client.provider_connection import ProviderConnection
from plano.http.wire.head import ResponseHead
from plano.http.wire.head_writer import join_fields
from plano.http.wire.json_envelope import Envelope
from plano.http.wire.sse_tap import SseTap
from plano.providers.credentials import passthrough_header
from plano.providers.headers import DROPPED_PREFIXES

#: Headers that belong to one vendor's API or SDK.
_OF_VENDORS: Final = (b"anthropic-", b"openai-", b"x-stainless-", b"x-goog-", b"chatgpt-")
_STREAMS: Final = (b"text/event-stream", b"application/vnd.amazon.eventstream")
_ABOUT_THE_BODY: Final = frozenset((b"content-type", b"content-encoding", b"content-length", b"transfer-encoding"))
_JSON_TYPE: Final = (b"content-type", b"application/json")
_STREAM_TYPE: Final = (b"content-type", b"text/event-stream; charset=utf-8")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.\-\[\]]")
MOST_TOLD: Final = 40
_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode


def translated_request(exchange: Exchange, call: Any, now_unix_s: float) -> tuple[bytes, Translated]:
    """The whole request to the provider, and what its answer is to be written with. Raises `BadRequest`."""
    record = exchange.record
    if call.operation is CHAT:
        exchange.withholds_usage = record.streamed and ask_for_usage(exchange.envelope)
    translated = call.translation.request(
        _members(exchange),
        model=call.candidate.model_id,
        shown_model=_shown_model(exchange, call),
        id=record.request_id,
        created=int(now_unix_s),
    )
    if translated.dropped and call.is_strict:
        raise CannotBeTold(
            f"the model {call.model} cannot be told {', '.join(f'`{name}`' for name in translated.dropped)}",
            param=translated.dropped[0],
        )
    record.dropped = translated.dropped
    body = _body(call, translated, record.streamed)
    return _request_bytes(exchange, call, body), translated


def _shown_model(exchange: Exchange, call: Any) -> str:
    """What the answer says of the model: the name it was asked for, as long as it is the one that answers.

    Claude Code takes thoughts of a model by another name for somebody else's, and does not give them back.
    """
    decision = exchange.decision
    if decision.requested and call.model == decision.candidates[0].full_name:
        return str(decision.requested)
    return str(call.model)


def repaired_body(body: bytes, envelope: Envelope, repairs: Repairs) -> tuple[bytes, list[str]]:
    """A request of the client's own dialect without what the model does not take, and the names of that.

    The very same bytes where it takes everything.
    """
    members = dict(envelope.members)
    left_out = repairs.apply(members)
    return body if members == envelope.members else _encode(members), left_out


def _members(exchange: Exchange) -> dict[str, Any]:
    envelope = exchange.envelope
    body = envelope.encoded() if envelope.is_changed else exchange.body
    try:
        members: dict[str, Any] = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"the request body is not valid JSON: {error}") from None
    return {name: value for name, value in members.items() if name not in OWN_MEMBERS}


def _body(call: Any, translated: Translated, streams: bool) -> bytes:
    side = call.translation.provider
    members: dict[str, Any] = {}
    if side.names_model:
        members["model"] = call.candidate.model_id
    members.update(translated.members)
    if streams and side.says_stream:
        members["stream"] = True
        if call.asks_for_usage:
            members["stream_options"] = {"include_usage": True}
    if call.repairs is not None and call.repairs.is_active:
        # What plano asked for by itself, the client does not miss.
        translated.dropped.extend(name for name in call.repairs.apply(members) if name != "stream_options")
    translated.members = members
    return _encode(members)


def _request_bytes(exchange: Exchange, call: Any, body: bytes) -> bytes:
    request, record, target = exchange.request, exchange.record, call.target
    path, query, first = target.path, target.query, target.start_line
    if record.streamed:
        path, query, first = target.streaming_path, target.streaming_query, target.streaming_start_line
    headers = [(name, value) for name, value in request.headers if not name.startswith(_OF_VENDORS)]
    signed = b"" if target.signer is None else target.signer.lines("POST", path, query, body)
    last = (
        passthrough_header(request.headers, target),
        target.default_headers,
        call.fixed_when_streaming,
        signed,
        b"x-request-id: ",
        record.request_id.encode("ascii"),
        b"\r\ncontent-length: %d\r\n\r\n" % len(body),
        body,
    )
    try:
        return join_fields(first, headers, call.dropped_when_streaming | target.default_names, DROPPED_PREFIXES, last)
    except ValueError as error:
        raise BadRequest(str(error)) from None


class Answer(msgspec.Struct):
    """How a provider's answer is to be read: `is_stream`, its content `encoding`."""

    is_stream: bool
    encoding: bytes


def relabel(head: ResponseHead, promised_stream: bool) -> Answer:
    """Make a provider's response head that of the translated answer; what it was is returned.

    `promised_stream`: the client reads a stream whatever the provider sends, and else a document.
    """
    is_stream = head.status < 300 and head.content_type.startswith(_STREAMS)
    answer = Answer(is_stream and promised_stream, head.content_encoding)
    becomes_stream = promised_stream and head.status < 300
    kind = _STREAM_TYPE if becomes_stream else _JSON_TYPE
    head.headers = [(name, value) for name, value in head.headers if name not in _ABOUT_THE_BODY] + [kind]
    head.content_type = kind[1]
    head.content_encoding = b""
    head.content_length = None
    return answer


def interpreter(
    relay: Any, connection: ProviderConnection, call: Any, translated: Translated, answer: Answer
) -> DocumentInterpreter | StreamInterpreter:
    """What to attach to the connection in the relay's place."""
    if answer.is_stream:
        return StreamInterpreter(relay, connection, call.translation.stream(translated.to))
    return DocumentInterpreter(
        relay,
        connection,
        call.translation,
        translated,
        status=connection.head.status,
        encoding=answer.encoding,
        as_stream=isinstance(relay.tap, SseTap),
    )


def dropped_line(names: list[str]) -> bytes:
    """The response header that tells what the provider could not be told; names are the client's own text in part."""
    told = ", ".join(_UNSAFE.sub("_", name) for name in names[:MOST_TOLD])
    return b"x-plano-dropped: %b\r\n" % told.encode("ascii")


def estimate(exchange: Exchange) -> bytes:
    """The body of an answer to `count_tokens` (Anthropic API reference: count message tokens). Raises `BadRequest`."""
    conversation = CLIENT_SIDES[MESSAGES.name].read_request(_members(exchange))
    return _encode({"input_tokens": estimated_tokens(conversation)})
