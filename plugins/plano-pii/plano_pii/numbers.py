"""What a run of digits is: IPv4 addresses, cards, national numbers, telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from plano_pii.around import said_around, said_before
from plano_pii.findings import Finding
from plano_pii.phones import LABEL_BEHIND, Phones, is_labelled_before, is_labelled_behind, with_extension
from plano_pii.rules import Rule, rules_by_shape

GROUP = re.compile(r"\d+")
NOT_DIGITS = re.compile(r"\D+")
IPV4 = re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\d|\.\d)")
VERSION = re.compile(
    r"(?i)(?:\bv|version|release|build|firmware|section|§|chapter|rev\.?|oid|(?:up|down)grad\w* to|update\w* to"
    r"|==|>=|~=)\s*:?\s*\Z"
)
MOST_GROUPS = 8
MOST_DIGITS = 19
LEAST_OF_PHONES = 6
LONGEST_PHONE = 30
LONGEST_AREA = 7  #: Characters up to the `)` behind an area code.
PRICES = ("$", "€", "£", "¥", "#", "$ ", "€ ", "£ ")


class Part(NamedTuple):
    """Groups of digits, by their places, that make one number."""

    first: int
    last: int
    entity: str


class Numbers:
    """Judges the `NUMBER` spots of a text."""

    def __init__(self, entities: Collection[str], phones: Phones | None, loopback: bool) -> None:
        self._rules = rules_by_shape(entities)
        self._phones = phones
        self._has_ip = "ip" in entities
        self._loopback = loopback

    def find(self, text: str, start: int, stop: int, is_beside: bool = False) -> list[Finding]:
        """Everything between `start` and `stop`, in the order it stands there."""
        found: list[Finding] = []
        if self._has_ip and text.count(".", start, stop) >= 3:
            for address in self._addresses(text, start, stop):
                found += self._between(text, start, address[0], is_beside)
                found.append(address)
                start, is_beside = address[1], True
        if start < stop:
            found += self._between(text, start, stop, is_beside)
        return found

    def _between(self, text: str, start: int, stop: int, is_beside: bool) -> list[Finding]:
        groups = [match.span() for match in GROUP.finditer(text, start, stop)]
        count = len(groups)
        groups = untied(text, start, stop, groups, is_beside)
        if not groups:
            return []
        is_whole = len(groups) == count
        start = start if is_whole else max(start, groups[0][0] - 1)
        ruled = parted(self._choices(text, groups), groups) if self._rules else []
        if self._phones is None:
            return _findings(groups, ruled)
        return self._with_phones(text, start, groups, ruled, is_whole)

    def _with_phones(
        self, text: str, floor: int, groups: list[tuple[int, int]], ruled: list[Part], may_begin: bool
    ) -> list[Finding]:
        """Telephone numbers stand between what is known by its digits, each of which begins where another ends."""
        found: list[Finding] = []
        left = 0
        for part in ruled:
            called = self._called(text, floor, groups[left : part.first], may_begin or left > 0)
            if not called and not left and "+" in text[floor : floor + 2]:
                part = self._across(text, floor, groups, part)
            found += called
            begin = floor if part.entity == "phone" else groups[part.first][0]
            floor, left = groups[part.last][1], part.last + 1
            found.append((begin, floor, part.entity))
        return found + self._called(text, floor, groups[left:], may_begin or left > 0)

    def _across(self, text: str, floor: int, groups: list[tuple[int, int]], part: Part) -> Part:
        """Digits of a number behind a `+` may look like something else by chance: both are covered."""
        lasts = self._lasts_called(text, _begin(text, floor, groups[0][0]), groups, 0) if part.first else []
        return Part(0, max(lasts[0], part.last), "phone") if lasts and lasts[0] >= part.first else part

    def _choices(self, text: str, groups: list[tuple[int, int]]) -> list[list[Part]]:
        choices: list[list[Part]] = []
        for first in range(len(groups)):
            choices.append(self._ruled(text, groups, first))
            if not first and choices[0] and choices[0][0].last + 1 == len(groups):
                break  # All of them are one number.
        return choices

    def _ruled(self, text: str, groups: list[tuple[int, int]], first: int) -> list[Part]:
        """Numbers of known shapes that begin with the group `first`, the longest first."""
        shape: tuple[int, ...] = ()
        found: list[Part] = []
        digits = 0
        for last in range(first, min(first + MOST_GROUPS, len(groups))):
            start, stop = groups[last]
            digits += stop - start
            if digits > MOST_DIGITS:
                break
            shape += (stop - start,)
            for rule in self._rules.get(shape, ()):
                if self._holds(text, groups, first, last, rule, shape):
                    found.insert(0, Part(first, last, rule.entity))
                    break
        return found

    def _holds(
        self, text: str, groups: list[tuple[int, int]], first: int, last: int, rule: Rule, shape: tuple[int, ...]
    ) -> bool:
        for place in range(first, last):
            if text[groups[place][1] : groups[place + 1][0]] not in rule.gaps:
                return False
        start, stop = groups[first][0], groups[last][1]
        if first and text[start - 1] in ".-":
            return False
        if last + 1 < len(groups) and text[stop] in ".-" and groups[last + 1][0] == stop + 1:
            return False
        digits = "".join([text[one:other] for one, other in groups[first : last + 1]])
        if not rule.check(digits):
            return False
        if shape not in rule.needs_words or rule.words is None:
            return True
        return rule.words.search(said_around(text, start, stop)) is not None

    def _called(self, text: str, floor: int, groups: list[tuple[int, int]], may_begin: bool = True) -> list[Finding]:
        """Telephone numbers among groups of digits: from the first group on where one `may_begin` there, from where
        another may end, or from a `(` or a single space on.
        """
        if not groups:
            return []
        begins = [group[0] for group in groups]
        choices: list[list[Part]] = [[] for _ in groups]
        reached = {0} if may_begin else set()
        for first, group in enumerate(groups):
            if first not in reached and not _may_begin(text, group):
                continue
            begins[first] = _begin(text, floor, group[0])
            lasts = self._lasts_called(text, begins[first], groups, first)
            choices[first] = [Part(first, last, "phone") for last in lasts]
            reached.update([last + 1 for last in lasts])
        found = []
        for part in parted(choices, groups):
            stop = groups[part.last][1]
            if part.last + 1 == len(groups):
                stop = with_extension(text, stop)
            found.append((begins[part.first], stop, "phone"))
        return found

    def _lasts_called(self, text: str, begin: int, groups: list[tuple[int, int]], first: int) -> list[int]:
        """The last groups of telephone numbers that begin with the group `first`, the longest number first."""
        assert self._phones
        before = said_before(text, begin)
        lasts: list[int] = []
        if before.endswith(PRICES):
            return lasts
        has_label = is_labelled_before(before)
        for last in range(min(len(groups), first + MOST_GROUPS) - 1, first - 1, -1):
            stop = groups[last][1]
            written = text[begin:stop]
            if len(written) > LONGEST_PHONE:
                continue
            digits = NOT_DIGITS.sub("", written)
            if len(digits) < LEAST_OF_PHONES:
                break
            is_labelled = has_label or (last + 1 == len(groups) and is_labelled_behind(text, begin, stop, before))
            if self._phones.is_phone(written, digits, before, is_labelled):
                lasts.append(last)
                if last + 1 == len(groups):  # All of them: how it could be cut otherwise makes no difference.
                    break
        return lasts

    def _addresses(self, text: str, start: int, stop: int) -> list[Finding]:
        found = []
        for match in IPV4.finditer(text, start, stop):
            begin, end = match.span()
            if VERSION.search(text[max(begin - 16, 0) : begin]) or match[0] == "0.0.0.0":
                continue
            if text[begin - 1 : begin].isalnum() or (not self._loopback and match[0].startswith("127.")):
                continue
            found.append((begin, end, "ip"))
        return found


def _begin(text: str, floor: int, start: int) -> int:
    """Where a telephone number begins: with the `+` in front, and a `(` that is closed after a few digits."""
    begin = start
    if begin > floor and text[begin - 1] == "+":
        begin -= 1
    if begin > floor and text[begin - 1] == "(" and ")" in text[start : start + LONGEST_AREA]:
        begin -= 1
    if begin == start - 1 and begin > floor and text[begin : begin + 1] == "(" and text[begin - 1] == "+":
        begin -= 1
    return begin


def untied(
    text: str, start: int, stop: int, groups: list[tuple[int, int]], is_beside: bool
) -> list[tuple[int, int]]:
    """Without the groups at both ends that are tied to a word: `a716-446655440000`, `order_12345678`,
    `/orders/12345678`. A `/` ties no number that has spaces in it, and none that stands beside something private.
    """
    if start and text[start - 1] in "_-./":
        sign = text[start - 1]
        is_tied = sign == "_" or (start > 1 and text[start - 2].isalnum())
        is_spaced = len(groups) > 1 and " " in text[groups[0][1] : groups[1][0]]
        if is_tied and not (sign == "/" and (is_beside or is_spaced)):
            at = 1
            while at < len(groups) and " " not in text[groups[at - 1][1] : groups[at][0]]:
                at += 1
            groups = groups[at:]
    if groups and text[stop : stop + 1] in {"_", "-"} and text[stop - 1].isdecimal():
        is_tied = text[stop] == "_" or (text[stop + 1 : stop + 2].isalpha() and text[stop + 2 : stop + 3].isalnum())
        if is_tied and not LABEL_BEHIND.match(text, stop):
            at = len(groups) - 1
            while at and " " not in text[groups[at - 1][1] : groups[at][0]]:
                at -= 1
            groups = groups[:at]
    return groups


def parted(choices: list[list[Part]], groups: list[tuple[int, int]]) -> list[Part]:
    """Those of the `choices`, by the group each begins with, that cover the most digits side by side.

    Whatever else they could be is covered too, by making the nearest of them longer.
    """
    alive = [some for some in choices if some]
    if len(alive) < 2:
        return [some[0] for some in alive]
    count = len(groups)
    score = [0] * (count + 1)
    chosen: list[Part | None] = [None] * count
    for first in range(count - 1, -1, -1):
        score[first] = score[first + 1]
        for part in choices[first]:
            covered = sum([stop - start for start, stop in groups[first : part.last + 1]]) + score[part.last + 1]
            if covered > score[first]:
                score[first], chosen[first] = covered, part
    parts: list[Part] = []
    first = 0
    while first < count:
        best = chosen[first]
        if best is not None:
            parts.append(best)
        first = best.last + 1 if best is not None else first + 1
    return _stretched(parts, choices)


def _stretched(parts: list[Part], choices: list[list[Part]]) -> list[Part]:
    """`parts` made longer where one of the `choices` is not covered by them."""
    covered = {group for part in parts for group in range(part.first, part.last + 1)}
    others = [
        part for some in choices for part in some if not covered.issuperset(range(part.first, part.last + 1))
    ]
    if not others:
        return parts
    stretched: list[Part] = []
    for part in sorted([*parts, *others]):
        if stretched and part.first <= stretched[-1].last:
            before = stretched[-1]
            stretched[-1] = Part(before.first, max(before.last, part.last), before.entity)
        else:
            stretched.append(part)
    return stretched


def _findings(groups: list[tuple[int, int]], parts: list[Part]) -> list[Finding]:
    return [(groups[part.first][0], groups[part.last][1], part.entity) for part in parts]


def _may_begin(text: str, group: tuple[int, int]) -> bool:
    """Whether a telephone number may begin in the middle of a run of digits: `12 415-555-2671`, `1 +49 30 12345`."""
    start, stop = group
    return text[start - 1] in "+(" or (text[start - 1] == " " and text[stop : stop + 1] in {"-", ".", "/"})
