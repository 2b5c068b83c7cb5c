"""The hub: an answer in no API's own words, whole (`Answer`) or as it comes (`StreamWriter`)."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from msgspec import Struct, field

from plano.dialects.conversation import Part, Tool
from plano.dialects.usage import Usage

#: `end`: it was done. `paused`: it wants to be asked again to go on. `filtered`: somebody cut it off for what it said.
StopReason = Literal["end", "length", "tool_calls", "stop_sequence", "refusal", "filtered", "paused"]


class Annotation(Struct):
    """A source an answer names. `start` and `end`: which characters of the text it stands for, where known.

    `kind`: `url` (then `url`, `title`), `file` (then `file_id`, `title`), `quote` (then `quote`, `title`, `index` of
    the document). `raw`: the same as its own dialect says it.
    """

    kind: Literal["url", "file", "quote"]
    url: str = ""
    title: str = ""
    file_id: str = ""
    quote: str = ""
    index: int | None = None
    start: int | None = None
    end: int | None = None
    dialect: str = ""
    raw: Any = None


class Choice(Struct):
    """One answer. `content` holds `Text`, `Reasoning`, `ToolCall`, `Refusal`, `Image`, `Audio`, `Foreign`, in order."""

    content: list[Part]
    stop: StopReason = "end"
    #: The stop sequence that was met, where the provider says so.
    stop_sequence: str = ""
    #: As the Chat Completions API has them: decoded list of `{token, logprob, bytes, top_logprobs}`.
    logprobs: list[Any] | None = None


class Answer(Struct):
    """`choices` has one entry unless several were asked for. `created` in Unix seconds, 0 where nobody said."""

    id: str
    model: str
    choices: list[Choice]
    usage: Usage | None = None
    created: int = 0
    service_tier: str = ""


class StreamWriter(Protocol):
    """Takes an answer piece by piece and has it as events of its dialect.

    A reader calls it in the order things come; the writer opens and closes whatever its dialect opens and closes.
    `choice` counts answers from 0; dialects with a single answer ignore all others. Every method only adds to what
    `take` gives.
    """

    def start(self, id: str, model: str, usage: Usage | None = None) -> None:
        """The answer begins; called once, before anything else. `usage`: as far as already known."""
        ...

    def text(self, text: str, choice: int = 0, logprobs: list[Any] | None = None) -> None: ...

    def refusal(self, text: str, choice: int = 0) -> None: ...

    def annotation(self, annotation: Annotation, choice: int = 0) -> None:
        """Of the text that is being written."""
        ...

    def reasoning(self, text: str, choice: int = 0, is_summary: bool = False) -> None: ...

    def reasoning_proof(self, proof: str, choice: int = 0, id: str = "", is_redacted: bool = False) -> None:
        """Ends the reasoning that is being written; where none is, or where `is_redacted`, it is one without text."""
        ...

    def tool_call(
        self, key: int, id: str, name: str, choice: int = 0, is_custom: bool = False, proof: str = ""
    ) -> None:
        """A tool call begins; `key` is how `arguments` names it. `name` as the provider was told it."""
        ...

    def arguments(self, key: int, piece: str, choice: int = 0) -> None:
        """More of a call's arguments; calls may take turns."""
        ...

    def close_block(self, choice: int = 0) -> None:
        """What is being written is complete, though more of the same kind may follow as a block of its own."""
        ...

    def foreign(self, dialect: str, kind: str, raw: Any) -> None:
        """A block that only `dialect` knows."""
        ...

    def stop(self, reason: StopReason, stop_sequence: str = "", choice: int = 0) -> None:
        """One answer is complete. Usage may still come."""
        ...

    def usage(self, usage: Usage) -> None:
        """What it costs; a later call replaces an earlier one."""
        ...

    def end(self) -> None:
        """The stream is complete: write the dialect's last events."""
        ...

    def error(self, status: int, code: str, message: str) -> None:
        """The provider said within its stream that it failed: write the dialect's error event, which is the last."""
        ...

    def ping(self) -> None:
        """The provider is still there and has nothing to say."""
        ...

    def take(self) -> bytes:
        """Everything written since the last call."""
        ...


class StreamReader(Protocol):
    """Reads the events of one provider's stream and tells its writer."""

    def event(self, name: str, data: bytes) -> None:
        """One whole event: an SSE event's name ("" where it has none) and data, or a frame's type and payload.

        Raises `ProviderProtocolError` for what cannot be read; an error told by the provider goes to the writer.
        """
        ...

    def close(self) -> None:
        """The provider has closed the stream in an orderly way. Tells the writer `end` if the answer was complete
        and that has not been told; raises `ProviderProtocolError` if it was not.
        """
        ...


class ProviderError(Struct):
    """An error reply of a provider. `code` and `type` in its own words, `raw` the decoded body (or text)."""

    status: int
    message: str
    code: str = ""
    type: str = ""
    param: str | None = None
    request_id: str = ""
    raw: Any = None


class ReplyTo(Struct):
    """What of the request a client's answer has to be written with.

    `model`: the name the client shall read. `id`: unique, for dialects that make ids of their own. `created` in Unix
    seconds. `tools`: names as the provider was told them -> tools as the client declared them. `input_tokens`: an
    estimate, until the provider counts. `request`: members of the client's request that its dialect echoes.
    """

    model: str
    id: str
    created: int
    tools: dict[str, Tool] = field(default_factory=dict)
    input_tokens: int = 0
    request: dict[str, Any] = field(default_factory=dict)
