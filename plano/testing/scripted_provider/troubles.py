"""Bad minutes of providers, to try a gateway or an application with: each a function from an ask to an answer.

Whatever is answered well is the same sixty words. Counts and times stand in the model's name and come as text.
"""

from __future__ import annotations

import random

import msgspec

from plano.dialects.operation import CONVERSE
from plano.testing.scripted_provider.answer import Answer, End, Pause, Step, delayed, event_answer, nothing, paced
from plano.testing.scripted_provider.ask import Ask
from plano.testing.scripted_provider.faults import error, malformed, stopped_midway, without_end
from plano.testing.scripted_provider.reply import Reply
from plano.testing.scripted_provider.voices import error_answer, error_event, saying, special_error
from plano.testing.scripted_provider.words import (
    billing,
    differing,
    ends_with_assistant,
    first_text_at,
    words,
    words_reply,
)

_ODDS_OF_TROUBLE = ("429", "500", "reset", "cut")
_RETRY_AFTER = "2"
_COMMENT_S = 0.1
_COMMENTS_FOR_S = 600.0
_STALL_AFTER = "20"


def words_paced(ask: Ask, interval_s: str | None) -> Answer:
    answer = words(ask)
    if interval_s is None:
        return answer
    return paced(answer, float(interval_s)) if _is_stream(answer) else delayed(answer, float(interval_s))


def status_once(ask: Ask, status: str, retry_after: str | None) -> Answer:
    if ask.turn > 1:
        return words(ask)
    return error(int(status), retry_after=retry_after or (_RETRY_AFTER if status == "429" else None))(ask)


def status_always(ask: Ask, status: str, retry_after: str | None) -> Answer:
    return error(int(status), retry_after=retry_after)(ask)


def reset_once(ask: Ask) -> Answer:
    return words(ask) if ask.turn > 1 else nothing(End.RESET)


def close_once(ask: Ask) -> Answer:
    return words(ask) if ask.turn > 1 else nothing(End.CLOSE)


def silent(ask: Ask, seconds: str | None) -> Answer:
    return nothing(End.HANG) if seconds is None else nothing(End.CLOSE, after_s=float(seconds))


def slow_head(ask: Ask, seconds: str) -> Answer:
    return delayed(words(ask), float(seconds))


def late(ask: Ask, seconds: str) -> Answer:
    answer = words(ask)
    if not _is_stream(answer):
        return delayed(answer, float(seconds))
    return _with_body(answer, (Pause(float(seconds)), *answer.body))


def cut(ask: Ask, count: str) -> Answer:
    return _stopped(ask, count, End.CLOSE)


def reset_midway(ask: Ask, count: str) -> Answer:
    return _stopped(ask, count, End.RESET)


def stall(ask: Ask, count: str | None, seconds: str | None) -> Answer:
    """Silence after so many words; with a time the connection is closed after it, else it stays open."""
    if seconds is None:
        return _stopped(ask, count or _STALL_AFTER, End.HANG)
    return _stopped(ask, count or _STALL_AFTER, Pause(float(seconds)), End.CLOSE)


def hesitate(ask: Ask, count: str, seconds: str) -> Answer:
    """A pause in the middle; the answer then goes on to its end."""
    answer, at = words(ask), _event_after(ask, int(count))
    if at is None:
        return delayed(answer, float(seconds))
    return _with_body(answer, (*answer.body[:at], Pause(float(seconds)), *answer.body[at:]))


