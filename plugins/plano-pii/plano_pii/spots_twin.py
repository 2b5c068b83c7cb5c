"""Where a text may hold something private, in plain Python: the rules of `_spots.pyx`, and its oracle.

A spot says that something may begin there and what; whether it does is judged by the rules of that kind.
"""

from __future__ import annotations

import re
from enum import IntEnum

#: `(start, what, stop)`
Spot = tuple[int, int, int]


class What(IntEnum):
    """Kinds of spots; of those with one start, the lower one is judged first."""

    URL = 0  #: between `://` and the first `@` of a URL
    PEM = 1  #: `-----BEGIN `
    NAMED = 2  #: from a name like `api_key` to the `:` or `=` behind it
    SAID = 3  #: the word password with a space behind it
    LOGIN = 4  #: `Bearer ` or `Basic `
    JWT = 5
    TOKEN = 6  #: a key that begins as its issuer's keys do
    AT = 7  #: both sides of an `@`
    IBAN = 8  #: a word that begins with two letters and two digits
    MIXED = 9  #: 8 to 34 letters and digits
    IP6 = 10
    NUMBER = 11  #: digits, in groups parted by at most three characters; from the `+` or `(` in front on


PREFIXES = (
    "sk-", "sk_", "rk_", "pk_", "gsk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_", "glpat-",
    "xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-", "xoxe-", "xapp-", "hf_", "npm_", "pypi-", "shpat_",
    "whsec_", "dop_", "pplx-", "nvapi-", "r8_", "tgp_",
)  # fmt: skip
NAMES = ("key", "secret", "password", "passwd", "pwd", "token", "passphrase", "credential", "credentials")

#: A letter or mark of a script other than ASCII, as far as addresses go.
WIDE = "\u00c0-\u1fff\u2c00-\u2fff\u3040-\ud7ff\uf900-\ufeff\uff21-\U0010ffff"
GAP = r"[ .\-/()\u00a0]{1,3}"
NOT_BEFORE = r"(?<![0-9A-Za-z_\-])"

WORDS = re.compile(r"[0-9A-Za-z]+")
DIGITS = re.compile(r"[0-9]+(?![0-9A-Za-z])")
#: A telephone number may have an extension: `x123`.
MORE_DIGITS = re.compile(rf"{GAP}([0-9]+)(?:(?![0-9A-Za-z])|(?=[xX][0-9]{{1,6}}(?![0-9A-Za-z])))")
IBAN_START = re.compile(r"[A-Za-z]{2}[0-9]{2}")
LOCAL = re.compile(rf"[A-Za-z0-9.!#$%&'*+\-=?^_`{{|}}~{WIDE}]{{1,64}}\Z")
DOMAIN = re.compile(rf"[A-Za-z0-9.\-{WIDE}]{{1,255}}")
LOGIN_DATA = re.compile(r"://([^\x00-\x20/\"<>@]{0,255})@")
HEX_BEFORE = re.compile(r"[0-9A-Fa-f]{0,4}\Z")
HEX_AND_COLONS = re.compile(r"[0-9A-Fa-f:.]{1,46}")
NAMED = re.compile(r"[ \"'`\]*]{0,3}[:=]")
SKIPPED = " \"'`]*"
PEM = re.compile("-----BEGIN ")
PREFIXED = re.compile(rf"{NOT_BEFORE}(?:{'|'.join(PREFIXES)})[0-9A-Za-z_\-]*")
AMAZON = re.compile(rf"{NOT_BEFORE}A[KS]IA[0-9A-Za-z_\-]*")
GOOGLE = re.compile(rf"{NOT_BEFORE}AIza[0-9A-Za-z_\-]*")
WEB_TOKEN = re.compile(rf"{NOT_BEFORE}eyJ[0-9A-Za-z_\-.]*")
LOGIN = re.compile("(?<![0-9A-Za-z])[Bb](?:earer|asic) ")
SAID = re.compile("(?<![0-9A-Za-z])[Pp][Aa][Ss][Ss][Ww][Oo][Rr][Dd](?= )")


