"""Whether what a provider sends can be given to a client: whole JSON, and no error told inside a stream."""

from __future__ import annotations

from typing import Final

import msgspec

from plano.dialects.dialect import Dialect
from plano.errors import ProviderProtocolError
from plano.http.wire.sse import event_data, split_events


class _Anything(msgspec.Struct):
    """Decoding into it validates a document and builds nothing."""


_validate: Final = msgspec.json.Decoder(_Anything).decode
#: What OpenAI's streams end with; the only data of any dialect that is not JSON.
_DONE: Final = b"[DONE]"


def is_json(document: bytes) -> bool:
    """One whole JSON value."""
    try:
        _validate(document)
    except msgspec.ValidationError:
        return True
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def sound_part(dialect: Dialect, events: bytes) -> tuple[bytes, ProviderProtocolError | None]:
    """The events up to the first that is broken or tells of an error, and what is wrong with that one."""
    passed = 0
    for event in split_events(events):
        data = event_data(event)
        if data and data != _DONE and not is_json(data):
            return events[:passed], ProviderProtocolError("the provider sent an event that is not JSON")
        failure = dialect.failure_in(event)
        if failure is not None:
            return events[:passed], failure
        passed += len(event)
    return events, None


def has_content_in(dialect: Dialect, events: bytes) -> bool:
    """Some event carries a part of the answer, or its proper end."""
    return any(map(dialect.has_content, split_events(events)))
