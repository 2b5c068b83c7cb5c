"""Telephone numbers: the numbering plans of `phonenumbers`, compiled to one pattern for each country calling code.

Numbers with a country code are believed when the plan has them. Those without are judged by the plans of the configured
regions, and only when they are written as telephone numbers are or a word like `call` stands before them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

KINDS = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan",
    "voicemail",
)  # fmt: skip
WORLDWIDE = "001"
AMERICAN = re.compile(r"(?:\+?1[ .\-]?)?(?:\(\d{3}\)[ .\-]?\d{3}[ .\-]\d{4}|(\d{3}[ .\-])\d{3}\1?[ .\-]?\d{4})")
AREA_IN_BRACKETS = re.compile(r"\(0?\d{2,5}\)[ \-]?\d")
DATE = re.compile(r"\d{1,2}[./\-]\d{1,2}[./\-](?:19|20)\d\d\b|(?:19|20)\d\d[./\-]\d\d?[./\-]\d\d?\b")
DECIMAL = re.compile(r"\d{1,3}\.\d{4,}|0-|\d{5}-\d{4}\Z")  # And an ISBN, an American postal code.
OTHERS = re.compile(
    r"(?i)\b(?:isbn|issn|invoice|order|part|serial|tracking|ean|upc|sku|suite|room|version|case|ticket|ref|zip|id|ids|licen[cs]e"
    r"|passport|account|member|policy|customer|reference"
    r"|fedex|usps|ups|dhl|rechnung|bestell|factur|commande|pedido|zam[o\u00f3]w|fattura|port|line|page|timestamp|build)\w*"
    r"[ .:#\-]{0,3}(?:n[o\u00ba\u00b0r]?\.?|number|nummer|num\.?)?[ .:#]{0,3}(?:is )?\(?\Z"
)
WORDS = re.compile(
    r"(?i)(?:\b(?:phone|tel|mobile|mob\b|cell|call|fax|sms|whats ?app|text(?: me)? |ring|dial|contact|reach"
    r"|handy|mobil|rufn|anruf|ruf |t[ée]l[ée]?ph?|portable|appel|m[óo]vil|ll[áa]m|celular|cellulare|ligue|ligar|komórk"
    r"|zadzwo|bel |bellen|gsm|(?:my|our|his|her|your|their) numbers?\b)|telefo|☎|📞|📱)"
)


#: Said of what follows at once, it is believed of numbers no plan has.
LABEL = re.compile(
    r"(?i)\b(?:(?:(?:tele|cell)?phone|tel|mobile|cell|fax|telefono?|t[ée]l[ée]phone|mobil|handy|whats ?app|t[ée]l"
    r"|desk|office|home|work|direct|landline|hotline|pager)\.?(?: ?(?:no|nr|number|nummer|line)\.?)? ?[:=]"
    r"|(?:answering|(?:reach|call|text|ring|phone|contact)(?:ed|ing)? (?:me|us|him|her|them|you)) (?:at|on|under)"
    r"|can call)\s?\(?\Z"
)
LABELS_END = frozenset(":=tTnNrRlL")  #: The last characters of labels.
#: The same behind a number.
LABEL_BEHIND = re.compile(
    r"(?i)[ \-]\(?(?:office|home|work|desk|mobile|mobil|cell|fax|phone|tel|direct|landline|pager)\b\)?"
    r"(?=[ \t]*(?:\Z|[\r\n,;.|\\]))"
)
EXTENSION = re.compile(r"(?i),? ?(?:x|ext\b\.?:?|extension|durchwahl|dw\.|poste) ?\d{1,6}(?![0-9A-Za-z])")


class Plan(NamedTuple):
    """`numbers`: national numbers without their prefix. `prefix`: what is dialled first within the country."""

    numbers: re.Pattern[str]
    prefix: re.Pattern[str] | None
    transform: str | None
    code: int


@cache
def plan_of(region: str) -> Plan:
    """Raises `ValueError` for a region nobody has heard of."""
    metadata = PhoneMetadata.metadata_for_region(region, None)
    if metadata is None:
        raise ValueError(f"there is no region {region!r}")
    prefix = metadata.national_prefix_for_parsing
    return Plan(
        _numbers_of([metadata]),
        re.compile(prefix) if prefix else None,
        metadata.national_prefix_transform_rule,
        metadata.country_code or 0,
    )


@cache
def numbers_behind(code: int) -> re.Pattern[str] | None:
    """National numbers of all regions with this calling code."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(code)
    if regions is None:
        return None
    if regions == (WORLDWIDE,):
        return _numbers_of([PhoneMetadata.metadata_for_nongeo_region(code, None)])
    return _numbers_of([PhoneMetadata.metadata_for_region(region, None) for region in regions])


