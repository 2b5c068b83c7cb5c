"""What a Chat Completions answer says, of OpenAI and of those who only nearly speak its dialect (Ollama, vLLM).

The text may be a string or a list of parts; it may be missing because the model thought to the end of its tokens, or
because the server took an answer for thoughts (vLLM with a reasoning parser, Ollama with a template without thoughts).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Struct

_SHOWN: Final = 200


class ChatAnswer(Struct, frozen=True):
    """`text` is what was said, "" for nothing; `problem` says why there is nothing, "" where there is."""

    text: str
    problem: str = ""
    #: There was an answer of sorts; else what came is none.
    is_answer: bool = True


def chat_answer(body: bytes) -> ChatAnswer:
    """The first choice of a Chat Completions answer. Never raises."""
    try:
        read = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ChatAnswer("", "what came is not JSON", is_answer=False)
    choice = _first(read.get("choices")) if isinstance(read, dict) else None
    if choice is None:
        return ChatAnswer("", _error_of(read), is_answer=False)
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    text = _text_of(message.get("content"))
    if text.strip():
        return ChatAnswer(text)
    if choice.get("finish_reason") == "length":
        return ChatAnswer("", "its tokens ran out before it answered (max_tokens)")
    thoughts = _text_of(message.get("reasoning_content")) or _text_of(message.get("reasoning"))
    if thoughts.strip():
        return ChatAnswer(thoughts)
    refusal = message.get("refusal")
    said = f"it refused: {refusal[:_SHOWN]}" if isinstance(refusal, str) and refusal else "the answer is empty"
    return ChatAnswer("", said)


def _first(choices: Any) -> dict[str, Any] | None:
    choice = choices[0] if isinstance(choices, list) and choices else None
    return choice if isinstance(choice, dict) else None


def _text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = (part.get("text") if isinstance(part, dict) else part for part in content)
    return "".join(text for text in texts if isinstance(text, str))


def _error_of(read: Any) -> str:
    error = read.get("error") if isinstance(read, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return message[:_SHOWN] if isinstance(message, str) and message else "what came holds no answer"
