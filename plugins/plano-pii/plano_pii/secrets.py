"""Keys, tokens and passwords: by how their issuers begin them, by where they stand, or by the name in front."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from math import log2

from plano_pii.findings import Finding

PEM = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[\s\S]{0,20000}?-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|[\sA-Za-z0-9+/=\\:,\-]*)"
)
LOGIN = re.compile(r"(?:earer|asic)[ \t]+([A-Za-z0-9._~+/\-]{8,}=*)")
URL_LOGIN = re.compile(r"[^\s:]*:(.+)", re.DOTALL)
JWT = re.compile(r"eyJ[A-Za-z0-9_\-]{5,}\.[A-Za-z0-9_\-]{5,}(?:\.[A-Za-z0-9_\-]*){0,3}")
VALUE = re.compile(
    r"[:=]{1,2}>?[ \t]{0,4}"
    r"(?:\"([^\"\n]{6,256})\"|'([^'\n]{6,256})'|`([^`\n]{6,256})`|([^\s\"'`,;<>(){}\[\]]{6,256}))"
)
SAID = re.compile(r"(?: (?:is|was|to|of|for [\w ]{1,20} is))?:? [\"'`]?([^\s\"'`,;<>(){}\[\]]{6,128})")
PASSWORD_NAMES = ("password", "passwd", "pwd", "passphrase")
KEY_NAMES = re.compile(
    r"(?i)(?:api|access|secret|private|auth|encryption|signing|master|account|service|subscription|license|client|admin"
    r"|app|deploy|webhook|shared|session|account|storage|aws|azure|gcp|openai)[ _\-.]*\Z"
)
NOT_A_VALUE = re.compile(
    r"(?i)^(?:\$|%|\*+$|x{4,}|\.{3}|<|null$|none$|true$|false$|undefined$|your|example|changeme$|redacted|os\.|process\."
    r"|env\b|env[._]|config[._]|settings[._]|self\.|get_?|https?://|/|\./|\[)"
)
NOT_SAID = re.compile(r"(?i)^(?:reset|manager|field|policy|protected|required|incorrect|invalid|prompt|change)")
LEAST_ENTROPY_OF_KEYS = 3.0
LEAST_OF_KEYS = 16
LEAST_OF_TOKENS = 16


def pem(text: str, start: int) -> Finding | None:
    found = PEM.match(text, start)
    return (start, start + len(found[0].rstrip()), "secret") if found else None


def login(text: str, start: int) -> Finding | None:
    """What follows `Bearer ` or `Basic `."""
    found = LOGIN.match(text, start + 1)
    if found is None:
        return None
    value = found[1].rstrip(".")
    if text[start + 1] == "a":
        try:
            is_secret = b":" in b64decode(value, validate=True)
        except (NotBase64, ValueError):
            is_secret = False
    else:
        is_secret = len(value) >= LEAST_OF_TOKENS and has_digit(value) and entropy(value) >= LEAST_ENTROPY_OF_KEYS
    return (found.start(1), found.start(1) + len(value), "secret") if is_secret else None


def url_password(text: str, start: int, stop: int) -> Finding | None:
    """The password in `://user:password@host`; `stop` is where the `@` stands."""
    found = URL_LOGIN.fullmatch(text, start, stop)
    if found is None or NOT_A_VALUE.match(found[1]) or found[1].startswith("{"):
        return None
    return found.start(1), stop, "secret"


def jwt(text: str, start: int, stop: int) -> Finding | None:
    found = JWT.match(text, start, stop)
    return (start, found.end(), "secret") if found else None


def token(text: str, start: int, stop: int) -> Finding | None:
    """A word that begins as the keys of a known issuer do."""
    while stop > start and text[stop - 1] in "-_":
        stop -= 1
    word = text[start:stop]
    if len(word) < LEAST_OF_TOKENS or not has_digit(word[4:]) or entropy(word[3:]) < LEAST_ENTROPY_OF_KEYS:
        return None
    if word[:4] in {"AKIA", "ASIA"} and not word.isupper():
        return None
    return start, stop, "secret"


def named(text: str, start: int, sign: int) -> Finding | None:
    """The value behind a name that ends in key, secret, password or token; `sign` is where its `:` or `=` stands."""
    found = VALUE.match(text, sign)
    if found is None or found.lastindex is None:
        return None
    value = found[found.lastindex]
    name = text[start:sign].rstrip(" \"'`]*").lower()
    if NOT_A_VALUE.match(value):
        return None
    if name in PASSWORD_NAMES:
        is_secret = is_password(value) and " " not in value
    else:
        if name == "key" and not KEY_NAMES.search(text[max(start - 16, 0) : start]):
            return None
        value = value.rstrip(".")
        is_key = len(value) >= LEAST_OF_KEYS and has_digit(value) and entropy(value) >= LEAST_ENTROPY_OF_KEYS
        is_secret = is_key and " " not in value
    begin = found.start(found.lastindex)
    return (begin, begin + len(value), "secret") if is_secret else None


def said(text: str, stop: int) -> Finding | None:
    """The password in `my password is hunter2!`; `stop` is the end of the word password."""
    found = SAID.match(text, stop)
    if found is None or NOT_SAID.match(found[1]) or NOT_A_VALUE.match(found[1]):
        return None
    value = found[1].rstrip(".?!")
    return (found.start(1), found.start(1) + len(value), "secret") if is_password(value) and has_digit(value) else None


def is_password(value: str) -> bool:
    """Letters together with digits or signs; a plain word is taken for prose."""
    return len(value) >= 6 and any(map(str.isalpha, value)) and not value.rstrip(".,!?").isalpha()


def has_digit(value: str) -> bool:
    return any(map(str.isdecimal, value))


def entropy(value: str) -> float:
    """Shannon's, in bits per character."""
    length = len(value)
    counts = [value.count(character) for character in set(value)]
    return -sum([count / length * log2(count / length) for count in counts]) if length else 0.0
