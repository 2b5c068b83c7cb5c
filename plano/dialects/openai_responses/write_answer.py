"""Whole answers as response objects, and provider errors (OpenAI API reference: the response object).

A whole answer is the last event of the stream it might have been.
"""

from __future__ import annotations

from typing import Final

import msgspec

from plano.dialects.conversation import Foreign, Image, Part
from plano.dialects.openai_chat.write_answer import write_provider_error
from plano.dialects.openai_responses.read_request import DIALECT
from plano.dialects.openai_responses.stream_writer import StreamWriter
from plano.dialects.reply import Answer, Choice, ReplyTo
from plano.dialects.telling import tell_whole

__all__ = ["write_answer", "write_provider_error"]

_IMAGE: Final = "image_generation_call"


def write_answer(answer: Answer, to: ReplyTo) -> bytes:
    writer = StreamWriter(to, answer.created, answer.service_tier)
    choice = answer.choices[0] if answer.choices else Choice([])
    if any(isinstance(part, Image) for part in choice.content):
        shown = [_shown(part, index, to) for index, part in enumerate(choice.content)]
        choice = msgspec.structs.replace(choice, content=shown)
    tell_whole(msgspec.structs.replace(answer, choices=[choice]), writer)
    return writer.document


def _shown(part: Part, index: int, to: ReplyTo) -> Part:
    """An image the model made, the way the API's own image tool gives it."""
    if not isinstance(part, Image) or not part.data:
        return part
    item = {"id": f"ig_{to.id}_{index}", "type": _IMAGE, "status": "completed", "result": part.data}
    return Foreign(DIALECT, _IMAGE, item)
