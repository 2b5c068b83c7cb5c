"""What counting words gets: BM25 over stems, and the cosine of TF-IDF over pieces of words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable

import torch
from torch import Tensor

from bench.routing.scoring import Route, texts_of

_WORD = re.compile(r"[^\W_]+")
_ENDING = re.compile(r"(?:ations?|ings?|ions?|ments?|ers?|ies|es|ed|s|e|y)$")


def stems(text: str) -> list[str]:
    return [_ENDING.sub("", word) if len(word) > 4 else word for word in _WORD.findall(text.lower())]


def pieces(text: str) -> list[str]:
    """Three to five letters in a row, within words."""
    words = [f" {word} " for word in _WORD.findall(text.lower())]
    return [word[at : at + size] for word in words for size in (3, 4, 5) for at in range(len(word) - size + 1)]


def bm25(prompts: list[str], routes: list[Route], saturation: float = 1.2, share: float = 0.75) -> Tensor:
    told = [Counter(stems(f"{route.name} {route.description}")) for route in routes]
    lengths = [sum(one.values()) for one in told]
    middle = sum(lengths) / len(lengths)
    weight = _rareness(told)

    def score(word: str, one: int) -> float:
        count = told[one][word]
        return weight(word) * count * (saturation + 1) / (
            count + saturation * (1 - share + share * lengths[one] / middle)
        )

    rows = [[sum(score(word, one) for word in set(stems(said))) for one in range(len(routes))] for said in prompts]
    return torch.tensor(rows)


def tf_idf(prompts: list[str], routes: list[Route]) -> Tensor:
    """Half the cosine to the whole, half the greatest to a phrase, as the encoder scores."""
    said, places = texts_of(routes)
    told = [Counter(pieces(text)) for text in said]
    weight = _rareness(told)
    vectors = [_weighed(one, weight) for one in told]
    rows = []
    for text in prompts:
        own = _weighed(Counter(pieces(text)), weight)
        like = [sum(share * vector.get(piece, 0.0) for piece, share in own.items()) for vector in vectors]
        rows.append([0.5 * like[at[0]] + 0.5 * max(like[place] for place in at[1:]) for at in places])
    return torch.tensor(rows)


def _rareness(told: list[Counter[str]]) -> Callable[[str], float]:
    seen = Counter(word for one in told for word in one)
    return lambda word: math.log(1 + (len(told) - seen[word] + 0.5) / (seen[word] + 0.5))


def _weighed(one: Counter[str], weight: Callable[[str], float]) -> dict[str, float]:
    found = {piece: (1 + math.log(count)) * weight(piece) for piece, count in one.items()}
    length = math.sqrt(sum(share * share for share in found.values())) or 1.0
    return {piece: share / length for piece, share in found.items()}
