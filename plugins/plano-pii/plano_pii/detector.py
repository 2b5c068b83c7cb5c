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
        candidates = spots(text)
        found: list[Finding] = []
        end = 0
        for start, what, stop in candidates:
            if stop <= end:
                continue
            if what == NUMBER:
                numbers = self._number(text, max(start, end), stop)
                if numbers:
                    found += numbers
                    end = numbers[-1][1]
                continue
            finding = self._judge(text, start, what, stop)
            if finding is None or finding[2] not in self._entities:
                continue
            if finding[0] < end:
                continue
            found.append(finding)
            end = finding[1]
        if self._custom:
            found = self._with_custom(text, found)
        if found and (self._allowed or self._allowed_hosts):
            found = [finding for finding in found if not self._is_allowed(text[finding[0] : finding[1]])]
        return found

    def _number(self, text: str, start: int, stop: int) -> list[Finding]:
        if self._has_lettered:
            lettered = self._words.lettered(text, start, stop)
            if lettered is not None:
                return [lettered]
        return self._numbers.find(text, start, stop)

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
