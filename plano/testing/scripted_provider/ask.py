"""What a client asked, read from any of the dialects into the few facts a scripted answer needs."""

from __future__ import annotations

import time
from typing import Any, Literal
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from plano.dialects.operation import CONVERSE, GENERATE, OPERATIONS, PROVIDER_OPERATIONS, Operation

Json = dict[str, Any]
Outcome = Literal["playing", "answered", "stopped", "client_left"]

# Longest first: `/chat/completions` also ends in `/completions`.
_BY_LENGTH = sorted((*OPERATIONS, *PROVIDER_OPERATIONS), key=lambda operation: len(operation.suffix), reverse=True)
_STREAM_SUFFIX = CONVERSE.suffix + "-stream"
_GENERATE_STREAM = ":streamGenerateContent"
_STREAM_SUFFIXES = (_STREAM_SUFFIX, _GENERATE_STREAM)
#: Bedrock's blocks have no type.
_TEXT_TYPES = frozenset({None, "text", "input_text", "output_text"})


class RecordedRequest(Struct):
    """One request as it arrived, and how it ended.

    `headers` keep their order and case; `connection` counts connections from 1; times are `time.monotonic`
    seconds.
    """

    method: str
    path: str
    query: str
    headers: list[tuple[bytes, bytes]]
    body: bytes
    connection: int
    http_version: str = "1.1"
    received_s: float = 0.0
    ended_s: float = 0.0
    outcome: Outcome = "playing"

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        wanted = name.lower().encode()
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == wanted), None)

    def json(self) -> Any:
        """The body, decoded."""
        return msgspec.json.decode(self.body)

    def end(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.ended_s = time.monotonic()


class Ask(Struct):
    """A request whose operation is known and whose body is JSON."""

    request: RecordedRequest
    operation: Operation
    body: Json
    number: int
    """Counts the asks of one provider from 1; ids are made from it."""
    turn: int = 1
    """Counts the asks of one provider for this model since `reset`, from 1."""
    since_first_s: float = 0.0
    _read_turns: list[tuple[str, str]] | None = None

    @property
    def model(self) -> str:
        """The model asked for; the path says it where the body does not (Azure, Bedrock, Gemini)."""
        named = self.body.get("model")
        if isinstance(named, str):
            return named
        if self.operation is GENERATE:
            return unquote(self.request.path.rpartition("/")[2].rpartition(":")[0])
        mark = "/model/" if self.operation is CONVERSE else "/deployments/"
        _, found, rest = self.request.path.partition(mark)
        return unquote(rest.split("/", 1)[0]) if found else ""

    @property
    def streams(self) -> bool:
        asks = self.body.get("stream") is True or self.request.path.endswith(_STREAM_SUFFIXES)
        return self.operation.streams and asks

    @property
    def user_texts(self) -> list[str]:
        """Every text of the user, oldest first."""
        return [text for role, text in self.said if role == "user" and text]

    @property
    def last_text(self) -> str:
        """The last thing the user wrote, or ``""``."""
        texts = self.user_texts
        return texts[-1] if texts else ""

    @property
    def last_role(self) -> str:
        """Who speaks last in the conversation, or ``""``."""
        return self.said[-1][0] if self.said else ""

    @property
    def system_text(self) -> str:
        """Everything said by the system or the developer."""
        texts = [text for role, text in self.said if role in ("system", "developer")]
        texts += [_text_of(self.body[name]) for name in ("system", "instructions") if name in self.body]
        return "\n".join(texts)

    @property
    def ends_with_tool_result(self) -> bool:
        """Whether the last turn hands back what a tool returned."""
        turns = self.body.get("messages") or self.body.get("input")
        if not isinstance(turns, list) or not turns or not isinstance(turns[-1], dict):
            return False
        last = turns[-1]
        if last.get("role") == "tool" or last.get("type") == "function_call_output":
            return True
        content = last.get("content")
        parts = content if isinstance(content, list) else []
        return any(
            isinstance(part, dict) and (part.get("type") == "tool_result" or "toolResult" in part) for part in parts
        )

    @property
    def prompt_tokens(self) -> int:
        """A plausible count: four bytes of request to a token."""
        return max(1, len(self.request.body) // 4)

    @property
    def said(self) -> list[tuple[str, str]]:
        """(role, text) of every turn, read once."""
        if self._read_turns is None:
            self._read_turns = _turns_of(self.body)
        return self._read_turns


def operation_at(path: str) -> Operation | None:
    """The operation whose suffix ends `path`, whatever stands before it."""
    if path.endswith(_GENERATE_STREAM):
        return GENERATE
    path = path.removesuffix("-stream") if path.endswith(_STREAM_SUFFIX) else path
    return next((operation for operation in _BY_LENGTH if path.endswith(operation.suffix)), None)


def _turns_of(body: Json) -> list[tuple[str, str]]:
    turns = body.get("messages", body.get("input", body.get("prompt")))
    if isinstance(turns, str):
        return [("user", turns)]
    if not isinstance(turns, list):
        return []
    return [
        (str(turn.get("role", "")), _text_of(turn.get("content"))) if isinstance(turn, dict) else ("user", str(turn))
        for turn in turns
    ]


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part for part in content if isinstance(part, dict) and part.get("type") in _TEXT_TYPES]
    return "\n".join(str(part["text"]) for part in parts if "text" in part)
