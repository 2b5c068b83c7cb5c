"""Bad minutes of providers, to try a gateway or an application with: each a function from an ask to an answer.

Whatever is answered in the end is the same 60 words, at every port and for every model, so that an answer that was
rescued can be told from one that was not. Times are seconds and stand in the model's name.
"""

from __future__ import annotations

import random
from typing import Final

import msgspec

from plano.dialects.registry import DIALECTS
from plano.testing.scripted_provider.answer import Answer, End, Pause, Step, delayed, event_answer, json_answer, nothing
from plano.testing.scripted_provider.ask import Ask, Json
from plano.testing.scripted_provider.faults import error, malformed
from plano.testing.scripted_provider.reply import reply_saying
from plano.testing.scripted_provider.voices import VOICES, saying

#: There are sixty.
WORDS: Final = (
    "A gateway stands between those who ask and those who answer, and on a good day nobody knows it is there. On a "
    "bad day one provider is slow, another says no, and a third stops in the middle of a word; then it asks somebody "
    "else, joins what it was given to what is still missing, and nobody knows."
)
_MALFORMED: Final = b'data: {"id": "broken", "cho\n\n'
_ODDS_OF_TROUBLE: Final = ("429", "500", "reset", "cut")


def words(ask: Ask) -> Answer:
    """The sixty words at once."""
    return saying(reply_saying(ask, WORDS))


def rate_limited_once(ask: Ask, seconds: str | None) -> Answer:
    """429 with a Retry-After for the first request, the words from then on."""
    return error(429, retry_after=seconds or "2")(ask) if ask.turn == 1 else words(ask)


def broken_once(ask: Ask, status: str) -> Answer:
    """That status for the first request, the words from then on."""
    return error(int(status))(ask) if ask.turn == 1 else words(ask)


def late(ask: Ask, seconds: str) -> Answer:
    """The head at once and the first token late; a whole answer late."""
    answer = words(ask)
    if not ask.streams:
        return delayed(answer, float(seconds))
    return msgspec.structs.replace(answer, body=(Pause(float(seconds)), *answer.body))


def cut_after(ask: Ask, tokens: str) -> Answer:
    """Closed after so many words; a whole answer in its middle."""
    return _stopped(ask, int(tokens), End.CLOSE)


def stall_after(ask: Ask, tokens: str, seconds: str | None) -> Answer:
    """So many words, then silence, then the rest; a whole answer is that late."""
    pause = Pause(float(seconds or 30))
    if not ask.streams:
        return delayed(words(ask), pause.seconds)
    begun, rest = _split(ask, int(tokens))
    return event_answer((*begun, pause, *rest))


def malformed_after(ask: Ask, tokens: str) -> Answer:
    """So many words, then an event that is no JSON, then the rest; a whole answer breaks off."""
    if not ask.streams:
        return malformed(words(ask))
    begun, rest = _split(ask, int(tokens))
    return event_answer((*begun, _MALFORMED, *rest))


def error_after(ask: Ask, tokens: str) -> Answer:
    """So many words, then an error told inside the stream; without a stream that error at once."""
    if not ask.streams:
        return error(529 if ask.operation.dialect == "anthropic_messages" else 503)(ask)
    begun, _ = _split(ask, int(tokens))
    return event_answer((*begun, _told(ask)))


def without_last_frame(ask: Ask) -> Answer:
    """A stream that lacks its last event."""
    answer = words(ask)
    return msgspec.structs.replace(answer, body=answer.body[:-1]) if ask.streams else answer


def empty_stream(ask: Ask) -> Answer:
    """A good head and nothing else."""
    return event_answer(()) if ask.streams else json_answer(b"")


def only_comments(ask: Ask, seconds: str) -> Answer:
    """Comments that keep the connection warm for so long, then the words."""
    if not ask.streams:
        return late(ask, seconds)
    steps: list[Step] = []
    for _ in range(max(1, int(float(seconds) / 0.1))):
        steps += [b": still thinking\n\n", Pause(0.1)]
    return event_answer((*steps, *words(ask).body))


def refusing(ask: Ask, status: int, code: str, message: str) -> Answer:
    """An error with a code of its own."""
    body: Json = VOICES[ask.operation.name].write_error(status, message)
    if ask.operation.dialect != "anthropic_messages":
        body["error"]["code"] = code
    return json_answer(body, status=status)


def context_length(ask: Ask) -> Answer:
    if ask.operation.dialect == "anthropic_messages":
        return refusing(ask, 400, "", "prompt is too long: 200001 tokens > 200000 maximum")
    told = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
    return refusing(ask, 400, "context_length_exceeded", told)


def content_filter(ask: Ask) -> Answer:
    told = "The response was filtered due to the prompt triggering the content management policy."
    return refusing(ask, 400, "content_filter", told)


def quota(ask: Ask) -> Answer:
    if ask.operation.dialect == "anthropic_messages":
        return refusing(ask, 400, "", "Your credit balance is too low to access the Anthropic API.")
    return refusing(ask, 429, "insufficient_quota", "You exceeded your current quota, please check your plan.")


def no_prefill(ask: Ask) -> Answer:
    """Refuses requests whose last turn is the assistant's, as recent models do."""
    if ask.last_role == "assistant":
        return refusing(ask, 400, "", "This model does not support assistant message prefill.")
    return words(ask)


def flapping(ask: Ask, seconds: str | None) -> Answer:
    """503 until so many seconds after the first request, the words from then on."""
    return error(503)(ask) if ask.since_first_s < float(seconds or 60) else words(ask)


def troubled(ask: Ask, percent: str) -> Answer:
    """So many of a hundred requests fail, in one of four ways: 429, 500, a reset, a cut."""
    chance = random.Random(f"{ask.model} {ask.turn}")
    if chance.random() * 100 >= int(percent):
        return words(ask)
    how = chance.choice(_ODDS_OF_TROUBLE)
    if how == "reset":
        return nothing(End.RESET)
    return _stopped(ask, 30, End.CLOSE) if how == "cut" else error(int(how))(ask)


def _stopped(ask: Ask, tokens: int, end: End) -> Answer:
    if ask.streams:
        return event_answer((*_split(ask, tokens)[0], end))
    whole = words(ask)
    body = b"".join(step for step in whole.body if isinstance(step, bytes))
    headers = (*whole.headers, ("content-length", str(len(body))))
    return msgspec.structs.replace(whole, headers=headers, body=(body[: len(body) // 2], end))


def _split(ask: Ask, tokens: int) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The events until so many words have been said, and the others."""
    has_content = DIALECTS[ask.operation.dialect].has_content
    events = tuple(step for step in words(ask).body if isinstance(step, bytes))
    said = 0
    for place, event in enumerate(events):
        if has_content(event):
            if said == tokens:
                return events[:place], events[place:]
            said += 1
    return events, ()


def _told(ask: Ask) -> bytes:
    message = "The server is overloaded, please try again later."
    if ask.operation.dialect == "anthropic_messages":
        told = msgspec.json.encode({"type": "error", "error": {"type": "overloaded_error", "message": message}})
        return b"event: error\ndata: " + told + b"\n\n"
    if ask.operation.dialect == "openai_responses":
        failed = {"type": "error", "code": "server_error", "message": message, "param": None}
        return b"event: error\ndata: " + msgspec.json.encode(failed) + b"\n\n"
    told = msgspec.json.encode({"error": {"message": message, "type": "server_error", "code": None}})
    return b"data: " + told + b"\n\n"
