"""The top level of a JSON object: one decode, members stay raw bytes, unknown ones survive.

Only the members that are set change; everything else is written back byte for byte (RFC 8259; order is kept, white
space between top-level members is not). Of a member that occurs twice the last one counts, as in every common parser.
"""

from __future__ import annotations

from typing import Any

import msgspec

from plano.errors import BadRequest

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


class Envelope:
    """A JSON object's members, name -> raw JSON."""

    def __init__(self, members: dict[str, msgspec.Raw]) -> None:
        self.members = members
        #: Some member was set or deleted.
        self.is_changed = False

    @classmethod
    def open(cls, body: bytes) -> Envelope:
        """Raises `BadRequest` unless the body is one JSON object in UTF-8."""
        try:
            return cls(_decode(body))
        except msgspec.DecodeError as error:
            if not body.strip():
                raise BadRequest("the request has no body; a JSON object is expected") from None
            raise BadRequest(f"the request body is not a JSON object: {_plain(error)}") from None
        except UnicodeDecodeError:
            raise BadRequest("the request body is not valid UTF-8") from None
        except RecursionError:
            raise BadRequest("the request body is nested too deeply") from None

    def copy(self) -> Envelope:
        """The same members, to be changed by themselves."""
        made = Envelope(dict(self.members))
        made.is_changed = self.is_changed
        return made

    def raw(self, name: str) -> bytes | None:
        """The member's JSON as sent, None when it is absent."""
        value = self.members.get(name)
        return None if value is None else bytes(value)

    def get(self, name: str) -> Any:
        """The member decoded, None when it is absent. Raises `BadRequest` for invalid JSON inside it."""
        value = self.members.get(name)
        if value is None:
            return None
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadRequest(f"`{name}` is not valid JSON: {error}", param=name) from None

    def get_str(self, name: str) -> str | None:
        """The member as text, None when it is absent or null. Raises `BadRequest` for any other type."""
        value = self.get(name)
        if value is None or isinstance(value, str):
            return value
        raise BadRequest(f"`{name}` must be a string", param=name)

    def is_true(self, name: str) -> bool:
        """The member is the literal `true`."""
        value = self.members.get(name)
        return value is not None and bytes(value) == b"true"

    def set_raw(self, name: str, value: bytes) -> None:
        """Replace or add a member, given as JSON."""
        self.members[name] = msgspec.Raw(value)
        self.is_changed = True

    def set(self, name: str, value: Any) -> None:
        """Replace or add a member."""
        self.set_raw(name, _encode(value))

    def delete(self, name: str) -> None:
        """Remove a member if it is there."""
        if self.members.pop(name, None) is not None:
            self.is_changed = True

    def encoded(self) -> bytes:
        """The object as JSON."""
        return _encode(self.members)


def _plain(error: Exception) -> str:
    """msgspec's message without its name for the top of the document."""
    return str(error).removesuffix(" - at `$`")
