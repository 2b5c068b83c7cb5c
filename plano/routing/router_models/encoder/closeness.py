"""How routes lie to each other, as the encoder sees them: what is alike, what strays, what takes everybody's prompts.

Importing this imports numpy, ctranslate2 and tokenizers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from plano.intent import RouteSet
from plano.routing.route_advice import Closeness, Overlap, Stray

from .calibration import Scale, coefficients, probabilities
from .folder import BACKGROUND, SHIPPED, read_facts
from .model import MOST_TOKENS, Array, Model
from .question import is_readable
from .route_texts import MANY_EXAMPLES, RouteTexts, route_texts
from .scoring import RouteVectors, texts_in_order

#: An everyday prompt is taken by a route of this probability.
_TAKEN: Final = 0.5


def closeness(routes: RouteSet, folder: Path | None = None) -> Closeness:
    """`folder` has other weights than the shipped ones. Raises `DamagedWeights`."""
    return _Measuring(routes, SHIPPED if folder is None else folder).measured()


class _Measuring:
    def __init__(self, routes: RouteSet, folder: Path) -> None:
        facts = read_facts(folder)
        self._model = Model(folder)
        self._routes = routes
        self._told = [route_texts(route.name, route.description, route.examples) for route in routes.routes]
        texts = list(dict.fromkeys(texts_in_order(self._told)))
        self._known = dict(zip(texts, self._model.vectors(texts), strict=True))
        self._background: Array = np.load(folder / BACKGROUND, allow_pickle=False).astype(np.float32)
        self._vectors = self._of(self._told)
        self._scale = Scale(self._vectors, self._background, coefficients(facts))

    def measured(self) -> Closeness:
        names = zip(self._routes.names, self._routes.routes, self._told, strict=True)
        unreadable = tuple(name for name, route, _ in names if not is_readable(route.description))
        wholes = zip(self._routes.names, self._told, strict=True)
        long = tuple(name for name, told in wholes if len(self._model.ids(told.whole)) >= MOST_TOKENS)
        return Closeness(tuple(self._overlaps()), tuple(self._strays()), self._draws(), long, unreadable)

    def _of(self, told: list[RouteTexts]) -> RouteVectors:
        return RouteVectors(told, np.asarray([self._known[text] for text in texts_in_order(told)], dtype=np.float32))

    def _overlaps(self) -> Iterator[Overlap]:
        """Every pair, the most alike first."""
        wholes = np.asarray([self._known[told.whole] for told in self._told])
        like, names = wholes @ wholes.T, self._routes.names
        pairs = ((place, other) for place in range(len(names)) for other in range(place))
        for place, other in sorted(pairs, key=lambda pair: -like[pair]):
            yield Overlap(names[other], names[place], float(like[place, other]))

    def _strays(self) -> Iterator[Stray]:
        """Texts that are nearer to another route than to what is left of their own without them."""
        names = self._routes.names
        for place, told in enumerate(self._told):
            examples = set(self._routes.routes[place].examples)
            for text in (*told.phrases[1:], *told.examples):
                without = _without(told, text)
                if without is None:
                    continue
                vectors = self._of([*self._told[:place], without, *self._told[place + 1 :]])
                scores = vectors.scores(self._known[text][None, :])[0]
                nearest = int(scores.argmax())
                if nearest != place:
                    by = float(scores[nearest] - scores[place])
                    yield Stray(names[place], text, text in examples, names[nearest], by)

    def _draws(self) -> tuple[float, ...]:
        """The share of the background that each route would take."""
        taken = [0] * len(self._routes)
        for row in self._vectors.scores(self._background).tolist():
            found = probabilities(row, self._scale)
            best = max(range(len(found)), key=found.__getitem__)
            taken[best] += found[best] >= _TAKEN
        return tuple(count / len(self._background) for count in taken)


def _without(told: RouteTexts, text: str) -> RouteTexts | None:
    """A route without one of its texts; None where that is all it has."""
    phrases = tuple(one for one in told.phrases if one != text)
    examples = tuple(one for one in told.examples if one != text)
    if not phrases:
        return None
    if len(examples) < MANY_EXAMPLES:
        return RouteTexts(told.whole, (*phrases, *examples))
    return RouteTexts(told.whole, phrases, examples)
