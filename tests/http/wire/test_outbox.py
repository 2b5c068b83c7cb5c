"""What is written during one round leaves at its end."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from tests.twins import both_builds


class Sender:
    def __init__(self) -> None:
        self.sent = 0

    def send_now(self) -> None:
        self.sent += 1


@both_builds("outbox")
def test_one_callback_per_round_empties_all(build: ModuleType) -> None:
    asked: list[Callable[[], None]] = []
    outbox = build.Outbox(asked.append)
    senders = [Sender() for _ in range(3)]
    for sender in senders:
        outbox.add(sender)
    assert len(asked) == 1
    assert [sender.sent for sender in senders] == [0, 0, 0]
    asked.pop()()
    assert [sender.sent for sender in senders] == [1, 1, 1]
    outbox.add(senders[0])
    assert len(asked) == 1
    asked.pop()()
    assert [sender.sent for sender in senders] == [2, 1, 1]


@both_builds("outbox")
def test_what_is_added_while_it_is_emptied_leaves_with_the_next_round(build: ModuleType) -> None:
    asked: list[Callable[[], None]] = []
    outbox = build.Outbox(asked.append)

    class Again(Sender):
        def send_now(self) -> None:
            super().send_now()
            if self.sent == 1:
                outbox.add(self)

    sender = Again()
    outbox.add(sender)
    asked.pop(0)()
    assert (sender.sent, len(asked)) == (1, 1)
    asked.pop(0)()
    assert (sender.sent, len(asked)) == (2, 0)
