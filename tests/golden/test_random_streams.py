"""Whatever a provider's stream tells a writer, in whatever order: the client's life cycle holds and nothing is lost."""

# ruff: noqa: E501

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from plano.dialects.conversation import Tool
from plano.dialects.reply import Annotation, ReplyTo, StreamWriter
from plano.dialects.usage import Usage
from tests.golden.cases import CLIENTS
from tests.golden.lifecycles import READERS

SEEDS = 200
_TEXTS = ("Hi", " there", "\n", "æøå 😀", '"quoted"', "\\", "\u2028", "{", "}")
_ARGUMENTS = ({}, {"city": "Oslo"}, {"path": "C:\\a\"b\n", "deep": [{"x": 1.5, "y": None}]}, {"text": "}{😀"})
_CUSTOM = "apply_patch"


class Script:
    """What a reader tells a writer; `told` sums it up. Written pieces of calls take turns with everything else."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.text = self.reasoning = self.refusal = ""
        self.arguments: list[str] = []
        self.names: list[str] = []
        #: What is left to write of the calls that have begun.
        self._pending: dict[int, list[str]] = {}
        self.stop: Any = "end"

    def tell(self, writer: StreamWriter) -> None:
        writer.start("id1", "m")
        for _ in range(self._chance.randint(0, 14)):
            getattr(self, f"_{self._chance.choice(_STEPS)}")(writer)
        while self._pending:
            self._more_arguments(writer)
        self.stop = "tool_calls" if self.names else self._chance.choice(("end", "length", "filtered", "stop_sequence", "paused"))
        writer.stop(self.stop, "END" if self.stop == "stop_sequence" else "")
        if self._chance.random() < 0.8:
            writer.usage(Usage(20, 9, 3, 2, 1))
        writer.end()

    def _say(self, writer: StreamWriter) -> None:
        piece = self._chance.choice(_TEXTS)
        self.text += piece
        writer.text(piece)

    def _cite(self, writer: StreamWriter) -> None:
        self._say(writer)
        writer.annotation(Annotation("url", "https://example.com/a", "A", start=0, end=1))

    def _think(self, writer: StreamWriter) -> None:
        piece = self._chance.choice(_TEXTS)
        self.reasoning += piece
        writer.reasoning(piece, is_summary=self._chance.random() < 0.5)

    def _prove(self, writer: StreamWriter) -> None:
        writer.reasoning_proof("plano:openai_responses:rs_7:ZW5j", id="rs_7", is_redacted=self._chance.random() < 0.3)

    def _refuse(self, writer: StreamWriter) -> None:
        piece = self._chance.choice(_TEXTS)
        self.refusal += piece
        writer.refusal(piece)

    def _call(self, writer: StreamWriter) -> None:
        key = len(self.names)
        name = self._chance.choice(("get_weather", _CUSTOM))
        told = {"input": "*** Patch\n\"x\" 😀\\"} if name == _CUSTOM else self._chance.choice(_ARGUMENTS)
        whole = json.dumps(told)
        self.names.append(name)
        self.arguments.append(told["input"] if name == _CUSTOM else whole)
        self._pending[key] = list(self._cut(whole))
        writer.tool_call(key, f"call_{key}", name, proof=self._chance.choice(("", "", "plano:gemini::Z2Vt")))

    def _cut(self, text: str) -> list[str]:
        pieces = []
        while text:
            size = self._chance.randint(1, 12)
            pieces.append(text[:size])
            text = text[size:]
        return pieces

    def _more_arguments(self, writer: StreamWriter) -> None:
        if self._pending:
            key = self._chance.choice(list(self._pending))
            writer.arguments(key, self._pending[key].pop(0))
            if not self._pending[key]:
                del self._pending[key]

    def _close(self, writer: StreamWriter) -> None:
        if not self._pending:  # Readers say so of what is complete.
            writer.close_block()

    def _ping(self, writer: StreamWriter) -> None:
        writer.ping()


_STEPS = ("say", "say", "cite", "think", "think", "prove", "refuse", "call", "more_arguments", "more_arguments", "close", "ping")


def reply_to(is_custom: bool) -> ReplyTo:
    tools = {_CUSTOM: Tool(_CUSTOM, is_custom=True)} if is_custom else {}
    return ReplyTo("m", "req1", 1, tools, request={"include": ["reasoning.encrypted_content"]})


@pytest.mark.parametrize("client", CLIENTS)
def test_any_stream_keeps_to_the_life_cycle(client: str) -> None:
    takes_text = client != "anthropic_messages"  # Its clients have no custom tools.
    for seed in range(SEEDS):
        script, writer = Script(seed), CLIENTS[client].writer(reply_to(takes_text))
        script.tell(writer)
        stream = writer.take()
        try:
            reading = READERS[client](stream)
            assert _letters(reading.reasoning) == _letters(script.reasoning)
            assert [name for _, name, _ in reading.calls] == script.names
            wanted = [
                told if takes_text or name != _CUSTOM else json.dumps({"input": told})
                for name, told in zip(script.names, script.arguments, strict=True)
            ]
            assert [arguments for _, _, arguments in reading.calls] == wanted
            if client == "anthropic_messages":
                assert sorted(reading.text) == sorted(script.text + script.refusal)
            else:
                assert (reading.text, reading.refusal) == (script.text, script.refusal)
        except AssertionError as broken:
            raise AssertionError(f"seed {seed}: {broken}\n{stream.decode()[:6000]}") from broken


def _letters(text: str) -> str:
    """Pieces of thinking that ended are set apart by blank lines."""
    return text.replace("\n", "")


@pytest.mark.parametrize("client", CLIENTS)
def test_an_error_ends_any_stream(client: str) -> None:
    for seed in range(60):
        chance = random.Random(seed)
        writer = CLIENTS[client].writer(reply_to(False))
        script = Script(seed)
        writer.start("id1", "m")
        for _ in range(chance.randint(0, 8)):
            getattr(script, f"_{chance.choice(_STEPS)}")(writer)
        writer.error(529, "overloaded_error", "It is too much")
        reading = READERS[client](writer.take())
        assert reading.error is not None
        assert "too much" in reading.error["message"]
