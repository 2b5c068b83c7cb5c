"""What the rules say about a text: a probability, and the names of the rules it met."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from plano.plugin_api import Phrases

from .reading import disguised, is_mixed, plain
from .rules import RULES, TOLD_OF, Rule
from .words import DISGUISES, GROUPS

#: What is read before and behind the words that hint at something, in characters.
_AROUND: Final = 60
#: One rule reads at most so much of a text, its beginning and its end.
_MOST_READ: Final = 50_000
#: Whoever hides what he says does so for a reason.
_HIDDEN: Final = 0.85
#: The most the rules are ever sure.
SURE: Final = 0.99

_TOLD_OF: Final = re.compile(TOLD_OF)
#: How much before a match tells whether it is said or told of, in characters.
_BEFORE: Final = 80
#: Rules below this are hints. In texts longer than so many characters they stand by chance, the likelier the longer.
_HINT: Final = 0.5
_BY_CHANCE: Final = 3000

Span = tuple[int, int]


class RulesSay(NamedTuple):
    """`names`: `override`, or `base64:override` for what stood in disguise; the surest first."""

    probability: float
    names: tuple[str, ...]


_NOTHING: Final = RulesSay(0.0, ())


class _Ready(NamedTuple):
    rule: Rule
    groups: tuple[int, ...]
    needs: int
    pattern: re.Pattern[str]


class Rules:
    """All rules, made ready once. A text without telling words costs one pass over it."""

    def __init__(self) -> None:
        places = {name: place for place, name in enumerate(GROUPS)}
        groups_of: dict[str, list[int]] = {}
        for name, phrases in GROUPS.items():
            for phrase in phrases:
                groups_of.setdefault(_without_marks(phrase.lower()), []).append(places[name])
        self._groups = tuple(tuple(groups) for groups in groups_of.values())
        self._bits = tuple(sum(1 << group for group in set(groups)) for groups in self._groups)
        self._words = Phrases(list(groups_of), whole_words=False)
        self._rules = tuple(_ready(rule, places) for rule in RULES)
        self._disguises = {1 << places[name]: name for name in DISGUISES}

    def judge(self, text: str) -> RulesSay:
        seen, weights = self._met(text)
        hidden = frozenset(name for bit, name in self._disguises.items() if seen & bit)
        if hidden or is_mixed(text):
            for way, told in disguised(text, hidden):
                for name, weight in self._met(told)[1].items():
                    if name not in weights:
                        weights[f"{way}:{name}"] = max(weight, _HIDDEN)
        if not weights:
            return _NOTHING
        by_chance = min(1.0, _BY_CHANCE / len(text))
        doubt = 1.0
        for weight in weights.values():
            doubt *= 1.0 - (weight if weight >= _HINT else weight * by_chance)
        return RulesSay(min(1.0 - doubt, SURE), tuple(sorted(weights, key=lambda name: -weights[name])))

    def _met(self, text: str) -> tuple[int, dict[str, float]]:
        """Groups of which something stands in the text, as bits; the rules it meets, each with its greatest weight."""
        found = self._words.every(text)
        bits, seen = self._bits, 0
        for one in found:
            seen |= bits[one[2]]
        weights: dict[str, float] = {}
        wanted = [ready for ready in self._rules if ready.needs & seen == ready.needs]
        if wanted:
            by_group = self._by_group(found)
            told: dict[Span, str] = {}
            for ready in wanted:
                if weights.get(ready.rule.name, 0.0) < ready.rule.weight and _matches(ready, by_group, text, told):
                    weights[ready.rule.name] = ready.rule.weight
        return seen, weights

    def _by_group(self, found: Sequence[tuple[int, int, int]]) -> dict[int, list[Span]]:
        by_group: dict[int, list[Span]] = {}
        for start, end, index in found:
            for group in self._groups[index]:
                by_group.setdefault(group, []).append((start, end))
        return by_group


def _ready(rule: Rule, places: dict[str, int]) -> _Ready:
    groups = tuple(places[name] for name in rule.needs)
    return _Ready(rule, groups, sum(1 << group for group in groups), re.compile(_without_marks(rule.pattern)))


def _matches(ready: _Ready, by_group: dict[int, list[Span]], text: str, told: dict[Span, str]) -> bool:
    """Whether the rule's pattern stands where its words stand together. `told`: spans already made plain."""
    for span in _together([by_group[group] for group in ready.groups], ready.rule.reach, len(text)):
        known = told.get(span)
        if known is None:
            known = told[span] = plain(text[span[0] : span[1]])
        if not ready.rule.is_speech:
            if ready.pattern.search(known):
                return True
        elif any(_is_said(known, found.start()) for found in ready.pattern.finditer(known)):
            return True
    return False


def _is_said(text: str, start: int) -> bool:
    return _TOLD_OF.search(text, max(start - _BEFORE, 0), start) is None


def _together(groups: list[list[Span]], reach: int, size: int) -> Iterable[Span]:
    """Where one of each group stands within `reach` of one of the rarest, with what is around; merged, and bounded."""
    groups = sorted(groups, key=len)
    spans: list[Span] = []
    heads = [0] * len(groups)
    read = 0
    for start, end in groups[0]:
        if all(_is_near(group, heads, place, start, end, reach) for place, group in enumerate(groups[1:])):
            first, last = max(start - reach - _AROUND, 0), min(end + reach + _AROUND, size)
            if spans and first <= spans[-1][1]:
                spans[-1] = (spans[-1][0], last)
            else:
                spans.append((first, last))
    for span in spans if len(spans) < 3 else _from_both_ends(spans):
        read += span[1] - span[0]
        yield span if read <= _MOST_READ else (span[0], min(span[1], span[0] + _MOST_READ))
        if read > _MOST_READ:
            return


def _is_near(group: list[Span], heads: list[int], place: int, start: int, end: int, reach: int) -> bool:
    """Both go from left to right: `heads` keeps how far each group was looked through."""
    head = heads[place]
    while head < len(group) and group[head][1] < start - reach:
        head += 1
    heads[place] = head
    return head < len(group) and group[head][0] <= end + reach


def _from_both_ends(spans: list[Span]) -> Iterable[Span]:
    """First, last, second, last but one: what attacks say stands at the beginning or the end."""
    for place in range((len(spans) + 1) // 2):
        yield spans[place]
        if place != len(spans) - 1 - place:
            yield spans[-1 - place]


def _without_marks(pattern: str) -> str:
    told = unicodedata.normalize("NFKD", pattern)
    return "".join(one for one in told if unicodedata.category(one) not in ("Mn", "Me"))
