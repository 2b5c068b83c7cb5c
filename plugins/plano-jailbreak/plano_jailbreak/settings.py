"""`plugins: {jailbreak: {...}}`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Source = Literal["user", "tool_results", "documents", "arguments", "assistant", "instructions", "metadata"]
MESSAGE = "The request was refused: it looks like an attempt to change the rules the model was given."


class Settings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What is judged, how strictly, and what becomes of it."""

    threshold: Annotated[float, Meta(ge=0.05, le=1, description="The probability from which on a text is one.")] = 0.5
    rules_only: Annotated[bool, Meta(description="Do without the encoder, and so without its milliseconds.")] = True
    scan: Annotated[tuple[Source, ...], Meta(min_length=1, description="Whose texts are judged.")] = (
        "user",
        "tool_results",
        "documents",
    )
    message: Annotated[str, Meta(min_length=1, description="What a client whose request was refused is told.")] = (
        MESSAGE
    )
    status: Annotated[int, Meta(ge=400, le=499, description="The status of a refusal.")] = 200
    mode: Annotated[Literal["block", "report"], Meta(description="`report`: only the log tells.")] = "block"
    windows: Annotated[int, Meta(ge=1, le=64, description="Pieces of a long text that the encoder reads.")] = 4
