"""The fake transport behaves like a real one where protocols can tell."""

from __future__ import annotations

import pytest

from plano.testing import FakeTransport


class Notes:
    """A protocol that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def connection_made(self, transport: FakeTransport) -> None:
        self.told.append("made")

    def data_received(self, data: bytes) -> None:
        self.told.append(data)

    def eof_received(self) -> None:
        self.told.append("eof")

    def pause_writing(self) -> None:
        self.told.append("pause")

    def resume_writing(self) -> None:
        self.told.append("resume")

    def connection_lost(self, error: BaseException | None) -> None:
        self.told.append(("lost", error))


def test_writes_are_kept_one_by_one() -> None:
    transport = FakeTransport.connect(Notes())
    transport.write(b"one")
    transport.writelines([b"t", b"wo"])
    assert transport.writes == [b"one", b"two"]
    assert transport.take() == b"onetwo"
    assert transport.writes == []
    assert repr(transport) == "<FakeTransport open reading writes=0 buffered=0>"


def test_a_stalled_peer_pauses_the_protocol_once_and_draining_resumes_it() -> None:
    notes = Notes()
    transport = FakeTransport.connect(notes)
    transport.set_write_buffer_limits(10)
    transport.stall()
    transport.write(b"0123456789")
    assert notes.told == ["made"]
    transport.write(b"0")
    transport.write(b"0")
    assert transport.get_write_buffer_size() == 12
    transport.drain()
    assert transport.get_write_buffer_size() == 0
    assert notes.told == ["made", "pause", "resume"]


def test_bytes_wait_while_reading_is_paused() -> None:
    notes = Notes()
    transport = FakeTransport.connect(notes)
    transport.pause_reading()
    transport.receive(b"a")
    transport.receive(b"b")
    assert notes.told == ["made"]
    transport.resume_reading()
    transport.receive()
    assert notes.told == ["made", b"ab"]
    assert (transport.pauses, transport.resumes) == (1, 1)


def test_nothing_is_written_after_the_end() -> None:
    transport = FakeTransport.connect(Notes())
    transport.close()
    assert transport.is_closing()
    transport.write(b"late")
    assert (transport.writes, transport.late_writes) == ([], [b"late"])
    transport = FakeTransport.connect(Notes())
    transport.write_eof()
    assert not transport.is_closing()
    with pytest.raises(RuntimeError):
        transport.write(b"x")
    with pytest.raises(RuntimeError):
        FakeTransport.connect(Notes(), can_write_eof=False).write_eof()


def test_the_loss_is_told_once() -> None:
    notes = Notes()
    transport = FakeTransport.connect(notes)
    transport.abort()
    assert transport.state == "aborted"
    error = ConnectionResetError()
    transport.lose(error)
    transport.lose()
    transport.close()
    assert transport.state == "lost"
    assert notes.told == ["made", ("lost", error)]


def test_the_peers_end_closes_the_transport() -> None:
    notes = Notes()
    transport = FakeTransport.connect(notes)
    transport.receive_eof()
    assert notes.told == ["made", "eof"]
    assert transport.state == "closing"
