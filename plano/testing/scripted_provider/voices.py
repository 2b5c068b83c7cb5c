"""Which voice answers which operation, and the plain, faultless answer in it."""

from __future__ import annotations

from plano.dialects import operation as op
from plano.testing.scripted_provider.answer import Answer, Headers, event_answer, json_answer
from plano.testing.scripted_provider.anthropic_messages import COUNT_VOICE, MESSAGES_VOICE
from plano.testing.scripted_provider.ask import Ask, Json
from plano.testing.scripted_provider.bedrock_converse import (
    CONVERSE_VOICE,
    STREAM_HEAD,
    error_frame,
    error_headers,
)
from plano.testing.scripted_provider.gemini_generate import GENERATE_VOICE
from plano.testing.scripted_provider.one_shot import (
    EMBEDDINGS_VOICE,
    IMAGES_VOICE,
    MODERATIONS_VOICE,
    RERANK_VOICE,
    speech_answer,
)
from plano.testing.scripted_provider.openai_chat import CHAT_VOICE, TEXT_VOICE
from plano.testing.scripted_provider.openai_responses import RESPONSES_VOICE
from plano.testing.scripted_provider.reply import Reply
from plano.testing.scripted_provider.voice import Voice, data_event, named_event

VOICES: dict[str, Voice] = {
    op.CHAT.name: CHAT_VOICE,
    op.COMPLETIONS.name: TEXT_VOICE,
    op.RESPONSES.name: RESPONSES_VOICE,
    op.MESSAGES.name: MESSAGES_VOICE,
    op.COUNT_TOKENS.name: COUNT_VOICE,
    op.EMBEDDINGS.name: EMBEDDINGS_VOICE,
    op.MODERATIONS.name: MODERATIONS_VOICE,
    op.IMAGES.name: IMAGES_VOICE,
    op.RERANK.name: RERANK_VOICE,
    op.CONVERSE.name: CONVERSE_VOICE,
    op.GENERATE.name: GENERATE_VOICE,
    op.SPEECH.name: CHAT_VOICE,  # Only its errors are JSON.
}


def saying(reply: Reply) -> Answer:
    """`reply` in its operation's voice, streamed where that was asked."""
    ask = reply.ask
    if ask.operation is op.SPEECH:
        return speech_answer(ask.body)
    voice = VOICES[ask.operation.name]
    if ask.streams and ask.operation is op.CONVERSE:
        body = tuple(voice.write_events(reply)) if voice.write_events is not None else ()
        return Answer(headers=(*STREAM_HEAD, *_headers(ask)), body=body, framing="chunked")
    if ask.streams and voice.write_events is not None:
        return event_answer(voice.write_events(reply), headers=_headers(ask))
    return json_answer(voice.write_body(reply), headers=_headers(ask))


def error_answer(ask: Ask, status: int, message: str, *, headers: Headers = ()) -> Answer:
    """An error as the operation's vendor writes it."""
    body: Json = VOICES[ask.operation.name].write_error(status, message)
    kind = error_headers(status) if ask.operation is op.CONVERSE else ()
    return json_answer(body, status=status, headers=(*_headers(ask), *kind, *headers))


def special_error(ask: Ask, status: int, message: str, *, code: str | None = None, kind: str | None = None) -> Answer:
    """An error whose `type` is `kind` and, in OpenAI's dialects, whose `code` is `code`."""
    if ask.operation in (op.CONVERSE, op.GENERATE):
        return error_answer(ask, status, message)
    body: Json = VOICES[ask.operation.name].write_error(status, message)
    if kind is not None:
        body["error"]["type"] = kind
    if code is not None and ask.operation.dialect != "anthropic_messages":
        body["error"]["code"] = code
    return json_answer(body, status=status, headers=_headers(ask))


def error_event(ask: Ask, status: int, number: int) -> bytes:
    """An error told within a stream, as its event `number`: an `error` member in chat, an `error` event elsewhere."""
    if ask.operation is op.CONVERSE:
        return error_frame(status, "The server failed in the middle of its answer.")
    body: Json = VOICES[ask.operation.name].write_error(status, "The server failed in the middle of its answer.")
    if ask.operation is op.RESPONSES:
        told = body["error"]
        return named_event(
            {"type": "error", "sequence_number": number, "code": told["type"], **_without(told, "type", "code")}
        )
    return named_event(body) if ask.operation.dialect == "anthropic_messages" else data_event(body)


def _without(told: Json, *names: str) -> Json:
    return {name: value for name, value in told.items() if name not in names}


def _headers(ask: Ask) -> Headers:
    if ask.operation is op.CONVERSE:
        return (("x-amzn-requestid", f"req_scripted{ask.number:06d}"),)
    name = "request-id" if ask.operation.dialect == "anthropic_messages" else "x-request-id"
    return ((name, f"req_scripted{ask.number:06d}"),)
