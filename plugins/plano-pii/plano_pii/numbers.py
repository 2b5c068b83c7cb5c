"""What a run of digits is: IPv4 addresses, cards, national numbers, telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Collection

from plano_pii.findings import Finding
from plano_pii.phones import Phones
from plano_pii.rules import Rule, rules_by_shape

GROUP = re.compile(r"\d+")
NOT_DIGITS = re.compile(r"\D+")
IPV4 = re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\d|\.\d)")
VERSION = re.compile(r"(?i)(?:\bv|version|release|build|firmware|section|§|chapter|rev\.?|oid|==?|>=|~=)\s*:?\s*$")
MOST_GROUPS = 8
MOST_DIGITS = 19
LEAST_OF_PHONES = 7
LONGEST_PHONE = 30
PRICES = ("$", "€", "£", "¥", "#", "$ ", "€ ", "£ ")
LOOK_BACK = 48
LOOK_AHEAD = 16


class Numbers:
    """Judges the `NUMBER` spots of a text."""

    def __init__(self, entities: Collection[str], phones: Phones | None, loopback: bool) -> None:
        self._rules = rules_by_shape(entities)
        self._phones = phones
        self._has_ip = "ip" in entities
        self._loopback = loopback

    def find(self, text: str, start: int, stop: int) -> list[Finding]:
        """Everything between `start` and `stop`, in the order it stands there."""
        if self._has_ip and text.count(".", start, stop) >= 3:
            found = self._addresses(text, start, stop)
            if found:
                return found
        if is_part_of_a_name(text, start, stop):
            return []
        groups = [match.span() for match in GROUP.finditer(text, start, stop)]
        found = []
        left = first = 0
        while first < len(groups):
            finding = self._ruled(text, groups, first)
            if finding is None:
                first += 1
                continue
            if self._phones and first > left:
                found += self._called(text, start, groups[left:first])
            found.append(finding)
            while first < len(groups) and groups[first][0] < finding[1]:
                first += 1
            left, start = first, finding[1]
        if self._phones and left < len(groups):
            found += self._called(text, start, groups[left:])
        return found

    def _ruled(self, text: str, groups: list[tuple[int, int]], first: int) -> Finding | None:
        """The longest number of a known shape that begins with the group `first`."""
        shape: tuple[int, ...] = ()
        best: Finding | None = None
        digits = 0
        for last in range(first, min(first + MOST_GROUPS, len(groups))):
            start, stop = groups[last]
            digits += stop - start
            if digits > MOST_DIGITS:
                break
            shape += (stop - start,)
            for rule in self._rules.get(shape, ()):
                if self._holds(text, groups, first, last, rule, shape):
                    best = (groups[first][0], stop, rule.entity)
                    break
        return best

    def _holds(
        self, text: str, groups: list[tuple[int, int]], first: int, last: int, rule: Rule, shape: tuple[int, ...]
    ) -> bool:
        for place in range(first, last):
            if text[groups[place][1] : groups[place + 1][0]] not in rule.gaps:
                return False
        start, stop = groups[first][0], groups[last][1]
        if (first and text[start - 1] in ".-/") or (last + 1 < len(groups) and text[stop] in ".-/"):
            return False
        digits = "".join([text[one:other] for one, other in groups[first : last + 1]])
        if not rule.check(digits):
            return False
        if shape not in rule.needs_words or rule.words is None:
            return True
        around = text[max(start - LOOK_BACK, 0) : start] + "\n" + text[stop : stop + LOOK_AHEAD]
        return rule.words.search(around) is not None

    def _called(self, text: str, floor: int, groups: list[tuple[int, int]]) -> list[Finding]:
        """Telephone numbers among groups of digits: the first groups, or those from a `+`, `(` or single space on."""
        found: list[Finding] = []
        first = 0
        while first < len(groups):
            begin = groups[first][0]
            while begin > floor and text[begin - 1] in "+(" and groups[first][0] - begin < 2:
                begin -= 1
            last = self._last_called(text, begin, groups, first)
            if last is not None:
                floor = groups[last][1]
                found.append((begin, floor, "phone"))
                first = last + 1
                continue
            first += 1
            while first < len(groups) and not _may_begin(text, groups[first]):
                first += 1
        return found

    def _last_called(self, text: str, begin: int, groups: list[tuple[int, int]], first: int) -> int | None:
        """The last of the groups that make a telephone number with the group `first`."""
        assert self._phones
        before = text[max(begin - LOOK_BACK, 0) : begin]
        if before.endswith(PRICES):
            return None
        for last in range(min(len(groups), first + MOST_GROUPS) - 1, first - 1, -1):
            written = text[begin : groups[last][1]]
            if len(written) > LONGEST_PHONE:
                continue
            digits = NOT_DIGITS.sub("", written)
            if len(digits) < LEAST_OF_PHONES:
                return None
            if self._phones.is_phone(written, digits, before):
                return last
        return None

    def _addresses(self, text: str, start: int, stop: int) -> list[Finding]:
        found = []
        for match in IPV4.finditer(text, start, stop):
            begin, end = match.span()
            if VERSION.search(text[max(begin - 12, 0) : begin]) or match[0] == "0.0.0.0":
                continue
            if text[begin - 1 : begin].isalnum() or (not self._loopback and match[0].startswith("127.")):
                continue
            found.append((begin, end, "ip"))
        return found


def is_part_of_a_name(text: str, start: int, stop: int) -> bool:
    """Whether digits are tied to a word, as in `a716-446655440000`, `order_12345678` or `/orders/12345678`."""
    if start and (text[start - 1] == "_" or (start > 1 and text[start - 1] in "-/." and text[start - 2].isalnum())):
        return True
    if stop < len(text) and (text[stop] == "_" or (text[stop] in "-/" and text[stop + 1 : stop + 2].isalpha())):
        return text[stop] != "-" or text[stop + 2 : stop + 3].isalnum()
    return False


def _may_begin(text: str, group: tuple[int, int]) -> bool:
    """Whether a telephone number may begin in the middle of a run of digits: `12 415-555-2671`, `1 +49 30 12345`."""
    start, stop = group
    return text[start - 1] in "+(" or (text[start - 1] == " " and text[stop : stop + 1] in {"-", ".", "/"})
