"""The sixty words that every good answer of the fault rows says, so that a rescued answer can be judged by
equality, and how a model that is asked to go on does it.
"""

from __future__ import annotations

import msgspec

from plano.testing.scripted_provider.answer import STAMP_MARK, Answer
from plano.testing.scripted_provider.ask import Ask
from plano.testing.scripted_provider.reply import WORDS, Reply, reply_saying, reply_to
from plano.testing.scripted_provider.voices import saying

_LEAST_QUOTED = 8
_OTHERWISE = "but here this model remembers another ending and tells that one instead of what you expect to read."


def words(ask: Ask) -> Answer:
    """The sixty words, or what is left of them where the conversation already holds their beginning."""
    return saying(words_reply(ask))


def words_reply(ask: Ask) -> Reply:
    """A tool is called where the request makes one be called."""
    called = reply_to(ask)
    return called if called.calls else reply_saying(ask, _remaining(ask))


def differing(ask: Ask, count: int) -> Answer:
    """The first `count` of the sixty, then others."""
    kept = " ".join(WORDS.split()[:count])
    return saying(reply_saying(ask, f"{kept} {_OTHERWISE}".strip()))


def billing(ask: Ask, prompt_tokens: int, completion_tokens: int) -> Answer:
    """The sixty words, with these counts as their usage."""
    return saying(msgspec.structs.replace(words_reply(ask), billed=(prompt_tokens, completion_tokens)))


def first_text_at(ask: Ask) -> int | None:
    """How many events stand before the first one with text; None where the answer has no text or no stream."""
    reply = words_reply(ask)
    if reply.calls:
        return None
    events = saying(msgspec.structs.replace(reply, pieces=(STAMP_MARK,))).body
    mark = STAMP_MARK.encode()
    return next((index for index, event in enumerate(events) if isinstance(event, bytes) and mark in event), None)


def ends_with_assistant(ask: Ask) -> bool:
    """Whether the last turn is the assistant's own (a prefill)."""
    return ask.last_role == "assistant"


def _remaining(ask: Ask) -> str:
    """After a prefill: the rest. After an assistant's turn and a wish to go on: from where the user's quote of it
    begins. Otherwise all of it.
    """
    said, wish = _said(ask)
    if not said or not WORDS.startswith(said):
        return WORDS
    starts = range(len(said) - _LEAST_QUOTED + 1)
    start = next((start for start in starts if said[start:].strip() in wish), len(said))
    return WORDS[start:]


def _said(ask: Ask) -> tuple[str, str]:
    """(what the assistant said last, what the user wished after that)."""
    turns = list(ask.said)
    wish = turns.pop()[1] if turns and turns[-1][0] == "user" else ""
    return (turns[-1][1].rstrip(), wish) if turns and turns[-1][0] == "assistant" else ("", "")