def spots(text: str) -> list[Spot]:
    """What may be something, as sorted `(start, what, stop)`."""
    found = [*_numbers(text), *_addresses(text), *_colons(text), *_names(text), *_tokens(text)]
    return sorted((start, int(what), stop) for start, what, stop in found)


def _numbers(text: str) -> list[Spot]:
    found: list[Spot] = []
    resume = 0
    for word in WORDS.finditer(text):
        start, stop = word.span()
        if start < resume or not any(character.isdecimal() for character in word[0]):
            continue
        floor, resume = resume, stop
        if not word[0].isdecimal():
            if IBAN_START.match(word[0]):
                found.append((start, What.IBAN, stop))
            if 8 <= stop - start <= 34:
                found.append((start, What.MIXED, stop))
            continue
        while more := MORE_DIGITS.match(text, stop):
            stop = more.end()
        resume = stop
        run = text[start:stop]
        if sum(map(str.isdecimal, run)) >= 6 or run.count(".") >= 3:
            front = start
            while front > max(floor, start - 2) and text[front - 1] in "+(":
                front -= 1
            found.append((front, What.NUMBER, stop))
    return found


def _addresses(text: str) -> list[Spot]:
    found: list[Spot] = []
    for sign in re.finditer("@", text):
        local = LOCAL.search(text[max(sign.start() - 64, 0) : sign.start()])
        domain = DOMAIN.match(text, sign.end())
        if local and domain and "." in domain[0]:
            found.append((sign.start() - len(local[0]), What.AT, domain.end()))
    return found


def _colons(text: str) -> list[Spot]:
    found: list[Spot] = []
    floor = 0
    for colon in re.finditer(":", text):
        i = colon.start()
        if text.startswith("//", i + 1) and i + 3 < len(text):
            if data := LOGIN_DATA.match(text, i):
                found.append((i + 3, What.URL, data.end() - 1))
            continue
        if i < floor:
            continue
        before = HEX_BEFORE.search(text[max(i - 4, floor) : i])
        run = HEX_AND_COLONS.match(text, i)
        assert before
        assert run
        start, floor = i - len(before[0]), run.end()
        colons = run[0].count(":")
        if colons >= 2 and ("::" in run[0] or colons >= 6) and floor - start >= 3:
            found.append((start, What.IP6, floor))
    return found


def _names(text: str) -> list[Spot]:
    found: list[Spot] = []
    for sign in re.finditer("[:=]", text):
        stop = sign.start()
        for _ in range(3):
            if stop and text[stop - 1] in SKIPPED:
                stop -= 1
        if stop < 3:
            continue
        tail = text[max(stop - 12, 0) : stop]
        for name in NAMES:
            if tail[-len(name) :].isascii() and tail[-len(name) :].lower() == name:
                found.append((stop - len(name), What.NAMED, sign.start()))
                break
    return found


def _tokens(text: str) -> list[Spot]:
    found: list[Spot] = [(hit.start(), What.PEM, hit.end()) for hit in PEM.finditer(text)]
    found += [(hit.start(), What.LOGIN, hit.end()) for hit in LOGIN.finditer(text)]
    found += [(hit.start(), What.SAID, hit.end()) for hit in SAID.finditer(text)]
    for pattern, what, shortest, longest in (
        (PREFIXED, What.TOKEN, 16, 0),
        (AMAZON, What.TOKEN, 20, 20),
        (GOOGLE, What.TOKEN, 35, 0),
        (WEB_TOKEN, What.JWT, 20, 0),
    ):
        for hit in pattern.finditer(text):
            length = hit.end() - hit.start()
            if length >= shortest and (not longest or length <= longest):
                found.append((hit.start(), what, hit.end()))
    return found
