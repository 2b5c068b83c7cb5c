"""E-mail addresses, unicode ones included, and IPv6 addresses."""

from __future__ import annotations

import ipaddress
import re

from plano_pii.findings import Finding

#: Scripts written without spaces: where one of them meets ASCII, the address is the ASCII part.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u9fff\uac00-\ud7ff\uf900-\ufaff]")
ASCII_TAIL = re.compile(r"[!-~]+\Z")
ASCII_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62})\.)+[A-Za-z]{2,24}")
LETTER = r"(?:[^\W_]|[\u0300-\u036f\u064b-\u065f\u0900-\u0dff])"  # And marks, which \w leaves out.
LABEL = rf"{LETTER}(?:(?:{LETTER}|-)*{LETTER})?"
DOMAIN = re.compile(rf"(?:{LABEL}\.)+(?:xn--[A-Za-z0-9\-]+|(?!\d){LETTER}{{2,}})")
DELIMITERS = re.compile(r"[=&?|{}`$^]")
FILES = frozenset({"png", "jpg", "jpeg", "gif", "svg", "webp", "js", "css", "html", "py", "ts"})


def email(text: str, start: int, stop: int) -> Finding | None:
    """`start` and `stop` embrace all that may stand on both sides of an `@`."""
    sign = text.index("@", start)
    local = text[start:sign]
    if not local.isascii() and UNSPACED.search(local):
        tail = ASCII_TAIL.search(local)
        local = tail[0] if tail else local
    local = DELIMITERS.split(local)[-1].lstrip(".'*+/~-#%!")
    domain = _domain(text, sign + 1, stop)
    if not local or local[-1] == "." or ".." in local or domain is None:
        return None
    start = sign - len(local)
    if text[max(start - 2, 0) : start] == "//" or (local == "git" and text[domain : domain + 1] == ":"):
        return None
    return start, domain, "email"


def _domain(text: str, start: int, stop: int) -> int | None:
    """Where the domain that begins at `start` ends; None where there is none."""
    written = text[start:stop]
    if written.isascii() or UNSPACED.search(written):
        found = ASCII_DOMAIN.match(written)
        end = found.end() if found else 0
        if found and (not written[end : end + 1].isalnum() or UNSPACED.match(written, end)):
            last = written[: found.end()].rpartition(".")[2].lower()
            return None if last in FILES else start + found.end()
        if written.isascii():
            return None
    found = DOMAIN.match(written)
    return start + found.end() if found else None


def ipv6(text: str, start: int, stop: int, loopback: bool) -> Finding | None:
    """`start` and `stop` embrace hexadecimal digits, colons and dots, with `::` or six colons among them."""
    while stop > start and text[stop - 1] in ".:" and text[stop - 2 : stop] != "::":
        stop -= 1
    if (start and (text[start - 1].isalnum() or text[start - 1] in "_.")) or text[stop : stop + 1].isalnum():
        return None
    written = text[start:stop]
    groups = [group for group in written.split(":") if group]
    if not any(map(str.isdecimal, written)) or (len(groups) < 3 and max(map(len, groups), default=0) < 3):
        return (start, stop, "ip") if written == "::1" and loopback else None
    try:
        ipaddress.IPv6Address(written)
    except ValueError:
        return None
    return start, stop, "ip"
