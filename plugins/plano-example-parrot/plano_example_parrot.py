"""The Parrot API, a provider dialect: `POST /parrots/{model}/say` with lines of text, answered with a line of text."""

from __future__ import annotations

import json
from typing import Any

from plano.plugin_api import (
    Answer,
    BadRequest,
    Choice,
    Conversation,
    Losses,
    ProviderDialect,
    ProviderError,
    ProviderProtocolError,
    ProviderSide,
    StopReason,
    StreamWriter,
    Text,
    Usage,
    hookimpl,
)

STOPS: dict[str, StopReason] = {"done": "end", "limit": "length"}
CARRIED = ("max_tokens",)


def write_request(conversation: Conversation, losses: Losses) -> dict[str, Any]:
    """The members of a request; what the API has no place for is named in `losses`."""
    lines = [{"from": "keeper", "words": text.text} for text in conversation.instructions]
    for turn in conversation.turns:
        for part in turn.parts:
            if isinstance(part, Text):
                lines.append({"from": "bird" if turn.role == "assistant" else "guest", "words": part.text})
            else:
                losses.drop(type(part).__name__.lower())
    if not lines:
        raise BadRequest("a parrot has nothing to say to nothing")
    for tool in conversation.tools:
        losses.drop(f"tools.{tool.name}")
    for name in conversation.settings.__struct_fields__:
        if getattr(conversation.settings, name) is not None and name not in CARRIED:
            losses.drop(name)
    for name in conversation.unknown:
        losses.drop(name)
    members: dict[str, Any] = {"lines": lines}
    if conversation.settings.max_tokens is not None:
        members["limit"] = conversation.settings.max_tokens
    return members


def read_answer(document: bytes) -> Answer:
    """A whole answer: `{"id", "words", "why", "heard", "spoken"}`."""
    said = decoded(document)
    choice = Choice([Text(str(said.get("words", "")))], stop_of(said))
    return Answer(id=str(said.get("id", "")), model="", choices=[choice], usage=usage_of(said))


def read_error(status: int, body: bytes) -> ProviderError:
    """An error reply: `{"squawk": "what is wrong"}`, or anything else."""
    try:
        told = decoded(body)
    except ProviderProtocolError:
        told = {}
    return ProviderError(status, str(told.get("squawk") or f"status {status}"), type="parrot_error", raw=told)


class ParrotReader:
    """A stream: events with `words`, and a last one with `why`."""

    def __init__(self, writer: StreamWriter) -> None:
        self.writer = writer
        self.has_begun = False
        self.is_complete = False

    def event(self, name: str, data: bytes) -> None:
        said = decoded(data)
        if "squawk" in said:
            self.is_complete = True
            self.writer.error(502, "parrot_error", str(said["squawk"]))
            return
        if not self.has_begun:
            self.has_begun = True
            self.writer.start(str(said.get("id", "")), "")
        if said.get("words"):
            self.writer.text(str(said["words"]))
        if "why" in said:
            self.is_complete = True
            self.writer.stop(stop_of(said))
            self.writer.usage(usage_of(said))
            self.writer.end()

    def close(self) -> None:
        if not self.is_complete:
            raise ProviderProtocolError("the parrot fell silent")


def decoded(document: bytes) -> dict[str, Any]:
    try:
        said = json.loads(document)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise ProviderProtocolError("the parrot does not speak JSON")
    return said


def stop_of(said: dict[str, Any]) -> StopReason:
    return STOPS.get(said.get("why", ""), "end")


def usage_of(said: dict[str, Any]) -> Usage:
    return Usage(input_tokens=said.get("heard", 0), output_tokens=said.get("spoken", 0))


@hookimpl
def dialects() -> list[ProviderDialect]:
    return [
        ProviderDialect(
            side=ProviderSide(
                "parrot", write_request, read_answer, read_error, ParrotReader, names_model=False, says_stream=False
            ),
            path="/parrots/{model}/say",
            streaming_path="/parrots/{model}/say-slowly?as=events",
            auth="x-parrot-key",
            headers={"parrot-version": "2"},
        )
    ]
