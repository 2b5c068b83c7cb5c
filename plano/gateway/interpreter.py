"""Between a provider that speaks one dialect and the relay to a client of another.

What stands behind it, taps, guards, rescues, sees only what the client will read; so all of that works across dialects
as it does within one.
"""

from __future__ import annotations

import logging
import zlib
from typing import Any, Final

from plano.dialects.provider_json import read_document
from plano.dialects.translating import ProviderSide
from plano.dialects.translation import StreamTranslation, Translated, Translation
from plano.errors import PlanoError, ProviderProtocolError, ProviderStreamFailed

log: Final = logging.getLogger("plano.gateway")

#: A whole answer has to be held to be translated.
MOST_HELD_BYTES: Final = 64 << 20
#: Of an error the beginning will do.
MOST_HELD_OF_ERRORS: Final = 1 << 20
_PACKED: Final = (b"gzip", b"x-gzip", b"deflate")


class DocumentInterpreter:
    """The target of a connection whose answer is one document; `relay` gets it in one piece."""

    def __init__(
        self,
        relay: Any,
        connection: Any,
        translation: Translation,
        translated: Translated,
        *,
        status: int,
        encoding: bytes,
        as_stream: bool,
    ) -> None:
        self._relay = relay
        self._connection = connection
        self._translation = translation
        self._translated = translated
        self._status = status
        self._encoding = encoding
        self._as_stream = as_stream
        self._held: list[bytes] = []
        self._held_bytes = 0

    @property
    def awaits_token(self) -> bool:
        return bool(self._relay.awaits_token)

    def on_block(self, data: bytes, ended: bool) -> None:
        if data:
            self._held.append(data)
            self._held_bytes += len(data)
        if self._status >= 400 and self._held_bytes > MOST_HELD_OF_ERRORS and not ended:
            self._connection.abort()
            ended = True
        if self._held_bytes > MOST_HELD_BYTES and not ended:
            self._held.clear()
            self._connection.abort()
            self._relay.on_failure(ProviderProtocolError("the provider's answer is too long to be translated"))
        elif ended:
            try:
                body = self._interpreted(b"".join(self._held))
            except Exception as error:
                self._relay.on_failure(as_protocol_error(error, self._translation))
            else:
                self._relay.on_block(body, True)

    def on_failure(self, error: PlanoError) -> None:
        if self._status >= 400:  # As much of an error as there is is told.
            self.on_block(b"", True)
        else:
            self._relay.on_failure(error)

    def _interpreted(self, body: bytes) -> bytes:
        to = self._translated.to
        if self._status >= 400:
            return self._refusal(body)
        body = unpacked(body, self._encoding)
        try:
            if self._as_stream:
                return self._translation.document_as_stream(body, to)
            return self._translation.document(body, to)[0]
        except ProviderProtocolError:
            failure = failure_in(self._translation.provider, body)
            if failure is None:
                raise
            raise failure from None


    def _refusal(self, body: bytes) -> bytes:
        try:
            body = unpacked(body, self._encoding)
        except ProviderProtocolError:
            body = b""  # The status says most of it.
        error = self._translation.provider.read_error(self._status, body)
        self._relay.provider_error = error
        return self._translation.client.write_provider_error(error, self._translated.to.id)


class StreamInterpreter:
    """The target of a connection whose answer is a stream; `relay` gets events of the client's dialect."""

    def __init__(self, relay: Any, connection: Any, stream: StreamTranslation) -> None:
        self._relay = relay
        self._connection = connection
        self._stream = stream
        self._has_failed = False

    @property
    def awaits_token(self) -> bool:
        return bool(self._relay.awaits_token)

    def on_block(self, data: bytes, ended: bool) -> None:
        if self._has_failed:
            return
        events = b""
        try:
            events = self._stream.feed(data)
            if ended:
                events += self._stream.close()
        except Exception as error:
            self._has_failed = True
            if not ended:
                self._connection.abort()
            events += self._stream.taken()
            if events:
                self._relay.on_block(events, False)
            self._relay.on_failure(as_protocol_error(error, self._stream.translation))
            return
        if events or ended:
            self._relay.on_block(events, ended)

    def on_failure(self, error: PlanoError) -> None:
        """The connection was cut short: the stream with it, unless the provider had already said why it ended."""
        if self._has_failed:
            return
        try:
            events = self._stream.close()
        except Exception:
            self._relay.on_failure(error)
        else:
            self._relay.on_block(events, True)


class WholeRelay:
    """A relay for an answer that comes in one piece: nothing is begun before it is there, and its length is told."""

    def __init__(self, sink: Any, tap: Any, record: Any, fields: bytes, now: Any) -> None:
        self.tap = tap
        self.is_done = False
        self.failure: BaseException | None = None
        self.waiter: Any = None
        self.awaits_token = False
        self.provider_error: Any = None
        self._sink = sink
        self._record = record
        self._fields = fields
        self._now = now

    def on_block(self, data: bytes, ended: bool) -> None:
        assert ended
        self._record.first_byte_at = self._now()
        if self.tap is not None:
            data = self.tap.feed(data) + self.tap.end()
        self._sink.start(self._fields, self._record.status, len(data))
        self._sink.finish(data)
        self._settle(None)

    def on_failure(self, error: PlanoError) -> None:
        self._settle(error)

    def _settle(self, failure: BaseException | None) -> None:
        self.is_done = True
        self.failure = failure
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


def as_protocol_error(error: Exception, translation: Translation) -> ProviderProtocolError:
    """What a translator raised, for the client: nobody else would tell him, for the caller is the event loop.

    A dialect may be a plugin's, and built-in ones have defects, too.
    """
    if isinstance(error, ProviderProtocolError):
        return error
    name = translation.provider.name
    log.error("an answer in the dialect %s could not be translated", name, exc_info=error)
    detail = f"{type(error).__name__} in {name}"
    return ProviderProtocolError("the provider's answer could not be translated", detail=detail)


def failure_in(provider: ProviderSide, body: bytes) -> ProviderStreamFailed | None:
    """What a provider says went wrong in what it calls an answer; None when it says nothing of the kind."""
    told = read_document(body)
    if isinstance(told, list) and told:
        told = told[0]
    if not isinstance(told, dict) or not told.get("error"):
        return None
    error = provider.read_error(ProviderStreamFailed.status, body)
    return ProviderStreamFailed(error.message, word=error.code or error.type)


def unpacked(body: bytes, encoding: bytes, most_bytes: int = MOST_HELD_BYTES) -> bytes:
    """A body without its content encoding, which it should not have: it was asked for plain."""
    if encoding.lower() not in _PACKED:
        return body
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        plain = unpacker.decompress(body, most_bytes)
    except zlib.error:
        raise ProviderProtocolError("the provider's answer cannot be unpacked") from None
    if not unpacker.eof:
        raise ProviderProtocolError("the provider's answer cannot be unpacked, or is too long to be translated")
    return plain
