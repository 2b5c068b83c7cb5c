"""A writer that notes what it is told."""

from __future__ import annotations

from typing import Any

from plano.dialects.reply import Annotation, StopReason
from plano.dialects.usage import Usage


class Noting:
    """`reply.StreamWriter`, as a list of what was said; pieces of one text are joined."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def _add(self, *what: Any) -> None:
        self.told.append(what)

    def _join(self, kind: str, *what: Any) -> None:
        if self.told and self.told[-1][:-1] == (kind, *what[:-1]):
            self.told[-1] = (kind, *what[:-1], self.told[-1][-1] + what[-1])
        else:
            self.told.append((kind, *what))

    def start(self, id: str, model: str, usage: Usage | None = None) -> None:
        self._add("start", id, model)

    def text(self, text: str, choice: int = 0, logprobs: list[Any] | None = None) -> None:
        if logprobs:
            self._add("logprobs", logprobs)
        self._join("text", text)

    def refusal(self, text: str, choice: int = 0) -> None:
        self._join("refusal", text)

    def annotation(self, annotation: Annotation, choice: int = 0) -> None:
        self._add("annotation", annotation.kind, annotation.url or annotation.file_id)

    def reasoning(self, text: str, choice: int = 0, is_summary: bool = False) -> None:
        self._join("summary" if is_summary else "reasoning", text)

    def reasoning_proof(self, proof: str, choice: int = 0, id: str = "", is_redacted: bool = False) -> None:
        self._add("proof", proof, id, is_redacted)

    def tool_call(
        self, key: int, id: str, name: str, choice: int = 0, is_custom: bool = False, proof: str = ""
    ) -> None:
        self._add("call", key, id, name, is_custom)

    def arguments(self, key: int, piece: str, choice: int = 0) -> None:
        self._join("arguments", key, piece)

    def close_block(self, choice: int = 0) -> None:
        if self.told[-1] != ("close",):
            self._add("close")

    def foreign(self, dialect: str, kind: str, raw: Any) -> None:
        self._add("foreign", dialect, kind, raw)

    def stop(self, reason: StopReason, stop_sequence: str = "", choice: int = 0) -> None:
        self._add("stop", reason)

    def usage(self, usage: Usage) -> None:
        self._add("usage", usage)

    def end(self) -> None:
        self._add("end")

    def error(self, status: int, code: str, message: str) -> None:
        self._add("error", status, code, message)

    def ping(self) -> None:
        self._add("ping")

    def take(self) -> bytes:
        return b""
