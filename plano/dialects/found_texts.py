"""Passages as they are found in a JSON document, with the places to write them back to.

A passage's site is the path to its string, as names and indices; or the `Leaves` it is one of; or None for one that is
sealed: a proof speaks for it, which a changed text would break, so what is set there is not written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import Raw

from plano.dialects.json_leaves import (
    OPAQUE,
    Leaves,
    all_leaves,
    encoded_text,
    is_json,
    text_leaves,
    without_lone_surrogates,
)
from plano.dialects.passages import Passage, Place

Path = tuple[str | int, ...]
#: What is to be written: the JSON of a value, or the changes in it by name or index.
Changes = dict[Any, Any]
#: Finds the passages of a value, given its JSON, its path, and what a text in it is.
Rule = Callable[["FoundTexts", Raw, Path, Place], None]

_members_of: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_items_of: Final = msgspec.json.Decoder(list[Raw]).decode
_text_of: Final = msgspec.json.Decoder(str).decode
_encode: Final = msgspec.json.Encoder().encode


class FoundTexts:
    """`passages` in order, and the `sites` of each."""

    __slots__ = ("passages", "sites")

    def __init__(self) -> None:
        self.passages: list[Passage] = []
        self.sites: list[Path | Leaves | None] = []

    def say(self, place: Place, text: str, path: Path) -> None:
        """A string. An empty one says nothing."""
        if text:
            self.passages.append(Passage(place, text))
            self.sites.append(path)

    def leaves(self, raw: Raw, path: Path, place: Place, opaque: frozenset[str] = OPAQUE) -> None:
        """Every string in a value of whatever shape."""
        text = bytes(raw).decode()
        if '"' in text:
            self._add(Leaves(path, text, text_leaves(text, opaque), place, False))

    def arguments(self, raw: Raw, path: Path, place: Place) -> None:
        """What a tool is called with: any JSON, or a string that holds JSON, or one that does not."""
        text = bytes(raw).decode()
        is_quoted = text.startswith('"')
        if is_quoted:
            text = _text_of(text)
            readable = text if is_json(text) else without_lone_surrogates(text)
            if not is_json(readable):
                self.say(place, text, path)
                return
            text = readable
        self._add(Leaves(path, text, all_leaves(text), place, is_quoted))

    def seal(self, start: int) -> None:
        """Nothing found since there were `start` passages may change."""
        self.sites[start:] = [None] * (len(self.sites) - start)

    def changes(self) -> Changes:
        """What was changed, as a tree."""
        found: Changes = {}
        for passage, site in zip(self.passages, self.sites, strict=True):
            if passage.text is passage.original or site is None or not passage.is_changed:
                continue
            if isinstance(site, Leaves):
                if not _is_at(found, site.path):
                    _put(found, site.path, site.encoded())
            else:
                _put(found, site, encoded_text(passage.text))
        return found

    def settle(self) -> None:
        """What was changed has been written; what is sealed is as it was."""
        for passage, site in zip(self.passages, self.sites, strict=True):
            if passage.text is passage.original or not passage.is_changed:
                continue
            if site is None:
                passage.text = passage.original
                continue
            if isinstance(site, Leaves):
                site.settle()
                for leaf in site.passages:
                    leaf.original = leaf.text
            passage.original = passage.text

    def _add(self, leaves: Leaves) -> None:
        self.passages += leaves.passages
        self.sites += [leaves] * len(leaves.passages)


def rewritten(raw: Raw | bytes, changes: Changes | bytes) -> bytes:
    """A value with changes in it. Objects and lists on the way to them are written anew, all else keeps its bytes.

    The probabilities of tokens which are no longer those of the text beside them would tell what it was: they go.
    """
    if isinstance(changes, bytes):
        return changes
    if isinstance(next(iter(changes)), int):
        items = _items_of(raw)
        for index, inner in changes.items():
            items[index] = Raw(rewritten(items[index], inner))
        return _encode(items)
    members = _members_of(raw)
    for name, inner in changes.items():
        members[name] = Raw(rewritten(members[name], inner))
    if "logprobs" in members:
        members["logprobs"] = Raw(b"[]" if bytes(members["logprobs"]).startswith(b"[") else b"null")
    return _encode(members)


def _put(changes: Changes, path: Path, value: bytes) -> None:
    for step in path[:-1]:
        changes = changes.setdefault(step, {})
    changes[path[-1]] = value


def _is_at(changes: Changes, path: Path) -> bool:
    found: Any = changes
    for step in path:
        found = found.get(step)
        if found is None:
            return False
    return True
