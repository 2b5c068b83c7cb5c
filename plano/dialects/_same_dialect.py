"""Client and provider speak alike: name the model, ask for usage, leave every other byte."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.own_members import OWN_MEMBERS
from plano.errors import BadRequest
from plano.http.wire.json_envelope import Envelope

_ASK_FOR_USAGE: Final = b'{"include_usage":true}'
_decode_options: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def outgoing_body(body: bytes, envelope: Envelope, model_json: bytes) -> bytes:
    """The request body for a provider that knows the model as `model_json`; the very same bytes if nothing changes."""
    members = envelope.members
    for name in OWN_MEMBERS:
        if name in members:
            envelope.delete(name)
    if envelope.raw("model") != model_json:
        envelope.set_raw("model", model_json)
    return envelope.encoded() if envelope.is_changed else body


def ask_for_usage(envelope: Envelope) -> bool:
    """Make a chat or completions stream report its tokens. True when the client had not asked for that itself.

    (OpenAI API reference: `stream_options.include_usage`.) Raises `BadRequest` for options that are no object.
    """
    raw = envelope.raw("stream_options")
    if raw is None or raw == b"null":
        envelope.set_raw("stream_options", _ASK_FOR_USAGE)
        return True
    try:
        options: dict[str, Any] = _decode_options(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("`stream_options` must be an object", param="stream_options") from None
    asked = options.get("include_usage")
    if asked is not None and bytes(asked) == b"true":
        return False
    options["include_usage"] = True
    envelope.set("stream_options", options)
    return True
