"""The passages of a request, by the operation asked for, and the writing back of those that were changed."""

from __future__ import annotations

from plano.dialects.passages import Passage
from plano.http.wire.json_envelope import Envelope


class RequestTexts:
    """`passages` in the order they stand in the conversation: instructions first, then turn by turn."""

    def __init__(self, operation: str, envelope: Envelope) -> None:
        """`operation` is an operation's name. Members of shapes plano does not know have passages of kind `other`."""
        raise NotImplementedError

    @property
    def passages(self) -> list[Passage]:
        raise NotImplementedError

    def is_of(self, envelope: Envelope) -> bool:
        """Whether these are still the texts of `envelope`: nobody has set one of the members they were read from."""
        raise NotImplementedError

    def write_back(self) -> bool:
        """Set the members of the envelope whose passages were changed; whether there were any.

        Called after every filter; what was changed counts as original from then on.
        """
        raise NotImplementedError
