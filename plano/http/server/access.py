"""Who may use a listener: keys, each known by its SHA-256 alone.

Key files are read when the keys are put together, so at every start and reload. What is said about a key names the
listener, the key's name and its file, never what is in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from plano.config.listeners import ApiKey, SharedListenerKeys
from plano.errors import PlanoError, Unauthorized
from plano.http.wire.head import RequestHead

#: Where clients put a key, first the place that counts most. A key in the last one is taken out but opens nothing.
_PLACES: Final = {b"x-plano-api-key": 0, b"authorization": 1, b"x-api-key": 2, b"api-key": 3, b"x-goog-api-key": 4}
_NOWHERE: Final = 4
#: A head may hold thousands of them, and each costs a hash.
_MOST_CREDENTIALS: Final = 8
#: What load balancers ask; it tells nothing.
OPEN_PATHS: Final = frozenset((b"/healthz", b"/readyz"))
_READING: Final = frozenset((b"GET", b"HEAD"))
_HASHED: Final = "sha256:"
_HASH: Final = re.compile(r"[0-9a-fA-F]{64}")
#: What a header can carry and a client will not strip.
_KEY: Final = re.compile(r"[\x21-\x7e]+")
_LONGEST_FILE: Final = 4096


class UnusableKey(PlanoError):
    """The keys of a listener cannot be had; `message` says of which one and why."""

    code = "api_key_unusable"
    blame = "policy"


class ApiKeys:
    """The keys of one listener. `names`: what each is called, by the SHA-256 digest of the key."""

    __slots__ = ("_names", "count")

    def __init__(self, names: Mapping[bytes, str]) -> None:
        self._names = {digest: (digest, name) for digest, name in names.items()}
        self.count = len(self._names)

    def __repr__(self) -> str:
        return f"ApiKeys(count={self.count})"

    def check(self, head: RequestHead) -> None:
        """Let a request pass that carries a key, or needs none. Raises `Unauthorized`.

        The key's name becomes `head.api_key`; every header that carries a key of this listener is taken out of the
        head, so that it goes to nobody: neither a provider nor a plugin.
        """
        kept = []
        name = ""
        best = _NOWHERE
        tried = 0
        for field in head.headers:
            place = _PLACES.get(field[0])
            found = ""
            if place is not None:
                tried += 1
                if tried > _MOST_CREDENTIALS:
                    raise Unauthorized("the request carries more API keys than any client has")
                found = self.name_of(_token(field[1]))
            if not found:
                kept.append(field)
            elif place is not None and place < best:
                best = place
                name = found
        if len(kept) < len(head.headers):
            head.headers = kept
        head.api_key = name
        if not name and not _is_open(head):
            raise Unauthorized(
                "the API key is not one of this listener's"
                if tried
                else "this listener needs an API key: send it as `Authorization: Bearer KEY` or as `x-plano-api-key`"
            )

    def name_of(self, key: bytes) -> str:
        """What the key is called; "" for one this listener does not have."""
        digest = sha256(key).digest()
        # Looking up tells by its timing about a hash, which nobody can choose; comparing tells nothing.
        known = self._names.get(digest)
        return known[1] if known is not None and compare_digest(known[0], digest) else ""


def access_of(listener: SharedListenerKeys) -> ApiKeys | None:
    """The keys of a listener; None when it is open to everybody. Raises `UnusableKey`."""
    names: dict[bytes, str] = {}
    for key in listener.api_keys:
        digest = _digest_of(key, listener.name)
        first = names.setdefault(digest, key.name)
        if first != key.name:
            raise UnusableKey(
                f"listener `{listener.name}`: `{first}` and `{key.name}` of `api_keys` are the same key, so nobody "
                "can tell who uses it"
            )
    return ApiKeys(names) if names else None


def _digest_of(key: ApiKey, listener: str) -> bytes:
    if key.sha256 is not None:
        return bytes.fromhex(key.sha256.reveal())
    text = key.key.reveal().strip() if key.key is not None else _content(key.file or "", key.name, listener)
    if key.file is not None and text.startswith(_HASHED):
        written = text.removeprefix(_HASHED).strip()
        if not _HASH.fullmatch(written):
            raise _unusable(key, listener, f"what follows `{_HASHED}` is not 64 hexadecimal digits")
        return bytes.fromhex(written)
    if not _KEY.fullmatch(text):
        what = "is empty" if not text else "is not one word of printable ASCII, which is what a header can carry"
        raise _unusable(key, listener, what)
    return sha256(text.encode("ascii")).digest()


def _content(file: str, name: str, listener: str) -> str:
    try:
        with open(file, "rb") as stream:
            data = stream.read(_LONGEST_FILE + 1)
    except (OSError, ValueError) as error:  # ValueError: a name no file can have.
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UnusableKey(_sentence(listener, name, f"the file {file} cannot be read: {why}")) from None
    if len(data) > _LONGEST_FILE:
        raise UnusableKey(_sentence(listener, name, f"the file {file} is over {_LONGEST_FILE} bytes long"))
    return data.decode("utf-8-sig", "replace").strip()


def _unusable(key: ApiKey, listener: str, what: str) -> UnusableKey:
    return UnusableKey(_sentence(listener, key.name, f"the key {what}" if key.file is None else f"{key.file} {what}"))


def _sentence(listener: str, name: str, what: str) -> str:
    return f"listener `{listener}`, `{name}` of `api_keys`: {what}"


def _token(value: bytes) -> bytes:
    """The key in a header's value, with its scheme taken off (RFC 6750 section 2.1)."""
    return value[7:].strip() if value[:7].lower() == b"bearer " else value


def _is_open(head: RequestHead) -> bool:
    """Health checks and CORS preflights need no key. With a body they are none, and nothing is buffered for them."""
    if head.method != b"OPTIONS" and not (head.path in OPEN_PATHS and head.method in _READING):
        return False
    return head.get(b"transfer-encoding") is None and not (head.get(b"content-length") or b"").strip(b"0")
