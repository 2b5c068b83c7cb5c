"""What a dialect must offer today: errors in its own shape, and sense out of its answers as they go by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from msgspec import Struct

from plano.dialects.splicing import Delivered, Splice
from plano.dialects.text_join import Mode
from plano.dialects.usage import Usage
from plano.errors import AttemptFacts, ProviderStreamFailed
from plano.http.wire.json_envelope import Envelope
from plano.http.wire.sse import SseMarks


class ErrorFacts(Struct, frozen=True):
    """An error to be told to a client. `status` is an HTTP status, `code` a machine-readable word.

    `attempts`: everybody who was asked, when nobody is left to ask; then the code is the error's type, too.
    """

    status: int
    code: str
    message: str
    request_id: str
    param: str | None = None
    attempts: tuple[AttemptFacts, ...] | None = None


class Dialect(Protocol):
    """One API format."""

    @property
    def name(self) -> str: ...

    @property
    def marks(self) -> SseMarks:
        """What to look for in its event streams."""
        ...

    def write_error(self, facts: ErrorFacts) -> bytes:
        """The JSON body of an error reply."""
        ...

    def write_stream_error(self, facts: ErrorFacts) -> bytes:
        """Events that end a stream already begun, so that no client takes it for complete."""
        ...

    def read_usage(self, documents: Sequence[bytes]) -> Usage | None:
        """Tokens from the JSON documents of one answer that hold a usage object, in the order they came.

        A document may also be the mere tail of a long one, beginning at its usage object. None if there is none.
        """
        ...

    @property
    def ping(self) -> bytes:
        """An event that says nothing, for a stream that would otherwise be silent."""
        ...

    @property
    def last_frame(self) -> bytes:
        """What follows the event that says why an answer ended; empty where that is the last one."""
        ...

    def failure_in(self, event: bytes) -> ProviderStreamFailed | None:
        """The error that an event of a stream tells of; None when it tells of none."""
        ...

    def has_content(self, event: bytes) -> bool:
        """Whether an event carries some of the answer, or its proper end, and not only its envelope."""
        ...

    def delivered(self) -> Delivered:
        """An account of what a client has got of a stream, to be filled with its events."""
        ...

    def splice(self, delivered: Any, mode: Mode) -> Splice:
        """What turns the events of another answer into the rest of the one that was `delivered` in part."""
        ...

    def continuation(self, envelope: Envelope, text: str) -> bool:
        """Make a request for an answer one for the rest of it, of which `text` is known. False where that cannot be."""
        ...

    def read_finish(self, document: bytes) -> str:
        """Why the answer ended, in the dialect's own word; empty when the document does not say."""
        ...
