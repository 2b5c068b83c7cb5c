"""What becomes of a translator that trips."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from plano.dialects.operation import CHAT, MESSAGES
from plano.dialects.reply import ReplyTo, StreamWriter
from plano.dialects.sides import CLIENT_SIDES, PROVIDER_SIDES
from plano.dialects.translation import Translated, Translation
from plano.errors import PlanoError, ProviderProtocolError
from plano.gateway.interpreter import DocumentInterpreter, StreamInterpreter

TO = ReplyTo("m", "id", 0)


class Trips:
    """A reader that tells the beginning and stumbles over the second event."""

    def __init__(self, writer: StreamWriter) -> None:
        self.writer = writer
        self.seen = 0

    def event(self, name: str, data: bytes) -> None:
        self.seen += 1
        if self.seen > 1:
            raise KeyError("words")
        self.writer.start("1", "m")
        self.writer.text("Hel")

    def close(self) -> None:
        raise AttributeError("stop")


def trips(*given: Any) -> Any:
    raise KeyError("words")


TRIPPING = replace(PROVIDER_SIDES[CHAT.name], name="toy", read_answer=trips, read_error=trips, reader=Trips)
TRANSLATION = Translation(CLIENT_SIDES[MESSAGES.name], TRIPPING)


class Ends:
    """Stands for the relay and for the connection, and notes what they are told."""

    awaits_token = False

    def __init__(self) -> None:
        self.blocks: list[tuple[bytes, bool]] = []
        self.failures: list[PlanoError] = []
        self.aborted = 0

    def on_block(self, data: bytes, ended: bool) -> None:
        self.blocks.append((data, ended))

    def on_failure(self, error: PlanoError) -> None:
        self.failures.append(error)

    def abort(self) -> None:
        self.aborted += 1


def is_told(ends: Ends, caplog: pytest.LogCaptureFixture) -> bool:
    (failure,) = ends.failures
    assert isinstance(failure, ProviderProtocolError)
    assert "words" not in failure.message + failure.detail
    (record,) = caplog.records
    return "dialect toy" in record.getMessage() and record.exc_info is not None


def stream(ends: Ends) -> StreamInterpreter:
    return StreamInterpreter(ends, ends, TRANSLATION.stream(TO))


def test_a_reader_that_trips_ends_the_stream_after_what_it_told(caplog: pytest.LogCaptureFixture) -> None:
    ends = Ends()
    reading = stream(ends)
    reading.on_block(b"data: 1\n\n", False)
    reading.on_block(b"data: 2\n\n", False)
    reading.on_block(b"data: 3\n\n", True)
    assert b"Hel" in ends.blocks[0][0]
    assert not any(ended for _, ended in ends.blocks)
    assert ends.aborted == 1
    assert is_told(ends, caplog)


def test_a_reader_that_trips_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    ends = Ends()
    stream(ends).on_block(b"data: 1\n\n", True)
    assert b"Hel" in ends.blocks[0][0]
    assert not ends.blocks[-1][1]
    assert ends.aborted == 0
    assert is_told(ends, caplog)


@pytest.mark.parametrize("status", [200, 429])
def test_an_answer_or_error_that_cannot_be_read(status: int, caplog: pytest.LogCaptureFixture) -> None:
    ends = Ends()
    translated = Translated({}, TO, [])
    reading = DocumentInterpreter(ends, ends, TRANSLATION, translated, status=status, encoding=b"", as_stream=False)
    reading.on_block(b"{}", True)
    assert ends.blocks == []
    assert is_told(ends, caplog)
