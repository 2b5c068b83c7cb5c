"""One request and its response: the folder that travels down the corridor, and the record of what happened to it.

Rooms read the exchange, add to it, and return. Facts go into `record`, which telemetry and observing plugins read after
the last byte; nobody reports in the middle of a request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from plano.dialects.operation import Operation
from plano.dialects.passages import Passage
from plano.dialects.request_texts import RequestTexts
from plano.dialects.usage import Usage
from plano.http.wire.head import RequestHead
from plano.http.wire.head_writer import join_fields
from plano.http.wire.json_envelope import Envelope


class Record:
    """The facts of one exchange. Times: `started_unix_s` is wall time, `*_at` are monotonic seconds (0.0: never).

    `status` is what the client was answered; 499 means that it left first. `bytes_in` and `bytes_out` count bodies.
    `minor_version` is 0 or 1, of HTTP/1; `api_key` is the name of the key the client used, never the key.
    """

    def __init__(
        self,
        request_id: str,
        listener: str,
        method: str,
        path: str,
        client_address: str,
        started_unix_s: float,
        started_at: float,
        minor_version: int = 1,
        operation: str = "",
        bytes_in: int = 0,
    ) -> None:
        self.request_id = request_id
        self.listener = listener
        self.method = method
        self.path = path
        self.client_address = client_address
        self.started_unix_s = started_unix_s
        self.started_at = started_at
        self.minor_version = minor_version
        self.operation = operation
        self.bytes_in = bytes_in
        self.bytes_out = 0
        self.api_key = ""
        # What was decided.
        self.requested_model = ""
        self.model = ""
        self.provider = ""
        self.origin = ""
        self.route = ""
        #: What routing by prompt did, a `plano.routing.choice.Choice`; None where no routes were asked.
        self.routing: Any = None
        self.streamed = False
        self.attempts = 0
        #: The attempts of an exchange that could fail over, one by one; None for all others.
        self.tries: list[Any] | None = None
        #: What of the request the provider could not be told, in the client's words; None where nothing was translated.
        self.dropped: list[str] | None = None
        #: The filters that ran, as `FilterFacts`; None where there are none.
        self.filters: list[Any] | None = None
        # How it went.
        self.status = 0
        self.provider_status = 0
        self.error_code = ""
        self.error_detail = ""
        self.sent_at = 0.0
        self.head_at = 0.0
        self.first_byte_at = 0.0
        self.first_token_at = 0.0
        self.finished_at = 0.0
        self.finish_reason = ""
        self.usage: Usage | None = None

    def __repr__(self) -> str:
        return f"Record({self.request_id!r}, {self.method} {self.path}, status={self.status}, model={self.model!r})"

    @property
    def duration_s(self) -> float:
        """From the complete request to the last byte of the answer."""
        return max(self.finished_at - self.started_at, 0.0)

    @property
    def provider_s(self) -> float:
        """From sending the request to the provider until its response head."""
        return max(self.head_at - self.sent_at, 0.0) if self.head_at else 0.0

    @property
    def first_token_s(self) -> float | None:
        """From the complete request to the first token sent on; None when none was seen."""
        return self.first_token_at - self.started_at if self.first_token_at else None

    @property
    def overhead_s(self) -> float:
        """plano's own share of the time to the response head."""
        if not self.head_at:
            return self.duration_s
        end = self.first_byte_at or self.finished_at or self.head_at
        return max(end - self.started_at - (self.head_at - self.sent_at), 0.0)


class GivenAnswer(NamedTuple):
    """What a plugin answers in a provider's place."""

    body: bytes
    content_type: str
    status: int
    headers: tuple[tuple[str, str], ...] = ()

    def lines(self) -> bytes:
        """Its own header lines. Raises `ValueError` for names and values that no header can have."""
        fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
        return join_fields(b"", fields, frozenset(), (), ())


class Sink(Protocol):
    """Where the response goes; `plano.http.server` has the one behind a socket."""

    keep_alive: bool
    is_started: bool
    is_finished: bool
    body_bytes: int
    on_client_left: Any

    @property
    def address(self) -> str: ...
    def feed_from(self, source: Any) -> None: ...
    def take_back(self) -> bool: ...
    def take_back_unsent(self) -> bool: ...
    def start(self, fields: bytes, status: int, content_length: int | None) -> None: ...
    def write(self, data: bytes) -> None: ...
    def flush(self) -> None: ...
    def finish(self, data: bytes = b"") -> None: ...
    def abort(self) -> None: ...