def _numbers_of(plans: Sequence[PhoneMetadata | None]) -> re.Pattern[str]:
    patterns = []
    for plan in plans:
        for kind in KINDS:
            described = getattr(plan, kind)
            if described is not None and described.national_number_pattern:
                patterns.append(described.national_number_pattern)
    return re.compile("|".join(dict.fromkeys(patterns)) or "(?!)")


def is_international(digits: str) -> bool:
    """Whether digits behind a `+` are a number somebody may have. `+49 (0)30`: the 0 is not dialled from abroad."""
    for length in (1, 2, 3):
        numbers = numbers_behind(int(digits[:length]))
        if numbers is not None:
            rest = digits[length:]
            if numbers.fullmatch(rest):
                return True
            return rest[:1] == "0" and numbers.fullmatch(rest[1:]) is not None
    return False


class Phones:
    """`regions`: whose national numbers are known."""

    def __init__(self, regions: Sequence[str]) -> None:
        self._plans = [plan_of(region) for region in regions]
        self._knows_american = any(plan.code == 1 for plan in self._plans)

    def is_national(self, digits: str) -> bool:
        return any(_is_of(plan, digits) for plan in self._plans)

    def is_phone(self, written: str, digits: str, before: str, is_labelled: bool) -> bool:
        """`written`: with its separators, from a `+` or `(` in front on. `before`: the text in front of it.

        `is_labelled`: what stands directly before or behind it says that it is one.
        """
        if "+" in written[:2]:
            is_long = 8 <= len(digits) <= 16
            return is_long and (is_labelled or is_international(digits))
        if digits[:2] == "00" and 10 <= len(digits) <= 17:
            is_written = " " in written or "-" in written or "/" in written
            is_called = is_labelled or WORDS.search(before) is not None
            return (is_labelled or is_international(digits[2:])) and (is_written or is_called)
        if not 6 <= len(digits) <= 13 or DATE.match(written) or DECIMAL.match(written):
            return False
        if is_labelled:
            return len(digits) > 6 or len(written) > 6
        if len(digits) == 6 or not self.is_national(digits):
            return False
        if not self._is_written(written, digits) and WORDS.search(before) is None:
            return False
        return OTHERS.search(before) is None

    def _is_written(self, written: str, digits: str) -> bool:
        """Whether it looks like a telephone number without a word about it."""
        if self._knows_american and AMERICAN.fullmatch(written):
            return True
        if AREA_IN_BRACKETS.match(written):
            return len(digits) >= 8
        return digits[0] == "0" and len(digits) >= 9 and len(written) > len(digits) and "." not in written[:2]


def is_labelled_before(before: str) -> bool:
    """Whether what is said before a number ends with a label: `Phone: `, `reach me at `."""
    said = before.rstrip(" (")
    return said[-1:] in LABELS_END and LABEL.search(before) is not None


def is_labelled_behind(text: str, begin: int, stop: int, before: str) -> bool:
    """Whether a word like `office` stands behind: after a dash, in brackets, or alone with the number in its line."""
    found = LABEL_BEHIND.match(text, with_extension(text, stop))
    if found is None:
        return False
    line = begin - len(before)
    is_alone = not before.strip() and text[max(line - 1, 0) : line] in {"", "\n"}
    return found[0][0] == "-" or found[0][1] == "(" or is_alone


def with_extension(text: str, stop: int) -> int:
    """The end of a telephone number, with `x123`, `ext. 4` behind it."""
    found = EXTENSION.match(text, stop)
    return found.end() if found else stop


def _is_of(plan: Plan, digits: str) -> bool:
    if plan.numbers.fullmatch(digits):
        return True
    found = plan.prefix.match(digits) if plan.prefix else None
    if found is None or not found.end():
        return False
    if plan.transform and found.lastindex and found[found.lastindex]:
        return plan.numbers.fullmatch(found.expand(plan.transform) + digits[found.end() :]) is not None
    return plan.numbers.fullmatch(digits[found.end() :]) is not None
