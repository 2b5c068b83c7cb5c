"""A whole answer told piece by piece, as if it had been streamed."""

from __future__ import annotations

from plano.dialects.conversation import Foreign, Reasoning, Refusal, Text, ToolCall
from plano.dialects.reply import Answer, Choice, StreamWriter


def tell_whole(answer: Answer, writer: StreamWriter) -> None:
    """From `start` to `end`."""
    writer.start(answer.id, answer.model, answer.usage)
    for index, choice in enumerate(answer.choices):
        _tell_choice(choice, index, writer)
    if answer.usage is not None:
        writer.usage(answer.usage)
    writer.end()


def _tell_choice(choice: Choice, index: int, writer: StreamWriter) -> None:
    logprobs = choice.logprobs
    for key, part in enumerate(choice.content):
        if isinstance(part, Text):
            writer.text(part.text, index, logprobs)
            logprobs = None
            for annotation in part.annotations:
                writer.annotation(annotation, index)
        elif isinstance(part, Reasoning):
            if part.text:
                writer.reasoning(part.text, index, part.is_summary)
            writer.reasoning_proof(part.proof, index, part.id, part.is_redacted)
        elif isinstance(part, ToolCall):
            writer.tool_call(key, part.id, part.name, index, part.is_custom, part.proof)
            writer.arguments(key, part.arguments, index)
        elif isinstance(part, Refusal):
            writer.refusal(part.text, index)
        elif isinstance(part, Foreign):
            writer.foreign(part.dialect, part.kind, part.raw)
        writer.close_block(index)
    writer.stop(choice.stop, choice.stop_sequence, index)
