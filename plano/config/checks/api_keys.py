"""Checks of the `api_keys` of a listener. No message holds a key."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

from ..findings import Findings, join
from ..listeners import ApiKey, Listener

#: Shorter ones can be guessed, and found from their hash.
SHORTEST_KEY: Final = 16
_KEY: Final = re.compile(r"[\x21-\x7e]+")
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")
_WAYS: Final = ("key", "sha256", "file")


def check_api_keys(listener: Listener, path: str, findings: Findings) -> None:
    names: dict[str, str] = {}
    keys: dict[str, str] = {}
    for index, entry in enumerate(listener.api_keys):
        here = findings.at(join(path, "api_keys"), index)
        name_path = join(here, "name")
        _check_once(names, entry.name, findings.shown(name_path, entry.name), name_path, findings)
        ways = [way for way in _WAYS if getattr(entry, way) is not None]
        if len(ways) != 1:
            found = " and ".join(f"`{way}`" for way in ways) or "none"
            # A value that could not be read is told of already, and is one.
            if not any(findings.is_bad(join(here, way)) for way in _WAYS):
                findings.problem(here, f"needs exactly one of `key`, `sha256` and `file`, and has {found}")
            continue
        where = join(here, ways[0])
        if where in findings.unset or not _is_sound(entry, where, findings):
            continue
        _check_once(keys, _identity(entry), "the same key", where, findings)


def _is_sound(entry: ApiKey, path: str, findings: Findings) -> bool:
    if entry.sha256 is not None:
        if not _SHA256.fullmatch(entry.sha256.reveal()):
            findings.problem(path, "must be 64 hexadecimal digits")
            return False
    elif entry.key is not None:
        return _is_key(entry.key.reveal().strip(), path, findings)
    return True


def _is_key(text: str, path: str, findings: Findings) -> bool:
    if not text:
        origin = f": {findings.shown(path, '')} is an empty text" if path in findings.variables else ""
        findings.problem(path, "is empty" + origin)
        return False
    if not _KEY.fullmatch(text):
        findings.problem(path, "holds white space or a character that no header carries")
        return False
    if len(text) < SHORTEST_KEY:
        findings.notice(
            f"`{findings.as_written(path)}` has fewer than {SHORTEST_KEY} characters: such a key can be guessed. "
            "`planoai api-key` makes one that cannot."
        )
    return True


def _identity(entry: ApiKey) -> str:
    if entry.key is not None:
        return sha256(entry.key.reveal().strip().encode()).hexdigest()
    return entry.sha256.reveal().lower() if entry.sha256 is not None else f"file {entry.file}"


def _check_once(seen: dict[str, str], value: str, shown: str, path: str, findings: Findings) -> None:
    first = seen.setdefault(value, path)
    if first != path:
        lines = f"{findings.line_of(first)} and {findings.line_of(path)}"
        findings.problem(path, f"{shown} stands in lines {lines}", "each client has a key of its own")
