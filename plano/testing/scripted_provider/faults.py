"""Ways to spoil a good answer, whatever its dialect, streamed or not."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from plano.testing.scripted_provider.answer import Answer, End, Step
from plano.testing.scripted_provider.ask import Ask
from plano.testing.scripted_provider.voices import error_answer

_MESSAGES = {
    401: "Incorrect API key provided.",
    404: "The model does not exist or you do not have access to it.",
    429: "Rate limit reached, please try again later.",
    500: "The server had an error while processing your request.",
    503: "The server is overloaded, please try again later.",
    529: "Overloaded",
}


def error(status: int, message: str = "", *, retry_after: str | None = None) -> Callable[[Ask], Answer]:
    """An error in the dialect of whoever asks; `retry_after` as the header has it (seconds or a date)."""
    headers = (("retry-after", retry_after),) if retry_after is not None else ()
    told = message or _MESSAGES.get(status, f"A scripted error with status {status}.")
    return lambda ask: error_answer(ask, status, told, headers=headers)


def stopped_midway(answer: Answer, end: End) -> Answer:
    """The first half of the body, then `end`. The head promises all of it."""
    if answer.framing == "chunked" and len(answer.body) > 1:
        return _with_body(answer, (*answer.body[: len(answer.body) // 2], end))
    whole = b"".join(step for step in answer.body if isinstance(step, bytes))
    headers = answer.headers if answer.framing == "chunked" else (*answer.headers, ("content-length", str(len(whole))))
    cut = msgspec.structs.replace(answer, headers=headers)
    return _with_body(cut, (whole[: len(whole) // 2], end))


def without_end(answer: Answer) -> Answer:
    """A stream whose last event (`[DONE]`, `response.completed`, `message_stop`) is missing."""
    return _with_body(answer, answer.body[:-1]) if answer.framing == "chunked" else answer


def malformed(answer: Answer) -> Answer:
    """JSON that breaks off: in one event of a stream, which then goes on, or in the whole body."""
    middle = len(answer.body) // 2
    broken = answer.body[middle]
    if not isinstance(broken, bytes):
        return answer
    head, tail = (broken[: len(broken) // 2], b"\n\n") if answer.framing == "chunked" else (broken[:-2], b"")
    return _with_body(answer, (*answer.body[:middle], head + tail, *answer.body[middle + 1 :]))


def _with_body(answer: Answer, body: tuple[Step, ...]) -> Answer:
    return msgspec.structs.replace(answer, body=body)
