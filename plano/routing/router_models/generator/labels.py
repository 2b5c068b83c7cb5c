"""Labels of routes that a decoder can say in one token, so that reading its mind once tells all of them.

Which texts are one token is the tokenizer's to say, and depends on what stands before: each label is tried where the
answer will stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from string import ascii_uppercase
from typing import Final

from msgspec import Struct

_MOST_NUMBER: Final = 999


class Label(Struct, frozen=True):
    """What stands before a route in the prompt, and the token that says it."""

    text: str
    token_id: int


def one_token_labels(token_ids: Callable[[str], list[int]], before: str, gap: str, most: int) -> tuple[Label, ...]:
    """At most `most` labels that each are one token after `before` and `gap`: letters, numbers, pairs of letters.

    `token_ids` is the tokenizer. The labels differ in their token; fewer come when there are no more.
    """
    so_far = token_ids(before)
    found: dict[int, Label] = {}
    for text in _candidates():
        if len(found) >= most:
            break
        with_label = token_ids(f"{before}{gap}{text}")
        if len(with_label) == len(so_far) + 1 and with_label[:-1] == so_far:
            found.setdefault(with_label[-1], Label(text, with_label[-1]))
    return tuple(found.values())


def _candidates() -> Iterator[str]:
    yield from ascii_uppercase
    yield from map(str, range(1, _MOST_NUMBER + 1))
    for first in ascii_uppercase:
        for second in ascii_uppercase:
            yield first + second