def garbled(ask: Ask, count: str) -> Answer:
    """One event more than there should be, and it is not JSON; all sixty words are there."""
    answer, at = words(ask), _event_after(ask, int(count))
    if at is None:
        return malformed(answer)
    event = answer.body[at]
    broken = event[: len(event) - len(event) // 3] + b"\n\n" if isinstance(event, bytes) else b""
    return _with_body(answer, (*answer.body[:at], broken, *answer.body[at:]))


def stream_error(ask: Ask, count: str, status: str | None) -> Answer:
    """An error event after so many words, and then the end; a whole answer is refused."""
    code = int(status or (529 if ask.operation.dialect == "anthropic_messages" else 503))
    answer, at = words(ask), _event_after(ask, int(count))
    if at is None:
        return error(code)(ask)
    return _with_body(answer, (*answer.body[:at], error_event(ask, code, at)))


def empty(ask: Ask) -> Answer:
    """Status 200 and not one byte of a body."""
    return _with_body(words(ask), ())


def hollow(ask: Ask) -> Answer:
    """Every frame of an answer, no content."""
    return saying(Reply(ask=ask))


def comments(ask: Ask, seconds: str | None) -> Answer:
    """Comments that keep the connection warm for so long, then the words."""
    lasting_s = float(seconds) if seconds else _COMMENTS_FOR_S
    if not ask.streams:
        return delayed(words(ask), lasting_s)
    answer = words(ask)
    if ask.operation is CONVERSE:
        return _with_body(answer, (Pause(lasting_s), *answer.body))  # There are no comments in its streams.
    beats: tuple[Step, ...] = (b": still thinking\n\n", Pause(_COMMENT_S))
    return event_answer((*beats * max(1, round(lasting_s / _COMMENT_S)), *answer.body))


def context_length(ask: Ask) -> Answer:
    message = "This model's maximum context length is 8192 tokens, but your messages are 9631 tokens long."
    if ask.operation.dialect == "anthropic_messages":
        message = "prompt is too long: 209631 tokens > 200000 maximum"
    elif ask.operation is CONVERSE:
        message = "Input is too long for requested model."
    return special_error(ask, 400, message, code="context_length_exceeded")


def content_filter(ask: Ask) -> Answer:
    message = "Your request was rejected by our safety system: content filtering policy."
    return special_error(ask, 400, message, code="content_policy_violation")


def quota(ask: Ask) -> Answer:
    if ask.operation.dialect == "anthropic_messages":
        return special_error(ask, 400, "Your credit balance is too low to access the Anthropic API.")
    message = "You exceeded your current quota, please check your plan and billing details."
    return special_error(ask, 429, message, code="insufficient_quota", kind="insufficient_quota")


def billing_error(ask: Ask) -> Answer:
    return special_error(ask, 402, "Your billing details are out of date.", kind="billing_error")


def no_prefill(ask: Ask) -> Answer:
    if ends_with_assistant(ask):
        message = (
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
        return error_answer(ask, 400, message)
    return words(ask)


def flap(ask: Ask, bad_s: str, good_s: str | None) -> Answer:
    """503 for a while from the first request on, then good; with a second time, bad again after it, and so on."""
    at_s = ask.since_first_s % (float(bad_s) + float(good_s)) if good_s else ask.since_first_s
    return error(503)(ask) if at_s < float(bad_s) else words(ask)


def differs(ask: Ask, count: str) -> Answer:
    return differing(ask, int(count))


def bills(ask: Ask, prompt_tokens: str, completion_tokens: str) -> Answer:
    return billing(ask, int(prompt_tokens), int(completion_tokens))


def no_last_frame(ask: Ask) -> Answer:
    return without_end(words(ask))


def troubled(ask: Ask, percent: str) -> Answer:
    """So many of a hundred requests fail, in one of four ways: 429, 500, a reset, a cut."""
    chance = random.Random(f"{ask.model} {ask.turn}")
    if chance.random() * 100 >= int(percent):
        return words(ask)
    how = chance.choice(_ODDS_OF_TROUBLE)
    if how == "reset":
        return nothing(End.RESET)
    return cut(ask, "30") if how == "cut" else error(int(how))(ask)


def _stopped(ask: Ask, count: str, *ends: Step) -> Answer:
    answer, at = words(ask), _event_after(ask, int(count))
    if at is not None:
        return msgspec.structs.replace(answer, body=(*answer.body[:at], *ends), closes=True)
    stopped = stopped_midway(answer, End.CLOSE)  # A tool call, or a whole answer: half of it.
    return msgspec.structs.replace(stopped, body=(*stopped.body[:-1], *ends), closes=True)


def _event_after(ask: Ask, count: int) -> int | None:
    """Where the stream stands after so many words; 0: before the first. None: not a stream of text."""
    if not ask.streams:
        return None
    first = first_text_at(ask)
    return None if first is None else first + min(count, len(words_reply(ask).pieces))


def _is_stream(answer: Answer) -> bool:
    return answer.framing == "chunked"


def _with_body(answer: Answer, body: tuple[Step, ...]) -> Answer:
    return msgspec.structs.replace(answer, body=body)
