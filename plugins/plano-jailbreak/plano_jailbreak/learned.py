"""What was learned of the encoder's vectors: one logistic regression.

`bench/guardrails/jailbreak_train.py` writes its weights.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from math import exp, log
from operator import mul
from typing import Final

_LEAST: Final = 0.02
#: Characters of which the encoder reads all with all likelihood.
WINDOW: Final = 480
#: Longer texts are documents, of which a few windows tell little, in characters.
_LONGEST: Final = 8000
#: Of English text at least this share is ASCII.
_LEAST_ASCII: Final = 0.9


class Learned:
    """How likely a window is an attack, given its vector and what the rules say of its text.

    Raises `ValueError` for weights that are not of this shape.
    """

    def __init__(self, document: bytes | None = None) -> None:
        told = json.loads((files(__package__) / "learned.json").read_bytes() if document is None else document)
        self._weights = tuple(float(weight) for weight in told["vector"])
        self._rules = float(told["rules"])
        self._bias = float(told["bias"])

    def probability(self, vector: Sequence[float], rules: float) -> float:
        if len(vector) != len(self._weights):
            raise ValueError(f"vectors of {len(vector)} numbers where {len(self._weights)} were learned")
        rules = min(max(rules, _LEAST), 1 - _LEAST)
        told = sum(map(mul, self._weights, vector)) + self._rules * log(rules / (1 - rules)) + self._bias
        return 1 / (1 + exp(-max(min(told, 30.0), -30.0)))


def is_readable(text: str) -> bool:
    """Whether it is worth asking the encoder about: it reads English, and of a long text too little."""
    if len(text) > _LONGEST:
        return False
    return text.isascii() or sum(map(str.isascii, text)) >= _LEAST_ASCII * len(text)


def windows(text: str, most: int) -> list[str]:
    """Pieces of a text the encoder can read whole: the beginning, the end, and evenly from between."""
    if len(text) <= WINDOW:
        return [text]
    count = min(-(-len(text) // WINDOW), most)
    if count == 1:
        return [text[: WINDOW // 2] + " " + text[-WINDOW // 2 :]]
    step = (len(text) - WINDOW) / (count - 1)
    return [text[round(place * step) : round(place * step) + WINDOW] for place in range(count)]
