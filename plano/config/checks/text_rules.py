"""What URLs, hosts, header names and header values may look like. A rule answers what is wrong, or ""."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?\Z")
_URL_HOST: Final = re.compile(r"([A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(%[A-Za-z0-9._-]+)?)\Z")
_UNFIT_FOR_URL: Final = re.compile(r"[\x00-\x20\x7f]")
_OWN_HEADERS: Final = frozenset(
    (
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "expect",
    )
)


def url_fault(url: str, *, schemes: tuple[str, ...] = ("http", "https"), with_path: bool = True) -> str:
    """For an HTTP server. Never shows the URL: it may carry a password."""
    if _UNFIT_FOR_URL.search(url):
        return "must not hold spaces or control characters"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is not a URL: its host or port cannot be read"
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    if parts.scheme not in schemes or not parts.netloc:
        return f"must be a URL that begins with {wanted}"
    if parts.username is not None or parts.password is not None:
        return "must not hold a user name or a password"
    if not _URL_HOST.match(parts.hostname or "") or port == 0:
        return "is not a URL: its host or port cannot be read"
    if parts.query or parts.fragment:
        return "must not hold a query or a fragment"
    if not with_path and parts.path not in ("", "/"):
        return "must not hold a path"
    return ""


def host_fault(host: str) -> str:
    """For `host` or `host:port`, as in a Host header (RFC 9110 section 7.2)."""
    found = _HOST.match(host)
    if found is None or (found[2] and not 0 < int(found[2]) < 65536):
        return "must be a host name or address, and optionally a port: `host:port`"
    return ""


def header_name_fault(name: str) -> str:
    """RFC 9110 section 5.1."""
    return "" if _TOKEN.match(name) else "is not the name of a header"


def configured_header_fault(name: str, value: str) -> str:
    """For a header that is to be sent. Never shows the value."""
    if fault := header_name_fault(name):
        return fault
    if name.lower() in _OWN_HEADERS:
        return "is set by plano" + (": use `http_host`" if name.lower() == "host" else " and cannot be configured")
    return header_value_fault(value)


def key_fault(key: str) -> str:
    """For an API key. Space around it is no fault: it is not sent."""
    is_fit = key.strip().isascii() and key.strip().isprintable()
    return "" if is_fit else "holds a line break or a character that no API key has"


def header_value_fault(value: str) -> str:
    """RFC 9110 section 5.5: no line breaks, no control characters; what is beyond Latin-1 cannot be sent."""
    if not _HEADER_VALUE.match(value):
        return "has a value with characters that a header cannot carry"
    return "has a value that begins or ends with a space" if value != value.strip() else ""
