"""Finds what is private in a text: candidates in one compiled pass, each judged by the rules of its kind."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from plano_pii import addresses, secrets
from plano_pii.findings import Finding
from plano_pii.numbers import Numbers
from plano_pii.phones import Phones
from plano_pii.spots import What, spots
from plano_pii.words import Words

URL, PEM, NAMED, SAID, LOGIN, JWT, TOKEN, AT, IBAN, MIXED, IP6, NUMBER = map(int, What)


class Detector:
    """`custom`: pairs of an entity and its pattern. `allow`: values that are nobody's secret; `@host` allows a host.

    Instances keep nothing of what they read.
    """

    def __init__(
        self,
        entities: Collection[str],
        regions: Sequence[str] = ("US",),
        custom: Sequence[tuple[str, re.Pattern[str]]] = (),
        allow: Collection[str] = (),
        loopback: bool = False,
    ) -> None:
        self._entities = frozenset(entities)
        self._custom = tuple(custom)
        self._custom_names = frozenset(entity for entity, _ in custom)
        self.has_custom = bool(custom)
        self._allowed = frozenset(value.lower() for value in allow if value[0] != "@")
        self._allowed_hosts = tuple(value.lower() for value in allow if value[0] == "@")
        self._loopback = loopback
        self._numbers = Numbers(self._entities, Phones(regions) if "phone" in self._entities else None, loopback)
        self._words = Words(self._entities)
        self._has_lettered = not self._entities.isdisjoint({"es_dni", "uk_nino"})

    def find(self, text: str) -> list[Finding]:
        """What is private, from left to right; nothing overlaps."""
        found: list[Finding] = []
        numbers: list[tuple[int, int]] = []
        begin = end = 0  # Of the last finding; an address may begin later than its spot.
        for start, what, stop in spots(text):
            if stop <= end and start >= begin:
                continue
            if what == NUMBER:
                numbers.append((start, stop))
                continue
            finding = self._judge(text, start, what, stop)
            if finding is None or finding[2] not in self._entities:
                continue
            if finding[1] <= begin:
                found.insert(-1, finding)
            elif finding[0] >= end:
                found.append(finding)
                begin, end, _ = finding
        if numbers:
            found = self._with_numbers(text, found, numbers)
        if self._custom:
            found = self._with_custom(text, found)
        if found and (self._allowed or self._allowed_hosts):
            found = [finding for finding in found if not self._is_allowed(text[finding[0] : finding[1]])]
        return found

    def _with_numbers(self, text: str, found: list[Finding], numbers: list[tuple[int, int]]) -> list[Finding]:
        """Runs of digits are what they are between everything else that was found."""
        more: list[Finding] = []
        place = 0
        for start, stop in numbers:
            while place < len(found) and found[place][1] <= start:
                place += 1
            end = max(found[place - 1][1] if place else -1, more[-1][1] if more else -1)
            for border in range(place, len(found)):
                if found[border][0] >= stop:
                    break
                if start < found[border][0]:
                    more += self._number(text, start, found[border][0], start - 1 <= end)
                start = end = found[border][1]
            if start < stop:
                more += self._number(text, start, stop, start - 1 <= end)
        return _apart(found + more) if more else found

    def _number(self, text: str, start: int, stop: int, is_beside: bool) -> list[Finding]:
        """`is_beside`: something private stands in front, so that a `/` between them ties nothing."""
        lettered = self._words.lettered(text, start, stop) if self._has_lettered else None
        if lettered is None:
            return self._numbers.find(text, start, stop, is_beside)
        if lettered[0] <= start:
            return [lettered]
        return [*self._numbers.find(text, start, lettered[0], is_beside), lettered]

    def _judge(self, text: str, start: int, what: int, stop: int) -> Finding | None:
        if what == AT:
            return addresses.email(text, start, stop)
        if what == NAMED:
            return secrets.named(text, start, stop)
        if what == MIXED:
            return self._words.mixed(text, start, stop)
        if what == IBAN:
            return self._words.iban(text, start)
        if what == TOKEN:
            return secrets.token(text, start, stop)
        if what == IP6:
            return addresses.ipv6(text, start, stop, self._loopback)
        if what == URL:
            return secrets.url_password(text, start, stop)
        if what == JWT:
            return secrets.jwt(text, start, stop)
        if what == LOGIN:
            return secrets.login(text, start)
        if what == SAID:
            return secrets.said(text, stop)
        return secrets.pem(text, start)

    def _with_custom(self, text: str, found: list[Finding]) -> list[Finding]:
        """Custom patterns go first: what overlaps their matches is dropped."""
        own: list[Finding] = []
        for entity, pattern in self._custom:
            own += [(*match.span(), entity) for match in pattern.finditer(text) if match.end() > match.start()]
        if not own:
            return found
        kept: list[Finding] = []
        for finding in sorted([*own, *found], key=lambda one: (one[0], one[2] not in self._custom_names, -one[1])):
            if kept and finding[0] < kept[-1][1]:
                if finding[1] > kept[-1][1]:  # What reaches further is covered whole.
                    kept[-1] = (kept[-1][0], finding[1], kept[-1][2])
                continue
            kept.append(finding)
        return kept

    def _is_allowed(self, value: str) -> bool:
        value = value.lower()
        return value in self._allowed or (bool(self._allowed_hosts) and value.endswith(self._allowed_hosts))


def _apart(found: list[Finding]) -> list[Finding]:
    """Of findings that overlap, what reaches further is covered by the first."""
    found.sort()
    apart: list[Finding] = []
    for one in found:
        if apart and one[0] < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(apart[-1][1], one[1]), apart[-1][2])
        else:
            apart.append(one)
    return apart
