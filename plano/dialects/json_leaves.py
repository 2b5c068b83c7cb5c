"""The strings within a JSON text, each a passage, found without building what the JSON describes.

What is remembered of a leaf is where its token stands, so that changing one rewrites that token and nothing else:
floats, integers of any length, white space and members that occur twice stay as they are. Time is linear in the text
and the stack does not grow, however deep the JSON is nested.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw

from plano.dialects.passages import Passage, Place

#: A number of fewer digits is taken for no card, no account and no phone number.
FEWEST_DIGITS: Final = 7
#: Members that hold no text: names the API gave, identifiers, settings, data and proofs nobody reads.
OPAQUE: Final = frozenset(
    {
        "type", "id", "object", "role", "status", "phase", "call_id", "tool_call_id", "tool_use_id", "item_id",
        "approval_request_id", "name", "tool_name", "server_label", "server_name", "namespace", "signature",
        "thought_signature", "encrypted_content", "encrypted_index", "encrypted_stdout", "data", "b64_json",
        "partial_image_b64", "image_base64", "file_data", "file_id", "file_ids", "image_file_id", "vector_store_id",
        "container_id", "session_id", "filename", "file_name", "url", "uri", "image_url", "file_url", "media_type",
        "mime_type", "mimeType", "format", "detail", "quality", "size", "background", "output_format", "cache_control",
        "ttl", "index", "start_index", "end_index", "finish_reason", "native_finish_reason", "stop_reason", "logprobs",
        "created_at", "created_by", "model", "voice", "environment",
    }
)  # fmt: skip
#: What stands under a name like `url` and is one.
_ADDRESS: Final = re.compile(r"(?:https?|data|file|gs|s3|blob|ftp):", re.IGNORECASE)
_ADDRESSES: Final = frozenset(("url", "uri", "image_url", "file_url"))
_STRING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NUMBER: Final = re.compile(rf"-?\d[\d.eE+-]{{{FEWEST_DIGITS - 1},}}")
_BRACKET: Final = re.compile(r"[\[\]{}]")
_COLON: Final = re.compile(r"\s*:")
_ESCAPE: Final = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)"
)
_LONE: Final = 6
_skim: Final = msgspec.json.Decoder(Raw).decode
_read_text: Final = msgspec.json.Decoder(str).decode
_encode: Final = msgspec.json.Encoder().encode


#: A token and what it says: start, end behind its last character, text.
Leaf = tuple[int, int, str]


class Leaves:
    """Passages that stand in one JSON text, and the text with them as they are now.

    `path` is where the text stands in its document; `is_quoted`: there, it is itself within a string.
    """

    __slots__ = ("is_quoted", "passages", "path", "spans", "text")

    def __init__(self, path: tuple[Any, ...], text: str, leaves: Sequence[Leaf], place: Place, is_quoted: bool) -> None:
        self.path = path
        self.text = text
        self.is_quoted = is_quoted
        self.spans: list[tuple[int, int]] = []
        self.passages: list[Passage] = []
        for start, end, said in leaves:
            self.spans.append((start, end))
            self.passages.append(Passage(place, said))

    def encoded(self) -> bytes:
        text = self.rewritten()[0]
        return encoded_text(text) if self.is_quoted else text.encode()

    def settle(self) -> None:
        """The passages as they are now are what stands there."""
        self.text, self.spans = self.rewritten()

    def rewritten(self) -> tuple[str, list[tuple[int, int]]]:
        """The text, and where its tokens are."""
        pieces: list[str] = []
        spans: list[tuple[int, int]] = []
        last = size = 0
        for passage, (start, end) in zip(self.passages, self.spans, strict=True):
            token = encoded_text(passage.text).decode() if passage.is_changed else self.text[start:end]
            pieces += (self.text[last:start], token)
            size += start - last + len(token)
            spans.append((size - len(token), size))
            last = end
        pieces.append(self.text[last:])
        return "".join(pieces), spans


def is_json(text: str) -> bool:
    try:
        _skim(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True


def all_leaves(text: str) -> list[Leaf]:
    """Strings, keys of objects, and long numbers. Raises `msgspec.DecodeError` for strings that cannot be read."""
    found: list[Leaf] = []
    last = 0
    for start, end in _strings_in(text):
        if start - last >= FEWEST_DIGITS:
            found += _numbers_in(text, last, start)
        if end - start > 2:
            token = text[start:end]
            found.append((start, end, _unescaped(token) if "\\" in token else token[1:-1]))
        last = end
    if len(text) - last >= FEWEST_DIGITS:
        found += _numbers_in(text, last, len(text))
    return found


def text_leaves(text: str, opaque: frozenset[str] = OPAQUE) -> list[Leaf]:
    """Strings, without keys and what stands under a name of `opaque`, in lists as well.

    Words under such a name, told by the blanks between them, are text nevertheless. Raises as `all_leaves`.
    """
    found: list[Leaf] = []
    names: list[str] = []
    name = ""
    last = 0
    for start, end in _strings_in(text):
        if start - last > 1:
            for bracket in _BRACKET.findall(text, last, start):
                if bracket in "[{":
                    names.append(name)
                elif names:
                    name = names.pop()
        last = end
        token = text[start:end]
        told = _unescaped(token) if "\\" in token else token[1:-1]
        if _COLON.match(text, end):
            name = told
        elif told and _is_text(told, name, opaque):
            found.append((start, end, told))
    return found


def _is_text(told: str, name: str, opaque: frozenset[str]) -> bool:
    if name not in opaque:
        return True
    if name in _ADDRESSES:
        return _ADDRESS.match(told) is None
    return " " in told


def encoded_text(text: str) -> bytes:
    """As a JSON string; half a surrogate pair, which UTF-8 has no bytes for, becomes U+FFFD. Raises `TypeError`."""
    if not isinstance(text, str):
        raise TypeError(f"the text of a passage must be a string, not {type(text).__name__}")
    try:
        return _encode(text)
    except UnicodeEncodeError:
        return _encode(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def without_lone_surrogates(text: str) -> str:
    r"""JSON with `\ufffd` for halves of surrogate pairs, which many programs write and our parser does not read."""
    return _ESCAPE.sub(_whole, text) if "\\ud" in text or "\\uD" in text else text


def _whole(found: re.Match[str]) -> str:
    escape = found[0]
    return "\\ufffd" if len(escape) == _LONE else escape


def _unescaped(token: str) -> str:
    try:
        return _read_text(token)
    except msgspec.DecodeError:
        return _read_text(without_lone_surrogates(token))


def _strings_in(text: str) -> list[tuple[int, int]]:
    """Where the strings of a valid JSON text begin and end, quotes included."""
    found: list[tuple[int, int]] = []
    find = text.find
    start = find('"')
    while start >= 0:
        end = find('"', start + 1) + 1
        if end > 1 and text[end - 2] == "\\":
            whole = _STRING.match(text, start)  # Slower than looking for quotes, but for quotes that are escaped.
            end = whole.end() if whole else 0
        if not end:
            break
        found.append((start, end))
        start = find('"', end)
    return found


def _numbers_in(text: str, start: int, end: int) -> list[Leaf]:
    found: list[Leaf] = []
    for match in _NUMBER.finditer(text, start, end):
        number = match[0]
        if number.isdigit() or sum(map(str.isdigit, number)) >= FEWEST_DIGITS:
            found.append((match.start(), match.end(), number))
    return found
