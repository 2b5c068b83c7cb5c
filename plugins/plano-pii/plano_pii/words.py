"""What words of letters and digits are: IBANs, and national numbers with letters in them."""

from __future__ import annotations

import re
from collections.abc import Collection

from plano_pii import checksums
from plano_pii.around import said_around
from plano_pii.findings import Finding
from plano_pii.rules import said

#: Length of the IBANs of each country (SWIFT's registry).
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
IBAN_TEXT = re.compile(r"[A-Za-z]{2}\d{2}(?:[ \u00a0\-]?[0-9A-Za-z]){11,30}")
LONGEST_LETTERED = 10  #: Digits of a number with letters around them: `12 34 56`.
DNI = re.compile(r"\d{8}[A-Z]")
NIE = re.compile(r"[XYZ]\d{7}[A-Z]")
DNI_LETTER = re.compile(r"[ \-]?([A-Z])(?![0-9A-Za-z])")
NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[ABCEGHJ-PRSTW-Z][ABCEGHJ-NPRSTW-Z]\d{6}[A-D]")
NINO_SPACED = re.compile(r"(?<![0-9A-Za-z])([A-Z]{2})[ \-]?\Z")
NINO_LETTER = re.compile(r"[ \-]?([A-D])(?![0-9A-Za-z])")
NINO_WORDS = said(r"nino?\b|national insurance|ni n")
CF = re.compile(r"[A-Z]{6}[\dL-V]{2}[A-EHLMPRST][\dL-V]{2}[A-Z][\dL-V]{3}[A-Z]")
NIR = re.compile(r"[12378]\d{4}2[AB]\d{8}")


class Words:
    """Judges the `IBAN` and `MIXED` spots of a text, and digits with letters around them."""

    def __init__(self, entities: Collection[str]) -> None:
        self._entities = frozenset(entities)

    def iban(self, text: str, start: int) -> Finding | None:
        """At `start` stand two letters and two digits. Groups may be parted by single spaces or dashes."""
        length = IBAN_LENGTHS.get(text[start : start + 2].upper())
        found = IBAN_TEXT.match(text, start) if length else None
        if length is None or found is None or (start and text[start - 1] in "_-"):
            return None
        stop, kept = start, 0
        while kept < length:
            if stop >= found.end():
                return None
            kept += text[stop].isalnum()
            stop += 1
        account = "".join(filter(str.isalnum, text[start:stop])).upper()
        if text[stop : stop + 1].isalnum() or not checksums.mod97(account):
            return None
        return start, stop, "iban"

    def mixed(self, text: str, start: int, stop: int) -> Finding | None:
        """A word of 8 to 34 letters and digits."""
        if (start and text[start - 1] in "_-") or text[stop : stop + 1] == "_":
            return None
        word = text[start:stop]
        length = stop - start
        if length == 9:
            if "es_dni" in self._entities and (DNI.fullmatch(word) or NIE.fullmatch(word)) and checksums.es_dni(word):
                return start, stop, "es_dni"
            if "uk_nino" in self._entities and NINO.fullmatch(word) and _has_words(text, start, stop):
                return start, stop, "uk_nino"
        elif length == 16:
            upper = word.upper()
            if "it_cf" in self._entities and CF.fullmatch(upper) and checksums.it_cf(upper):
                return start, stop, "it_cf"
        elif length == 15 and "fr_nir" in self._entities and NIR.fullmatch(word) and checksums.fr_nir(word):
            return start, stop, "fr_nir"
        elif length == 8 and word[0] in "XYZ" and word[1:].isdecimal():
            return self.lettered(text, start, stop)
        return None

    def lettered(self, text: str, start: int, stop: int) -> Finding | None:
        """Digits with a letter behind them: `12345678-Z`, `X1234567-L`, or letters on both sides: `AB 12 34 56 C`.

        Other groups of digits may stand in front of the eight of a DNI.
        """
        while start < stop and not text[start].isdecimal():
            start += 1
        if stop - start > LONGEST_LETTERED:
            if text[stop - 9].isdecimal() or not text[stop - 8 : stop].isdecimal():
                return None
            start = stop - 8
        digits = "".join([character for character in text[start:stop] if character.isalnum()])
        if len(digits) == 8 and "es_dni" in self._entities:
            letter = DNI_LETTER.match(text, stop)
            if letter and digits.isascii() and stop - start == 8 and checksums.es_dni(digits + letter[1]):
                return start, letter.end(), "es_dni"
        elif len(digits) == 7 and "es_dni" in self._entities:
            letter = DNI_LETTER.match(text, stop)
            front = text[max(start - 2, 0) : start]
            is_nie = letter and stop - start == 7 and front in {"X-", "Y-", "Z-"}
            if letter and is_nie and checksums.es_dni(front[0] + digits + letter[1]):
                return start - 2, letter.end(), "es_dni"
        elif len(digits) == 6 and "uk_nino" in self._entities:
            letters = NINO_SPACED.search(text[max(start - 4, 0) : start])
            letter = NINO_LETTER.match(text, stop)
            if letters and letter and NINO.fullmatch(letters[1] + digits + letter[1]):
                begin = start - len(letters[0])
                if stop - start > 6 or _has_words(text, begin, letter.end()):
                    return begin, letter.end(), "uk_nino"
        return None


def _has_words(text: str, start: int, stop: int) -> bool:
    return NINO_WORDS.search(said_around(text, start, stop)) is not None
