"""`plugins: {moderation: {...}}`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Action = Literal["refuse", "mask", "report"]
Side = Literal["request", "answer"]
MESSAGE = "This is not something that may be said here."
BOTH: tuple[Side, ...] = ("request", "answer")

_Name = Annotated[str, Meta(min_length=1, description="What logs call it.")]
_Message = Annotated[str | None, Meta(description="What the client is told; left out: the plugin's message.")]
_Action = Annotated[Action, Meta(description="What becomes of a text in which it stands.")]
_Apply = Annotated[tuple[Side, ...], Meta(min_length=1, description="Where it is looked for.")]
_Mask = Annotated[str, Meta(description="What stands in its place when it is masked.")]


class Blocklist(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Words and phrases."""

    name: _Name = "blocklist"
    words: Annotated[tuple[str, ...], Meta(description="Words and phrases.")] = ()
    files: Annotated[tuple[str, ...], Meta(description="Files with one a line; `#` begins a comment line.")] = ()
    whole_words: Annotated[bool, Meta(description="Not inside longer words.")] = True
    fold: Annotated[bool, Meta(description="Whatever their case, accents and width.")] = True
    action: _Action = "refuse"
    mask: _Mask = "***"
    message: _Message = None
    apply: _Apply = BOTH


class Pattern(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A regular expression, in Python's dialect."""

    pattern: Annotated[str, Meta(min_length=1, description="It finds; `(?i)` at its beginning: whatever the case.")]
    name: _Name = "pattern"
    longest: Annotated[
        int, Meta(ge=1, le=4096, description="Characters its longest match has; so much of a stream is held back.")
    ] = 64
    action: _Action = "refuse"
    mask: _Mask = "***"
    message: _Message = None
    apply: _Apply = BOTH


class Topic(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Something to talk about, told to the encoder."""

    name: _Name
    description: Annotated[str, Meta(min_length=1, description="What it is about, in a sentence or two.")]
    examples: Annotated[tuple[str, ...], Meta(description="What people say who talk about it.")] = ()
    threshold: Annotated[float, Meta(gt=0, le=1, description="The likeness from which on a text is about it.")] = 0.42
    action: Annotated[Literal["refuse", "report"], Meta(description="What becomes of a request about it.")] = "refuse"
    message: _Message = None


class Topics(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What requests may be about. With `allowed`, the newest turn must be about one of these."""

    denied: Annotated[tuple[Topic, ...], Meta(description="What they may not be about.")] = ()
    allowed: Annotated[tuple[Topic, ...], Meta(description="The only things they may be about.")] = ()
    least_words: Annotated[
        int, Meta(ge=0, description="A turn of fewer words (`yes please`) is about nothing, and passes `allowed`.")
    ] = 4
    action: Annotated[Literal["refuse", "report"], Meta(description="What becomes of what is not allowed.")] = "refuse"
    message: _Message = None


class Settings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Words, patterns and topics."""

    blocklists: tuple[Blocklist, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    topics: Topics = Topics()
    message: Annotated[str, Meta(min_length=1, description="What a refused client is told.")] = MESSAGE
    status: Annotated[int, Meta(ge=400, le=499, description="The status of a refusal.")] = 400
