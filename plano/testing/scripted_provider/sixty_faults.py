"""Faults around the sixty words: refused once or always, late, cut, stalled, garbled, empty.

Each takes its counts and times from the model's name, as text.
"""

from __future__ import annotations

import msgspec

from plano.testing.scripted_provider.answer import Answer, End, Pause, Step, delayed, event_answer, nothing, paced
from plano.testing.scripted_provider.ask import Ask
from plano.testing.scripted_provider.faults import error, malformed, stopped_midway, without_end
from plano.testing.scripted_provider.reply import Reply
from plano.testing.scripted_provider.sixty import (
    billing,
    differing,
    ends_with_assistant,
    first_text_at,
    sixty,
    sixty_reply,
)
from plano.testing.scripted_provider.voices import error_answer, error_event, saying, special_error

_RETRY_AFTER = "2"
_COMMENT_S = 0.2
_COMMENTS_FOR_S = 600.0
_STALL_AFTER = "20"


def sixty_paced(ask: Ask, interval_s: str | None) -> Answer:
    answer = sixty(ask)
    if interval_s is None:
        return answer
    return paced(answer, float(interval_s)) if _is_stream(answer) else delayed(answer, float(interval_s))


def status_once(ask: Ask, status: str, retry_after: str | None) -> Answer:
    if ask.nth > 1:
        return sixty(ask)
    return error(int(status), retry_after=retry_after or (_RETRY_AFTER if status == "429" else None))(ask)


def status_always(ask: Ask, status: str, retry_after: str | None) -> Answer:
    return error(int(status), retry_after=retry_after)(ask)


def reset_once(ask: Ask) -> Answer:
    return sixty(ask) if ask.nth > 1 else nothing(End.RESET)


def close_once(ask: Ask) -> Answer:
    return sixty(ask) if ask.nth > 1 else nothing(End.CLOSE)


def silent(ask: Ask, seconds: str | None) -> Answer:
    return nothing(End.HANG) if seconds is None else nothing(End.CLOSE, after_s=float(seconds))


def slow_head(ask: Ask, seconds: str) -> Answer:
    return delayed(sixty(ask), float(seconds))


def slow_first_token(ask: Ask, seconds: str) -> Answer:
    answer = sixty(ask)
    if not _is_stream(answer):
        return delayed(answer, float(seconds))
    return _with_body(answer, (Pause(float(seconds)), *answer.body))


def cut(ask: Ask, words: str) -> Answer:
    return _stopped(ask, words, End.CLOSE)


def reset_midway(ask: Ask, words: str) -> Answer:
    return _stopped(ask, words, End.RESET)


def stall(ask: Ask, words: str | None, seconds: str | None) -> Answer:
    """Silence after so many words; with a time the connection is closed after it, else it stays open."""
    if seconds is None:
        return _stopped(ask, words or _STALL_AFTER, End.HANG)
    return _stopped(ask, words or _STALL_AFTER, Pause(float(seconds)), End.CLOSE)


def hesitate(ask: Ask, words: str, seconds: str) -> Answer:
    """A pause in the middle; the answer then goes on to its end."""
    answer, at = sixty(ask), _event_after(ask, int(words))
    if at is None:
        return delayed(answer, float(seconds))
    return _with_body(answer, (*answer.body[:at], Pause(float(seconds)), *answer.body[at:]))


def garbled(ask: Ask, words: str) -> Answer:
    """One event more than there should be, and it is not JSON; all sixty words are there."""
    answer, at = sixty(ask), _event_after(ask, int(words))
    if at is None:
        return malformed(answer)
    event = answer.body[at]
    broken = event[: len(event) - len(event) // 3] + b"\n\n" if isinstance(event, bytes) else b""
    return _with_body(answer, (*answer.body[:at], broken, *answer.body[at:]))


def error_midway(ask: Ask, words: str, status: str | None) -> Answer:
    """An error event after so many words, and then the end; a whole answer is refused."""
    code = int(status or 500)
    answer, at = sixty(ask), _event_after(ask, int(words))
    if at is None:
        return error(code)(ask)
    return _with_body(answer, (*answer.body[:at], error_event(ask, code, at)))


def empty(ask: Ask) -> Answer:
    """Status 200 and not one byte of a body."""
    return _with_body(sixty(ask), ())


def hollow(ask: Ask) -> Answer:
    """Every frame of an answer, no content."""
    return saying(Reply(ask=ask))


def comments(ask: Ask, interval_s: str | None) -> Answer:
    """A stream of comments only, ten minutes long; a whole answer never comes."""
    if not ask.streams:
        return nothing(End.HANG)
    interval = float(interval_s) if interval_s else _COMMENT_S
    beats: tuple[Step, ...] = (b": still thinking\n\n", Pause(interval))
    return event_answer((*beats * max(1, int(_COMMENTS_FOR_S / max(interval, 0.01))), End.CLOSE))


def context_length(ask: Ask) -> Answer:
    message = "This model's maximum context length is 8192 tokens, but your messages are 9631 tokens long."
    if ask.operation.dialect == "anthropic_messages":
        message = "prompt is too long: 209631 tokens > 200000 maximum"
    return special_error(ask, 400, message, code="context_length_exceeded")


def content_filter(ask: Ask) -> Answer:
    message = "Your request was rejected by our safety system: content filtering policy."
    return special_error(ask, 400, message, code="content_policy_violation")


def insufficient_quota(ask: Ask) -> Answer:
    message = "You exceeded your current quota, please check your plan and billing details."
    if ask.operation.dialect == "anthropic_messages":
        return special_error(ask, 402, message, kind="billing_error")
    return special_error(ask, 429, message, code="insufficient_quota", kind="insufficient_quota")


def no_prefill(ask: Ask) -> Answer:
    if ends_with_assistant(ask):
        message = (
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
        return error_answer(ask, 400, message)
    return sixty(ask)


def flap(ask: Ask, bad_s: str, good_s: str | None) -> Answer:
    """503 for a while from the first request on, then good; with a second time, bad again after it, and so on."""
    at_s = ask.since_s % (float(bad_s) + float(good_s)) if good_s else ask.since_s
    return error(503)(ask) if at_s < float(bad_s) else sixty(ask)


def differs(ask: Ask, words: str) -> Answer:
    return differing(ask, int(words))


def bills(ask: Ask, prompt_tokens: str, completion_tokens: str) -> Answer:
    return billing(ask, int(prompt_tokens), int(completion_tokens))


def no_done(ask: Ask) -> Answer:
    return without_end(sixty(ask))


def _stopped(ask: Ask, words: str, *ends: Step) -> Answer:
    answer, at = sixty(ask), _event_after(ask, int(words))
    if at is not None:
        return msgspec.structs.replace(answer, body=(*answer.body[:at], *ends), closes=True)
    stopped = stopped_midway(answer, End.CLOSE)  # A tool call, or a whole answer: half of it.
    return msgspec.structs.replace(stopped, body=(*stopped.body[:-1], *ends), closes=True)


def _event_after(ask: Ask, words: int) -> int | None:
    """Where the stream stands after so many words; 0: before the first. None: not a stream of text."""
    if not ask.streams:
        return None
    first = first_text_at(ask)
    return None if first is None else first + min(words, len(sixty_reply(ask).pieces))


def _is_stream(answer: Answer) -> bool:
    return answer.framing == "chunked"


def _with_body(answer: Answer, body: tuple[Step, ...]) -> Answer:
    return msgspec.structs.replace(answer, body=body)
