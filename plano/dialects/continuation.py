"""Makes a request for an answer one for the rest of it."""

from __future__ import annotations

from typing import Final

import msgspec

from plano.dialects.event_document import Json
from plano.dialects.text_join import ANCHOR_CHARACTERS
from plano.http.wire.json_envelope import Envelope

#: What the next model is asked for, as the last turn of the user: recent models refuse to be prefilled.
GO_ON: Final = """\
Your previous answer was cut off by a technical problem. Continue it exactly where it stopped: begin by repeating its \
last characters, which are between the lines below, then go on. Write nothing else around it.
---
{end}
---"""

_turns_in: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode: Final = msgspec.json.Encoder().encode


def add_turns(envelope: Envelope, member: str, text: str) -> bool:
    """Let the answer so far and the request for its rest follow the turns in `member`, which stay as they were sent.

    True with nothing changed when there is no text to go on from: then asking again is the same. False when `member`
    is not a list.
    """
    raw = envelope.raw(member)
    try:
        turns = _turns_in(raw or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    if text.strip():
        said: Json = {"role": "assistant", "content": text.rstrip()}
        asked: Json = {"role": "user", "content": GO_ON.format(end=text[-ANCHOR_CHARACTERS:])}
        envelope.set_raw(member, _encode([*turns, msgspec.Raw(_encode(said)), msgspec.Raw(_encode(asked))]))
    return True


def is_bound(choice: object, form: object) -> bool:
    """The answer has to call a tool, or to be one JSON document: its rest alone could never be that.

    `choice` is a request's `tool_choice`, `form` what says which format the answer must have.
    """
    kind = choice.get("type") if isinstance(choice, dict) else choice
    form_kind = form.get("type") if isinstance(form, dict) else None
    return kind not in (None, "auto", "none") or form_kind not in (None, "text")
