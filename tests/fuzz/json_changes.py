"""Changes of JSON documents that stay JSON: members of other types, missing ones, doubled ones, monsters."""

from __future__ import annotations

import copy
import random
from typing import Any, Final


def nested(depth: int) -> Any:
    value: Any = "x"
    for level in range(depth):
        value = {"type": "object", "properties": {"a": value}} if level % 2 else [value]
    return value


_VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    7,
    1 << 31,
    -(1 << 63),
    1 << 64,
    10**40,
    0.5,
    -1e308,
    1e308,
    "",
    " ",
    "x",
    "null",
    "{",
    "[]",
    '{"a":',
    "{}",
    "\x00",
    "\U0001f600",
    "a" * 300,
    "plano:",
    "plano:gemini:a",
    "data:",
    "data:image/png;base64,",
    "data:image/png;base64,AA",
    "https://example.com/a",
    [],
    [None],
    [[]],
    ["x"],
    [{}],
    [1, "x", None],
    {},
    {"type": None},
    {"type": "text"},
    {"type": "text", "text": None},
    {"": {}},
    {"x": [1]},
)
_DEEP: Final = (60, 150, 300)


def changed(document: Any, chance: random.Random, number: int) -> Any:
    """A copy with so many changes."""
    document = copy.deepcopy(document)
    for _ in range(number):
        places = list(_places(document))
        if not places:
            return _value(chance, [])
        holder, at = chance.choice(places)
        _change(holder, at, chance, places)
    return document


def _places(document: Any) -> Any:
    """Everything in a document, as what holds it and where."""
    waiting = [document]
    while waiting:
        holder = waiting.pop()
        for at in list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ():
            yield holder, at
            if isinstance(holder[at], (dict, list)):
                waiting.append(holder[at])


def _value(chance: random.Random, places: list[Any]) -> Any:
    if places and chance.random() < 0.3:
        holder, at = chance.choice(places)  # Something of the same document, where it does not belong.
        return copy.deepcopy(holder[at])
    if chance.random() < 0.03:
        return nested(chance.choice(_DEEP))
    return copy.deepcopy(chance.choice(_VALUES))


def _change(holder: Any, at: Any, chance: random.Random, places: list[Any]) -> None:
    kind = chance.randrange(8)
    if kind == 0:
        del holder[at]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(chance.randrange(len(holder) + 1), copy.deepcopy(holder[at]))
    elif kind == 2 and isinstance(holder, list):
        holder.insert(chance.randrange(len(holder)), holder.pop(at))
    elif kind == 3:
        holder[at] = [holder[at]]
    elif kind == 4 and isinstance(holder[at], list) and holder[at]:
        holder[at] = holder[at][0]
    elif kind == 5 and isinstance(holder, dict):
        holder[chance.choice((at.upper(), "type", "id", "index", "name", "x"))] = holder.pop(at)
    else:
        holder[at] = _value(chance, places)