class Exchange:
    """What a client asked and what has been decided about it so far."""

    def __init__(self, request: RequestHead, body: bytes, operation: Operation, sink: Sink, record: Record) -> None:
        self.request = request
        self.body = body
        self.operation = operation
        self.sink = sink
        self.record = record
        #: None only until the pipeline has found the body to be a JSON object, before any hook runs.
        self.envelope: Envelope = None  # type: ignore[assignment]
        self.chosen_model: str | None = None
        self.forbidden: frozenset[str] = frozenset()
        self.decision: Any = None
        #: plano asked for the usage of a stream, the client did not.
        self.withholds_usage = False
        self.task: Any = None
        #: What now feeds the client, from the provider's response head on.
        self.relay: Any = None
        #: Who else may be asked; None when nobody may.
        self.failover: Any = None
        #: Keeps what other attempts need, from the moment on when there may be some.
        self.guard: Any = None
        #: The client's own `stream_options`, before plano asked for usage.
        self.stream_options: Any = None
        #: The latest attempt's request in the provider's dialect, where that is not the client's.
        self.translated: Any = None
        # For pings: what had been sent at the last look, and since when it has been that (0.0: not looked yet).
        self.sent_at_look = 0
        self.quiet_since = 0.0
        self.state: dict[str, Any] | None = None
        #: plano asks for itself: no client's word is in it, and none waits for it.
        self.is_own = False
        #: The texts of the request as filters see them; None until one asks.
        self.request_texts: Any = None
        #: What looks after the answer, in the order the answer meets it; None where nobody does.
        self.answer_filters: list[Any] | None = None
        #: What has to be told when the exchange ends before its filters have; None where none waits for others.
        self.filtering: list[Any] | None = None
        #: The answer that a plugin has given in a provider's place, as `GivenAnswer`.
        self.given_answer: Any = None

    def forget_request(self) -> None:
        """Nobody will be asked again: a stream may stay open for long, and the request may be megabytes."""
        self.body = b""
        self.envelope.members.clear()
        self.translated = None
        self.request_texts = None

    @property
    def listener(self) -> str:
        """The name of the listener the request came in by."""
        return self.record.listener

    @property
    def requested_model(self) -> str | None:
        """The `model` of the request body, None when it has none. Raises `BadRequest` for one that is no string."""
        return self.envelope.get_str("model")

    @property
    def notes(self) -> dict[str, Any]:
        """A place for plugins to keep things from one hook to the next; use your plugin's name as the key."""
        if self.state is None:
            self.state = {}
        return self.state

    def texts(self) -> list[Passage]:
        """What the request says, text by text: instructions first, then turn by turn. Set `text` to change one.

        What nobody changes reaches the provider byte for byte. Raises `BadRequest` for a request that makes no sense.
        """
        if self.request_texts is None or not self.request_texts.is_of(self.envelope):
            self.request_texts = RequestTexts(self.operation.decides or self.operation.name, self.envelope)
        return self.request_texts.passages  # type: ignore[no-any-return]

    def answer(
        self,
        body: bytes,
        content_type: str = "application/json",
        *,
        status: int = 200,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Answer the client here and now; nobody else is asked. `body`: a document or events in the client's dialect.

        For `pre_route` and `filter`; no later hook sees the request. `headers` are added to those plano writes.
        """
        self.given_answer = GivenAnswer(body, content_type, status, headers)

    def replace_body(self, body: bytes) -> None:
        """Go on as if the client had sent this. Raises `BadRequest` unless it is a JSON object."""
        self.envelope = Envelope.open(body)
        self.body = body
        self.request_texts = None

    def set_model(self, name: str) -> None:
        """Go on as if the client had asked for this model; a name, alias or `provider/model`."""
        self.envelope.set("model", name)
        self.chosen_model = None

    def choose(self, name: str) -> None:
        """Use this model whatever was asked for and whatever routing would say."""
        self.chosen_model = name

    def forbid(self, *full_names: str) -> None:
        """Take `provider/model` names out of the candidates of this exchange."""
        self.forbidden |= frozenset(full_names)

    def header(self, name: str) -> str | None:
        """The first value of a request header, any case; None when it was not sent."""
        value = self.request.get(name.lower().encode("latin-1"))
        return None if value is None else value.decode("latin-1")

    def set_header(self, name: str, value: str) -> None:
        """Replace a request header; it is forwarded unless it is one that never leaves plano."""
        key = name.lower().encode("latin-1")
        kept = [field for field in self.request.headers if field[0] != key]
        self.request.headers = [*kept, (key, value.encode("latin-1"))]

    def headers(self) -> Sequence[tuple[bytes, bytes]]:
        """All request headers, names in lower case, in the order sent."""
        return self.request.headers
