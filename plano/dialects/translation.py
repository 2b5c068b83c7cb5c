"""From one dialect to another through the hub: a request, its answer, whole or streamed, its errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from plano.dialects.losses import Losses
from plano.dialects.reply import ReplyTo
from plano.dialects.telling import tell_whole
from plano.dialects.token_estimate import estimated_tokens
from plano.dialects.tool_names import rename_tools
from plano.dialects.translating import ClientSide, ProviderSide
from plano.dialects.usage import Usage
from plano.http.wire.event_stream import EventStreamSplitter
from plano.http.wire.sse_splitter import COMMENT, SseSplitter


class Translated(Struct):
    """A request in the provider's dialect: its `members`, without the model and whether it streams.

    `to` is what the answer must be written with; `dropped` names what the provider cannot be told, in the client's
    words.
    """

    members: dict[str, Any]
    to: ReplyTo
    dropped: list[str]


class Translation:
    """Two dialects, and everything that goes between them."""

    def __init__(self, client: ClientSide, provider: ProviderSide) -> None:
        self.client = client
        self.provider = provider

    def request(
        self, members: Mapping[str, Any], *, model: str, id: str, created: int, shown_model: str = ""
    ) -> Translated:
        """`members` are those of the client's request. Raises `BadRequest`.

        `model` as the provider knows it, `shown_model` as the client shall read it ("": the same); `id` is unique;
        `created` in Unix seconds.
        """
        conversation = self.client.read_request(members)
        conversation.model = model
        input_tokens = estimated_tokens(conversation) if self.client.says_input_first else 0
        tools = rename_tools(conversation, self.provider)
        losses = Losses()
        written = self.provider.write_request(conversation, losses)
        names = self.client.member_names
        echoed = {name: members[name] for name in self.client.echoes if name in members}
        return Translated(
            written,
            ReplyTo(shown_model or model, id, created, tools, input_tokens, echoed),
            list(dict.fromkeys(names.get(name, name) for name in losses.names)),
        )

    def document(self, body: bytes, to: ReplyTo) -> tuple[bytes, Usage | None]:
        """A whole answer, and what it cost. Raises `ProviderProtocolError`."""
        answer = self.provider.read_answer(body)
        return self.client.write_answer(answer, to), answer.usage

    def error(self, status: int, body: bytes, request_id: str) -> bytes:
        """An error reply."""
        return self.client.write_provider_error(self.provider.read_error(status, body), request_id)

    def stream(self, to: ReplyTo) -> StreamTranslation:
        return StreamTranslation(self, to)

    def document_as_stream(self, body: bytes, to: ReplyTo) -> bytes:
        """A whole answer for a client that was promised a stream. Raises `ProviderProtocolError`."""
        writer = self.client.writer(to)
        tell_whole(self.provider.read_answer(body), writer)
        return writer.take()


class StreamTranslation:
    """One stream on its way: blocks of the provider's bytes in, events of the client's dialect out."""

    def __init__(self, translation: Translation, to: ReplyTo) -> None:
        self.translation = translation
        self._writer = translation.client.writer(to)
        self._reader = translation.provider.reader(self._writer)
        is_aws = translation.provider.framing == "aws_event_stream"
        self._frames = EventStreamSplitter() if is_aws else None
        self._events = SseSplitter()

    def feed(self, block: bytes) -> bytes:
        """Raises `ProviderProtocolError` for what cannot be read."""
        if self._frames is not None:
            for frame in self._frames.feed(block):
                self._reader.event(frame.name, frame.payload)
        else:
            self._read(self._events.feed(block))
        return self._writer.take()

    def taken(self) -> bytes:
        """What was written before something could not be read."""
        return self._writer.take()

    def close(self) -> bytes:
        """The provider has ended its stream. Raises `ProviderProtocolError` where that was too early."""
        if self._frames is not None:
            self._frames.end()
        self._read(self._events.end())
        self._reader.close()
        return self._writer.take()

    def _read(self, events: list[tuple[str, bytes]]) -> None:
        for name, data in events:
            if data:
                self._reader.event(name, data)
            elif name == COMMENT:
                self._writer.ping()
