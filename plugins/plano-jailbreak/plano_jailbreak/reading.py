"""Texts as rules read them: plain, and out of their disguises."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator
from html import unescape
from typing import Final
from urllib.parse import unquote

#: Of what stands in disguise so much is read.
_MOST_DECODED: Final = 20_000
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2}[ :,]?|\\x[0-9A-Fa-f]{2}){8,}")
_SINGLES: Final = re.compile(r"(?<!\w)(?:\w[ .\-_*|/]{1,3}){3,}\w(?!\w)")
_WIDE: Final = re.compile(r"[ .\-_*|/]{2,}")
_GAP: Final = re.compile(r"[ .\-_*|/]")
_LEET: Final = str.maketrans("0134579@$!|+\u20ac", "oieastgasiite")
_LEET_L: Final = str.maketrans("0134579@$!|+\u20ac", "oleastgasilte")
#: Cyrillic and Greek letters that look like Latin ones.
_ALIKE: Final = str.maketrans(
    "\u0430\u0441\u0435\u0456\u0458\u043e\u0440\u0455\u0445\u0443\u0501\u04bb\u051b\u051d\u0432\u043a\u043c\u043d\u0442"
    "\u03b1\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425"
    "\u0406\u0408\u0405\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u0131\u0261\u026a\u0280",
    "aceijopsxydhqwbkmht" "aeiknoptux" "ABEKMHOPCTX" "IJSABEZHIKMNOPTYXigir",
)  # fmt: skip
_ALIKE_AT_ALL: Final = re.compile("[\u0370-\u052f\u0131\u0261\u026a\u0280]")
_MIXED: Final = re.compile("[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]|[\u0131\u0261\u026a\u0280]")


def plain(text: str) -> str:
    """Lower case, no accents, nothing unseen, one space between words."""
    if text.isascii():
        return " ".join(text.lower().split())
    told = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(one for one in told if unicodedata.category(one) not in ("Mn", "Me", "Cf")).split())


def is_mixed(text: str) -> bool:
    """Whether letters of two scripts stand side by side in a word: one looks like the other."""
    if text.isascii():
        return False
    try:
        text.encode("latin-1")  # A hundred times faster than looking, and true of most texts.
    except UnicodeEncodeError:
        return _ALIKE_AT_ALL.search(text) is not None and _MIXED.search(text) is not None
    return False


def disguised(text: str, groups: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What a text says when it is read in the ways that `groups` hint at: the way's name, and the text."""
    if "in_base64" in groups:
        yield from (("base64", told) for told in _decoded(_BASE64, text, _from_base64))
    if "in_entities" in groups:
        yield "entities", unescape(text[:_MOST_DECODED])
    if "in_percent" in groups:
        yield "percent", unquote(text[:_MOST_DECODED])
    if "in_hex" in groups:
        yield from (("hex", told) for told in _decoded(_HEX, text, _from_hex))
    if "in_rot13" in groups:
        yield "rot13", codecs.encode(text[:_MOST_DECODED], "rot13")
    if "spaced" in groups:
        yield "spaced", _SINGLES.sub(_joined, text[:_MOST_DECODED])
    if "in_leet" in groups:
        plainer = text[:_MOST_DECODED].translate(_ALIKE)
        yield "leet", plainer.translate(_LEET)
        yield "leet", plainer.translate(_LEET_L)
    if "backwards" in groups:
        yield "backwards", text[:_MOST_DECODED][::-1]
    if is_mixed(text):
        yield "homoglyphs", text[:_MOST_DECODED].translate(_ALIKE)


def _joined(found: re.Match[str]) -> str:
    """`i g n o r e   a l l` is two words: the wider gap parts them."""
    return _GAP.sub("", _WIDE.sub("\0", found[0])).replace("\0", " ")


def _decoded(pattern: re.Pattern[str], text: str, decode: Callable[[str], str]) -> list[str]:
    told = []
    for found in pattern.findall(text[:_MOST_DECODED]):
        try:
            told.append(decode(found))
        except (ValueError, binascii.Error):
            continue
    return [one for one in told if one and one.isprintable()]


def _from_base64(found: str) -> str:
    bare = found.rstrip("=").replace("-", "+").replace("_", "/")
    return " ".join(base64.b64decode(bare + "=" * (-len(bare) % 4)).decode().split())


def _from_hex(found: str) -> str:
    return " ".join(bytes.fromhex(re.sub(r"\\x|[ :,]", "", found)).decode().split())
